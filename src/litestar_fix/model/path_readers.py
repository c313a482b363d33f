"""Who takes a path parameter: handlers, and the providers that they reach."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.facts import Call, Const, Expr, Function, Param, Seq, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.routes import Route
from litestar_fix.model.scalars import plain
from litestar_fix.model.symbols import Local, Located

_MARKERS = frozenset(f"litestar.params.{name}" for name in ("Parameter", "PathParameter"))
_ELSEWHERE = frozenset({"header", "query", "cookie"})
_NO_VALUE = frozenset({"*", "**"})


class Reader(msgspec.Struct, frozen=True):
    """A parameter of a function that gets the value of a path parameter.

    Args:
        name: of the function.
        annotation: of the parameter.
        type: the annotation without what ``Annotated`` adds to it.
        via: the handler that depends on the function, '' where it is the handler.
    """

    name: str
    annotation: Located
    type: Located
    via: str


def readers(route: Route, name: str) -> Iterator[Reader]:
    """Yield who takes a path parameter on a route; those without an annotation are left out."""
    project, handler = route.project, route.handler
    if handler.kind == "litestar.asgi":
        return
    declares = any(layer.values("dependencies") for layer in route.layers)
    dependencies = route.dependencies() if declares else {}
    if name in dependencies:
        return
    yield from _of(project, handler.symbol, handler.function, name, "")
    if not dependencies:
        return
    for provider in route.used_dependencies().values():
        function = project.function(provider.target)
        if isinstance(provider.target, Local) and function is not None:
            yield from _of(project, provider.target, function, name, handler.function.name)


def _of(project: Project, symbol: Local, function: Function, name: str, via: str) -> Iterator[Reader]:
    for param in function.params:
        if param.name != name or param.kind in _NO_VALUE or param.annotation is None:
            continue
        if not _comes_from_elsewhere(project, symbol.path, function.parent, param):
            annotation = Located(symbol.path, function.parent, param.annotation)
            yield Reader(function.name, annotation, plain(project, annotation), via)


def _comes_from_elsewhere(project: Project, path: str, scope: str, param: Param) -> bool:
    """Whether a marker says that the value comes from a header, a cookie, the query or a dependency."""
    return any(_is_other(project, Located(path, scope, marker)) for marker in markers(param))


def markers(param: Param) -> Iterator[Expr]:
    """Yield what may say where the value of a parameter comes from: its default, and what its annotation adds."""
    if param.default is not None:
        yield param.default
    yield from annotation_markers(param.annotation)


def annotation_markers(annotation: Expr | None) -> Iterator[Expr]:
    """Yield the generic type of an annotation, and its metadata."""
    if isinstance(annotation, Sub):
        yield annotation.value
        if isinstance(annotation.index, Seq):
            yield from annotation.index.items[1:]


def _is_other(project: Project, marker: Located) -> bool:
    name = project.external(marker.path, marker.expr, marker.scope)
    if not name.startswith(("litestar.params.", "litestar.di.")) or name == "litestar.params.FromPath":
        return False
    if name not in _MARKERS or not isinstance(marker.expr, Call):
        return True
    given = [keyword for keyword in marker.expr.keywords if keyword.name in _ELSEWHERE]
    return any(not (isinstance(item.value, Const) and item.value.value is None) for item in given)
