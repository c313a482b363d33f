"""LSF405: the paths of an application, and the handlers of a module, are named in one way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.facts import Span
from litestar_fix.model.handlers import Handler, Layer
from litestar_fix.model.naming import majority, restyled, style_of
from litestar_fix.model.path_constants import literal_of
from litestar_fix.model.paths import DeclaredPath, declared_paths
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role

_FOREIGN = ("webhook", "callback")


class InconsistentNaming(practice.PracticeRule):
    """A path or a handler is named in another way than most of its application or module.

    ## Why

    Where most paths are `/order-lines`, nobody looks for `/order_notes`. Who writes a client has to look up each path,
    and proxies, logs and permissions need a pattern for each style. The same holds for the functions of one module.

    ## When it is quiet

    Names of one word, which fit every style, and what numbers follow (`/covid-19`). A tie, as nobody knows which of
    both is meant. Parameters; file names and all that is below `/.well-known`; webhooks and callbacks, of which
    somebody else chose the path. Paths that no application is seen to register, or that are only known at run time;
    tests.

    There is no fix: clients know the path, and the name of a handler is a part of its operation id in the OpenAPI
    document.

    ## Source

    `litestar/routes/base.py` (a path is split at its slashes), Litestar 2.25.
    """

    code = "LSF405"
    name = "inconsistent-naming"
    severity = practice.Severity.LOW
    applicability = practice.Applicability.NONE
    guide = "checklist: Inconsistent naming"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Litestar, get

            @get("/full-moons")
            async def list_full_moons() -> list[int]:
                return [3]

            @get("/new-moons")
            async def list_new_moons() -> list[int]:
                return [18]

            @get("/half-moons")
            async def list_half_moons() -> list[int]:
                return [11]

            app = Litestar([list_full_moons, list_new_moons, list_half_moons])
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Litestar, get

            @get("/full-moons")
            async def list_full_moons() -> list[int]:
                return [3]

            @get("/new-moons")
            async def list_new_moons() -> list[int]:
                return [18]

            @get("/half_moons")
            async def list_half_moons() -> list[int]:
                return [11]

            app = Litestar([list_full_moons, list_new_moons, list_half_moons])
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the paths of each application, then the handlers of each module."""
        seen: set[tuple[str, Span]] = set()
        for layers in _applications(project):
            paths = list(_paths(project, layers))
            style, count, total = majority(segment for path in paths for segment in _names(path))
            for path in paths if 0 < count < total else ():
                others = [segment for segment in _names(path) if style_of(segment) not in ("", style)]
                literal = literal_of(project, path)
                place = (literal.path, literal.span) if literal is not None else path.place
                if others and place not in seen:
                    seen.add(place)
                    better = ", ".join(f"/{restyled(segment, style)}" for segment in others)
                    named = ", ".join(f"/{segment} in {style_of(segment)}" for segment in others)
                    yield cls.finding(
                        *place,
                        f"the path of {_who(path)} has {named}, where {count} of {total} names in the paths of the "
                        f"application are in {style}; {better} fits them",
                    )
        yield from cls._of_handlers(project)

    @classmethod
    def _of_handlers(cls, project: Project) -> Iterator[practice.Finding]:
        modules: dict[str, list[Handler]] = {}
        for handler in project.layers.every_handler():
            if handler.decorator is not None and project.role(handler.path) is not Role.TEST:
                modules.setdefault(handler.path, []).append(handler)
        for handlers in modules.values():
            style, count, total = majority(handler.function.name for handler in handlers)
            for handler in handlers if 0 < count < total else ():
                function = handler.function
                if style_of(function.name) not in ("", style):
                    yield cls.finding(
                        handler.path,
                        function.span,
                        f"the name of handler {function.name} is in {style_of(function.name)}, where {count} of "
                        f"{total} in this module are in {style}; {restyled(function.name, style)} fits them",
                    )


def _applications(project: Project) -> Iterator[dict[Layer, None]]:
    """Yield the layers of each application, itself included."""
    found: dict[Layer, dict[Layer, None]] = {}
    for route in project.layers.routes:
        if route.rooted and project.role(route.layers[0].path) is not Role.TEST:
            found.setdefault(route.layers[0], {}).update(dict.fromkeys(route.layers))
    yield from found.values()


def _who(path: DeclaredPath) -> str:
    return path.owner if path.layer.kind in ("controller", "handler") else f"the {path.layer.kind}"


def _paths(project: Project, layers: Iterable[Layer]) -> Iterator[DeclaredPath]:
    for layer in layers:
        for path in declared_paths(project).get(layer, ()):
            if not any(word in path.text.lower() for word in _FOREIGN):
                yield path


def _names(path: DeclaredPath) -> Iterator[str]:
    """The segments of a path that its author named."""
    for segment in path.segments:
        if segment.text.startswith("."):
            return  # somebody else named what is below it, too
        if not segment.written and "." not in segment.text:
            yield segment.text
