"""LSF805: a middleware that does what Litestar does itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.builtin_middleware import builtins_of
from litestar_fix.model.middleware_evidence import Evidence
from litestar_fix.model.middlewares import middlewares, registered
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role

_NOT_SERVED = (Role.TEST, Role.EXAMPLE, Role.DOCUMENTATION)


class ReimplementedBuiltin(practice.PracticeRule):
    """A middleware answers for CORS, compression, rate limits, allowed hosts, CSRF, request logs or a response cache.

    ## Why

    Litestar brings each of these along, with the parts that are easily left out: preflight requests and
    `Vary: Origin`, responses that are too small to compress or are streamed, headers that tell a client how long to
    wait, tokens that are signed. Its own are configured in one line, and they are kept up to date by others.

    ## When it is quiet

    What Litestar has nothing for: request ids, token buckets and limits by user or key, headers that forbid caching,
    timings, logs of slow or failed requests only, or with the user or the duration. Tenants that are told by the host,
    request bodies that are decompressed, headers and tokens that are merely read. Classes that extend one of Litestar's
    own middleware. Tests, examples and documentation.

    A middleware is told by what it touches: `Access-Control-Allow-Origin`; gzip or brotli and `Content-Encoding`;
    status 429, a counter and the client's address; the host, looked up, and status 400, 403 or 421; a CSRF cookie that
    is set, or read with status 403; a logger that is given method and path; a cache that is read and filled with
    bodies. What helpers in other functions do is not seen.

    ## Fix safety

    There is no fix: what the middleware does in detail, and for which paths, is not told by what it touches.

    What a company has replaced itself is named by `extend-replaced-middleware`, and reported where it is registered.

    ## Source

    `litestar/middleware`, `litestar/config`, Litestar 2.25.
    """

    code = "LSF805"
    name = "reimplemented-builtin"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.NONE
    guide = "checklist: Manual middleware"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Litestar
            from litestar.config.cors import CORSConfig

            app = Litestar(cors_config=CORSConfig(allow_origins=["https://ferries.example"]))
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Litestar
            from litestar.datastructures import MutableScopeHeaders
            from litestar.middleware import ASGIMiddleware

            class OriginMiddleware(ASGIMiddleware):
                async def handle(self, scope, receive, send, next_app):
                    async def send_with_origin(message):
                        if message["type"] == "http.response.start":
                            headers = MutableScopeHeaders.from_message(message)
                            headers["Access-Control-Allow-Origin"] = "https://ferries.example"
                        await send(message)

                    await next_app(scope, receive, send_with_origin)

            app = Litestar(middleware=[OriginMiddleware()])
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield each middleware, once for each thing that it does."""
        for middleware in middlewares(project):
            defined = project.class_(middleware) or project.function(middleware)
            if defined is None or project.role(middleware.path) in _NOT_SERVED:
                continue
            for builtin in builtins_of(Evidence(project, middleware)):
                yield cls.finding(
                    middleware.path,
                    defined.span,
                    f"{defined.readable_name} {builtin.does}, which Litestar does itself; {builtin.instead}",
                )
        replaced = project.settings.extend_replaced_middleware
        for item, dotted in registered(project) if replaced else ():
            instead = next((say for name, say in replaced.items() if f".{dotted}".endswith(f".{name}")), "")
            if instead and project.role(item.path) not in _NOT_SERVED:
                message = f"{dotted.rpartition('.')[2]} is not to be used any more; {instead}"
                yield cls.finding(item.path, item.expr.span, message)
