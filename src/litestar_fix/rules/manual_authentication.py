"""LSF705: who asks is found out by a security backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.callables import callable_of
from litestar_fix.model.credentials import Authentication, authentication, backends
from litestar_fix.model.guards import registered_guards
from litestar_fix.model.project import Project
from litestar_fix.model.providers import target_function
from litestar_fix.model.reach import Reach
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import Local


class ManualAuthentication(practice.PracticeRule):
    """A handler, provider or guard authenticates the client itself, and no security backend does.

    ## Why

    A backend asks for credentials on every route that is not exempt. Where handlers, dependencies or guards do it, each
    route that does not name them is open, and nothing tells. `request.user` does not exist, the OpenAPI document has no
    security scheme, and each such function parses the header, its case and its missing parts again.

    ## When it is quiet

    Applications that authenticate in a middleware: with `JWTAuth` and its like, `SessionAuth`, a subclass of
    `AbstractAuthenticationMiddleware`, a plugin for it, or one that sets the user of the scope. Libraries: projects
    without an application. Signed tokens that are no credentials of a request: those of links (path, query, body), and
    the states of OAuth. An Authorization header that is only handed on, to another service for example. Tests. Where a
    project has several applications, each is told by the modules that imports connect it with.

    ## Source

    https://docs.litestar.dev/2/usage/security/abstract-authentication-middleware.html and
    https://docs.litestar.dev/2/usage/security/security-backends.html.
    """

    code = "LSF705"
    name = "manual-authentication"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.NONE
    cost = 6
    guide = "checklist: Manual authentication"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Litestar, Request, get

            @get("/hives")
            async def count_hives(request: Request) -> str:
                return request.headers.get("Authorization", "")

            app = Litestar([count_hives])
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Litestar, Request, get
            from litestar.exceptions import NotAuthorizedException

            @get("/hives")
            async def count_hives(request: Request) -> int:
                if request.headers.get("Authorization") != "Bearer honey":
                    raise NotAuthorizedException
                return 3

            app = Litestar([count_hives])
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the functions that authenticate, once each."""
        is_open = _open_modules(project)
        if is_open is None:
            return
        seen: set[Local] = set()
        for what, symbol in _served(project):
            function = project.function(symbol)
            if function is None or symbol in seen or not is_open(symbol.path):
                continue
            seen.add(symbol)
            found = authentication(project, symbol, function)
            if found is not None:
                who = function.readable_name
                yield cls.finding(
                    symbol.path,
                    found.credential.span,
                    f"{what} {who} {_does(found)} itself, and no security backend is configured; use one, such as "
                    "JWTAuth, or an AbstractAuthenticationMiddleware: it asks on every route and sets request.user",
                )


def _open_modules(project: Project) -> Callable[[str], bool] | None:
    """Return what tells of a module whether no backend authenticates for its handlers; None where there is none.

    With several applications in a project, each is told by the modules that imports connect it with.
    """
    served = [
        layer.path
        for _, layer in project.layers.applications
        if project.role(layer.path) in (Role.APPLICATION, Role.SCRIPT)
    ]
    authenticated = backends(project)
    if not served or not authenticated:
        return (lambda path: project.role(path) is not Role.TEST) if served else None
    reach = Reach(project)
    opened = {reach.component(path) for path in served} - {reach.component(path) for path in authenticated}
    return (lambda path: reach.component(path) in opened and project.role(path) is not Role.TEST) if opened else None


def _served(project: Project) -> Iterator[tuple[str, Local]]:
    """What Litestar runs for a request beside middleware, and what it is."""
    for handler in project.layers.every_handler():
        yield "handler", handler.symbol
    for provider in project.layers.providers:
        target = target_function(provider)
        if target is not None:
            yield "provider", target
    for _, guard in registered_guards(project):
        known = callable_of(project, guard)
        for body in known.bodies if known is not None else ():
            yield "guard", body


def _does(found: Authentication) -> str:
    if not found.decoder:
        return f"parses {found.credential.text}"
    return f"decodes the token of {found.credential.text} with {found.decoder}"
