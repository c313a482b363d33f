"""What the parameters of a project's functions are called with."""

from __future__ import annotations

from litestar_fix.model.evaluate import Items
from litestar_fix.model.facts import Call, Expr, Function, Ref
from litestar_fix.model.project import Project
from litestar_fix.model.sites import Mention, mentions_of, roots
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import subexpressions


def arguments(project: Project, symbol: Local, name: str) -> Items:
    """Return what all calls of a function pass for one of its parameters.

    Args:
        project: the project.
        symbol: the function.
        name: the parameter.

    Returns:
        The arguments, the default where a call leaves it out; not ``known`` where the function is mentioned without
        being called, too, is never seen to be called, or is called with ``*args`` or ``**kwargs``.
    """
    function = project.function(symbol)
    if function is None or name not in [param.name for param in function.params if param.kind not in ("*", "**")]:
        return Items((), False)
    found: list[Located] = []
    for mention in mentions_of(project, symbol):
        call = _call_at(project, mention)
        value = argument(function, call, name) if call is not None and not call.has_unpacking else None
        if value is None:
            return Items((), False)
        found.append(Located(mention.path, mention.scope, value))
    return Items(tuple(found), bool(found))


def origins(project: Project, symbol: Local, name: str) -> Items:
    """Return what is passed for a parameter in the end: callers that hand on one of their own are followed.

    Followed are plain functions and their parameters without an annotation; methods may be called by anybody.

    Args:
        project: the project.
        symbol: the function.
        name: the parameter.
    """
    todo, seen, found = [(symbol, name)], set[tuple[Local, str]](), list[Located]()
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        given = arguments(project, *current) if _is_open(project, *current) else Items((), False)
        if not given.known:
            return given
        for item in given.items:
            outer = Local(item.path, item.scope)
            if isinstance(item.expr, Ref) and _is_open(project, outer, item.expr.name):
                todo.append((outer, item.expr.name))
            else:
                found.append(item)
    return Items(tuple(found), bool(found))


def _is_open(project: Project, symbol: Local, name: str) -> bool:
    """Whether only the callers of a function tell what a parameter of it is."""
    function = project.function(symbol)
    if function is None or function.owner or function.parent or function.decorators:
        return False
    return any(param.name == name and param.annotation is None for param in function.params)


def _call_at(project: Project, mention: Mention) -> Call | None:
    if not mention.called:
        return None
    for _, _, root in roots(project.modules[mention.path], (mention.name,)):
        for expr in subexpressions(root):
            if isinstance(expr, Call) and expr.func.span == mention.span:
                return expr
    return None


def argument(function: Function, call: Call, name: str) -> Expr | None:
    """Return what a call of a function passes for one of its parameters, or the default; None where neither is seen."""
    given = call.keyword(name)
    if given is not None:
        return given
    params = [param for param in function.params if param.kind in ("positional", "normal")]
    if function.owner and params and params[0].name in ("self", "cls"):
        params = params[1:]
    positions = {param.name: index for index, param in enumerate(params)}
    index = positions.get(name)
    if index is not None and index < len(call.args):
        return call.args[index]
    return next(param.default for param in function.params if param.name == name)
