"""How requests to a local server become requests to the application itself, or why they cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from litestar_fix.http_clients.clients import client_name
from litestar_fix.http_clients.local_requests import Client, Exchange, Sent
from litestar_fix.http_clients.moves import Move, MovedCall, Refused
from litestar_fix.http_clients.table import BODILESS
from litestar_fix.model.evaluate import string
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Const,
    Dict,
    Do,
    Expr,
    Function,
    Lambda,
    Op,
    Ref,
    Span,
)
from litestar_fix.model.import_names import module_name
from litestar_fix.model.importable_apps import ImportableApp, importable_apps
from litestar_fix.model.nesting import Nested, nested
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import Located
from litestar_fix.model.urls import path_of, pieces

_CLASSES = {"httpx.Client": "TestClient", "httpx.AsyncClient": "AsyncTestClient"}
_CLIENT_KEYWORDS = frozenset({"base_url", "cookies", "follow_redirects", "timeout"})
_HTTPX = frozenset(
    ["auth", "content", "cookies", "data", "extensions", "files", "follow_redirects", "headers", "json", "params",
     "timeout", "url"]
)  # fmt: skip
#: requests' keyword -> httpx' name for it.
_REQUESTS = {
    **{name: name for name in ("cookies", "data", "headers", "json", "params", "timeout", "url")},
    "allow_redirects": "follow_redirects",
}
#: What is the same number for both libraries.
_KEPT = ("requests.codes", "requests.status_codes")
_ANSWER = frozenset({"content", "encoding", "headers", "json", "raise_for_status", "status_code", "text"})
_REDIRECT = regex(r"\b(?:HTTP_30[1-8]\w*|is_redirect|has_redirect_location|next_request|history)\b")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def move(project: Project, exchange: Exchange) -> Move | str:
    """Return how the requests of a function change, or why they do not."""
    try:
        return _Moving(project, exchange).result()
    except Refused as refused:
        return str(refused)


class _Moving:
    def __init__(self, project: Project, exchange: Exchange) -> None:
        self.project, self.exchange = project, exchange
        self.function: Function = exchange.caller.function
        self.path = exchange.caller.module.path

    def result(self) -> Move:
        app = self._app()
        home = module_name(self.project, self.path, app.symbol.path)
        if home is None:
            raise Refused(f"by which name tests import {app.symbol.path} is not known")
        clients = [*self.exchange.clients, *[item.client for item in self.exchange.sent if item.client is not None]]
        clients = list(dict.fromkeys(clients))
        for client in clients:
            self._check_client(client)
        free = [item for item in self.exchange.sent if item.client is None]
        inner = [other for other in self.exchange.caller.module.functions if self._is_inner(other)]
        name = client_name(self.function, inner)
        calls = [self._call(item, name) for item in self.exchange.sent]
        self._check_redirects(clients)
        return Move(
            path=self.path,
            scope=self.function.qualname,
            app=app,
            home=home,
            calls=tuple(calls),
            clients=tuple((client.call.span, _CLASSES[client.library]) for client in clients),
            run=self._run(free) if free else None,
            client=name,
            is_async=self.function.is_async,
        )

    def _is_inner(self, other: Function) -> bool:
        return other.qualname.startswith(f"{self.function.qualname}.<locals>.")

    # ------------------------------------------------------------------------------------------------- application
    def _app(self) -> ImportableApp:
        known = importable_apps(self.project)
        if len(known) == 1 and len(self.project.layers.applications) == 1:
            return known[0]
        found = [app for app in known if all(self._may_answer(app, routes) for routes in self.exchange.routes)]
        if not found:
            raise Refused("which application answers is not known")
        if len(found) > 1:
            names = sorted(f"{app.symbol.qualname} of {app.symbol.path}" for app in found)
            raise Refused(f"{' and '.join(names[:2])} may both answer")
        return found[0]

    @staticmethod
    def _may_answer(app: ImportableApp, routes: Sequence[Route]) -> bool:
        return any(route.layers[0] is app.layer for route in routes)

    # ----------------------------------------------------------------------------------------------------- clients
    def _check_client(self, client: Client) -> None:
        if client.library not in _CLASSES:
            raise Refused(f"the answers of {client.library} are not those of httpx")
        if not client.is_entered:
            raise Refused("no with statement opens the client, so the application would not start")
        odd = next((item.name for item in client.call.keywords if item.name not in _CLIENT_KEYWORDS), None)
        if odd is not None or client.call.args:
            raise Refused(f"{_CLASSES[client.library]} takes no {odd or 'such arguments'}")
        if client.base and path_of(client.base) != ("/",):
            raise Refused("the base URL has a path of its own")
        if client in self.exchange.strays or any(other.client is client for other in self.exchange.others):
            raise Refused(f"{client.name} sends requests to other addresses, too")

    def _check_redirects(self, clients: Sequence[Client]) -> None:
        told = [client.call.keyword("follow_redirects") for client in clients]
        if any(expr is not None and not _is_true(expr) for expr in told):
            raise Refused("TestClient follows redirects")
        told += [_follows(item) for item in self.exchange.sent if item.client is None]
        readers = [self.function, *[user.function for user in self.exchange.users]]
        if any(expr is None for expr in told) and any(_looks_at_redirects(function) for function in readers):
            raise Refused("a test looks at a redirect, which TestClient follows")

    # ---------------------------------------------------------------------------------------------------- requests
    def _call(self, item: Sent, client: str) -> MovedCall:
        library = item.library.partition(".")[0]
        if item.verb == "stream" or item.call.keyword("stream") is not None:
            raise Refused("the answer is streamed")
        if library == "aiohttp":
            raise Refused("the answers of aiohttp are not those of httpx")
        if item.call.has_unpacking:
            raise Refused(f"the arguments of {item.call.callee} are not known")
        if item.place.is_in_f_string or any(isinstance(outer, Lambda) for outer in item.place.above):
            raise Refused("a request stands in a lambda or in an f-string")
        position = self._position(item)
        keywords = _REQUESTS if library == "requests" else dict.fromkeys(_HTTPX, "")
        odd = next((k.name for k in item.call.keywords if k.name not in {*keywords, "method"}), None)
        if odd is not None:
            raise Refused(f"the client of Litestar takes no {odd}")
        if library == "requests":
            self._check_requests(item)
        names = [(k.name, keywords.get(k.name, "")) for k in item.call.keywords if k.name is not None]
        origin, text = self._cut(item)
        return MovedCall(
            call=item.call.span,
            func=f"{client}.{item.verb}" if item.client is None else "",
            url=position,
            origin=origin,
            text=text,
            renamed=tuple((old, new) for old, new in names if new and new != old),
            awaited=item.client is None and self.function.is_async,
        )

    def _position(self, item: Sent) -> int:
        """The place of the address among all arguments; in front of it stands a method, or nothing."""
        count = 2 if item.verb == "request" else 1
        if len(item.call.args) > count:
            raise Refused(f"{item.call.callee} is given more than an address without a name")
        if item.url in item.call.args:
            return item.call.args.index(item.url)
        names = [keyword.name for keyword in item.call.keywords]
        return len(item.call.args) + names.index("url")

    def _check_requests(self, item: Sent) -> None:
        """Refuse what httpx reads in another way than requests."""
        body = next((name for name in ("data", "json") if item.call.keyword(name) is not None), "")
        if body and item.verb in BODILESS:
            raise Refused(f"{item.verb} of httpx takes no {body}")
        for name in ("data", "params"):
            given = item.call.keyword(name)
            if given is not None and not _is_form(given):
                raise Refused(f"httpx may read {name} in another way than requests")
        if item.call.keyword("params") is not None and any("?" in (part or "") for part in item.address):
            raise Refused("httpx drops the query of an address where params are given")
        for name in self.function.names:
            found = self.project.external(self.path, Ref(name, item.call.span), self.function.qualname)
            if found.startswith("requests.") and not found.startswith(_KEPT) and name not in self.function.calls:
                raise Refused(f"{name} is not what httpx has")
        for attribute in self._reads(item.place):
            if attribute not in _ANSWER:
                raise Refused(f"an answer of httpx has no {attribute}" if attribute else "the answer is handed on")

    def _reads(self, place: Nested) -> Iterator[str]:
        """What is read of an answer; '' where that is not known."""
        match place.parent, place.stmt:
            case Attr(attr=attr), _:
                yield attr
            case None, Assign(targets=(Ref(name=name),), value=value) if value is place.expr and "." not in name:
                for other in nested(self.function.body):
                    if isinstance(other.expr, Ref) and other.expr.name.partition(".")[0] == name:
                        is_target = isinstance(other.stmt, Assign) and other.expr in other.stmt.targets
                        if not is_target:
                            yield other.expr.name.partition(".")[2].partition(".")[0]
            case None, Do():
                return
            case _:
                yield ""

    def _cut(self, item: Sent) -> tuple[str, str]:
        """What is cut off an address, and the text that takes the place of a name."""
        url, origin = item.url, item.origin
        match url:
            case Const():
                return origin, ""
            case Op(op="f" | "+", operands=(Const(value=str(first)), *_)) if first.startswith(origin):
                return origin, ""
            case Op(op="f" | "+", operands=(Ref() as first, second, *_)):
                rest = pieces(self.project, Located(self.path, self.function.qualname, second))
                if self._text(first) == origin and (rest[0] or "").startswith("/"):
                    return origin, ""
            case Ref() as name:
                text = self._text(name) or ""
                if text.startswith(origin) and not {'"', "\\"} & {*text}:
                    return origin, text.removeprefix(origin) or "/"
        raise Refused("the address is put together elsewhere")

    def _text(self, expr: Expr) -> str | None:
        return string(self.project, Located(self.path, self.function.qualname, expr))

    # ---------------------------------------------------------------------------------------------------------- run
    def _run(self, free: Sequence[Sent]) -> Span:
        """The statements of the function from the first request to the last."""
        body = self.function.body
        at = sorted(body.index(item.place.levels[-1].stmt) for item in free)
        first, last = body[at[0]], body[at[-1]]
        before, after = body[: at[0]][-1:], body[at[-1] + 1 :][:1]
        if any(stmt.span.end_line == first.span.line for stmt in before) or any(
            stmt.span.line == last.span.end_line for stmt in after
        ):
            raise Refused("other statements stand on the same line")
        return Span(first.span.line, first.span.column, last.span.end_line, last.span.end_column)


def _follows(item: Sent) -> Expr | None:
    """What says whether a request follows redirects, None where nothing does and it follows none.

    In requests all do but HEAD.
    """
    if item.library.startswith("requests."):
        told = item.call.keyword("allow_redirects")
        return told if told is not None or item.verb == "head" else Const(True, item.call.span)
    return item.call.keyword("follow_redirects")


def _looks_at_redirects(function: Function) -> bool:
    constants = {place.expr.value for place in nested(function.body) if isinstance(place.expr, Const)}
    texts = (function.names_text, function.attributes_text)
    return not _REDIRECTS.isdisjoint(constants) or any(_REDIRECT.search(text) for text in texts)


def _is_true(expr: Expr) -> bool:
    return isinstance(expr, Const) and expr.value is True


def _is_form(expr: Expr) -> bool:
    """Whether it is a dict whose values both libraries write alike, as far as can be told."""
    if not isinstance(expr, Dict) or None in expr.keys:
        return False
    constants = [value.value for value in expr.values if isinstance(value, Const)]
    return not any(value is None or isinstance(value, bool) for value in constants)
