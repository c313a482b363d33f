"""LSF202: what a provider opens for a request is to be closed with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.callables import Kind, function_callable
from litestar_fix.model.consumers import provide_calls, provided
from litestar_fix.model.conversions import conversion, is_plain, use_cache, why_not_converted
from litestar_fix.model.creations import Creation, creation, fresh_return
from litestar_fix.model.facts import Function, Lambda
from litestar_fix.model.names import PROVIDE
from litestar_fix.model.project import Project
from litestar_fix.model.providers import Provider
from litestar_fix.model.resources import Closing
from litestar_fix.model.sites import calls_of
from litestar_fix.model.symbols import Local


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
    cost = 9
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
        if known is None or known.kind is Kind.GENERATOR or not is_plain(function):
            return
        fresh = fresh_return(project, symbol, function)
        sites = list(provide_calls(project, symbol))
        bare = [p for p in project.layers.providers if p.target == symbol and p.call is None]
        if fresh is None or (sites and not bare and all(use_cache(site.call) is True for site in sites)):
            return
        found = conversion(project, symbol, function, fresh)
        yield cls.finding(
            symbol.path,
            function.span,
            _message(function.qualname.rpartition("<locals>.")[2], fresh.creation),
            refusal=why_not_converted(project, found),
            related=[practice.Related(site.path, site.call.span, "registered here") for site in sites],
            data=found,
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
