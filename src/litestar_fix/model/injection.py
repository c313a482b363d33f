"""Which parameters of a handler are dependencies.

Source: ``_get_param_definitions`` in ``litestar/_kwargs/kwargs_model.py``, Litestar 2.25: a parameter that has the name
of a dependency of its layers is that dependency, whatever its annotation says. Where layers are not known, a marker
tells.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Param, Ref
from litestar_fix.model.handlers import Handler
from litestar_fix.model.path_readers import annotation_markers, markers
from litestar_fix.model.project import Project
from litestar_fix.model.providers import Provider
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import Located

_MARKERS = frozenset({"litestar.di.NamedDependency", "litestar.di.Dependency", "litestar.params.Dependency"})
_DISHKA = frozenset({"FromDishka", "FromComponent"})


class Injected(msgspec.Struct, frozen=True):
    """A parameter that is a dependency; ``provider`` is None where a marker alone says so."""

    name: str
    provider: Provider | None


def injected(project: Project, handler: Handler) -> tuple[Injected, ...]:
    """Return the parameters of a handler that are dependencies for certain, in the order in which they are written.

    On the route with most of them, where the handler has several.
    """
    if handler.kind == "litestar.asgi":
        return ()  # Litestar injects nothing there
    return max((tuple(_on(route)) for route in project.layers.served(handler)), key=len)


def _on(route: Route) -> Iterator[Injected]:
    provided = route.dependencies()
    for param in route.handler.function.params:
        if param.name in provided:
            yield Injected(param.name, provided[param.name])
        elif _is_marked(route.project, route.handler, param):
            yield Injected(param.name, None)


def _is_marked(project: Project, handler: Handler, param: Param) -> bool:
    scope = handler.function.parent
    found = [Located(handler.path, scope, marker) for marker in markers(param)]
    if isinstance(param.annotation, Ref):
        alias = value_of(project, Located(handler.path, scope, param.annotation))
        if alias is not None:
            found += [Located(alias.path, alias.scope, marker) for marker in annotation_markers(alias.expr)]
    return any(_is_marker(project.external(marker.path, marker.expr, marker.scope)) for marker in found)


def _is_marker(name: str) -> bool:
    return name in _MARKERS or (name.startswith("dishka.") and name.rpartition(".")[2] in _DISHKA)
