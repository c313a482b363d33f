"""The expressions of a function with their surroundings: what they are a part of, and whether they always run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from litestar_fix.model.facts import Expr, For, Lambda, Op, Stmt, Try, While, With
from litestar_fix.model.walk import blocks, children, own_expressions, statements

_LATER_OPERANDS = frozenset({"and", "or", "if"})
_COMPREHENSIONS = frozenset({"[for]", "{for}", "(for)", "{:for}"})


class Occurrence(msgspec.Struct, frozen=True):
    """An expression where it stands.

    Args:
        expr: the expression.
        parent: what it is directly within; None for one that is directly within its statement.
        stmt: the statement.
        hindrance: within what it may run never, or more than once: 'loop', 'branch' ...; or what may catch its errors:
            'try block', 'with block'. '' where it runs once, unless an earlier statement leaves the function.
    """

    expr: Expr
    parent: Expr | None
    stmt: Stmt
    hindrance: str


def occurrences(body: Iterable[Stmt]) -> Iterator[Occurrence]:
    """Yield all expressions of a body, in the order in which they are written."""
    for stmt in body:
        yield from _of_statement(stmt, "loop" if isinstance(stmt, While) else "")
        kind = _kind(stmt)
        for block in blocks(stmt):
            for inner in statements(block):
                yield from _of_statement(inner, kind)


def _kind(stmt: Stmt) -> str:
    match stmt:
        case Try():
            return "try block"
        case With():
            return "with block"
        case For() | While():
            return "loop"
    return "branch"


def _of_statement(stmt: Stmt, hindrance: str) -> Iterator[Occurrence]:
    for root in own_expressions(stmt):
        stack: list[tuple[Expr, Expr | None, str]] = [(root, None, hindrance)]
        while stack:
            expr, parent, why = stack.pop()
            yield Occurrence(expr, parent, stmt, why)
            first, others = _hindrances(expr)
            inner = [(part, expr, why or (others if index else first)) for index, part in enumerate(children(expr))]
            stack.extend(reversed(inner))


def _hindrances(expr: Expr) -> tuple[str, str]:
    """Why the first part of an expression may not run once, and why the others may not."""
    match expr:
        case Lambda():
            return "lambda", "lambda"
        case Op(op=op) if op in _COMPREHENSIONS:
            return "comprehension", "comprehension"
        case Op(op=op) if op in _LATER_OPERANDS:
            return "", "condition"
    return "", ""
