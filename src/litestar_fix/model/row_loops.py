"""Loops over the rows of a query, and what they evaluate for each row.

A loop of which it is not certain that its rows come from a query is left out. So is what stands where a loop is left:
it happens once.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.facts import (
    Call,
    Expr,
    For,
    Function,
    Op,
    Plain,
    Raise,
    Ref,
    Return,
    Span,
    Stmt,
)
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.row_queries import RowQueries, Rows
from litestar_fix.model.symbols import Local
from litestar_fix.model.value_types import bindings
from litestar_fix.model.walk import blocks, own_expressions, statements, subexpressions

_LEFT_OUT = frozenset({Role.TEST, Role.MIGRATION, Role.SCRIPT})
_SOURCES = ("select", "query")


class Loop(msgspec.Struct, frozen=True):
    """A loop over rows: the variable, the rows, and the expressions that are evaluated for each of them."""

    variable: str
    rows: Rows
    span: Span
    iterable: Expr
    each: tuple[Expr, ...]


def loops(project: Project) -> Iterator[tuple[str, Function, RowQueries, list[Loop]]]:
    """Yield path and function, what it selects, and its loops; tests, migrations and scripts are left out."""
    words = project.words.aliases(_SOURCES)
    for path in sorted({path for word in words for path in project.words.readers(word)}):
        if project.role(path) in _LEFT_OUT:
            continue
        for function in project.modules[path].functions:
            if not any(name.rpartition(".")[2] in words for name in function.calls):
                continue
            queries = RowQueries(project, Local(path, function.qualname))
            found = list(_loops_in(function, queries))
            if found:
                yield path, function, queries, found


def _loops_in(function: Function, queries: RowQueries) -> Iterator[Loop]:
    for stmt in statements(function.body):
        match stmt:
            case For(target=Ref(name=name), iter=iterable, body=body):
                if (rows := _several(queries, iterable)) is not None and not _is_rebound(function, name):
                    yield Loop(name, rows, stmt.span, iterable, tuple(_of_each(body)))
        for root in own_expressions(stmt):
            yield from _comprehensions(root, queries)


def _several(queries: RowQueries, iterable: Expr) -> Rows | None:
    rows = queries.rows(iterable)
    return rows if rows is not None and not rows.statement.has_one_row else None


def _is_rebound(function: Function, name: str) -> bool:
    return any(not isinstance(item, For) for item in bindings(function, name))


def _of_each(body: tuple[Stmt, ...]) -> Iterator[Expr]:
    """What a loop evaluates for every row; nothing of blocks that leave it."""
    if any(isinstance(stmt, Return | Raise) or (isinstance(stmt, Plain) and stmt.kind == "break") for stmt in body):
        return
    for stmt in body:
        if isinstance(stmt, Plain) and stmt.kind == "del":
            continue
        for root in own_expressions(stmt):
            yield from subexpressions(root, lambdas=False)
        for block in blocks(stmt):
            yield from _of_each(block)


def _comprehensions(root: Expr, queries: RowQueries) -> Iterator[Loop]:
    firsts = {
        given.span
        for expr in subexpressions(root, lambdas=False)
        if isinstance(expr, Call) and expr.callee == "next"
        for given in expr.args[:1]
    }
    for expr in subexpressions(root, lambdas=False):
        match expr:
            case Op(op="[for]" | "{for}" | "{:for}" | "(for)", operands=operands) if expr.span not in firsts:
                for clause in operands:
                    match clause:
                        case Op(op="for" | "async for", operands=(Ref(name=name), iterable, *_)):
                            rows = _several(queries, iterable)
                            if rows is not None:
                                inner = [part for item in operands for part in _without(item, iterable)]
                                yield Loop(name, rows, expr.span, iterable, tuple(inner))


def _without(expr: Expr, iterable: Expr) -> Iterator[Expr]:
    parts = expr.operands if isinstance(expr, Op) and expr.op in ("for", "async for") else (expr,)
    for part in parts:
        if part is not iterable:
            yield from subexpressions(part, lambdas=False)
