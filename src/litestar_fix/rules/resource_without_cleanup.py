"""LSF202: what a provider opens for a request is to be closed with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.blocking import is_blocking
from litestar_fix.model.callables import Kind, callable_of, function_callable
from litestar_fix.model.consumers import Consumers, consumers, other_mentions, provide_calls, provided
from litestar_fix.model.creations import Creation, Fresh, creation, fresh_return
from litestar_fix.model.facts import Call, Const, Function, Lambda, Ref, Span, Star
from litestar_fix.model.names import PROVIDE
from litestar_fix.model.project import Local, Project
from litestar_fix.model.providers import Provider
from litestar_fix.model.resources import Closing
from litestar_fix.model.sites import CallSite, calls_of
from litestar_fix.model.uses import closes, keeps, streams, works_later

_THIRD = 2  # Provide(dependency, use_cache, sync_to_thread)


class Conversion(msgspec.Struct, frozen=True):
    """How a provider becomes a generator.

    Args:
        symbol: the provider.
        function: its facts.
        fresh: what it makes and returns.
        registrations: (file, span) of the ``Provide`` calls that lose ``sync_to_thread``.
    """

    symbol: Local
    function: Function
    fresh: Fresh
    registrations: tuple[tuple[str, Span], ...]


class ResourceWithoutCleanup(practice.PracticeRule):
    """A provider opens a resource for every request and never closes it.

    ## Why

    A session, connection or client that a provider returns stays open when the request is over. It is closed whenever
    the garbage collector comes by, if at all: under load the pool runs dry, sockets pile up, and transactions stay
    open. A provider that yields from within `with` closes what it opened, also when the handler fails.

    ## When it is quiet

    Session factories, engines and pools; what lives as long as the application: module-level objects, `app.state`,
    providers with `use_cache=True` or under `lru_cache`; sessions that a plugin provides; services built from an
    injected session; a resource that the provider closes, stores, or passes on. What counts as a resource is a table of
    known classes and factories; the setting `extend-closable-resources` adds to it.

    ## Fix safety

    Safe: the provider becomes a generator around the same expression. Its kind and return annotation change, the
    response does not; no commit or rollback is added. `sync_to_thread` is dropped where the provider is registered,
    because it has no effect on generators. The fix is refused where closing early could be noticed: by whoever calls
    the provider directly, by streams and background work, by cached dependencies, by other generators (Litestar closes
    them all at the same time), and by resources that are bound to their thread (a sync generator is resumed in another
    one).

    ## Source

    `litestar/di.py`, `litestar/routes/http.py` and `litestar/_kwargs/cleanup.py`, Litestar 2.25; the documentation of
    each resource in `litestar_fix/model/resources.py`.
    """

    code = "LSF202"
    name = "resource-without-cleanup"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.SAFE
    changes = ("dependencies.kind", "dependencies.returns")
    guide = "2: dependencies returning resources without yield"

    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            import httpx
            from collections.abc import AsyncGenerator
            from litestar import Litestar
            from litestar.di import Provide

            async def provide_client() -> AsyncGenerator[httpx.AsyncClient, None]:
                async with httpx.AsyncClient() as client:
                    yield client

            app = Litestar(dependencies={"client": Provide(provide_client)})
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            import httpx
            from litestar import Litestar
            from litestar.di import Provide

            async def provide_client() -> httpx.AsyncClient:
                return httpx.AsyncClient()

            app = Litestar(dependencies={"client": Provide(provide_client)})
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield every provider that leaves a fresh resource open, where it is defined."""
        providers = list(project.layers.providers)
        targets = [provider.target for provider in providers]
        targets += [
            project.resolve_expr(inner)
            for site in calls_of(project, PROVIDE)
            if (inner := provided(site.call, site.path, site.scope)) is not None
        ]
        for symbol in dict.fromkeys(targets):
            function = project.function(symbol)
            if isinstance(symbol, Local) and function is not None:
                yield from cls._provider(project, symbol, function)
        for provider in providers:
            yield from cls._lambda(project, provider)

    @classmethod
    def _provider(cls, project: Project, symbol: Local, function: Function) -> Iterator[practice.Finding]:
        known = function_callable(project, symbol, function.qualname)
        if known is None or known.kind is Kind.GENERATOR or not _is_plain(function):
            return
        fresh = fresh_return(project, symbol, function)
        sites = list(provide_calls(project, symbol))
        bare = [p for p in project.layers.providers if p.target == symbol and p.call is None]
        if fresh is None or (sites and not bare and all(_use_cache(site.call) is True for site in sites)):
            return
        reason = (
            fresh.obstacle
            or _refused_by_registration(project, symbol, sites)
            or _refused_by_resource(project, symbol, function, fresh, sites)
            or _refused_by_consumers(project, consumers(project, symbol))
        )
        dropped = tuple(
            (site.path, site.call.span) for site in sites if site.call.keyword("sync_to_thread") is not None
        )
        yield cls.finding(
            symbol.path,
            function.span,
            _message(function.qualname.rpartition("<locals>.")[2], fresh.creation),
            refusal=reason,
            related=[practice.Related(site.path, site.call.span, "registered here") for site in sites],
            data=Conversion(symbol, function, fresh, dropped),
        )

    @classmethod
    def _lambda(cls, project: Project, provider: Provider) -> Iterator[practice.Finding]:
        located = provider.dependency
        if located is None or not isinstance(located.expr, Lambda) or provider.use_cache is not False:
            return
        made = creation(project, Local(located.path, located.scope), located.expr.body)
        if made is not None:
            message = _message("<lambda>", made)
            yield cls.finding(located.path, located.expr.span, message, refusal="a lambda cannot yield")


def _message(name: str, made: Creation) -> str:
    match made.resource.closing:
        case Closing.CONTEXT:
            cure = f"yield it inside {'async with' if made.resource.is_async else 'with'}"
        case _:
            cure = "yield it and close it in a finally block"
    return f"{name} returns a new {made.shown} for every request and never closes it; {cure}"


def _is_plain(function: Function) -> bool:
    """Whether a function is called as it is written: no method of an instance, nothing around it that could cache."""
    if not function.owner:
        return not function.decorators
    return [decorator.name for decorator in function.decorators if isinstance(decorator, Ref)] == ["staticmethod"]


def _use_cache(call: Call) -> bool | None:
    """Whether a ``Provide`` call caches; None where that is not written out."""
    if any(isinstance(argument, Star) for argument in call.args):
        return None
    value = call.args[1] if len(call.args) > 1 else call.keyword("use_cache")
    if value is None:
        return None if call.has_unpacking else False
    return bool(value.value) if isinstance(value, Const) else None


# ---------------------------------------------------------------------------------------------------------- refusals
def _refused_by_registration(project: Project, symbol: Local, sites: list[CallSite]) -> str:
    for site in sites:
        match _use_cache(site.call):
            case True:
                return "it is also registered with use_cache=True, which a generator cannot be"
            case None:
                return "whether it is cached is not known"
        if len(site.call.args) > _THIRD or site.call.has_unpacking:
            return "its registration is not spelled out"
    registered = {(p.call.span, p.value.path) for p in project.layers.providers if p.call is not None}
    if any((site.call.span, site.path) not in registered for site in sites):
        return "who uses it is not known"
    for mention in other_mentions(project, symbol):
        where = f"{mention.path}:{mention.span.line}"
        if mention.called:
            return f"{where} calls it, too, and would get a generator"
        return f"{where} refers to it, too, and may call it"
    return ""


def _refused_by_resource(
    project: Project, symbol: Local, function: Function, fresh: Fresh, sites: list[CallSite]
) -> str:
    resource = fresh.creation.resource
    if resource.closing is Closing.UNKNOWN:
        return "how it is closed is not known"
    becomes_sync = not function.is_async and not resource.is_async
    if becomes_sync and resource.is_thread_bound:
        may_be = "may be" if resource.noun == "session" else "is"
        return f"a sync generator is closed in another thread, and a {fresh.creation.shown} {may_be} bound to its own"
    more = frozenset(project.settings.blocking_calls)
    runs_in_thread = not function.is_async and any(_in_thread(site.call) for site in sites)
    if runs_in_thread and project.callgraph.path_to(symbol, lambda name: is_blocking(name, more)) is not None:
        return "it is opened in a worker thread, a generator would open it on the event loop"
    return ""


def _in_thread(call: Call) -> bool:
    value = call.keyword("sync_to_thread")
    return value is not None and not (isinstance(value, Const) and not value.value)


def _refused_by_consumers(project: Project, found: Consumers) -> str:
    for key, provider in found.sources.items():
        if _is_generator(project, provider):
            name = _name(provider, key)
            return f"it depends on the generator provider {name}, and Litestar closes both at the same time"
        if provider.dependency is None or callable_of(project, provider.dependency) is None:
            return f"it depends on {key}, whose provider is not known"
    for key, provider in found.holders.items():
        name = _name(provider, key)
        if _is_generator(project, provider):
            return f"the generator provider {name} depends on it, and Litestar closes both at the same time"
        if provider.use_cache is not False:
            return f"{name} keeps it with use_cache=True"
    for name in found.applied:
        return f"what {name} does with it is not known"
    for key in found.unknown:
        return f"the provider of {key} is not known and may depend on it"
    for receiver in found.receivers:
        name = receiver.symbol.qualname.rpartition(".")[2]
        if closes(project, receiver.symbol, receiver.param):
            return f"{name} closes it itself"
        if keeps(project, receiver.symbol, receiver.param):
            return f"{name} keeps it beyond the request"
    for handler in found.handlers.values():
        if streams(project, handler):
            return f"{handler.function.name} streams its response, which would outlive it"
        if works_later(project, handler):
            return f"{handler.function.name} leaves work for later, which would outlive it"
    return ""


def _is_generator(project: Project, provider: Provider) -> bool:
    function = project.function(provider.target)
    return function is not None and function.is_generator


def _name(provider: Provider, key: str) -> str:
    return provider.target.qualname.rpartition(".")[2] if isinstance(provider.target, Local) else key
