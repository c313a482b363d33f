"""What a function does with a file that it opens in a ``with`` statement."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from litestar_fix.model.facts import Assign, Call, For, Function, Lambda, Op, Ref, Span, Stmt, With
from litestar_fix.model.nesting import Nested, nested
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import expressions, statements

_METHODS = frozenset({"flush", "read", "readline", "readlines", "seek", "tell", "truncate", "write", "writelines"})
_LOAD = "json.load"


class Use(StrEnum):
    """What is done with an open file."""

    METHOD = "method"
    LOADS = "loads"
    LOOP = "loop"


class FileUse(msgspec.Struct, frozen=True):
    """One use of an open file: the call of one of its methods, ``json.load`` of it, or a loop over its lines."""

    span: Span
    use: Use


def file_uses(project: Project, symbol: Local, name: str, block: With) -> tuple[FileUse, ...] | str:
    """Return what a coroutine function does with a file, as far as all of it can be awaited; else why it cannot.

    Args:
        project: what it belongs to.
        symbol: the function.
        name: the variable of the file.
        block: the ``with`` statement that opens it.
    """
    function = project.function(symbol)
    if function is None or any(bound == name for bound in bound_by(block.body)):
        return f"{name} is bound once more in its with statement"
    inner = f"{function.qualname}.<locals>."
    for other in project.modules[symbol.path].functions:
        if other.qualname.startswith(inner) and any(_root(read) == name for read in other.names):
            return f"a nested function uses {name}"
    found: list[FileUse] = []
    for place in nested(function.body):
        if not isinstance(place.expr, Ref) or _root(place.expr.name) != name or _is_other(place, name, block):
            continue
        if not block.span.contains(place.expr.span):
            return f"{name} is used outside of its with statement"
        use = _use(project, symbol, place, name)
        if isinstance(use, str):
            return use
        found.append(use)
    return tuple(found)


def _is_other(place: Nested, name: str, block: With) -> bool:
    """Whether a name is the target of the block, or that of another one of the same name and what that does with it."""
    if block.span.contains(place.expr.span):
        return place.stmt is block and any(item.target is place.expr for item in block.items)
    return any(_opens(level.stmt, name) for level in place.levels)


def _use(project: Project, symbol: Local, place: Nested, name: str) -> FileUse | str:
    stmt = place.stmt
    if isinstance(stmt, For) and stmt.iter is place.expr:
        return FileUse(stmt.span, Use.LOOP)
    reason = why_no_await(place)
    if reason:
        return reason
    match place.expr, place.parent:
        case Ref(name=read), Call(func=func) as call if func is place.expr:
            owner, _, method = read.rpartition(".")
            if owner == name and method in _METHODS:
                return FileUse(call.span, Use.METHOD)
        case Ref(name=read), Call(func=Ref(name=written), args=(first, *_)) as call if first is place.expr:
            found = project.resolve(symbol.path, written, symbol.qualname)
            if read == name and "." in written and isinstance(found, External) and found.name == _LOAD:
                return FileUse(call.span, Use.LOADS)
            return f"{written}() would go on reading or writing {name} on the event loop"
    return f"{name} is used in other ways than by its methods"


def _opens(stmt: object, name: str) -> bool:
    """Whether a statement is a ``with`` that binds a variable."""
    targets = [item.target for item in stmt.items] if isinstance(stmt, With) else []
    return any(isinstance(target, Ref) and target.name == name for target in targets)


def bound_names(function: Function) -> Iterator[str]:
    """Yield the names that a function binds, each as often as it does."""
    yield from (param.name for param in function.params)
    yield from bound_by(function.body)


def bound_by(body: tuple[Stmt, ...]) -> Iterator[str]:
    """Yield the names that statements bind, each as often as they do."""
    for stmt in statements(body):
        match stmt:
            case Assign(targets=targets):
                yield from (target.name for target in targets if isinstance(target, Ref))
            case For(target=Ref(name=name)):
                yield name
            case With(items=items):
                yield from (item.target.name for item in items if isinstance(item.target, Ref))
    for expr in expressions(body):
        match expr:
            case Op(op=":=", operands=(Ref(name=name), _)):
                yield name


def _root(name: str) -> str:
    return name.partition(".")[0]


def why_no_await(place: Nested) -> str:
    """Why no ``await`` may stand in the place of an expression."""
    for outer in place.above:
        match outer:
            case Op(op="(for)"):
                return "it stands in a generator expression, which cannot await"
            case Op(op=op) if op == "f" or op.startswith("f!"):
                return "it stands in an f-string"
            case Lambda():
                return "it stands in a lambda"
    return ""
