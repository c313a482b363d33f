"""Which keys of its body a handler reads, and whether it does so on every path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import msgspec

from litestar_fix.model.facts import (
    Assign,
    Branches,
    Call,
    Const,
    Dict,
    Expr,
    For,
    If,
    Lambda,
    Op,
    Plain,
    Raise,
    Ref,
    Return,
    Seq,
    Star,
    Stmt,
    Sub,
    Try,
    With,
)
from litestar_fix.model.layers import Handler
from litestar_fix.model.nesting import Nested, nested
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Refusal
from litestar_fix.model.walk import blocks

BODY = "data"
_NO_KEY_ERRORS = frozenset({"ValueError", "TypeError", "AttributeError", "ArithmeticError", "OverflowError", "OSError"})


class Read(msgspec.Struct, frozen=True):
    """A key that is read.

    Args:
        key: the key.
        expr: what reads it: ``data["key"]`` or ``data.get("key", default)``.
        default: of ``get``; None where none is given.
        place: the body in it, and what that stands in.
    """

    key: str
    expr: Sub | Call
    default: Expr | None
    place: Nested

    @property
    def is_required(self) -> bool:
        """Whether it raises where the key is missing."""
        return isinstance(self.expr, Sub)

    @property
    def is_guarded(self) -> bool:
        """Whether an except clause may catch what a missing key raises."""
        return any(
            isinstance(outer.stmt, Try) and inner.block is outer.stmt.body and may_catch_missing(outer.stmt)
            for inner, outer in pairwise(self.place.levels)
        )

    @property
    def above(self) -> tuple[Expr, ...]:
        """The expressions around it, innermost first."""
        return self.place.above[1:]


def mentions(handler: Handler) -> Iterator[Nested]:
    """Yield where a handler names its body."""
    function = handler.function
    if any(name.partition(".")[0] == BODY for name in (*function.names, *function.bound)):
        for place in nested(function.body):
            if isinstance(place.expr, Ref) and place.expr.name.partition(".")[0] == BODY:
                yield place


def body_reads(project: Project, handler: Handler) -> list[Read]:
    """Return the keys that a handler reads of its body, in order.

    Args:
        project: the project.
        handler: the handler.

    Raises:
        Refusal: it does something else with the body, or nothing.
    """
    inner = f"{handler.function.qualname}.<locals>."
    for function in project.modules[handler.path].functions:
        if function.qualname.startswith(inner) and any(name.partition(".")[0] == BODY for name in function.names):
            raise Refusal(f"{function.name} within it reads the body")
    found = [_read(place) for place in mentions(handler)]
    if not found:
        raise Refusal("it reads nothing of the body")
    return found


def _read(place: Nested) -> Read:
    name = place.expr.name if isinstance(place.expr, Ref) else ""
    if place.is_in_f_string:
        raise Refusal("it reads the body in an f-string")
    match place.parent:
        case Sub(value=value, index=Const(value=str(key))) as expr if value is place.expr and name == BODY:
            if _is_target(expr, place.stmt):
                raise Refusal(f"it changes {key} of the body")
            return Read(key, expr, None, place)
        case Call(func=func, args=(Const(value=str(key)), *rest), keywords=()) as expr if (
            func is place.expr and name == f"{BODY}.get" and len(rest) < 2
        ):
            return Read(key, expr, rest[0] if rest else None, place)
    raise Refusal(_other_use(place, name))


def _other_use(place: Nested, name: str) -> str:
    """What a handler does with the body, other than to read a key, in words."""
    if name != BODY:
        return f"it uses {name}"
    if isinstance(place.stmt, Assign) and any(target is place.expr for target in place.stmt.targets):
        return "it assigns the body anew"
    if isinstance(place.stmt, For) and place.stmt.iter is place.expr:
        return "it goes through the body"
    match place.parent:
        case Call(keywords=keywords) if any(item.name is None and item.value is place.expr for item in keywords):
            return "it unpacks the body"
        case Call(callee=callee):
            return f"it hands the whole body to {callee or 'a call'}"
        case Star() | Dict():
            return "it unpacks the body"
        case Sub():
            return "it reads keys of the body that are not written out"
        case Op(op="in" | "not in"):
            return "it asks which keys the body has"
        case Op(op="for" | "async for"):
            return "it goes through the body"
    return "it uses the body as a whole"


def _is_target(expr: Expr, stmt: Stmt) -> bool:
    match stmt:
        case Assign(targets=targets):
            found = targets
        case Plain(kind="del", operands=operands):
            found = operands
        case For(target=target):
            found = (target,)
        case With(items=items):
            found = tuple(item.target for item in items if item.target is not None)
        case _:
            return False
    return any(expr is item or (isinstance(item, Seq) and expr in item.items) for item in found)


# ---------------------------------------------------------------------------------------------------------- every path
def is_always_read(reads: Iterable[Read]) -> bool:
    """Whether one of several reads is evaluated on every path on which their function ends without an error."""
    paths = _Paths(reads)
    end = paths.through(paths.body, is_read=False)
    return end.returns_read and end.is_read is not False


class _End(NamedTuple):
    """How a block ends: whether all is read where it returns, and where it goes on; None where it never goes on."""

    returns_read: bool
    is_read: bool | None


class _Paths:
    """Follows the paths through a function."""

    def __init__(self, reads: Iterable[Read]) -> None:
        found = list(reads)
        self.body = found[0].place.levels[-1].block
        certain = [read.place.stmt for read in found if _is_evaluated((read.expr, *read.above), read.place.stmt)]
        self._certain = {id(stmt) for stmt in certain}

    def through(self, block: Iterable[Stmt], *, is_read: bool) -> _End:
        """Say how a block ends that begins with the key read or not."""
        returns_read = True
        for stmt in block:
            end = self._after(stmt, is_read=is_read or id(stmt) in self._certain)
            returns_read = returns_read and end.returns_read
            if end.is_read is None:
                return _End(returns_read, None)
            is_read = end.is_read
        return _End(returns_read, is_read)

    def _after(self, stmt: Stmt, *, is_read: bool) -> _End:
        match stmt:
            case Return():
                return _End(is_read, None)
            case Raise():
                return _End(True, None)
            case If(body=body, orelse=orelse):
                return _either(self.through(block, is_read=is_read) for block in (body, orelse))
            case Try(body=body, handlers=handlers, orelse=orelse) if not may_catch_missing(stmt):
                ways = ((*body, *orelse), *(handler.body for handler in handlers))
                return _either(self.through(block, is_read=is_read) for block in ways)
            case With(body=body) if not _suppresses(stmt):
                return self.through(body, is_read=is_read)
            case _:
                # a loop may not run, a case not match, an error be caught
                ends = [self.through(block, is_read=is_read) for block in blocks(stmt)]
                return _End(all(end.returns_read for end in ends), is_read)


def _either(ends: Iterable[_End]) -> _End:
    """One end of several of which each may be."""
    found = list(ends)
    going_on = [end.is_read for end in found if end.is_read is not None]
    return _End(all(end.returns_read for end in found), all(going_on) if going_on else None)


def may_catch_missing(stmt: Try) -> bool:
    """Whether an except clause may be for a missing key."""
    return any(_may_be_key_error(handler.type) for handler in stmt.handlers)


def _may_be_key_error(named: Expr | None) -> bool:
    match named:
        case Seq(items=items):
            return any(map(_may_be_key_error, items))
        case Ref(name=name):
            return name.rpartition(".")[2] not in _NO_KEY_ERRORS
    return True


def _is_evaluated(chain: tuple[Expr, ...], stmt: Stmt) -> bool:
    """Whether the first of nested expressions is evaluated whenever their statement is."""
    if isinstance(stmt, Branches) and chain[-1] is not stmt.subject:
        return False
    for child, outer in pairwise(chain):
        match outer:
            case Op(op="if" | "and" | "or", operands=(first, *_)):
                if first is not child:
                    return False
            case Lambda():
                return False
            case Op(op=op, operands=(first, second, *_)) if "for" in op or child not in (first, second):
                return False
    return True


def _suppresses(stmt: With) -> bool:
    contexts = (item.context for item in stmt.items)
    return any(isinstance(item, Call) and item.callee.rpartition(".")[2] in ("suppress", "raises") for item in contexts)
