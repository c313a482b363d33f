"""Objects that a function makes for itself, told from those that it is handed and others have, too."""

from __future__ import annotations

from litestar_fix.model.done_once import is_kept
from litestar_fix.model.facts import Assign, Await, Call, Expr, Function, Ref, Return, Sub
from litestar_fix.model.open_files import bound_names
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import statements

_DEPTH = 3


def is_made_in(project: Project, symbol: Local, name: str) -> bool:
    """Whether a variable of a function is bound once, to something that is made for it."""
    function = project.function(symbol)
    if function is None:
        return False
    made = [
        stmt.value
        for stmt in statements(function.body)
        if isinstance(stmt, Assign) and any(isinstance(target, Ref) and target.name == name for target in stmt.targets)
    ]
    if len(made) != 1 or sum(bound == name for bound in bound_names(function)) != 1:
        return False
    return isinstance(made[0], Call | Await) and not _is_handed_out(project, symbol, made[0], _DEPTH)


def _is_handed_out(project: Project, symbol: Local, value: Expr, depth: int) -> bool:
    """Whether a call of a function of the project gives what outlives it: a module's, a class's, or a cached one."""
    call = value.value if isinstance(value, Await) else value
    if not isinstance(call, Call) or not depth:
        return False
    callee = project.resolve_expr(Located(symbol.path, symbol.qualname, call.func))
    function = project.function(callee) if isinstance(callee, Local) else None
    if function is None or not isinstance(callee, Local):
        return False
    if is_kept(project, callee):
        return True
    returned = [stmt.value for stmt in statements(function.body) if isinstance(stmt, Return) and stmt.value is not None]
    return any(_outlives(function, item) or _is_handed_out(project, callee, item, depth - 1) for item in returned)


def _outlives(function: Function, value: Expr) -> bool:
    """Whether a returned value is no variable of the function, but something that it finds."""
    while isinstance(value, Sub):
        value = value.value
    if not isinstance(value, Ref):
        return False
    root, _, attribute = value.name.partition(".")
    return root not in function.bound or (bool(attribute) and root in ("cls", "self"))
