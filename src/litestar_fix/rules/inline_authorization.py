"""LSF704: who may use a handler is decided by a guard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.dto_places import Names
from litestar_fix.model.graph import show
from litestar_fix.model.inline_checks import Denial, InlineCheck, inline_checks
from litestar_fix.model.new_guards import NewGuard, check_movable, identity, new_guard
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Refusal
from litestar_fix.model.response_caches import has_key_builder, shared_cache


class InlineAuthorization(practice.PracticeRule):
    """A handler checks itself who asks, and answers 401 or 403, where a guard would.

    ## Why

    A check within a handler comes last: parameters are parsed, dependencies are made and the body is validated before
    it, so that somebody who may do nothing learns from a 400 what the route expects. The layers do not show it, and the
    next handler is easily written without it. Where the response is cached the check is a hole: the handler does not
    run for what the cache answers, and the second client gets, unchecked, what the first one was allowed to see.

    ## When it is quiet

    Conditions on anything but the client (`request.user`, `request.auth`, `request.session`, a variable or a dependency
    that is one of them): an object that was loaded, a parameter, the body. Checks that run for some requests only.
    Routes by which clients log in, register or refresh their tokens, or that replace the session. Handlers below a
    guard that asks for the same, or that cannot be read. Redirects, and statuses other than 401 and 403; one that
    stands where the detail belongs (LSF604) counts as what it is meant to be. Sockets and tests.

    ## Fix safety

    Unsafe. The check becomes a guard of the same module, which handlers with an equal check share; `request` goes where
    nothing else needs it. On purpose, who is denied is now denied before parameters, body and dependencies are looked
    at (403 instead of 400), and on cached responses, too. A guard that is not `async` runs in a thread.

    The fix is refused where the check is not the first statement, has another branch, or reads what a guard does not
    have (a parameter, `self`, what only requests know, a variable of a function around the handler), or stands in a
    function that the handler calls with its request; where what follows
    reads a name that it binds; where the handler's guards are not listed at its decorator, another decorator or
    `before_request` may have a say, or its function is called directly.

    ## Source

    `litestar/routes/http.py` (`HTTPRoute.handle`: guards, then the cache, then the handler) and
    `litestar/handlers/base.py` (`authorize_connection`), Litestar 2.25.
    """

    code = "LSF704"
    name = "inline-authorization"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    cost = 12
    guide = "7: security only in handlers"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get
            from litestar.connection import ASGIConnection
            from litestar.exceptions import PermissionDeniedException
            from litestar.handlers import BaseRouteHandler

            def requires_keeper(connection: ASGIConnection, _: BaseRouteHandler) -> None:
                if not connection.user.is_keeper:
                    raise PermissionDeniedException

            @get("/hives", guards=[requires_keeper])
            async def count_hives() -> int:
                return 3
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Request, get
            from litestar.exceptions import PermissionDeniedException

            @get("/hives")
            async def count_hives(request: Request) -> int:
                if not request.user.is_keeper:
                    raise PermissionDeniedException
                return 3
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the checks; those that one guard can make share a fix."""
        found = sorted(inline_checks(project), key=lambda check: (check.handler.path, check.denials[0].span))
        refusals = [_refusal(project, check) for check in found]
        shared: dict[object, list[InlineCheck]] = {}
        for check, refusal in zip(found, refusals, strict=True):
            if not refusal and not cls._is_suppressed(project, check):
                shared.setdefault(identity(check), []).append(check)
        names = Names(project, _inner_names(project, {check.handler.path for check in found}))
        guards = {key: new_guard(project, names, checks) for key, checks in shared.items()}
        has_builder = bool(found) and has_key_builder(project)
        for check, refusal in zip(found, refusals, strict=True):
            yield cls._finding(project, check, refusal, guards.get(identity(check)), has_builder=has_builder)

    @classmethod
    def _is_suppressed(cls, project: Project, check: InlineCheck) -> bool:
        return practice.is_suppressed(cls, project, check.handler.path, check.denials[0].span)

    @classmethod
    def _finding(
        cls, project: Project, check: InlineCheck, refusal: str, guard: NewGuard | None, *, has_builder: bool
    ) -> practice.Finding:
        first, *others = check.denials
        path = check.handler.path
        who = check.handler.function.readable_name
        cache = shared_cache(project, check.handler) if not has_builder else None
        note = ", though its response is cached: the next client gets it unchecked" if cache is not None else ""
        cure = f"move the check into a guard, {guard.name}" if guard and not refusal else "let a guard do it"
        related = [practice.Related(path, item.span, "so does this") for item in others]
        if cache is not None:
            related.append(practice.Related(path, cache.span, "cached here"))
        return cls.finding(
            path,
            first.span,
            f"{who} {_does(first)}{note}; {cure}",
            refusal=refusal,
            related=related,
            data=guard,
            bundle=f"{path}:{guard.name}" if guard and not refusal else "",
        )


def _inner_names(project: Project, paths: Iterable[str]) -> Iterator[str]:
    """Yield what means something within the classes and functions of modules, where it would hide a guard."""
    for path in paths:
        module = project.modules[path]
        for function in module.functions:
            yield from (function.name, *function.bound)
        for class_ in module.classes:
            yield from (attribute.name for attribute in class_.attributes)


def _does(denial: Denial) -> str:
    what = show(denial.reads[0].expr)
    if denial.by:
        return f"lets {denial.by} check {what} and raise {denial.status}"
    return f"checks {what} itself and raises {denial.status}"


def _refusal(project: Project, check: InlineCheck) -> str:
    try:
        check_movable(project, check)
    except Refusal as reason:
        return str(reason)
    return ""
