"""How a call that blocks the event loop can be moved away from it, and why some cannot.

Source: ``sync_to_thread`` in ``litestar/concurrency.py``, Litestar 2.25 (there since 2.5), and ``open_file`` and
``to_thread.run_sync`` of anyio, which Litestar depends on. What was run: a StopIteration never leaves a worker thread;
context variables that are set there are lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from litestar_fix.model.blocked_loops import Blocked
from litestar_fix.model.blocking import OPENS_FILE, Waiting, is_opening, waits_for
from litestar_fix.model.blocking_calls import why_not_in_thread
from litestar_fix.model.callables import Kind, KnownCallable
from litestar_fix.model.callgraph import Step
from litestar_fix.model.distributions import distribution_without_litestar
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Call,
    Expr,
    Function,
    Plain,
    Raise,
    Ref,
    Return,
    Span,
    Stmt,
    With,
)
from litestar_fix.model.global_state import made_when_missing
from litestar_fix.model.graph import show
from litestar_fix.model.new_objects import is_made_in
from litestar_fix.model.open_files import FileUse, file_uses, why_no_await
from litestar_fix.model.project import Project
from litestar_fix.model.resources import resource
from litestar_fix.model.symbols import External, Local, Symbol
from litestar_fix.model.walk import expressions, statements

SLEEP = "time.sleep"
_NEXT = External("builtins.next")
_CONCURRENCY = (2, 5)
_IMMUTABLE = ("pathlib.",)
_LOCKS = ("lock", "mutex", "semaphore")


class Move(StrEnum):
    """What takes the place of a blocking call."""

    SLEEP = "anyio.sleep"
    THREAD = "sync_to_thread"
    RUN_SYNC = "anyio.to_thread.run_sync"
    OPEN_FILE = "anyio.open_file"


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
        reason = why_no_await(self.made.place) or self._why_held_up() or self._why_not_imported()
        if reason:
            return reason
        runs = self.made.runs
        if isinstance(runs, Local):
            return self._why_not_called_elsewhere(runs) or self._thread()
        if not isinstance(runs, External):
            raise AssertionError(runs)
        if runs.name == SLEEP:
            return self._as(Move.SLEEP)
        if runs.name in OPENS_FILE:
            return self._open()
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

    def _why_not_imported(self) -> str:
        """Whether the file is of a distribution that is installed where Litestar, and its anyio, may not be."""
        folder = distribution_without_litestar(self.project, self.made.caller.path)
        return f"{folder} is a distribution of its own, which uses nothing of Litestar" if folder else ""

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

    def _why_not_called_elsewhere(self, runs: Local) -> str:
        function = self.project.function(runs)
        if function is None:
            raise AssertionError(runs)
        if self.made.name != self.call.callee and not self.made.name.startswith(("()", "super()")):
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
        more = frozenset(self.project.settings.blocking_calls)
        if known.reaches(self.project, lambda name: waits_for(name, more) is Waiting.DATABASE):
            return "it uses a database session or connection, which belongs to its thread"
        given = [self.project.callgraph.type_of(symbol, param.name) for param in function.params]
        passed = [self.project.callgraph.type_of_expr(self.made.caller, argument) for argument in self._arguments()]
        if any(_is_bound(class_) for class_ in (*given, *passed)):
            return "it is given a database session or connection, which belongs to its thread"
        if known.reaches(self.project, lambda name: name == "contextvars.ContextVar.set"):
            return "it sets a context variable, and the value would never leave the thread"
        if self._stops(symbol) or self._asks_for_next(symbol):
            return "a StopIteration never leaves a thread"
        name = next(self._globals_set(symbol), "")
        return f"it sets {name}, which other requests may use meanwhile" if name else ""

    def _arguments(self) -> Iterator[Expr]:
        yield from self.call.args
        yield from (keyword.value for keyword in self.call.keywords)

    def _stops(self, symbol: Local) -> bool:
        function = self.project.function(symbol)
        raised = [stmt.exc for stmt in statements(function.body) if isinstance(stmt, Raise)] if function else []
        return any("StopIteration" in (show(exc) if exc is not None else "") for exc in raised)

    def _asks_for_next(self, symbol: Local) -> bool:
        """Whether a call leads to ``next()`` without a default."""

        def may_stop(step: Step, found: Symbol) -> bool:
            return found != _NEXT or any(
                isinstance(expr, Call) and expr.callee == "next" and len(expr.args) < 2
                for expr in expressions(self._body(step.caller))
            )

        return self.project.callgraph.path_to(symbol, lambda name: name == _NEXT.name, follows=may_stop) is not None

    def _globals_set(self, symbol: Local) -> Iterator[str]:
        """Yield the names of modules that a call leads to giving other objects, but for those that are made once."""
        reached = [symbol]

        def note(_: Step, found: Symbol) -> bool:
            reached.extend([found] if isinstance(found, Local) else ())
            return True

        self.project.callgraph.path_to(symbol, lambda _: False, follows=note)
        for item in reached:
            body = [*statements(self._body(item))]
            names = [name for stmt in body if isinstance(stmt, Plain) and stmt.kind == "global" for name in stmt.names]
            if names:
                once = made_when_missing(body)
                yield from (name for name in names if name not in once)

    def _body(self, symbol: Local) -> Sequence[Stmt]:
        function = self.project.function(symbol)
        return function.body if function is not None else ()

    def _why_object_is_shared(self) -> str:
        """Why a method of an object may not be called in a thread, '' where nobody else has the object."""
        name = self.call.callee
        receiver = name.rpartition(".")[0]
        if receiver and "." not in receiver and is_made_in(self.project, self.made.caller, receiver):
            return ""
        if self._is_method_of_new_object():
            return ""
        owner = receiver or name or show(self.call.func).rpartition(".")[0].replace("super()", "self")
        return f"{owner} may be shared with other requests"

    def _is_method_of_new_object(self) -> bool:
        match self.call.func:
            case Attr(value=Call(func=Ref(name=name))):
                found = self.project.resolve(self.made.caller.path, name, self.made.caller.qualname)
                is_class_of_library = isinstance(found, External) and found.name.rpartition(".")[2][:1].isupper()
                return is_class_of_library or self.project.class_(found) is not None
        return False

    def _is_method_of_library(self, runs: External) -> bool:
        if runs.name.startswith(_IMMUTABLE) or runs.name.startswith("builtins."):
            return False
        name, caller = self.call.callee, self.made.caller
        return not (name and isinstance(self.project.resolve(caller.path, name, caller.qualname), External))

    # ------------------------------------------------------------------------------------------------------- files
    def _open(self) -> Moved | str:
        stmt = self.made.place.stmt
        if not isinstance(stmt, With) or stmt.is_async or self.made.place.above:
            return f"{self._text()} returns an open file that no with statement closes"
        if len(stmt.items) > 1:
            return "its with statement opens something else, too"
        if not isinstance(self.call.func, Ref):
            return "the path is an expression; give it a name first"
        target = stmt.items[0].target
        if target is not None and not isinstance(target, Ref):
            return "the open file is not kept in a plain variable"
        name = target.name if target is not None else ""
        uses = file_uses(self.project, self.made.caller, name, stmt) if name else ()
        if isinstance(uses, str):
            return uses
        return Moved(
            self.made.caller.path, self.made.caller.qualname, self.call.span, Move.OPEN_FILE, stmt.span, name, uses
        )


def _is_unbound(function: Function) -> bool:
    names = {item.name for item in function.decorators if isinstance(item, Ref)}
    return not names.isdisjoint({"staticmethod", "classmethod"})


def _is_bound(class_: object) -> bool:
    if not isinstance(class_, External):
        return False
    row = resource(class_.name)
    return row is not None and (row.is_thread_bound or row.name.startswith("sqlalchemy."))
