"""Expressions of a body together with what they stand in."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.facts import Expr, Op, Stmt
from litestar_fix.model.walk import blocks, children, own_expressions


class Level(msgspec.Struct, frozen=True):
    """A statement, and the block of which it is one."""

    stmt: Stmt
    block: tuple[Stmt, ...]

    @property
    def index(self) -> int:
        """Its place in the block."""
        return next(index for index, stmt in enumerate(self.block) if stmt is self.stmt)


class Nested(msgspec.Struct, frozen=True):
    """An expression, the expressions and the statements around it, innermost first."""

    expr: Expr
    above: tuple[Expr, ...]
    levels: tuple[Level, ...]

    @property
    def parent(self) -> Expr | None:
        """The expression that it is a part of, None where it is the statement's own."""
        return self.above[0] if self.above else None

    @property
    def is_in_f_string(self) -> bool:
        """Whether it stands in an f-string: before Python 3.12, its position is not reliable there."""
        return any(isinstance(outer, Op) and (outer.op == "f" or outer.op.startswith("f!")) for outer in self.above)

    @property
    def stmt(self) -> Stmt:
        """The statement that it belongs to."""
        return self.levels[0].stmt


def levels(body: tuple[Stmt, ...], above: tuple[Level, ...] = ()) -> Iterator[tuple[Level, ...]]:
    """Yield each statement of a body, those of nested blocks included, with the ones around it, innermost first."""
    for stmt in body:
        here = (Level(stmt, body), *above)
        yield here
        for block in blocks(stmt):
            yield from levels(block, here)


def nested(body: tuple[Stmt, ...]) -> Iterator[Nested]:
    """Yield all expressions of a body in order, outer ones before what they are made of."""
    for here in levels(body):
        for root in own_expressions(here[0].stmt):
            yield from _within(root, (), here)


def _within(expr: Expr, above: tuple[Expr, ...], here: tuple[Level, ...]) -> Iterator[Nested]:
    yield Nested(expr, above, here)
    for child in children(expr):
        yield from _within(child, (expr, *above), here)
