"""LSF203: who opens a resource is to close it: a provider with `yield`, a handler with `with`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, TypeAlias

import msgspec

from litestar_fix import practice, registry
from litestar_fix.model.closings import Removal
from litestar_fix.model.consumers import Receiver, provide_calls
from litestar_fix.model.conversions import Conversion, conversion, use_cache, why_not_converted
from litestar_fix.model.facts import Const
from litestar_fix.model.given import Given, closed_by_handlers, fresh_of, why_not_closed
from litestar_fix.model.layers import Handler
from litestar_fix.model.names import LISTENERS
from litestar_fix.model.opened import Opened, opened
from litestar_fix.model.project import Project
from litestar_fix.model.resources import Closing
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import Local

_Providers: TypeAlias = tuple[Local | None, ...]


class Fix(msgspec.Struct, frozen=True):
    """What changes.

    Args:
        removals: (file, statement) of what closes by hand.
        conversion: how the provider comes to close what it makes, None where it does already.
        opened: what is put under ``with``, None where the handler was given it.
    """

    removals: tuple[tuple[str, Removal], ...]
    conversion: Conversion | None = None
    opened: Opened | None = None


class ManualResourceClose(practice.PracticeRule):
    """A handler closes a resource that it was given, or opens one without a context manager.

    ## Why

    What a provider makes is the provider's to close: one that yields closes it when the response was made, also where
    the handler raises, and no handler can forget it. A handler that closes its session itself does so before the
    response is made, when objects may still have to be loaded, and for the services that were given the same session.
    A session that a handler opens without `with` stays open where something raises before the `close()`, or for good
    where there is none.

    ## When it is quiet

    Resources that a handler opens under `with`, itself or through an `ExitStack`; those that it leaves open because it
    returns or stores them, or hands them to somebody who may close them; those that a function within it closes, too;
    those that it closes as soon as they are open, as a health check does: nothing stands between that could raise;
    nested functions, which may run when the handler is done; providers, services and tests. Where the class has no
    context manager that closes it (`sqlite3`, `asyncpg`), a `finally` clause is as it should be. What counts as a
    resource is the table of LSF202, with `extend-closable-resources`.

    ## Fix safety

    Unsafe: what a handler was given is closed later than before, when the response was made. Until then its connection
    is held, its objects stay attached and may load more, and what the handler left uncommitted is not rolled back. A
    provider that returns the resource is made a generator, as LSF202 does it, together with all handlers that close
    it: the one without the others would be a second close, the others without it a leak. It is refused for the reasons
    for which LSF202 refuses it, and where one of these handlers has to go on closing: because it uses the resource or
    awaits something else afterwards, serves a whole WebSocket connection, or runs in a thread that the resource is
    bound to. A close stays, too, where a generator commits after its `yield` what the close would have rolled back.

    What a handler opens itself is closed where it was closed before: the `with` block ends there. Where it was never
    closed, the block ends with the function; that is refused where the response may notice: for streams and background
    work, and for sessions of an ORM whose handler does not return plain values, because its objects load what they
    lack while they are serialised.

    ## Source

    `litestar/routes/http.py` and `litestar/_kwargs/cleanup.py`, Litestar 2.25; the documentation of each resource in
    `litestar_fix/model/resources.py`.
    """

    code = "LSF203"
    name = "manual-resource-close"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.UNSAFE
    cost = 21
    guide = "2: manual resource management"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            import httpx
            from litestar import get

            @get("/tides")
            async def read_tides() -> str:
                async with httpx.AsyncClient() as client:
                    return (await client.get("https://tides.example")).text
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            import httpx
            from litestar import get

            @get("/tides")
            async def read_tides() -> str:
                client = httpx.AsyncClient()
                try:
                    return (await client.get("https://tides.example")).text
                finally:
                    await client.aclose()
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield what handlers close that they were given, then what they open without a context manager."""
        handlers = [item for item in project.layers.every_handler() if project.role(item.path) is not Role.TEST]
        by_provider: dict[_Providers, list[Given]] = {}
        for given in closed_by_handlers(project, handlers):
            by_provider.setdefault(given.providers, []).append(given)
        for providers, closing in by_provider.items():
            yield from cls._given(project, providers, closing)
        for handler in handlers:
            for item in opened(project, handler):
                yield cls._opened(handler, item)

    # ------------------------------------------------------------------------------------------------------- injected
    @classmethod
    def _given(cls, project: Project, providers: _Providers, closing: list[Given]) -> Iterator[practice.Finding]:
        symbol = providers[0] if len(providers) == 1 else None
        fresh = fresh_of(project, symbol) if symbol is not None else None
        function = project.function(symbol)
        if symbol is None or function is None or fresh is None:
            for given in closing:
                reason, cure = _why_not_left(project, providers, given)
                yield cls._closed(project, given, cure, reason, Fix(_removals([given])))
            return
        converted = conversion(project, symbol, function, fresh)
        name = _name(symbol.qualname)
        if any(use_cache(site.call) for site in provide_calls(project, symbol)):
            cure = f"which {name} makes once for all requests; close it when the application shuts down"
            reason = f"{name} is cached"
        else:
            cure = f"which {name} makes for it; let {name} yield it and close it"
            released = {Receiver(given.handler.symbol, given.param) for given in closing}
            reason = why_not_converted(project, converted, released)
            reason = reason and f"{name} stays as it is: {reason}"
        fix = Fix(_removals(closing), converted)
        kept = [
            f"{_name(given.handler.function.qualname)} closes it, too, and {why}"
            for given in closing
            if (why := _why_it_stays(cls, project, given))
        ]
        refusal = reason or next(iter(kept), "")
        for given in closing:
            yield cls._closed(project, given, cure, refusal, fix, bundle=f"{symbol.path}:{symbol.qualname}")

    @classmethod
    def _closed(
        cls, project: Project, given: Given, cure: str, reason: str, fix: Fix, bundle: str = ""
    ) -> practice.Finding:
        handler, first, *others = given.handler, *given.closings.places
        providers = [(symbol, project.function(symbol)) for symbol in given.providers]
        related = [
            practice.Related(symbol.path, function.span, "provided here")
            for symbol, function in providers
            if symbol is not None and function is not None
        ]
        related += [practice.Related(handler.path, span, "closed here, too") for span in others]
        return cls.finding(
            handler.path,
            first,
            f"{_name(handler.function.qualname)} closes {given.param} itself, {cure}",
            refusal=_obstacle(given) or reason,
            related=related,
            data=fix,
            bundle=bundle,
        )

    # --------------------------------------------------------------------------------------------------------- opened
    @classmethod
    def _opened(cls, handler: Handler, item: Opened) -> practice.Finding:
        resource, places = item.creation.resource, item.closings.places
        if resource.closing is not Closing.CONTEXT:
            cure = "close it in a finally block"
        else:
            cure = f"open it in {'an async with' if resource.is_async else 'a with'} statement"
        if not places:
            how = "never closes it"
        else:
            how = "closes it by hand" if item.is_closed_always else "closes it by hand, unless something raises before"
        value = item.made.value
        removals = tuple((handler.path, removal) for removal in item.closings.removals)
        return cls.finding(
            handler.path,
            value.span if value is not None else item.made.span,
            f"{_name(handler.function.qualname)} opens a new {item.creation.shown} and {how}; {cure}",
            refusal=item.obstacle,
            related=[practice.Related(handler.path, span, "closed here") for span in places],
            data=Fix(removals, opened=item),
        )


def _name(qualname: str) -> str:
    return qualname.rpartition("<locals>.")[2]


def _removals(closing: Iterable[Given]) -> tuple[tuple[str, Removal], ...]:
    return tuple((given.handler.path, removal) for given in closing for removal in given.closings.removals)


# ---------------------------------------------------------------------------------------------------------- refusals
def _obstacle(given: Given) -> str:
    if given.closings.obstacle:
        return given.closings.obstacle
    if given.closings.waits:
        return f"more is awaited after {given.param} was closed, and it would stay open"
    if given.handler.kind in LISTENERS:
        return "its provider would close it with the connection, and not with each message"
    option = given.handler.keyword("sync_to_thread")
    is_on_loop = option is None or (isinstance(option.value, Const) and not option.value.value)
    if given.resource.is_thread_bound and not is_on_loop and not given.handler.function.is_async:
        return f"{given.param} is used in a thread of its own, and its provider would close it in another one"
    return ""


def _why_it_stays(rule: type[ManualResourceClose], project: Project, given: Given) -> str:
    """Why a handler goes on closing what it is given, '' where it need not."""
    path = given.handler.path
    if practice.is_suppressed(rule, project, path, given.closings.places[0]):
        return "a comment keeps that"
    if rule.code in registry.ignored_in(project.settings, path):
        return "per-file-ignores keeps that"
    obstacle = _obstacle(given)
    return obstacle and f"there {obstacle}"


def _why_not_left(project: Project, providers: _Providers, given: Given) -> tuple[str, str]:
    """Why it is not certain that the provider closes it, '' where it is; and what to do about the close."""
    elsewhere = "which it is given; leave that to its provider"
    if len(providers) > 1:
        return "which provider it comes from depends on the route", elsewhere
    symbol = providers[0]
    if symbol is None:
        return "its provider is no known function", elsewhere
    function = project.function(symbol)
    name = _name(symbol.qualname)
    if function is None or not function.is_generator:
        return f"{name} is not seen to make it", f"which {name} provides; leave that to whoever opened it"
    return why_not_closed(project, symbol, given.resource), f"which {name} yields; leave that to {name}"
