"""The blocking call that a callable reaches each time it is called on the event loop.

Left out are calls that lambdas and nested functions make, which run later and elsewhere; what a function under a cache
does, which is once; and what a synchronous generator does after its ``yield``, which Litestar 2 runs in a worker thread
(``litestar/_kwargs/cleanup.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from litestar_fix.model.blocking import is_blocking
from litestar_fix.model.callables import KnownCallable
from litestar_fix.model.callgraph import Step
from litestar_fix.model.done_once import is_kept
from litestar_fix.model.facts import Attr, Call, Expr, Function, Return, Span
from litestar_fix.model.generators import after_yield
from litestar_fix.model.graph import show
from litestar_fix.model.project import External, Local, Located, Project, Symbol
from litestar_fix.model.qualnames import readable
from litestar_fix.model.walk import own_expressions, statements, subexpressions

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
    search = _Search(project)
    if known.text is not None:
        return search.in_lambda(known.text)
    for start in known.bodies:
        found = search.path_from(start)
        if found:
            return search.shown(found)
    return None


class _Search:
    """One search; the calls of each function are looked up once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._more = frozenset(project.settings.blocking_calls)
        self._calls: dict[Local, dict[str, Call]] = {}

    def _wanted(self, name: str) -> bool:
        return is_blocking(name, self._more)

    def path_from(self, start: Local) -> tuple[Step, ...]:
        if is_kept(self.project, start):
            return ()
        return self.project.callgraph.path_to(start, self._wanted, follows=self._follows) or ()

    def _follows(self, step: Step, found: Symbol) -> bool:
        if isinstance(found, External) and not self._wanted(found.name):
            return False
        return self.call(step) is not None and not (isinstance(found, Local) and is_kept(self.project, found))

    def call(self, step: Step) -> Call | None:
        """The call of a step, None where only a lambda makes it."""
        if step.caller not in self._calls:
            function = self.project.function(step.caller)
            self._calls[step.caller] = dict(_named(_calls(function))) if function is not None else {}
        calls = self._calls[step.caller]
        return calls.get(step.name) or calls.get(f".{step.name.rpartition('.')[2]}")

    def shown(self, steps: tuple[Step, ...]) -> BlockingCall:
        last = steps[-1]
        call = self.call(last)
        if call is None:
            raise AssertionError(last.name)
        through = tuple(_plain(step.caller) for step in steps[1:])
        return BlockingCall(_text(call, last.name), last.caller.path, call.span, through)

    def in_lambda(self, text: Located) -> BlockingCall | None:
        scope = Local(text.path, text.scope)
        graph = self.project.callgraph
        body = getattr(text.expr, "body", text.expr)
        for call in (expr for expr in subexpressions(body, lambdas=False) if isinstance(expr, Call) and expr.callee):
            match graph.target(scope, call.callee):
                case External(name=name) if self._wanted(name):
                    return BlockingCall(_text(call, call.callee), text.path, call.span, ())
                case None if graph.is_builtin(scope, call.callee) and self._wanted(f"builtins.{call.callee}"):
                    return BlockingCall(_text(call, call.callee), text.path, call.span, ())
                case Local() as target if self._runs_at_once(target):
                    steps = self.path_from(target)
                    if steps:
                        found = self.shown(steps)
                        return msgspec.structs.replace(found, through=(_plain(target), *found.through))
        return None

    def _runs_at_once(self, target: Local) -> bool:
        function = self.project.function(target)
        return function is not None and not function.is_async and not function.is_generator


def _calls(function: Function) -> Iterator[Call]:
    later = statements(after_yield(function.body)) if function.is_generator else ()
    gone = {stmt.span for stmt in later}
    for stmt in statements(function.body):
        if stmt.span in gone:
            continue
        for root in own_expressions(stmt):
            yield from (expr for expr in subexpressions(root, lambdas=False) if isinstance(expr, Call))


def _named(calls: Iterable[Call]) -> Iterator[tuple[str, Call]]:
    for call in calls:
        if call.callee:
            yield call.callee, call
        elif isinstance(call.func, Attr):
            yield f".{call.func.attr}", call


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
        function = project.function(body)
        if function is None:
            continue
        if any(_is_sqlite(project, body, value) for value in _returned(function)):
            return "only the thread that opened it may use the SQLite connection that it returns"
        given = [project.callgraph.type_of(body, param.name) for param in function.params]
        if any(isinstance(class_, External) and class_.name.startswith("sqlite3.") for class_ in given):
            return "only the thread that opened it may use the SQLite connection that it is given"
    if known.reaches(project, lambda name: name.startswith("asyncio.") and name.rpartition(".")[2] in _LOOP):
        return "it uses the event loop, which other threads do not have"
    return ""


def _returned(function: Function) -> Iterator[Expr]:
    for stmt in statements(function.body):
        if isinstance(stmt, Return) and stmt.value is not None:
            yield stmt.value


def _is_sqlite(project: Project, body: Local, value: Expr) -> bool:
    class_ = project.callgraph.type_of_expr(body, value)
    return isinstance(class_, External) and class_.name.startswith("sqlite3.")
