"""Exceptions that deny: 401 and 403.

Source: ``litestar/exceptions/http_exceptions.py``, Litestar 2.25 and 3.0.0b0.
"""

from __future__ import annotations

from collections.abc import Iterable

from litestar_fix.model.exception_handlers import status_code
from litestar_fix.model.facts import Call, Expr, Raise, Stmt
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import statements

_STATUS = {"litestar.exceptions.NotAuthorizedException": 401, "litestar.exceptions.PermissionDeniedException": 403}
_GENERIC = frozenset({"litestar.exceptions.HTTPException", "litestar.exceptions.ClientException"})
_DENIED = frozenset(_STATUS.values())


def denied_with(project: Project, function: Local, stmt: Stmt) -> int | None:
    """Return the status with which a statement denies, 401 or 403; None where it does not, or is not known to.

    Args:
        project: what it belongs to.
        function: the function that holds it.
        stmt: the statement.
    """
    path, scope = function.path, function.qualname
    if not isinstance(stmt, Raise) or stmt.exc is None:
        return None
    call = stmt.exc if isinstance(stmt.exc, Call) else None
    given = call.keyword("status_code") if call is not None else None
    if call is not None and given is None and call.args and not call.has_unpacking:
        given = _meant(project, path, scope, call.args[0])
    status = status_code(project, Located(path, scope, given)) if given is not None else None
    match project.resolve_expr(Located(path, scope, call.func if call is not None else stmt.exc)):
        case External(name=name) if name in _STATUS or name in _GENERIC:
            found = status if given is not None else _STATUS.get(name)
        case Local() as symbol if project.class_(symbol) is not None:
            found = status if given is not None else _of_class(project, symbol)
        case _:
            found = None
    return found if found in _DENIED else None


def _meant(project: Project, path: str, scope: str, first: Expr) -> Expr | None:
    """What stands first is the detail, and the answer 500, but a denial is what such a number is meant to be."""
    return first if status_code(project, Located(path, scope, first)) in _DENIED else None


def _of_class(project: Project, symbol: Local) -> int | None:
    ancestry = project.ancestry(symbol)
    for path, class_ in ancestry.classes:
        own = class_.attribute("status_code")
        if own is not None and own.value is not None:
            return status_code(project, Located(path, class_.qualname, own.value))
    return next((_STATUS[name] for name in ancestry.externals if name in _STATUS), None)


def denies(project: Project, function: Local, body: Iterable[Stmt]) -> bool:
    """Whether some statement of a function's body denies."""
    return any(denied_with(project, function, stmt) is not None for stmt in statements(body))
