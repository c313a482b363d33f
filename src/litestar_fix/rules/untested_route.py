"""LSF902 untested-route."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from litestar_fix import practice
from litestar_fix.model.layers import Handler
from litestar_fix.model.paths import segments
from litestar_fix.model.project import Project

if TYPE_CHECKING:
    from litestar_fix.model.routes import Route


class UntestedRoute(practice.PracticeRule):
    """No test requests the path of a route.

    ## Why

    What no test requests, nobody notices when it breaks: parameters, guards and the DTO of a route only work together
    when a request runs through all of them.

    Paths are put together from the application down to the handler, and compared with every text in the tests:
    f-strings and `.format` match as patterns, constants are followed, a base URL counts. Whether a request has the
    right method is not looked at.

    The rule is off by default, because coverage tells more to those who measure it: `extend-select = ["LSF902"]`. A
    project whose tests request no route at all is one finding, at its first `Litestar(...)`.

    ## When it is quiet

    Routes with a path that is not known, or that no application of the project is seen to register; mounted ASGI
    applications; handlers whose function, controller or `name=` some test uses, as `create_test_client` and
    `route_reverse` do; projects that test with schemathesis.

    ## Source

    https://docs.litestar.dev/latest/usage/testing.html
    """

    code = "LSF902"
    name = "untested-route"
    severity = practice.Severity.LOW
    applicability = practice.Applicability.NONE
    guide = "checklist: Missing tests"
    on_by_default = False
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/tides")
            async def list_tides() -> list[float]:
                return [4.2]
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Litestar, get

            @get("/tides")
            async def list_tides() -> list[float]:
                return [4.2]

            app = Litestar([list_tides])
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the handlers with paths that no test requests, or the application where no test requests any."""
        from litestar_fix.model.tested_routes import RequestsOfTests, served_routes

        routes = served_routes(project)
        tests = RequestsOfTests(project) if routes else None
        if tests is None or tests.request_all:
            return
        literal = frozenset(path for route in routes for path in route.paths or () if _is_literal(path))
        missed: dict[Handler, list[str]] = {}
        for route in routes:
            untested = [path for path in route.paths or () if not tests.requested(path, literal)]
            missed.setdefault(route.handler, []).extend(untested)
        reached = {handler for handler, paths in missed.items() if not paths or tests.meets(handler)}
        if not reached and not _is_any_requested(routes, missed):
            yield cls._nothing(routes, tests.has_tests)
            return
        for handler, paths in missed.items():
            if handler not in reached:
                yield cls.finding(handler.path, handler.function.span, _message(handler, paths))

    @classmethod
    def _nothing(cls, routes: Sequence[Route], has_tests: bool) -> practice.Finding:
        first = min((route.layers[0] for route in routes), key=lambda layer: (layer.path, layer.span))
        count = len({path for route in routes for path in route.paths or ()})
        paths, them = ("one path", "it") if count == 1 else (f"{count} paths", "them")
        tested = f"no test requests {'it' if count == 1 else 'any of them'}" if has_tests else "the project has no test"
        message = f"the application has {paths}, and {tested}"
        return cls.finding(first.path, first.span, f"{message}; request {them} through TestClient or AsyncTestClient")


def _is_literal(path: str) -> bool:
    return all(part.inner is None for part in segments(path))


def _is_any_requested(routes: Sequence[Route], missed: dict[Handler, list[str]]) -> bool:
    return any(path not in missed[route.handler] for route in routes for path in route.paths or ())


def _message(handler: Handler, paths: Sequence[str]) -> str:
    name = handler.function.readable_name
    method = "/".join(handler.methods or ("any method of",)).replace("WS", "a websocket at")
    asked = " and ".join(dict.fromkeys(paths))
    return f"no test requests {method} {asked}, which {name} answers; request it through a test client"
