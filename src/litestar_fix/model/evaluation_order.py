"""What is evaluated first when a function runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from litestar_fix.model.facts import (
    Assign,
    Attr,
    Await,
    Call,
    Expr,
    If,
    Lambda,
    Op,
    Other,
    Ref,
    Stmt,
    Sub,
    With,
    Yield,
)
from litestar_fix.model.walk import children, own_expressions, subexpressions


def comes_first(body: Sequence[Stmt], is_wanted: Callable[[Expr], bool], is_harmless: Callable[[Expr], bool]) -> bool:
    """Whether something is evaluated in any case, and before anything that may raise or that others notice.

    Args:
        body: the statements of a function.
        is_wanted: tells what is looked for.
        is_harmless: tells of calls and the like that neither raise nor do anything.
    """
    for stmt in body:
        for expr in _evaluated(stmt):
            for done in _in_order(expr):
                if is_wanted(done):
                    return True
                if not is_harmless(done) and not _is_unnoticed(done):
                    return False
        if not (isinstance(stmt, Assign) and all(isinstance(t, Ref) and "." not in t.name for t in stmt.targets)):
            return False
    return False


def _evaluated(stmt: Stmt) -> tuple[Expr, ...]:
    """The expressions of a statement that are evaluated in any case, in order."""
    match stmt:
        case Assign(value=value) if value is not None:
            return (value,)
        case If(test=test):
            return (test,)
        case With(items=items):
            return (items[0].context,)
    return own_expressions(stmt)[:1]


def _in_order(expr: Expr) -> Iterator[Expr]:
    """What is evaluated in any case, parts before what is made of them."""
    match expr:
        case Op(op="and" | "or" | "if", operands=(first, *_)):
            yield from _in_order(first)
            yield expr
            return
        case Lambda():
            yield expr
            return
        case Call(func=func):
            yield from _in_order(func)
    for child in children(expr)[isinstance(expr, Call) :]:
        yield from _in_order(child)
    yield expr


def _is_unnoticed(expr: Expr) -> bool:
    """Whether evaluating an expression, its parts apart, neither raises nor does anything."""
    match expr:
        case Call() | Await() | Yield() | Sub() | Attr():
            return False
        case Op(op=op):
            return op in ("and", "or", "not", "is", "is not")
    return not any(isinstance(item, Other) for item in subexpressions(expr))
