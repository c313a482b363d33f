"""What is registered and is no handler, controller or router that the layers know."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.evaluate import items, value_of
from litestar_fix.model.facts import Call
from litestar_fix.model.layers import Controller
from litestar_fix.model.names import HANDLER_DECORATORS, ROUTER
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local, Located
from litestar_fix.proof.values import Value, Values, joined, opaque

_DEPTH = 12
_HANDLERS = "route_handlers"
_NO_THREAD = frozenset({"None", "False"})


def others(values: Values, located: Located | None, depth: int = 0) -> Iterator[Value]:
    """Yield the values of what ``route_handlers`` holds beside known layers; of nested routers with their options."""
    if located is None or depth > _DEPTH:
        return
    found = items(values.project, located)
    if not found.known:
        yield opaque(values.of(located))
    for item in found.items:
        yield from _other(values, item, depth)


def _other(values: Values, item: Located, depth: int) -> Iterator[Value]:
    project = values.project
    symbol = project.resolve_expr(item)
    layers = project.layers
    if isinstance(symbol, Local) and (symbol in layers.handlers or symbol in layers.controllers):
        return
    expr = item.expr
    if isinstance(expr, Call) and (item.path, expr.func.span) in layers.applied:
        return
    if isinstance(expr, Call) and project.external(item.path, expr, item.scope) == ROUTER:
        options = layers.of_call(item.path, item.scope, expr).options
        around = [joined([values.of(options[name])], f"{name}={{}}") for name in sorted(options) if name != _HANDLERS]
        for value in others(values, options.get(_HANDLERS), depth + 1):
            yield joined([*around, value], "router({})")
    elif isinstance(expr, Call) and isinstance(expr.func, Call) and _is_decorator(project, item, expr.func):
        yield _applied(values, item, expr, expr.func)
    elif depth < _DEPTH and (target := value_of(project, item)) is not None:
        yield from _other(values, target, depth + 1)
    else:
        yield values.of(item)


def made_in(values: Values, controller: Controller) -> dict[str, Value]:
    """Return the attributes of a controller that a call makes: they may be handlers."""
    found: dict[str, Value] = {}
    for path, class_ in controller.ancestry.classes:
        for item in class_.attributes:
            if isinstance(item.value, Call) and item.name not in (*controller.layer.options, *found):
                located = Located(path, class_.qualname, item.value)
                found[item.name] = joined(_other(values, located, _DEPTH), "{}")
    return {name: value for name, value in found.items() if value.text}


def _is_decorator(project: Project, item: Located, call: Call) -> bool:
    return project.external(item.path, call, item.scope) in HANDLER_DECORATORS


def _applied(values: Values, item: Located, applied: Call, decorator: Call) -> Value:
    """A handler that is made by a call: ``get("/")(list_orders)``."""
    parts = [values.at(item.path, item.scope, expr) for expr in (*applied.args, decorator.func, *decorator.args)]
    for word in sorted(decorator.keywords, key=lambda word: word.name or ""):
        value = values.at(item.path, item.scope, word.value)
        if word.name != "sync_to_thread" or value.text not in _NO_THREAD:
            parts.append(joined([value], f"{word.name}={{}}" if word.name else "**{}"))
    return joined(parts, "handler({})")
