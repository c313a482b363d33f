"""Guards as layers register them."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.callables import callable_of
from litestar_fix.model.evaluate import items, value_of
from litestar_fix.model.facts import Call
from litestar_fix.model.layers import Layer
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import Located

_DEPTH = 4


def registered_guards(project: Project) -> Iterator[tuple[Layer, Located]]:
    """Yield every guard that a layer declares, with the layer; those of tests left out."""
    for layer in dict.fromkeys(project.layers.declared()):
        if project.role(layer.path) is not Role.TEST:
            for value in layer.values("guards"):
                for guard in items(project, value).items:
                    yield layer, guard


def way_to_guard(project: Project, guard: Located) -> tuple[Located, ...]:
    """Return the expressions that lead from where a guard is registered to what is called for it, which is the last.

    Those between are variables, and calls of plain functions of the project that return it.
    """
    way = [guard]
    while len(way) < _DEPTH and callable_of(project, way[-1]) is None:
        found = value_of(project, way[-1])
        if found is None or _is_decorated(project, way[-1]):
            break
        way.append(found)
    return tuple(way)


def _is_decorated(project: Project, made: Located) -> bool:
    if not isinstance(made.expr, Call):
        return False
    function = project.function(project.resolve_expr(Located(made.path, made.scope, made.expr.func)))
    return function is None or bool(function.decorators)
