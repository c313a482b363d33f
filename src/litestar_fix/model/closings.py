"""How a function closes what one of its variables holds, and whether it would do without.

A statement closes if it does nothing else: ``await session.close()``, or the same under ``if session is not None``, or
``async with session`` around others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from litestar_fix.model.creations import CLOSING_METHODS
from litestar_fix.model.facts import (
    Assign,
    Await,
    Branches,
    Call,
    Const,
    Do,
    Expr,
    For,
    Function,
    If,
    Op,
    Raise,
    Ref,
    Return,
    Span,
    Stmt,
    Try,
    While,
    With,
    WithItem,
)
from litestar_fix.model.project import Project
from litestar_fix.model.resources import Closing, Resource
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import blocks, expressions, own_expressions, subexpressions

_METHODS = frozenset({"aclose", "close"})


class Change(StrEnum):
    """What becomes of a statement that closes, or holds one that does."""

    REMOVED = "removed"
    #: a compound statement that goes as a whole
    REMOVED_WHOLE = "removed whole"
    #: some or all statements of its ``finally`` clause go
    FINALLY = "finally"
    #: a ``with`` gives way to what is in it
    DISSOLVED = "dissolved"


class Removal(msgspec.Struct, frozen=True):
    """A statement that changes where a variable is no longer closed.

    Args:
        change: what becomes of it.
        span: where it is.
        final: the places of the statements that go within its ``finally`` clause.
    """

    change: Change
    span: Span
    final: tuple[int, ...] = ()


class Closings(msgspec.Struct, frozen=True):
    """How a function closes a variable.

    Args:
        places: the expressions that close it, in order; none where it is not closed.
        statements: the statements that do nothing else.
        removals: what is to change so that these are gone.
        waits: whether the function awaits something else after that.
        obstacle: why it cannot be told or changed how the variable is closed, '' where it can.
    """

    places: tuple[Span, ...]
    statements: frozenset[Span]
    removals: tuple[Removal, ...]
    waits: bool
    obstacle: str


def closings(project: Project, symbol: Local, variable: str, resource: Resource) -> Closings:
    """Return how a function closes a variable.

    Args:
        project: what it belongs to.
        symbol: the function.
        variable: the name.
        resource: what it holds.
    """
    function = project.function(symbol)
    if function is None:
        return Closings((), frozenset(), (), waits=False, obstacle="")
    search = _Search(variable, resource)
    search.block(function.body)
    search.follow(function.body)
    closers = {f"{variable}.{method}" for method in CLOSING_METHODS}
    read = [] if closers.isdisjoint(function.names) else list(expressions(function.body, lambdas=False))
    calls = [expr for expr in read if isinstance(expr, Call) and expr.callee in closers]
    others = [call for call in calls if call.func.span not in search.known]
    called = {call.func.span for call in calls}
    later = [expr for expr in expressions(function.body) if isinstance(expr, Ref) and expr.name in closers]
    obstacle = search.obstacle
    if others:
        obstacle = f"the close on line {others[0].span.line} is part of something else"
    elif any(expr.span not in called for expr in later):
        obstacle = "what closes it is handed on, too"
    elif is_closed_within(project, symbol, variable):
        obstacle = "a function within it closes it, too"
    elif not obstacle and search.is_used_afterwards:
        obstacle = f"{variable} is used again after it was closed"
    places = sorted([*search.places, *[call.span for call in others]])
    statements = frozenset(search.statements)
    return Closings(tuple(places), statements, tuple(search.removals), search.waits_afterwards, obstacle)


def captured(project: Project, symbol: Local, variable: str) -> Iterator[Function]:
    """Yield the functions within a function that read one of its variables."""
    inner = f"{symbol.qualname}.<locals>."
    for item in project.modules[symbol.path].functions:
        if item.qualname.startswith(inner) and any(name.partition(".")[0] == variable for name in item.names):
            yield item


def is_closed_within(project: Project, symbol: Local, variable: str) -> bool:
    """Whether a function within a function closes one of its variables, maybe when the outer one is done."""
    closers = {f"{variable}.{method}" for method in CLOSING_METHODS}
    return any(not closers.isdisjoint(inner.names) for inner in captured(project, symbol, variable))


def is_about(expr: Expr, variable: str) -> bool:
    """Whether an expression is the variable, or an attribute of it."""
    return isinstance(expr, Ref) and expr.name.partition(".")[0] == variable


class _Search:
    """Looks for the statements that close one variable."""

    def __init__(self, variable: str, resource: Resource) -> None:
        self.variable = variable
        self.resource = resource
        self.places: list[Span] = []
        self.statements: list[Span] = []
        self.removals: list[Removal] = []
        self.known: set[Span] = set()
        self.obstacle = ""
        self.is_used_afterwards = False
        self.waits_afterwards = False

    def block(self, block: tuple[Stmt, ...], held_by: Try | None = None) -> None:
        """Note what closes in a block.

        Args:
            block: its statements.
            held_by: the ``try`` whose ``finally`` clause it is, if it is one.
        """
        found = {index: calls for index, stmt in enumerate(block) if (calls := list(self._closed_by(stmt)))}
        if found:
            self._note(block, found, held_by)
        for index, stmt in enumerate(block):
            if index in found:
                continue
            entered = self._entered(stmt)
            if entered is not None:
                self.places.append(entered.span)
                self.removals.append(Removal(Change.DISSOLVED, stmt.span))
            for inner in blocks(stmt):
                self.block(inner, stmt if isinstance(stmt, Try) and inner is stmt.final else None)

    def _note(self, block: tuple[Stmt, ...], found: Mapping[int, list[Call]], held_by: Try | None) -> None:
        self.places += [call.span for calls in found.values() for call in calls]
        self.known |= {call.func.span for calls in found.values() for call in calls}
        self.statements += [block[index].span for index in found]
        lines = [{*range(stmt.span.line, stmt.span.end_line + 1)} for stmt in block]
        near = [(index, other) for index in found for other in (index - 1, index + 1) if 0 <= other < len(block)]
        if any(not lines[index].isdisjoint(lines[other]) for index, other in near):
            self.obstacle = "the close shares its line with another statement"
        elif held_by is not None:
            self.removals.append(Removal(Change.FINALLY, held_by.span, tuple(found)))
        elif all(_closes_something(stmt) for stmt in block):
            self.obstacle = "nothing would be left of the block that the close is in"
        else:
            whole = {index: not isinstance(block[index], Do) for index in found}
            self.removals += [
                Removal(Change.REMOVED_WHOLE if whole[index] else Change.REMOVED, block[index].span) for index in found
            ]

    def _closed_by(self, stmt: Stmt) -> Iterator[Call]:
        """The calls of a statement that does nothing but close."""
        match stmt:
            case Do(value=Await(value=Call() as call)) if self.resource.is_async and self._is_close(call):
                yield call
            case Do(value=Call() as call) if not self.resource.is_async and self._is_close(call):
                yield call
            case If(test=test, body=body, orelse=()) if self._asks_for_it(test):
                found = [list(self._closed_by(inner)) for inner in body]
                if all(found):
                    yield from (call for calls in found for call in calls)

    def _is_close(self, call: Call) -> bool:
        owner, _, method = call.callee.rpartition(".")
        is_bare = not call.args and not call.keywords
        return is_bare and owner == self.variable and method in {*_METHODS, self.resource.method}

    def _asks_for_it(self, test: Expr) -> bool:
        match test:
            case Ref(name=name) | Op(op="is not", operands=(Ref(name=name), Const(value=None))):
                return name == self.variable
        return False

    def _entered(self, stmt: Stmt) -> Expr | None:
        """The variable, where a statement does nothing but enter it."""
        match stmt:
            case With(items=[WithItem(context=Ref(name=self.variable) as context, target=None)], is_async=is_async):
                is_closed = self.resource.closing is Closing.CONTEXT and is_async is self.resource.is_async
                return context if is_closed else None
        return None

    # ------------------------------------------------------------------------------------------------------- flow
    def follow(self, body: tuple[Stmt, ...]) -> None:
        """Note what may happen after the variable was closed."""
        if self.removals:
            self._flow(body, is_closed=False)

    def _flow(self, block: tuple[Stmt, ...], *, is_closed: bool) -> bool | None:
        """Follow a block; return whether the variable may be closed at its end, None where that is not reached."""
        for stmt in block:
            if any(self._closed_by(stmt)):
                is_closed = True
                continue
            if self._is_new(stmt):
                is_closed = False
            elif is_closed:
                self._note_afterwards(stmt)
            if isinstance(stmt, Return | Raise):
                return None
            after = self._after(stmt, is_closed=is_closed)
            if after is None:
                return None
            is_closed = after
        return is_closed

    def _note_afterwards(self, stmt: Stmt) -> None:
        own = [expr for root in own_expressions(stmt) for expr in subexpressions(root)]
        self.is_used_afterwards |= any(is_about(expr, self.variable) for expr in own)
        is_async = isinstance(stmt, For | With) and stmt.is_async
        waits = is_async or any(isinstance(expr, Await) for expr in own)
        self.waits_afterwards |= waits and not _closes_something(stmt)

    def _is_new(self, stmt: Stmt) -> bool:
        match stmt:
            case Assign(targets=[Ref(name=self.variable)], op="="):
                return True
        return False

    def _after(self, stmt: Stmt, *, is_closed: bool) -> bool | None:
        match stmt:
            case For() | While():
                if self._flow(stmt.body, is_closed=is_closed):
                    is_closed = True
                    self._flow(stmt.body, is_closed=True)  # the next round
                self._flow(stmt.orelse, is_closed=is_closed)
                return is_closed
            case Try():
                return self._after_try(stmt, is_closed=is_closed)
            case If() | Branches() | With():
                ends = [self._flow(inner, is_closed=is_closed) for inner in blocks(stmt)]
                ends += [is_closed] if isinstance(stmt, Branches) else []
                reached = [end for end in ends if end is not None]
                return (any(reached) or self._entered(stmt) is not None) if reached else None
        return is_closed

    def _after_try(self, stmt: Try, *, is_closed: bool) -> bool | None:
        # whatever raises in the body is taken to do so before the close
        end = self._flow(stmt.body, is_closed=is_closed)
        if end is not None:
            end = self._flow(stmt.orelse, is_closed=end)
        ends = [end, *[self._flow(handler.body, is_closed=is_closed) for handler in stmt.handlers]]
        reached = [item for item in ends if item is not None]
        after = self._flow(stmt.final, is_closed=any(reached))
        return after if reached else None


def _closes_something(stmt: Stmt) -> bool:
    match stmt:
        case Do(value=Call() as call) | Do(value=Await(value=Call() as call)):
            return call.callee.rpartition(".")[2] in _METHODS
        case If(body=body, orelse=()):
            return all(map(_closes_something, body))
    return False
