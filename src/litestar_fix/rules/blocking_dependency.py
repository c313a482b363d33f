"""LSF205: a synchronous handler or provider that blocks is to run in a thread."""

from __future__ import annotations

from collections.abc import Iterator, Set
from enum import StrEnum
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.blocking_calls import BlockingCall, blocking_call, why_not_in_thread
from litestar_fix.model.callables import Kind, KnownCallable, callable_of, function_callable
from litestar_fix.model.facts import Call, Span
from litestar_fix.model.names import HTTP_DECORATORS, PROVIDE
from litestar_fix.model.project import Project
from litestar_fix.model.provide_calls import ThreadOption, is_cached, thread_option, thread_option_of_decorator
from litestar_fix.model.registrations import bare_registrations, why_no_shared_provide
from litestar_fix.model.roles import Role
from litestar_fix.model.sites import applied_calls, calls_of
from litestar_fix.model.symbols import Local, Located


class Change(StrEnum):
    """How a registration comes to say ``sync_to_thread=True``."""

    KEYWORD = "keyword"
    THIRD = "third argument"
    WRAP = "wrap"


class Registration(msgspec.Struct, frozen=True):
    """A registration that runs a callable on the event loop; ``refusal`` says why it has to stay so."""

    path: str
    span: Span
    scope: str
    change: Change
    refusal: str = ""


class _Blocker(msgspec.Struct):
    """A callable, where it stands, and how it is registered."""

    role: str
    known: KnownCallable
    registrations: list[Registration] = msgspec.field(default_factory=list)


class BlockingDependency(practice.PracticeRule):
    """A synchronous handler or provider makes a blocking call on the event loop.

    ## Why

    Litestar runs a synchronous callable on the event loop unless `sync_to_thread=True` says otherwise. While it reads a
    file, waits for a program or hashes a password, no other request is served. In a worker thread it keeps only its
    own request waiting.

    ## When it is quiet

    Constructors that connect or read later (`redis.Redis()`, `httpx.Client()`, `create_engine()`); what happens once:
    providers with `use_cache=True`, functions under `lru_cache`, `if _model is None: _model = load()`; calls that
    lambdas, nested functions, threads and background tasks make; coroutine functions; tests, scripts and migrations;
    callables and methods that are not known. What counts as blocking is a table of known calls; the setting
    `extend-blocking-calls` adds to it.

    ## Fix safety

    Unsafe: the callable runs in another thread, beside whatever the event loop does in the meantime, so that what it
    shares with others needs a lock. A bare callable in `dependencies=` is wrapped in `Provide`. Refused where the
    thread matters: for a connection of `sqlite3` that it returns or is given, and for the event loop; where one shared
    `Provide` would judge parameters differently; and for generators, on which the option has no effect: Litestar runs
    them on the event loop up to their `yield`.

    ## Source

    `litestar/di.py` (`Provide`), `litestar/handlers/http_handlers/base.py` (`HTTPRouteHandler`) and
    `litestar/concurrency.py` (`sync_to_thread`), Litestar 2.25.
    """

    code = "LSF205"
    name = "blocking-dependency"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    cost = 27
    search = "blocked_loops"
    guide = "checklist: Missing sync_to_thread; Blocking I/O in async"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/logbook", sync_to_thread=True)
            def read_logbook() -> str:
                with open("logbook.txt") as stream:
                    return stream.read()
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            @get("/logbook")
            def read_logbook() -> str:
                with open("logbook.txt") as stream:
                    return stream.read()
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield what blocks, once for all of its registrations outside of tests."""
        for (path, span), blocker in _blockers(project).items():
            call = blocking_call(project, blocker.known) if project.role(path) is not Role.TEST else None
            if call is not None:
                yield cls._blocking(project, (path, span), blocker, call)

    @classmethod
    def _blocking(
        cls, project: Project, place: tuple[str, Span], blocker: _Blocker, call: BlockingCall
    ) -> practice.Finding:
        is_generator = blocker.known.kind is Kind.GENERATOR
        kind = "generator " if is_generator else ""
        through = f", reached through {' > '.join(call.through)}" if call.through else ""
        if is_generator:
            cure = ", before its yield; make it an async generator and await the call in a thread"
            cure = cure if through else cure.removeprefix(",")
            refusal = "sync_to_thread has no effect on generators"
        else:
            cure = "; run it in a thread with sync_to_thread=True"
            reasons = (why_not_in_thread(project, blocker.known), *[item.refusal for item in blocker.registrations])
            refusal = next((reason for reason in reasons if reason), "")
        return cls.finding(
            *place,
            f"sync {kind}{blocker.role} {blocker.known.name} blocks the event loop with {call.name}{through}{cure}",
            refusal=refusal,
            related=[practice.Related(call.path, call.span, f"{call.name} blocks")],
            data=tuple(blocker.registrations),
        )


# ------------------------------------------------------------------------------------------------------- registrations
def _blockers(project: Project) -> dict[tuple[str, Span], _Blocker]:
    """The callables that run on the event loop, by place; handlers first, then providers."""
    found: dict[tuple[str, Span], _Blocker] = {}
    tests = {path for path in project.modules if project.role(path) is Role.TEST}
    for role, known, dependency, registration in (
        *_handlers(project, tests),
        *_provided(project, tests),
        *_bare(project, tests),
    ):
        place = _place(project, known, dependency)
        if place is not None:
            found.setdefault(place, _Blocker(role, known)).registrations.append(registration)
    return found


_Candidate = tuple[str, KnownCallable, Located | None, Registration]


def _place(project: Project, known: KnownCallable, dependency: Located | None) -> tuple[str, Span] | None:
    """The def of a function, the class of a class, the lambda itself."""
    if known.text is not None:
        return known.text.path, known.text.expr.span
    symbol = project.resolve_expr(dependency) if dependency is not None else None
    class_ = project.class_(symbol)
    if class_ is not None and isinstance(symbol, Local):
        return symbol.path, class_.span
    function = project.function(known.bodies[0]) if known.bodies else None
    return (known.bodies[0].path, function.span) if function is not None else None


def _handlers(project: Project, tests: Set[str]) -> Iterator[_Candidate]:
    for handler in project.layers.handlers.values():
        function, call = handler.function, handler.decorator
        if handler.path in tests or not handler.is_http or function.is_async or not isinstance(call, Call):
            continue
        if handler.applied is not None:
            continue  # below, with those that have no name
        below = function.decorators[function.decorators.index(call) + 1 :]
        known = function_callable(project, handler.symbol, function.name, below)
        option = thread_option_of_decorator(call)
        if _is_on_loop(known, option) and known is not None:
            yield "handler", known, None, _registration(handler.path, function.parent, call, option)
    for site, argument in applied_calls(project, *HTTP_DECORATORS):
        if site.path in tests:
            continue
        known, option = callable_of(project, argument), thread_option_of_decorator(site.call)
        if _is_on_loop(known, option) and known is not None:
            yield "handler", known, argument, _registration(site.path, site.scope, site.call, option)


def _provided(project: Project, tests: Set[str]) -> Iterator[_Candidate]:
    for site in calls_of(project, PROVIDE):
        call = site.call
        inner = call.args[0] if call.args else call.keyword("dependency")
        if site.path in tests or inner is None or is_cached(call):
            continue
        dependency = Located(site.path, site.scope, inner)
        known, option = callable_of(project, dependency), thread_option(call)
        if known is not None and (_is_on_loop(known, option) or _is_sync_generator(project, known)):
            yield "provider", known, dependency, _registration(site.path, site.scope, call, option)


def _bare(project: Project, tests: Set[str]) -> Iterator[_Candidate]:
    for registration in bare_registrations(project):
        value = registration.value
        known = callable_of(project, value) if value.path not in tests else None
        if known is not None and (known.kind is Kind.SYNC or _is_sync_generator(project, known)):
            reason = why_no_shared_provide(project, registration, known)
            where = Registration(value.path, value.expr.span, value.scope, Change.WRAP, reason)
            yield "provider", known, value, where


def _is_on_loop(known: KnownCallable | None, option: ThreadOption | None) -> bool:
    if known is None or known.kind is not Kind.SYNC or option is None:
        return False
    return option.value is None or option.literal == "False"


def _is_sync_generator(project: Project, known: KnownCallable) -> bool:
    functions = [project.function(body) for body in known.bodies]
    return known.kind is Kind.GENERATOR and not any(item is not None and item.is_async for item in functions)


def _registration(path: str, scope: str, call: Call, option: ThreadOption | None) -> Registration:
    change = Change.THIRD if option is not None and option.positional else Change.KEYWORD
    return Registration(path, call.span, scope, change)
