"""How a call that blocks the event loop can be moved away from it, and why some cannot.

Source: ``sync_to_thread`` in ``litestar/concurrency.py``, Litestar 2.25 (there since 2.5), and ``open_file`` and
``to_thread.run_sync`` of anyio, which Litestar depends on. What was run: a StopIteration never leaves a worker thread;
context variables that are set there are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from litestar_fix.model.blocked_loops import Blocked
from litestar_fix.model.blocking import OPENS_FILE, Waiting, is_opening, waits_for
from litestar_fix.model.blocking_calls import why_not_in_thread
from litestar_fix.model.callables import Kind, KnownCallable
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Call,
    Expr,
    For,
    Function,
    Lambda,
    Op,
    Raise,
    Ref,
    Return,
    Span,
    Stmt,
    With,
)
from litestar_fix.model.graph import show
from litestar_fix.model.nesting import Nested, nested
from litestar_fix.model.project import External, Local, Project
from litestar_fix.model.resources import resource
from litestar_fix.model.walk import expressions, statements

SLEEP = "time.sleep"
_CONCURRENCY = (2, 5)
_FILE_METHODS = frozenset({"flush", "read", "readline", "readlines", "seek", "tell", "truncate", "write", "writelines"})
_LOADS = "json.load"
_IMMUTABLE = ("pathlib.",)
_LOCKS = ("lock", "mutex", "semaphore")


class Move(StrEnum):
    """What takes the place of a blocking call."""

    SLEEP = "anyio.sleep"
    THREAD = "sync_to_thread"
    RUN_SYNC = "anyio.to_thread.run_sync"
    OPEN_FILE = "anyio.open_file"


class Use(StrEnum):
    """What is done with an open file."""

    METHOD = "method"
    LOADS = "loads"
    LOOP = "loop"


class FileUse(msgspec.Struct, frozen=True):
    """One use of an open file: the call of one of its methods, ``json.load`` of it, or a loop over its lines."""

    span: Span
    use: Use


class Moved(msgspec.Struct, frozen=True):
    """A call and what it becomes.

    Args:
        path, scope, span: the call, and the coroutine function that makes it.
        move: what takes its place.
        block: the ``with`` statement of an open file.
        file: the variable of that file.
        uses: what is done with it.
    """

    path: str
    scope: str
    span: Span
    move: Move
    block: Span | None = None
    file: str = ""
    uses: tuple[FileUse, ...] = ()


def moved(project: Project, blocked: Blocked) -> Moved | str:
    """Return what a blocking call of a coroutine function becomes, or the reason why it stays.

    Args:
        project: what it belongs to.
        blocked: the call.
    """
    return _Moving(project, blocked).result()


def cure(project: Project, blocked: Blocked) -> str:
    """Say what is to be done about a call, as an imperative."""
    runs = blocked.first.runs
    name = runs.name if isinstance(runs, External) else ""
    if name == SLEEP:
        return "await anyio.sleep instead"
    if name in OPENS_FILE:
        return "open the file with anyio.open_file"
    if is_opening(name):
        return "do it, and what is done with the result, in a function that is awaited in a thread"
    return f"await it in a thread with {_runner(project)}"


def _runner(project: Project) -> Move:
    version = project.litestar_version
    return Move.THREAD if version is None or version >= _CONCURRENCY else Move.RUN_SYNC


class _Moving:
    def __init__(self, project: Project, blocked: Blocked) -> None:
        self.project = project
        self.way = blocked.way
        self.made = blocked.first
        self.call = blocked.first.call
        self.function = project.function(self.made.caller)

    def result(self) -> Moved | str:
        function = self.function
        if function is None:
            raise AssertionError(self.made.caller)
        reason = _why_no_await(self.made.place) or self._why_held_up()
        if reason:
            return reason
        runs = self.made.runs
        if not isinstance(runs, External):
            return self._why_not_called_elsewhere(runs) or self._thread()
        if runs.name == SLEEP:
            return self._as(Move.SLEEP)
        if runs.name in OPENS_FILE:
            return self._open(function)
        if is_opening(runs.name):
            return f"{self._text()} returns an object that goes on blocking where it is used"
        reason = self._why_object_is_shared() if self._is_method_of_library(runs) else ""
        return reason or self._thread()

    def _why_held_up(self) -> str:
        """Whether a lock of threads is held: while the call is awaited, others would wait for it and nobody runs."""
        for level in self.made.place.levels:
            for item in level.stmt.items if isinstance(level.stmt, With) and not level.stmt.is_async else ():
                class_ = self.project.callgraph.type_of_expr(self.made.caller, item.context)
                is_lock = isinstance(class_, External) and class_.name.startswith(("threading.", "multiprocessing."))
                if is_lock or any(word in show(item.context).lower() for word in _LOCKS):
                    return "it runs under a lock, which nobody could release while it is awaited"
        return ""

    def _text(self) -> str:
        return f"{show(self.call.func)}()"

    def _as(self, move: Move) -> Moved:
        return Moved(self.made.caller.path, self.made.caller.qualname, self.call.span, move)

    # ----------------------------------------------------------------------------------------------------- threads
    def _thread(self) -> Moved | str:
        if any(keyword.name == "fn" for keyword in self.call.keywords):
            return "its argument fn= would be taken for the one of sync_to_thread"
        runner = _runner(self.project)
        if runner is Move.RUN_SYNC and self.call.keywords:
            return "anyio's run_sync takes no keyword arguments, and Litestar has sync_to_thread since 2.5"
        return self._as(runner)

    def _why_not_called_elsewhere(self, runs: object) -> str:
        function = self.project.function(runs) if isinstance(runs, Local) else None
        if function is None or not isinstance(runs, Local):
            return f"what {self._text()} runs is handed to another call"
        if self.made.name != self.call.callee and not self.made.name.startswith("()"):
            return f"{self._text()} runs what it is given on the event loop"
        if self.made.is_awaited:
            return f"{self._text()} returns something that is awaited"
        if ".<locals>" in runs.qualname:
            return f"{self._text()} may share variables with the function that defines it"
        if function.owner and function.name != "__init__" and not _is_unbound(function):
            reason = self._why_object_is_shared()
            if reason:
                return reason
        if self._returns_opened():
            return f"{self._text()} returns what it opens, which goes on blocking where it is used"
        return self._why_bound_to_thread(runs, function)

    def _returns_opened(self) -> bool:
        """Whether the last function on the way gives away the file, archive or connection that it opens."""
        last = self.way[-1]
        function = self.project.function(last.caller)
        if function is None or not isinstance(last.runs, External) or not is_opening(last.runs.name):
            return False
        names = {
            target.name
            for stmt in statements(function.body)
            if isinstance(stmt, Assign) and stmt.value is not None and stmt.value.span == last.call.span
            for target in stmt.targets
            if isinstance(target, Ref)
        }
        returned = [stmt.value for stmt in statements(function.body) if isinstance(stmt, Return)]
        return any(
            value is not None and (value.span == last.call.span or (isinstance(value, Ref) and value.name in names))
            for value in returned
        )

    def _why_bound_to_thread(self, symbol: Local, function: Function) -> str:
        known = KnownCallable(Kind.SYNC, function.name, (symbol,), None)
        reason = why_not_in_thread(self.project, known)
        if reason:
            return reason
        more = frozenset(self.project.settings.extend_blocking_calls)
        if known.reaches(self.project, lambda name: waits_for(name, more) is Waiting.DATABASE):
            return "it uses a database session or connection, which belongs to its thread"
        given = [self.project.callgraph.type_of(symbol, param.name) for param in function.params]
        passed = [self.project.callgraph.type_of_expr(self.made.caller, argument) for argument in self._arguments()]
        if any(_is_bound(class_) for class_ in (*given, *passed)):
            return "it is given a database session or connection, which belongs to its thread"
        if known.reaches(self.project, lambda name: name == "contextvars.ContextVar.set"):
            return "it sets a context variable, and the value would never leave the thread"
        if self._stops(symbol) or known.reaches(self.project, lambda name: name == "builtins.next"):
            return "a StopIteration never leaves a thread"
        return ""

    def _arguments(self) -> Iterator[Expr]:
        yield from self.call.args
        yield from (keyword.value for keyword in self.call.keywords)

    def _stops(self, symbol: Local) -> bool:
        function = self.project.function(symbol)
        raised = [stmt.exc for stmt in statements(function.body) if isinstance(stmt, Raise)] if function else []
        return any("StopIteration" in (show(exc) if exc is not None else "") for exc in raised)

    def _why_object_is_shared(self) -> str:
        """Why a method of an object may not be called in a thread, '' where nobody else has the object."""
        name = self.call.callee
        receiver = name.rpartition(".")[0]
        if receiver and "." not in receiver and self.function is not None and _is_made_in(self.function, receiver):
            return ""
        if self._is_method_of_new_object():
            return ""
        owner = receiver or name or show(self.call.func).rpartition(".")[0]
        return f"{owner} may be shared with other requests"

    def _is_method_of_new_object(self) -> bool:
        match self.call.func:
            case Attr(value=Call(func=Ref(name=name))):
                found = self.project.resolve(self.made.caller.path, name, self.made.caller.qualname)
                return self.project.class_(found) is not None
        return False

    def _is_method_of_library(self, runs: External) -> bool:
        if runs.name.startswith(_IMMUTABLE) or runs.name.startswith("builtins."):
            return False
        name, caller = self.call.callee, self.made.caller
        return not (name and isinstance(self.project.resolve(caller.path, name, caller.qualname), External))

    # ------------------------------------------------------------------------------------------------------- files
    def _open(self, function: Function) -> Moved | str:
        stmt = self.made.place.stmt
        if not isinstance(stmt, With) or stmt.is_async or self.made.place.above:
            return f"{self._text()} returns an open file that no with statement closes"
        if len(stmt.items) > 1:
            return "its with statement opens something else, too"
        if not isinstance(self.call.func, Ref):
            return "the path is an expression; give it a name first"
        target = stmt.items[0].target
        if target is None:
            return Moved(*self._place(), Move.OPEN_FILE, stmt.span)
        if not isinstance(target, Ref):
            return "the open file is not kept in a plain variable"
        uses = list(self._uses(function, target.name, stmt))
        strange = next((use for use in uses if isinstance(use, str)), "")
        if strange:
            return strange
        known = tuple(use for use in uses if isinstance(use, FileUse))
        return Moved(*self._place(), Move.OPEN_FILE, stmt.span, target.name, known)

    def _place(self) -> tuple[str, str, Span]:
        return self.made.caller.path, self.made.caller.qualname, self.call.span

    def _uses(self, function: Function, name: str, block: With) -> Iterator[FileUse | str]:
        if any(bound == name for bound in _bound_by(block.body)):
            yield f"{name} is bound once more in its with statement"
        inner = f"{function.qualname}.<locals>."
        for other in self.project.modules[self.made.caller.path].functions:
            if other.qualname.startswith(inner) and any(_root(read) == name for read in other.names):
                yield f"a nested function uses {name}"
        for place in nested(function.body):
            if isinstance(place.expr, Ref) and _root(place.expr.name) == name:
                yield from self._use(place, name, block)

    def _use(self, place: Nested, name: str, block: With) -> Iterator[FileUse | str]:
        expr, stmt = place.expr, place.stmt
        if stmt is block and any(item.target is expr for item in block.items):
            return
        if not block.span.contains(expr.span):
            if not any(_opens(level.stmt, name) for level in place.levels):
                yield f"{name} is used outside of its with statement"
            return
        if isinstance(stmt, For) and stmt.iter is expr:
            yield f"{name} is read by a loop in a way of its own" if stmt.is_async else FileUse(stmt.span, Use.LOOP)
        elif _why_no_await(place):
            yield _why_no_await(place)
        else:
            yield self._call_of(place, name)

    def _call_of(self, place: Nested, name: str) -> FileUse | str:
        match place.expr, place.parent:
            case Ref(name=read), Call(func=func) as call if func is place.expr:
                owner, _, method = read.rpartition(".")
                if owner == name and method in _FILE_METHODS:
                    return FileUse(call.span, Use.METHOD)
            case Ref(name=read), Call(func=Ref(name=written), args=(first, *_)) as call if first is place.expr:
                found = self.project.resolve(self.made.caller.path, written, self.made.caller.qualname)
                is_load = isinstance(found, External) and found.name == _LOADS and "." in written
                if read == name and is_load:
                    return FileUse(call.span, Use.LOADS)
                return f"{written}() would go on reading or writing {name} on the event loop"
        return f"{name} is used in other ways than by its methods"


def _is_unbound(function: Function) -> bool:
    names = {item.name for item in function.decorators if isinstance(item, Ref)}
    return not names.isdisjoint({"staticmethod", "classmethod"})


def _is_bound(class_: object) -> bool:
    if not isinstance(class_, External):
        return False
    row = resource(class_.name)
    return row is not None and (row.is_thread_bound or row.name.startswith("sqlalchemy."))


def _is_made_in(function: Function, name: str) -> bool:
    """Whether a variable is bound once, to something that a function makes."""
    made = [
        isinstance(stmt.value, Call | Await)
        for stmt in statements(function.body)
        if isinstance(stmt, Assign) and any(isinstance(target, Ref) and target.name == name for target in stmt.targets)
    ]
    return made == [True] and sum(bound == name for bound in _bound_names(function)) == 1


def _opens(stmt: object, name: str) -> bool:
    """Whether a statement is a ``with`` that binds a variable."""
    targets = [item.target for item in stmt.items] if isinstance(stmt, With) else []
    return any(isinstance(target, Ref) and target.name == name for target in targets)


def _bound_names(function: Function) -> Iterator[str]:
    yield from (param.name for param in function.params)
    yield from _bound_by(function.body)


def _bound_by(body: tuple[Stmt, ...]) -> Iterator[str]:
    for stmt in statements(body):
        match stmt:
            case Assign(targets=targets):
                yield from (target.name for target in targets if isinstance(target, Ref))
            case For(target=Ref(name=name)):
                yield name
            case With(items=items):
                yield from (item.target.name for item in items if isinstance(item.target, Ref))
    for expr in expressions(body):
        match expr:
            case Op(op=":=", operands=(Ref(name=name), _)):
                yield name


def _root(name: str) -> str:
    return name.partition(".")[0]


def _why_no_await(place: Nested) -> str:
    """Why no ``await`` may stand in the place of an expression."""
    for outer in place.above:
        match outer:
            case Op(op="(for)"):
                return "it stands in a generator expression, which cannot await"
            case Op(op=op) if op == "f" or op.startswith("f!"):
                return "it stands in an f-string"
            case Lambda():
                return "it stands in a lambda"
    return ""
