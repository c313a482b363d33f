"""Iterating over the expressions and statements of `facts`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from litestar_fix.model.facts import (
    Assign,
    Attr,
    Await,
    Branches,
    Call,
    Const,
    Define,
    Dict,
    Do,
    Expr,
    For,
    If,
    Lambda,
    Op,
    Other,
    Plain,
    Raise,
    Ref,
    Return,
    Seq,
    Star,
    Stmt,
    Sub,
    Try,
    While,
    With,
    Yield,
)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly within an expression, in the order in which they are written."""
    return _PARTS[type(expr)](expr)


def _of_call(expr: Call) -> tuple[Expr, ...]:
    keywords = expr.keywords
    return (expr.func, *expr.args, *[item.value for item in keywords]) if keywords else (expr.func, *expr.args)


def _of_dict(expr: Dict) -> tuple[Expr, ...]:
    return tuple(item for pair in zip(expr.keys, expr.values, strict=True) for item in pair if item is not None)


def _none(_: object) -> tuple[()]:
    return ()


# A table instead of a match statement: most expressions are names and constants, which a match looks at last, and most
# of the time of a whole-project search is spent here.
_PARTS: dict[type, Callable[[Any], tuple[Expr, ...]]] = {
    Ref: _none,
    Const: _none,
    Call: _of_call,
    Attr: lambda expr: (expr.value,),
    Star: lambda expr: (expr.value,),
    Await: lambda expr: (expr.value,),
    Seq: lambda expr: expr.items,
    Dict: _of_dict,
    Sub: lambda expr: (expr.value, expr.index),
    Yield: lambda expr: () if expr.value is None else (expr.value,),
    Op: lambda expr: expr.operands,
    Lambda: lambda expr: (expr.body,),
    Other: _none,
}
_LEAVES = frozenset({Ref, Const, Other})


def subexpressions(expr: Expr, *, lambdas: bool = True) -> Iterator[Expr]:
    """Yield an expression and everything within it, outermost first.

    Args:
        expr: where to begin.
        lambdas: whether to enter the bodies of lambdas, which run later and perhaps elsewhere.
    """
    return iter((expr,) if type(expr) in _LEAVES else _within(expr, lambdas=lambdas))


def _within(expr: Expr, *, lambdas: bool) -> list[Expr]:
    # a list, and no generator: whoever asks wants nearly always all of them
    found: list[Expr] = []
    todo = [expr]
    while todo:
        current = todo.pop()
        found.append(current)
        kind = type(current)
        if kind not in _LEAVES and (lambdas or kind is not Lambda):
            todo.extend(reversed(_PARTS[kind](current)))
    return found


def own_expressions(stmt: Stmt) -> tuple[Expr, ...]:
    """The expressions of a statement itself, without those of the statements in its blocks."""
    return _OWN[type(stmt)](stmt)


def _of_assignment(stmt: Assign) -> tuple[Expr, ...]:
    if stmt.annotation is None and stmt.value is not None:
        return (stmt.value, *stmt.targets)
    return tuple(item for item in (stmt.value, stmt.annotation, *stmt.targets) if item is not None)


_OWN: dict[type, Callable[[Any], tuple[Expr, ...]]] = {
    Assign: _of_assignment,
    Return: lambda stmt: () if stmt.value is None else (stmt.value,),
    Raise: lambda stmt: tuple(item for item in (stmt.exc, stmt.cause) if item is not None),
    Do: lambda stmt: (stmt.value,),
    If: lambda stmt: (stmt.test,),
    While: lambda stmt: (stmt.test,),
    For: lambda stmt: (stmt.iter, stmt.target),
    With: lambda stmt: tuple(e for item in stmt.items for e in (item.context, item.target) if e is not None),
    Try: lambda stmt: tuple(handler.type for handler in stmt.handlers if handler.type is not None),
    Branches: lambda stmt: (stmt.subject, *stmt.tests),
    Plain: lambda stmt: stmt.operands,
    Define: _none,
}


def blocks(stmt: Stmt) -> tuple[tuple[Stmt, ...], ...]:
    """The blocks of a compound statement, in order; nothing for simple ones and for definitions."""
    found = _BLOCKS.get(type(stmt))
    return found(stmt) if found is not None else ()


_BLOCKS: dict[type, Callable[[Any], tuple[tuple[Stmt, ...], ...]]] = {
    If: lambda stmt: (stmt.body, stmt.orelse),
    For: lambda stmt: (stmt.body, stmt.orelse),
    While: lambda stmt: (stmt.body, stmt.orelse),
    With: lambda stmt: (stmt.body,),
    Try: lambda stmt: (stmt.body, *[handler.body for handler in stmt.handlers], stmt.orelse, stmt.final),
    Branches: lambda stmt: stmt.bodies,
}


def statements(body: Iterable[Stmt]) -> Iterator[Stmt]:
    """Yield all statements of a body, nested blocks included, in order.

    Nested functions and classes are not entered.
    """
    found: list[Stmt] = []
    _add_statements(body, found)
    return iter(found)


def _add_statements(body: Iterable[Stmt], found: list[Stmt]) -> None:
    for stmt in body:
        found.append(stmt)
        blocks_of = _BLOCKS.get(type(stmt))
        if blocks_of is not None:
            for block in blocks_of(stmt):
                _add_statements(block, found)


def expressions(body: Iterable[Stmt], *, lambdas: bool = True) -> Iterator[Expr]:
    """Yield all expressions of a body, those of nested blocks included."""
    found: list[Expr] = []
    for stmt in statements(body):
        for root in _OWN[type(stmt)](stmt):
            if type(root) in _LEAVES:
                found.append(root)
            else:
                found += _within(root, lambdas=lambdas)
    return iter(found)


def shape(expr: Expr | None) -> object:
    """A hashable value that is equal for expressions that are written alike, wherever they stand."""
    match expr:
        case None:
            return None
        case Ref(name=name):
            return name
        case Other(text=text):
            return "other", text
        case Call():
            keywords = tuple(sorted(((k.name or "**", shape(k.value)) for k in expr.keywords), key=repr))
            return "call", shape(expr.func), tuple(map(shape, expr.args)), keywords
        case Attr(value=value, attr=attr):
            return "attr", shape(value), attr
        case Seq(kind=kind, items=items):
            return kind, tuple(map(shape, items))
        case Dict(keys=keys, values=values):
            return "dict", tuple(map(shape, keys)), tuple(map(shape, values))
        case Op(op=op, operands=operands):
            return "op", op, tuple(map(shape, operands))
        case Lambda(params=params, body=body):
            return "lambda", params, shape(body)
        case Sub() | Star() | Await() | Yield():
            return type(expr).__name__, tuple(map(shape, children(expr)))
    return "const", type(expr.value).__name__, expr.value
