"""LSF204: where a synchronous callable runs is to be said."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.blocking import is_blocking, opens_sync_session
from litestar_fix.model.callables import Kind, KnownCallable, callable_of, function_callable
from litestar_fix.model.facts import Call, Ref, Span, With
from litestar_fix.model.graph import show
from litestar_fix.model.names import HANDLER_DECORATORS, HTTP_DECORATORS, PROVIDE
from litestar_fix.model.project import Project
from litestar_fix.model.provide_calls import ThreadOption, thread_option, thread_option_of_decorator
from litestar_fix.model.registrations import Registration, bare_registrations, why_no_shared_provide
from litestar_fix.model.sites import CallSite, applied_calls, calls_of
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import statements


class Change(StrEnum):
    """What is to be done to a call, or to a bare callable."""

    DECLARE = "declare"
    DECLARE_THIRD = "declare third argument"
    REMOVE = "remove"
    REMOVE_THIRD = "remove third argument"
    WRAP = "wrap"


class Fix(msgspec.Struct, frozen=True):
    """One change of the expression at a span; ``scope`` is where its names are looked up."""

    change: Change
    path: str
    span: Span
    scope: str = ""


class ImplicitSyncToThread(practice.PracticeRule):
    """A synchronous handler or provider does not say where it runs, or sync_to_thread is set where it has no effect.

    ## Why

    Litestar runs a synchronous handler or provider on the event loop unless told otherwise, and warns about it at every
    start, because only its author knows whether it blocks. Once `sync_to_thread=False` is written down the warning is
    gone, and a reader knows that somebody thought about it. On coroutine functions and generators the option does
    nothing; Litestar warns about that, too.

    ## When it is quiet

    Coroutine functions and generators without the option; callables of which the kind is not known from the text
    (results of calls, functions under a decorator that is not the standard library's, methods of library objects);
    options that are unpacked from a mapping; tests that wait for the warning. A callable that can reach a known
    blocking call is left to the rule about blocking dependencies: for it, `False` would be the wrong answer.

    ## Fix safety

    Safe: unset and `False` run the same, and so do set and unset on coroutine functions and generators. A bare callable
    in `dependencies=` is wrapped in `Provide`. Litestar makes one `Provide` of a bare callable for every handler, but
    keeps one that is written out for all; where a parameter of the callable means different things to different
    handlers the fix is refused.

    ## Source

    `litestar/di.py` (`Provide`), `litestar/handlers/http_handlers/base.py` (`HTTPRouteHandler.__call__`) and
    `litestar/handlers/base.py` (`_resolve_dependency`), Litestar 2.25.
    """

    code = "LSF204"
    name = "implicit-sync-to-thread"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.SAFE
    cost = 4
    guide = "9: declare sync_to_thread explicitly; checklist: Missing sync_to_thread declaration"

    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/moons", sync_to_thread=False)
            def list_moons() -> list[str]:
                return ["Io", "Europa"]
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            @get("/moons")
            def list_moons() -> list[str]:
                return ["Io", "Europa"]
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield handlers, then ``Provide`` calls, then bare providers."""
        for handler in project.layers.handlers.values():
            function, call = handler.function, handler.decorator
            if handler.is_http and isinstance(call, Call) and handler.applied is None:
                below = function.decorators[function.decorators.index(call) + 1 :]
                known = function_callable(project, handler.symbol, function.name, below)
                site = CallSite(handler.path, function.parent, call)
                yield from cls._handler(project, site, known, function.span)
        for site, argument in applied_calls(project, *HANDLER_DECORATORS):
            if project.external(site.path, site.call, site.scope) not in HTTP_DECORATORS:
                continue
            known = callable_of(project, argument)
            yield from cls._handler(project, site, known, site.call.span)
        for site in calls_of(project, PROVIDE):
            yield from cls._provide(project, site)
        for registration in bare_registrations(project):
            yield from cls._bare(project, registration)

    @classmethod
    def _handler(
        cls, project: Project, site: CallSite, known: KnownCallable | None, span: Span
    ) -> Iterator[practice.Finding]:
        option = thread_option_of_decorator(site.call)
        if known is None or option is None or _is_expected(project, Local(site.path, site.scope), span):
            return
        if known.kind is Kind.SYNC and option.value is None and not _works_with_blocking(project, known):
            fix = Fix(Change.DECLARE, site.path, site.call.span)
            yield cls.finding(site.path, span, _undeclared(f"handler {known.name}"), data=fix)
        elif known.kind is Kind.ASYNC and option.literal:
            fix = Fix(Change.REMOVE, site.path, site.call.span)
            yield cls.finding(site.path, option.span, _useless(option, "handler", known), data=fix)

    @classmethod
    def _provide(cls, project: Project, site: CallSite) -> Iterator[practice.Finding]:
        call = site.call
        option = thread_option(call)
        inner = call.args[0] if call.args else call.keyword("dependency")
        if option is None or inner is None:
            return
        known = callable_of(project, Located(site.path, site.scope, inner))
        if known is None or _is_expected(project, Local(site.path, site.scope), call.span):
            return
        if known.kind is Kind.SYNC:
            if option.value is None and not _blocks(project, known):
                fix = Fix(Change.DECLARE_THIRD if option.positional else Change.DECLARE, site.path, call.span)
                yield cls.finding(site.path, call.span, _undeclared(f"provider {known.name}"), data=fix)
        elif option.literal:
            fix = Fix(Change.REMOVE_THIRD if option.positional else Change.REMOVE, site.path, call.span)
            yield cls.finding(site.path, option.span, _useless(option, "provider", known), data=fix)

    @classmethod
    def _bare(cls, project: Project, registration: Registration) -> Iterator[practice.Finding]:
        value = registration.value
        known = callable_of(project, value)
        if known is None or known.kind is not Kind.SYNC or _blocks(project, known):
            return
        yield cls.finding(
            value.path,
            value.expr.span,
            f"sync provider {known.name} is registered bare and runs on the event loop without saying so; "
            f"write Provide({show(value.expr) if isinstance(value.expr, Ref) else '...'}, sync_to_thread=False)",
            refusal=why_no_shared_provide(project, registration, known),
            data=Fix(Change.WRAP, value.path, value.expr.span, value.scope),
        )


# ------------------------------------------------------------------------------------------------------------ blocking
def _blocks(project: Project, known: KnownCallable) -> bool:
    more = frozenset(project.settings.blocking_calls)
    return known.reaches(project, lambda name: is_blocking(name, more))


def _is_expected(project: Project, scope: Local, span: Span) -> bool:
    """Whether a test waits for the warning: ``with pytest.warns(...)``."""
    function = project.function(scope)
    if function is None or not any(name.endswith("warns") for name in function.calls):
        return False
    for stmt in statements(function.body):
        if isinstance(stmt, With) and stmt.span.contains(span):
            contexts = (project.external(scope.path, item.context, scope.qualname) for item in stmt.items)
            if "pytest.warns" in contexts:
                return True
    return False


def _works_with_blocking(project: Project, known: KnownCallable) -> bool:
    """Whether a handler blocks, or has what it can only want to block with: a session of a synchronous database."""
    injected = [project.callgraph.type_of(body, name) for body in known.bodies for name in known.params or ()]
    if any(isinstance(class_, External) and opens_sync_session(class_.name) for class_ in injected):
        return True
    return _blocks(project, known) or known.reaches(project, opens_sync_session)


def _undeclared(what: str) -> str:
    return f"sync {what} runs on the event loop without saying so; declare sync_to_thread=False"


def _useless(option: ThreadOption, role: str, known: KnownCallable) -> str:
    # who wrote True believes that a thread takes the blocking calls
    place = ", which runs on the event loop" if known.kind is Kind.ASYNC and option.literal == "True" else ""
    return f"sync_to_thread={option.literal} has no effect on the {known.kind} {role} {known.name}{place}; remove it"
