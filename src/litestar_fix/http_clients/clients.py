"""Where a client is opened: once for adjacent calls, outside the loops that they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from litestar_fix.http_clients.arguments import Arguments
from litestar_fix.http_clients.calls import Caller, HttpCall
from litestar_fix.model.facts import (
    Assign,
    Define,
    Expr,
    For,
    Function,
    If,
    Op,
    Ref,
    Span,
    Stmt,
    While,
    With,
    Yield,
)
from litestar_fix.model.nesting import Level
from litestar_fix.model.walk import expressions, own_expressions, shape, statements, subexpressions

_NAMES = ("client", "http_client", "async_client", "requests_client")


class Translated(msgspec.Struct, frozen=True):
    """A call with its new arguments."""

    call: HttpCall
    arguments: Arguments


class Block(msgspec.Struct, frozen=True):
    """Statements that one client serves.

    Args:
        first, last: the first and the last of them.
        calls: the calls within.
    """

    first: Level
    last: Level
    calls: tuple[Translated, ...]

    @property
    def statements(self) -> tuple[Stmt, ...]:
        """The statements."""
        return self.first.block[self.first.index : self.last.index + 1]

    @property
    def span(self) -> Span:
        """From the first to the last statement."""
        start, end = self.first.stmt.span, self.last.stmt.span
        return Span(start.line, start.column, end.end_line, end.end_column)

    @property
    def knows_arguments(self) -> bool:
        """Whether what its client is made of is known before the first statement."""
        read = {root for item in self.calls for _, value in item.arguments.moved for root in _roots(value)}
        inside = [target for item in self.calls for target in _comprehended(item.call)]
        return read.isdisjoint([*inside, *_bound(self.statements)])

    @property
    def shares_line(self) -> bool:
        """Whether a neighbour stands on the line where it begins or ends."""
        before = self.first.block[: self.first.index][-1:]
        after = self.last.block[self.last.index + 1 :][:1]
        starts = any(stmt.span.end_line == self.span.line for stmt in before)
        return starts or any(stmt.span.line == self.span.end_line for stmt in after)


def client_arguments(calls: Sequence[Translated]) -> tuple[tuple[str, str], ...]:
    """What a client is told so that it waits and follows as requests does for these calls."""
    told = []
    if any(not item.arguments.has_timeout for item in calls):
        told.append(("timeout", "None"))
    if any(_follows(item) for item in calls):
        told.append(("follow_redirects", "True"))
    return tuple(told)


def _follows(item: Translated) -> bool:
    return item.arguments.redirects is None and item.arguments.follows_by_default


def stays(item: Translated, calls: Sequence[Translated]) -> bool:
    """Whether a call has to say itself that it does not follow redirects, because its client does."""
    says = item.arguments.redirects is not None or item.arguments.follows_by_default
    return not says and any(_follows(other) for other in calls)


def client_name(function: Function, inner: Sequence[Function]) -> str:
    """Return a name for clients that means nothing else in a function."""
    taken = {*function.bound, *(name.partition(".")[0] for name in function.names)}
    for other in inner:
        taken.update(name.partition(".")[0] for name in (*other.bound, *other.names))
    free = [name for name in _NAMES if name not in taken]
    return free[0] if free else next(f"client_{n}" for n in range(2, 99) if f"client_{n}" not in taken)


# --------------------------------------------------------------------------------------------------------------- blocks
def blocks_of(caller: Caller, calls: Sequence[Translated]) -> list[Block]:
    """Return the runs of statements that are to have a client, in order."""
    anchored = [(_anchor(item), item) for item in calls]
    while True:
        branching = _branching(anchored)
        if branching is None:
            break
        anchored = [(_raised(levels, branching), item) for levels, item in anchored]
    found: list[Block] = []
    for levels, item in anchored:
        block = Block(levels[0], levels[0], (item,))
        if found and _same_client(found[-1], item) and _is_adjacent(caller, found[-1], block):
            found[-1] = Block(found[-1].first, _later(found[-1].last, block.last), (*found[-1].calls, item))
        else:
            found.append(block)
    return found


def _later(left: Level, right: Level) -> Level:
    return right if right.index >= left.index else left


def _anchor(item: Translated) -> tuple[Level, ...]:
    """The statement that is put under a client, with the ones around it, innermost first."""
    return _outside_loops(_head(item.call.place.levels), item)


def _head(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """Go from an ``elif`` to its ``if``: no statement fits between them."""
    while len(levels) > 1 and isinstance(levels[0].stmt, If):
        outer = levels[1].stmt
        if not (isinstance(outer, If) and outer.orelse == (levels[0].stmt,)):
            break
        levels = levels[1:]
    return levels


def _outside_loops(levels: tuple[Level, ...], item: Translated) -> tuple[Level, ...]:
    at = 0
    for outer, level in enumerate(levels):
        if not isinstance(level.stmt, For | While):
            continue
        if outer and not _may_leave(level.stmt, item):
            break
        at = max(at, outer)
    return _head(levels[at:])


def _may_leave(loop: For | While, item: Translated) -> bool:
    """Whether a client may be opened outside a loop: there is no yield in it, and nothing of the loop in the client."""
    if any(isinstance(expr, Yield) for expr in expressions((loop,))):
        return False
    bound = set(_bound((loop,)))
    read = {ref for _, value in item.arguments.moved for ref in _roots(value)}
    return bound.isdisjoint(read)


def _branching(anchored: Sequence[tuple[tuple[Level, ...], Translated]]) -> Stmt | None:
    """A statement with calls for one client in its header and in a block of it."""
    heads = [(levels[0].stmt, item) for levels, item in anchored]
    for levels, item in anchored:
        for level in levels[1:]:
            if any(head is level.stmt and _alike(other, item) for head, other in heads):
                return level.stmt
    return None


def _raised(levels: tuple[Level, ...], stmt: Stmt) -> tuple[Level, ...]:
    at = next((at for at, level in enumerate(levels) if level.stmt is stmt), 0)
    return _head(levels[at:])


def _same_client(block: Block, item: Translated) -> bool:
    return all(_alike(other, item) for other in block.calls)


def _alike(left: Translated, right: Translated) -> bool:
    ours, theirs = ([(name, shape(value)) for name, value in item.arguments.moved] for item in (left, right))
    return ours == theirs


def _is_adjacent(caller: Caller, block: Block, other: Block) -> bool:
    """Whether all that stands between deals with the answers of the first block."""
    if block.last.block is not other.first.block:
        return False
    start, end = block.last.index, other.first.index
    if end <= start:
        return True
    moved = {root for item in other.calls for _, value in item.arguments.moved for root in _roots(value)}
    between = block.first.block[start + 1 : end]
    if not moved.isdisjoint(_bound((*block.statements, *between))):
        return False
    known = set(_bound(block.statements))
    for stmt in between:
        if isinstance(stmt, Define) or known.isdisjoint(_read(stmt)):
            return False
        if any(isinstance(expr, Yield) for expr in expressions((stmt,))):
            return False
        known.update(_bound((stmt,)))
    return caller.function.span.contains(other.span)


def _read(stmt: Stmt) -> Iterator[str]:
    for expr in expressions((stmt,)):
        if isinstance(expr, Ref):
            yield expr.name.partition(".")[0]


def _comprehended(call: HttpCall) -> Iterator[str]:
    """The variables of the comprehensions around a call."""
    for outer in call.place.above:
        for clause in outer.operands if isinstance(outer, Op) and "for" in outer.op else ():
            if isinstance(clause, Op) and clause.op in ("for", "async for"):
                yield from _roots(clause.operands[0])


def _roots(expr: Expr) -> Iterator[str]:
    yield from (item.name.partition(".")[0] for item in subexpressions(expr) if isinstance(item, Ref))


def _bound(body: Sequence[Stmt]) -> Iterator[str]:
    """The variables that statements bind."""
    for stmt in statements(body):
        match stmt:
            case Assign(targets=targets):
                yield from (root for target in targets for root in _roots(target))
            case For(target=target):
                yield from _roots(target)
            case With(items=items):
                yield from (root for item in items if item.target is not None for root in _roots(item.target))
        for root in own_expressions(stmt):
            for expr in subexpressions(root):
                if isinstance(expr, Op) and expr.op == ":=":
                    yield from _roots(expr.operands[0])
