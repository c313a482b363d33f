"""The blocking call that a callable reaches each time it is called on the event loop.

Left out are calls that lambdas and nested functions make, which run later and elsewhere; what a function under a cache
does, which is once; and what a synchronous generator does after its ``yield``, which Litestar 2 runs in a worker thread
(``litestar/_kwargs/cleanup.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.blocked_loops import blocking_way
from litestar_fix.model.blocking import is_blocking
from litestar_fix.model.callables import KnownCallable
from litestar_fix.model.facts import Call, Expr, Function, Return, Span
from litestar_fix.model.graph import show
from litestar_fix.model.made_calls import Made
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import statements, subexpressions

_LOOP = frozenset({"all_tasks", "create_task", "current_task", "ensure_future", "get_event_loop", "get_running_loop"})
_SHORT = 40


class BlockingCall(msgspec.Struct, frozen=True):
    """A blocking call: what is called as written, where, and the functions on the way to it."""

    name: str
    path: str
    span: Span
    through: tuple[str, ...]


def blocking_call(project: Project, known: KnownCallable) -> BlockingCall | None:
    """Return the first blocking call that is known to be reached, None where there is none."""
    if known.text is not None:
        return _in_lambda(project, known.text)
    ways = (blocking_way(project, start) for start in known.bodies)
    return next((_shown(way) for way in ways if way), None)


def _shown(way: tuple[Made, ...]) -> BlockingCall:
    last = way[-1]
    through = tuple(_plain(step.caller) for step in way[1:])
    return BlockingCall(_text(last.call, last.name), last.caller.path, last.call.span, through)


def _in_lambda(project: Project, text: Located) -> BlockingCall | None:
    scope, graph = Local(text.path, text.scope), project.callgraph
    body, more = getattr(text.expr, "body", text.expr), frozenset(project.settings.blocking_calls)
    for call in (expr for expr in subexpressions(body, lambdas=False) if isinstance(expr, Call) and expr.callee):
        match graph.target(scope, call.callee):
            case External(name=name) if is_blocking(name, more):
                return BlockingCall(_text(call, call.callee), text.path, call.span, ())
            case None if graph.is_builtin(scope, call.callee) and is_blocking(f"builtins.{call.callee}", more):
                return BlockingCall(_text(call, call.callee), text.path, call.span, ())
            case Local() as target if _runs_at_once(project, target) and (way := blocking_way(project, target)):
                found = _shown(way)
                return msgspec.structs.replace(found, through=(_plain(target), *found.through))
    return None


def _runs_at_once(project: Project, target: Local) -> bool:
    function = project.function(target)
    return function is not None and not function.is_async and not function.is_generator


def _text(call: Call, name: str) -> str:
    text = show(call.func)
    return f"{text if len(text) <= _SHORT else name.rpartition('.')[2]}()"


def _plain(symbol: Local) -> str:
    *outer, last = readable(symbol.qualname).split(".")
    return outer[-1] if outer and last.startswith("__") else last


# ------------------------------------------------------------------------------------------------------------- threads
def why_not_in_thread(project: Project, known: KnownCallable) -> str:
    """Say why a callable cannot run in a worker thread, '' where nothing speaks against it.

    A connection of ``sqlite3`` serves the thread that opened it, and an event loop runs in its own.
    """
    for body in known.bodies:
        if reason := bound_to_its_thread(project, body):
            return reason
    if known.reaches(project, lambda name: name.startswith("asyncio.") and name.rpartition(".")[2] in _LOOP):
        return "it uses the event loop, which other threads do not have"
    return ""


def bound_to_its_thread(project: Project, symbol: Local) -> str:
    """Say because of which connection a function and what calls it have to run in one thread, '' without such a one."""
    function = project.function(symbol)
    if function is None:
        return ""
    if any(_is_sqlite(project, symbol, value) for value in _returned(function)):
        return "only the thread that opened it may use the SQLite connection that it returns"
    given = [project.callgraph.type_of(symbol, param.name) for param in function.params]
    if any(isinstance(class_, External) and class_.name.startswith("sqlite3.") for class_ in given):
        return "only the thread that opened it may use the SQLite connection that it is given"
    return ""


def _returned(function: Function) -> Iterator[Expr]:
    for stmt in statements(function.body):
        if isinstance(stmt, Return) and stmt.value is not None:
            yield stmt.value


def _is_sqlite(project: Project, body: Local, value: Expr) -> bool:
    class_ = project.callgraph.type_of_expr(body, value)
    return isinstance(class_, External) and class_.name.startswith("sqlite3.")
