"""Iterating over the expressions and statements of `facts`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from litestar_fix.model.facts import (
    Assign,
    Attr,
    Await,
    Branches,
    Call,
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
    match expr:
        case Call():
            return (expr.func, *expr.args, *[keyword.value for keyword in expr.keywords])
        case Attr(value=value) | Star(value=value) | Await(value=value):
            return (value,)
        case Seq(items=items):
            return items
        case Dict(keys=keys, values=values):
            return tuple(item for pair in zip(keys, values, strict=True) for item in pair if item is not None)
        case Sub(value=value, index=index):
            return value, index
        case Yield(value=value):
            return () if value is None else (value,)
        case Op(operands=operands):
            return operands
        case Lambda(body=body):
            return (body,)
    return ()


def subexpressions(expr: Expr, *, lambdas: bool = True) -> Iterator[Expr]:
    """Yield an expression and everything within it, outermost first.

    Args:
        expr: where to begin.
        lambdas: whether to enter the bodies of lambdas, which run later and perhaps elsewhere.
    """
    stack = [expr]
    while stack:
        current = stack.pop()
        yield current
        if lambdas or not isinstance(current, Lambda):
            stack.extend(reversed(children(current)))


def own_expressions(stmt: Stmt) -> tuple[Expr, ...]:
    """The expressions of a statement itself, without those of the statements in its blocks."""
    match stmt:
        case Assign(targets=targets, value=value, annotation=annotation):
            return tuple(item for item in (value, annotation, *targets) if item is not None)
        case Return(value=value):
            return () if value is None else (value,)
        case Raise(exc=exc, cause=cause):
            return tuple(item for item in (exc, cause) if item is not None)
        case Do(value=value):
            return (value,)
        case If(test=test) | While(test=test):
            return (test,)
        case For(target=target, iter=source):
            return source, target
        case With(items=items):
            return tuple(e for item in items for e in (item.context, item.target) if e is not None)
        case Try(handlers=handlers):
            return tuple(handler.type for handler in handlers if handler.type is not None)
        case Branches(subject=subject, tests=tests):
            return subject, *tests
        case Plain(operands=operands):
            return operands
    return ()


def blocks(stmt: Stmt) -> tuple[tuple[Stmt, ...], ...]:
    """The blocks of a compound statement, in order; nothing for simple ones and for definitions."""
    match stmt:
        case If(body=body, orelse=orelse) | For(body=body, orelse=orelse) | While(body=body, orelse=orelse):
            return body, orelse
        case With(body=body):
            return (body,)
        case Try():
            return (stmt.body, *[handler.body for handler in stmt.handlers], stmt.orelse, stmt.final)
        case Branches(bodies=bodies):
            return bodies
    return ()


def statements(body: Iterable[Stmt]) -> Iterator[Stmt]:
    """Yield all statements of a body, nested blocks included, in order.

    Nested functions and classes are not entered.
    """
    for stmt in body:
        yield stmt
        for block in blocks(stmt):
            yield from statements(block)


def expressions(body: Iterable[Stmt], *, lambdas: bool = True) -> Iterator[Expr]:
    """Yield all expressions of a body, those of nested blocks included."""
    for stmt in statements(body):
        for root in own_expressions(stmt):
            yield from subexpressions(root, lambdas=lambdas)


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
