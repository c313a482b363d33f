"""What each rule asks for, said of the places that it judges: "providers that leave nothing open: 41 of 43"."""

from __future__ import annotations

import msgspec


class Practice(msgspec.Struct, frozen=True):
    """What a rule asks for.

    Args:
        kind: of the places that it judges, a key of `Sites`.
        does: what those do that follow it.
        words: names of which a project reads one at least, if it can break the rule at all.
    """

    kind: str
    does: str
    words: tuple[str, ...] = ()

    def said(self, good: int, total: int) -> str:
        """Return how many of them do."""
        return f"{self.kind} that {self.does}: {f'all {total}' if good == total else f'{good} of {total}'}"


#: By code. A comment that suppresses for nothing (LSF001) is about no place of its own.
PRACTICES = {
    "LSF101": Practice("controllers", "say once what holds for all of their handlers"),
    "LSF102": Practice("applications", "say once what holds for all of their controllers"),
    "LSF103": Practice("handlers", "set nothing again that a layer around them has set"),
    "LSF104": Practice("handlers", "have only options that have an effect"),
    "LSF201": Practice("services", "take the values that they need instead of the request"),
    "LSF202": Practice("providers", "leave nothing open"),
    "LSF203": Practice("handlers", "leave closing to their providers or a context manager"),
    "LSF204": Practice("synchronous handlers", "say where they run"),
    "LSF205": Practice("synchronous handlers", "keep blocking calls off the event loop"),
    "LSF206": Practice("handlers", "have no more dependencies than the limit"),
    "LSF207": Practice("services", "are held by few others"),
    "LSF208": Practice("modules", "keep no state that requests change"),
    "LSF209": Practice("providers", "are recognised by Litestar for what they are"),
    "LSF301": Practice("DTOs", "serve one direction, or what both may have"),
    "LSF302": Practice("handlers", "send no secret"),
    "LSF303": Practice("PATCH handlers", "let clients leave out what they do not change"),
    "LSF304": Practice("handlers", "return models or DTOs instead of dicts of picked attributes"),
    "LSF305": Practice("writing handlers", "have their bodies checked"),
    "LSF306": Practice("writing handlers", "let Litestar parse their bodies"),
    "LSF307": Practice("handlers", "have a return_dto that is applied, or none", ("return_dto",)),
    "LSF308": Practice("DTOs", "have marks that Litestar reads", ("dto_field", "DTOConfig", "dto_config")),
    "LSF309": Practice("DTOs", "name only fields that their models have"),
    "LSF401": Practice("handlers", "are reached by the name of a resource"),
    "LSF402": Practice("handlers", "leave the work to services"),
    "LSF403": Practice("handlers", "are described for the OpenAPI schema"),
    "LSF404": Practice("handlers", "are annotated"),
    "LSF405": Practice("handlers", "are named alike"),
    "LSF406": Practice("handlers", "stand with those of their resource"),
    "LSF407": Practice("handlers", "have converters for their path parameters"),
    "LSF408": Practice("handlers", "have names that hide nothing"),
    "LSF409": Practice("handlers", "have paths that can be reached"),
    "LSF501": Practice("coroutines", "keep the event loop free of blocking calls"),
    "LSF502": Practice("coroutines", "ask other servers without blocking", ("requests", "urlopen", "httpx", "aiohttp")),
    "LSF503": Practice(
        "asynchronous handlers",
        "leave long computations to threads",
        ("hash", "hashpw", "bcrypt", "pandas", "PIL", "json"),
    ),
    "LSF504": Practice(
        "applications",
        "have asynchronous drivers below their asynchronous engines",
        ("create_async_engine", "SQLAlchemyAsyncConfig"),
    ),
    "LSF505": Practice(
        "coroutines",
        "ask databases without blocking",
        ("sqlalchemy", "Session", "psycopg2", "sqlite3", "pymongo", "AsyncSession"),
    ),
    "LSF506": Practice("modules", "import sync_to_thread from where it is", ("sync_to_thread",)),
    "LSF601": Practice("handlers", "tell of errors by their status"),
    "LSF602": Practice("handlers", "let unknown errors through to Litestar"),
    "LSF603": Practice("HTTP exceptions", "are of the class for their status"),
    "LSF604": Practice("HTTP exceptions", "have their status by keyword"),
    "LSF605": Practice("applications", "answer their errors in one place"),
    "LSF606": Practice("handlers", "return their status in the way Litestar knows"),
    "LSF607": Practice("applications", "have exception handlers that are called"),
    "LSF701": Practice("applications", "let only known sites ask"),
    "LSF702": Practice("applications", "say which hosts and origins they serve"),
    "LSF703": Practice("modules", "have no secrets in their code"),
    "LSF704": Practice("handlers", "leave authorization to guards"),
    "LSF705": Practice(
        "handlers", "leave authentication to a security backend", ("Authorization", "headers", "decode", "jwt")
    ),
    "LSF706": Practice("guards", "raise where they deny"),
    "LSF707": Practice("handlers", "cache nothing that belongs to one client", ("cache",)),
    "LSF708": Practice("applications", "run without debug"),
    "LSF801": Practice("handlers", "load rows without a query for each", ("relationship",)),
    "LSF802": Practice("handlers", "leave caching to Litestar's stores", ("redis", "lru_cache", "cache")),
    "LSF803": Practice("GET handlers", "load no whole table, or cache it", ("relationship",)),
    "LSF804": Practice(
        "modules", "load only the relationships that they need", ("selectinload", "joinedload", "subqueryload")
    ),
    "LSF805": Practice("applications", "use what Litestar brings along"),
    "LSF806": Practice("coroutines", "await before they read the result", ("AsyncSession",)),
    "LSF901": Practice("tests", "ask the application itself, not a server"),
    "LSF902": Practice("handlers", "are asked by tests"),
    "LSF911": Practice(
        "websocket handlers", "end their subscriptions in any case", ("subscribe", "start_subscription")
    ),
    "LSF912": Practice("websocket handlers", "leave messages to channels", ("ChannelsPlugin", "redis", "publish")),
    "LSF913": Practice("coroutines", "publish without awaiting", ("ChannelsPlugin",)),
    "LSF914": Practice("websocket handlers", "notice when their clients go", ("ChannelsPlugin",)),
}
