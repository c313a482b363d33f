"""Where a closable resource is made, and what a function that returns a fresh one does with it before."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.facts import Assign, Await, Call, Expr, Function, Plain, Ref, Return, Span, Stmt
from litestar_fix.model.project import Project
from litestar_fix.model.resources import Closing, Resource, first_resource, resource
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import expressions, statements

CLOSING_METHODS = frozenset(
    ["__aexit__", "__exit__", "aclose", "close", "close_all", "disconnect", "quit", "shutdown", "terminate"]
)
_CONTEXT_METHODS = frozenset({"__aenter__", "__aexit__", "__enter__", "__exit__", "aclose", "close"})
# what they give is shared, or no resource itself but a context manager that makes one
_NOT_FRESH = ("sqlalchemy.orm.scoped_session", ".begin")
_DEPTH = 4


class Creation(msgspec.Struct, frozen=True):
    """An expression that makes a closable resource.

    Args:
        resource: how it is closed.
        shown: how to call it in a message.
        in_helper: whether a function of the project makes it; then an ``await`` belongs to that function.
    """

    resource: Resource
    shown: str
    in_helper: bool = False


def creation(project: Project, caller: Local, expr: Expr | None, depth: int = 0) -> Creation | None:
    """Return what is known of the resource that an expression makes, None where it makes none that is known.

    Args:
        project: what it belongs to.
        caller: the function that the expression stands in; its name is '' at module level.
        expr: the expression, with its ``await``.
        depth: how many functions were followed.
    """
    call = expr.value if isinstance(expr, Await) else expr
    if not isinstance(call, Call):
        return None
    target = project.callgraph.target(caller, call.callee) if call.callee else None
    if not isinstance(target, Local):
        return _of_library(project, caller, call, target.name if isinstance(target, External) else "")
    class_ = Local(target.path, target.qualname.removesuffix(".__init__"))
    if project.class_(class_) is not None:
        return _of_class(project, class_)
    return _in_helper(project, target, depth) if _is_called_through(project, target, expr) else None


def _is_called_through(project: Project, symbol: Local, expr: Expr | None) -> bool:
    """Whether a call gives what the function returns, not a coroutine."""
    function = project.function(symbol)
    return function is not None and function.is_async is isinstance(expr, Await)


def _in_helper(project: Project, symbol: Local, depth: int) -> Creation | None:
    function = project.function(symbol)
    declared = _declared(project, symbol)
    if declared is not None or function is None:
        return declared
    if depth >= _DEPTH or function.is_generator or function.decorators:
        return None
    body = [stmt for stmt in statements(function.body) if isinstance(stmt, Return)]
    if len(function.body) != 1 or len(body) != 1:
        return None
    made = creation(project, symbol, body[0].value, depth + 1)
    if made is None:
        return None
    named = function.returns.name.rpartition(".")[2] if isinstance(function.returns, Ref) else ""
    own = project.class_(project.resolve(symbol.path, named)) if named else None
    return Creation(made.resource, own.name if own is not None else made.shown, in_helper=True)


def _of_class(project: Project, symbol: Local) -> Creation | None:
    class_ = project.class_(symbol)
    declared = _declared(project, symbol)
    if declared is not None or class_ is None:
        return declared
    ancestry = project.ancestry(symbol)
    row = first_resource(ancestry.externals)
    overridden = any(project.member(symbol, method) is not None for method in _CONTEXT_METHODS)
    return Creation(row, class_.name) if row is not None and ancestry.known and not overridden else None


def _of_library(project: Project, caller: Local, call: Call, name: str) -> Creation | None:
    if name in project.settings.extend_closable_resources:
        return Creation(_unknown(name), name)
    if not name and call.callee == "open" and project.callgraph.is_builtin(caller, "open"):
        row = resource("io.IOBase")
    elif name.startswith(_NOT_FRESH[0]) or name.endswith(_NOT_FRESH[1]):
        return None
    else:
        made = project.callgraph.type_of_expr(caller, call)
        row = resource(made.name) if isinstance(made, External) else None
    if row is None or any(k.name in row.shared and not isinstance(k.value, Call) for k in call.keywords):
        return None
    return Creation(row, row.shown)


def _declared(project: Project, symbol: Local) -> Creation | None:
    """A class or function of the project that the settings call a closable resource."""
    names = project.settings.extend_closable_resources
    dotted = f"{symbol.path.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}.{symbol.qualname}"
    name = next((name for name in names if f".{dotted}".endswith(f".{name}")), "")
    if not name:
        return None
    function = project.function(symbol)
    class_ = symbol
    if function is not None and isinstance(function.returns, Ref):
        found = project.resolve(symbol.path, function.returns.name, symbol.qualname)
        class_ = found if isinstance(found, Local) else symbol
    for is_async, method in ((True, "__aexit__"), (False, "__exit__")):
        if project.member(class_, method) is not None:
            row = Resource(name, name, "resource", is_async=is_async, source="the settings of the project")
            return Creation(row, name, in_helper=function is not None)
    return Creation(_unknown(name), name)


def _unknown(name: str) -> Resource:
    source = "the settings of the project"
    return Resource(name, name, "resource", is_async=False, source=source, closing=Closing.UNKNOWN)


# -------------------------------------------------------------------------------------------------- fresh return values
class Fresh(msgspec.Struct, frozen=True):
    """A fresh resource that a function returns.

    Args:
        creation: what is made.
        variable: the name that holds it, '' where it is returned at once.
        made: the statement that makes it.
        last: the statement that returns it.
        obstacle: why the function cannot be rewritten statement by statement, '' where it can.
    """

    creation: Creation
    variable: str
    made: Stmt
    last: Return
    obstacle: str


def fresh_return(project: Project, symbol: Local, function: Function) -> Fresh | None:
    """Return what is known of the fresh resource that a function returns and leaves open, None where there is none.

    A function that also passes the resource to something else, keeps it, or closes it, leaves nothing open that is
    known.
    """
    returns = [stmt for stmt in statements(function.body) if isinstance(stmt, Return)]
    for last in returns:
        variable = last.value.name if isinstance(last.value, Ref) else ""
        made = _made_in(function, variable) if variable else last
        value = made.value if isinstance(made, Assign | Return) else None
        found = creation(project, symbol, value)
        if made is None or found is None or (variable and _escapes(project, symbol, function, variable, last)):
            continue
        return Fresh(found, variable, made, last, _obstacle(function, returns, made, last))
    return None


def _made_in(function: Function, variable: str) -> Assign | None:
    if variable not in function.bound or any(param.name == variable for param in function.params):
        return None
    assigned = [
        stmt
        for stmt in statements(function.body)
        if isinstance(stmt, Assign) and any(isinstance(t, Ref) and t.name == variable for t in stmt.targets)
    ]
    return assigned[0] if len(assigned) == 1 and assigned[0].op == "=" and len(assigned[0].targets) == 1 else None


def _escapes(project: Project, symbol: Local, function: Function, variable: str, last: Return) -> bool:
    """Whether a variable is used for anything but its attributes, or closed."""
    inner = f"{function.qualname}.<locals>."
    nested = [item for item in project.modules[symbol.path].functions if item.qualname.startswith(inner)]
    if any(name.partition(".")[0] == variable for item in nested for name in item.names):
        return True
    made = _made_in(function, variable)
    own = {last.value.span if last.value is not None else last.span}
    own |= {target.span for target in made.targets} if made is not None else set()
    return any(_lets_go(expr, variable, own) for expr in expressions(function.body)) or any(
        isinstance(stmt, Plain) and variable in stmt.names for stmt in statements(function.body)
    )


def _lets_go(expr: Expr, variable: str, own: set[Span]) -> bool:
    if not isinstance(expr, Ref):
        return False
    root, _, attribute = expr.name.partition(".")
    if root != variable:
        return False
    return expr.span not in own if not attribute else attribute in CLOSING_METHODS


def _obstacle(function: Function, returns: list[Return], made: Stmt, last: Return) -> str:
    if len(returns) > 1:
        return "it returns in more than one place"
    if last is not function.body[-1]:
        return "it returns from within another block"
    if made not in function.body:
        return "it is made within another block"
    run = function.body[function.body.index(made) :]
    # only what stands behind a semicolon begins further right than the first statement
    shared = any(stmt.span.column != function.body_span.column for stmt in run)
    return "its statements share a line" if shared else ""


def returned_names(function: Function) -> Iterator[str]:
    """Yield the names that a function returns as they are."""
    for stmt in statements(function.body):
        if isinstance(stmt, Return) and isinstance(stmt.value, Ref):
            yield stmt.value.name
