"""LSF403: a handler says what it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Const
from litestar_fix.model.layers import Handler, Layer
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import Local, Located

_TEXTS = ("summary", "description", "operation_class")


class MissingDocstring(practice.PracticeRule):
    """A route handler has neither a docstring nor a summary or description for the OpenAPI schema.

    ## Why

    The schema of the application is what its clients read. Without a text an operation shows the name of the handler
    and nothing else, and a reader of the code has to find out what it promises. Litestar shows `description=` and
    `summary=`, and the docstrings of handlers with `OpenAPIConfig(use_handler_docstrings=True)`.

    The rule is off by default, because many teams document elsewhere: `extend-select = ["LSF403"]`.

    ## When it is quiet

    Handlers that no route shows in the schema, because they or a layer around them set `include_in_schema=False`; and
    those of which that, or the options of the handler, cannot be told from the text. Sockets and mounted ASGI
    applications, which are in no schema. Handlers in tests. An `operation_class` may bring its own texts.

    ## Source

    `litestar/_openapi/path_item.py` (`create_operation_for_handler_method`) and the merging of `include_in_schema` in
    `litestar/handlers/http_handlers/base.py`, Litestar 2.25.
    """

    code = "LSF403"
    name = "missing-docstring"
    severity = practice.Severity.LOW
    applicability = practice.Applicability.NONE
    guide = "checklist: Missing docstrings"
    on_by_default = False
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/moons")
            async def list_moons() -> list[str]:
                '''List the moons, the largest first.'''
                return ["Ganymede"]
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            @get("/moons")
            async def list_moons() -> list[str]:
                return ["Ganymede"]
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield each handler without a text that some route shows in the schema."""
        for handler in project.layers.every_handler():
            if not handler.is_http or handler.function.has_docstring or project.role(handler.path) is Role.TEST:
                continue
            if _is_described(handler) or not any(_is_shown(project, r) for r in project.layers.served(handler)):
                continue
            name = handler.function.name
            message = f"handler {name} has no docstring, summary or description; say in one line what it does"
            yield cls.finding(handler.path, handler.function.span, message)


def _is_described(handler: Handler) -> bool:
    """Whether the decorator has a text, or may have one."""
    values = [value.expr for option in _TEXTS for value in handler.layer.values(option)]
    return not handler.layer.complete or any(not (isinstance(expr, Const) and not expr.value) for expr in values)


def _is_shown(project: Project, route: Route) -> bool:
    """Whether a route is in the schema; False where that is not known.

    What plugins of libraries set on the application is not seen; this option they leave alone.
    """
    for layer in reversed(route.layers):
        if "include_in_schema" in layer.unsure:
            return False
        for value in layer.values("include_in_schema")[-1:]:
            return _is_true(project, value)
        if not _is_spelled_out(project, layer):
            return False
    return True


def _is_spelled_out(project: Project, layer: Layer) -> bool:
    if layer.kind == "controller":
        return project.layers.controllers[Local(layer.path, layer.scope)].complete
    return layer.complete or layer.kind == "application"


def _is_true(project: Project, located: Located) -> bool:
    value: Located | None = located
    for _ in range(4):
        if value is None or isinstance(value.expr, Const):
            break
        value = value_of(project, value)
    return value is not None and isinstance(value.expr, Const) and value.expr.value is True
