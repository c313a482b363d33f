"""Functions of a project that make the configurations of its DTOs.

Known is one shape: a dict of defaults, what the function was given on top of it where that was anything, and a
``DTOConfig`` of the dict. It is the shape that Litestar's full-stack template spread. A function that does anything
else is not known.
"""

from __future__ import annotations

from litestar_fix.model.arguments import argument
from litestar_fix.model.evaluate import items
from litestar_fix.model.facts import Assign, Call, Const, Dict, Do, Expr, Function, If, Op, Plain, Ref, Return, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local, Located


def made_options(
    project: Project, located: Located, wanted: frozenset[str]
) -> tuple[Located, dict[str, Located]] | None:
    """Return the call that a function of the project ends in, and keywords that it gets there.

    Args:
        project: the project.
        located: a call of the function.
        wanted: the keywords that are asked for.

    Returns:
        None where it is no such function, or where what it is given does not tell whether a keyword is there.
    """
    call = located.expr
    if not isinstance(call, Call) or call.has_unpacking:
        return None
    target = project.resolve_expr(Located(located.path, located.scope, call.func))
    function = project.function(target)
    if not isinstance(target, Local) or function is None or function.is_async or function.decorators:
        return None
    match [stmt for stmt in function.body if not _is_nothing(stmt)]:
        case [
            Assign(targets=(Ref(name=options),), value=Dict() as defaults, op="="),
            *more,
            Return(value=Call() as made),
        ]:
            pass
        case _:
            return None
    if made.args or [(keyword.name, _name(keyword.value)) for keyword in made.keywords] != [(None, options)]:
        return None
    found: dict[str, Located] = {}
    for key, value in zip(defaults.keys, defaults.values, strict=True):
        if not isinstance(key, Const) or not isinstance(key.value, str):
            return None
        found[key.value] = Located(target.path, target.qualname, value)
    for stmt in more:
        handed = _handed(stmt, options)
        if handed is None:
            return None
        name, param, is_asked_for_none = handed
        if name not in wanted:
            continue
        given = _given(function, target, located, param)
        is_set = _is_set(project, given, is_asked_for_none=is_asked_for_none) if given is not None else None
        if given is None or is_set is None:
            return None
        if is_set:
            found[name] = given
    return Located(target.path, target.qualname, made), found


def _handed(stmt: object, options: str) -> tuple[str, str, bool] | None:
    """Read ``if param: options[key] = param``: the key, the parameter, and whether it asks ``is not None``."""
    match stmt:
        case If(
            test=test,
            body=(
                Assign(
                    targets=(Sub(value=Ref(name=into), index=Const(value=str(key))),), value=Ref(name=param), op="="
                ),
            ),
            orelse=(),
        ) if into == options:
            match test:
                case Ref(name=name) if name == param:
                    return key, param, False
                case Op(op="is not", operands=(Ref(name=name), Const(value=None))) if name == param:
                    return key, param, True
    return None


def _given(function: Function, target: Local, located: Located, name: str) -> Located | None:
    """What a call passes for a parameter, or its default."""
    param = next((item for item in function.params if item.name == name), None)
    value = argument(function, located.expr, name) if param is not None and isinstance(located.expr, Call) else None
    if value is None or param is None:
        return None
    if value is param.default:
        return Located(target.path, function.parent, value)
    return Located(located.path, located.scope, value)


def _is_set(project: Project, given: Located, *, is_asked_for_none: bool) -> bool | None:
    """Whether what is given gets into the dict, None where that is not known."""
    match given.expr:
        case Const(value=value):
            return value is not None if is_asked_for_none else bool(value)
        case Dict(keys=keys):
            return is_asked_for_none or bool(keys)
        case Ref() if is_asked_for_none:
            return None
        case _ if is_asked_for_none:
            return True
    found = items(project, given)
    return bool(found.items) if found.known else None


def _is_nothing(stmt: object) -> bool:
    """Whether a statement is a docstring or an import."""
    match stmt:
        case Do(value=Const()) | Plain(kind="import"):
            return True
    return False


def _name(expr: Expr) -> str:
    return expr.name if isinstance(expr, Ref) else ""
