"""LSF206: a handler asks for few dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.handlers import Handler
from litestar_fix.model.injection import Injected, injected
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role


class TooManyDependencies(practice.PracticeRule):
    """A handler has more injected dependencies than the setting `max-dependencies` allows, 5 by default.

    ## Why

    Each dependency is made for every request, whether this one needs it or not, and each has to be replaced in a test
    of the handler. A handler that takes many of them coordinates them itself: that is the work of a service, which a
    command or a background task can use, too.

    ## When it is quiet

    Path, query, header and cookie parameters, the body, and what Litestar reserves (`request`, `state` ...) do not
    count. A parameter counts where a layer that encloses the handler is seen to provide its name (handler, controller,
    router, application, in any file), or where it says so itself: `NamedDependency[...]`, `Dependency(...)`, Dishka's
    `FromDishka[...]`. What plugins of libraries provide, and what unknown layers may, does not count. What providers
    ask for in turn does not either. Handlers in tests.

    ## Source

    `litestar/_kwargs/kwargs_model.py` (`_get_param_definitions`), Litestar 2.25. In public applications one handler in
    fifty has four dependencies or five, and hardly any has more.
    """

    code = "LSF206"
    name = "too-many-dependencies"
    severity = practice.Severity.LOW
    applicability = practice.Applicability.NONE
    guide = "checklist: handlers with >5 injected dependencies"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/tides")
            async def list_tides(port: str, day: str, unit: str, page: int, size: int, sort: str) -> list[str]:
                return [port, day, unit, sort][page:size]
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get
            from litestar.params import Dependency

            @get("/tides")
            async def list_tides(
                ports: object = Dependency(),
                moons: object = Dependency(),
                winds: object = Dependency(),
                gauges: object = Dependency(),
                clock: object = Dependency(),
                units: object = Dependency(),
            ) -> list[str]:
                return []
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the handlers with too many dependencies, each function once."""
        limit = project.settings.max_dependencies
        seen = set()
        for handler in project.layers.every_handler():
            if len(handler.function.params) <= limit or project.role(handler.path) is Role.TEST:
                continue
            found = injected(project, handler)
            if len(found) > limit and handler.symbol not in seen:
                seen.add(handler.symbol)
                yield cls.finding(
                    handler.path, handler.function.span, _message(handler, found, limit), related=_related(found)
                )


def _message(handler: Handler, found: tuple[Injected, ...], limit: int) -> str:
    names = ", ".join(item.name for item in found)
    count = f"{len(found)} injected dependencies, more than {limit}"
    return f"handler {handler.function.name} has {count}: {names}; bring those that work together behind one service"


def _related(found: tuple[Injected, ...]) -> Iterator[practice.Related]:
    for item in found:
        if item.provider is not None:
            value = item.provider.value
            yield practice.Related(value.path, value.expr.span, f"{item.name} is provided here")
