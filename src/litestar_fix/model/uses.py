"""What functions do with what they are given: close it, keep it, or work with it after the response has begun.

Source: ``litestar/routes/http.py``, Litestar 2.25: generator dependencies are closed after the response was made and
before it is sent, so streams, background tasks and whatever else runs later find them closed.
"""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.creations import CLOSING_METHODS, returned_names
from litestar_fix.model.facts import Assign, Call, Expr, Function, Ref, Sub, With
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import expressions, statements, subexpressions

_STREAMS = frozenset({"Stream", "ServerSentEvent", "StreamingResponse"})
_BACKGROUND = frozenset({"BackgroundTask", "BackgroundTasks"})
# of asyncio, anyio, a task group, the application's event emitter ...: the receiver is often not known
_LATER = frozenset({"add_task", "create_task", "emit", "ensure_future", "run_coroutine_threadsafe", "start_soon"})
_KEEPERS = frozenset({"add", "append", "appendleft", "insert", "push", "put", "put_nowait", "setdefault", "update"})


def _body(project: Project, symbol: Local) -> tuple[Local, Function] | None:
    """The function that is given the arguments: a class's ``__init__``."""
    function = project.function(symbol)
    if function is not None:
        return symbol, function
    init = project.member(symbol, "__init__")
    function = project.function(init)
    return (init, function) if init is not None and function is not None else None


def closes(project: Project, symbol: Local, param: str) -> bool:
    """Whether a function closes what it is given, or puts it under ``with``, which may be done once only."""
    found = _body(project, symbol)
    if found is None:
        return False
    function = found[1]
    names = set(function.names).union(*[inner.names for inner in _nested(project, found[0])])
    if any(f"{param}.{method}" in names for method in CLOSING_METHODS):
        return True
    contexts = [item.context for stmt in statements(function.body) if isinstance(stmt, With) for item in stmt.items]
    return any(isinstance(context, Ref) and context.name == param for context in contexts)


def _nested(project: Project, symbol: Local) -> Iterator[Function]:
    inner = f"{symbol.qualname}.<locals>."
    for item in project.modules[symbol.path].functions:
        if item.qualname.startswith(inner):
            yield item


def keeps(project: Project, symbol: Local, param: str) -> bool:
    """Whether a function stores what it is given in something that it did not make itself, or hands it out."""
    found = _body(project, symbol)
    if found is None:
        return False
    function = found[1]
    if param in returned_names(function):
        return True
    own = set(function.bound) - {item.name for item in function.params}
    if function.name == "__init__" and function.params:
        own.add(function.params[0].name)
    stored = [stmt for stmt in statements(function.body) if isinstance(stmt, Assign) and _is(stmt.value, param)]
    if any(_root(target) not in own for stmt in stored for target in stmt.targets):
        return True
    return any(_is_kept(expr, param, own) for expr in expressions(function.body))


def _is_kept(expr: Expr, param: str, own: set[str]) -> bool:
    if not isinstance(expr, Call) or not any(_is(argument, param) for argument in expr.args):
        return False
    owner, _, method = expr.callee.rpartition(".")
    return bool(owner) and method in _KEEPERS and owner.partition(".")[0] not in own


def _is(expr: Expr | None, name: str) -> bool:
    return isinstance(expr, Ref) and expr.name == name


def _root(target: Expr) -> str:
    match target:
        case Ref(name=name):
            return name.partition(".")[0]
        case Sub(value=value):
            return _root(value)
    return ""


def streams(project: Project, handler: Handler) -> bool:
    """Whether the response of a handler is still being made while it is sent."""
    returns = handler.function.returns
    declared = subexpressions(returns) if returns is not None else iter(())
    names = (project.external(handler.path, expr, handler.function.parent) for expr in declared)
    return any(_last(name) in _STREAMS for name in (*names, *_called(project, handler)))


def works_later(project: Project, handler: Handler) -> bool:
    """Whether a handler leaves work that runs beside its response, or after it."""
    if handler.keyword("background") is not None:
        return True
    return any(_last(name) in _BACKGROUND | _LATER for name in _called(project, handler))


def _called(project: Project, handler: Handler) -> Iterator[str]:
    """What a handler and the functions of the project that it calls call, as written and by canonical name."""
    todo, seen = [handler.symbol], {handler.symbol}
    while todo:
        caller = todo.pop()
        function = project.function(caller)
        if function is None:
            continue
        yield from function.calls
        for _, found in project.callgraph.callees(caller):
            if isinstance(found, External):
                yield found.name
            elif isinstance(found, Local) and found not in seen:
                seen.add(found)
                todo.append(found)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
