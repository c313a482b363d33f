"""Whether code shows that a value is a mapping: whether it would fail for anything else that JSON can hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from litestar_fix.model.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Dict,
    Expr,
    For,
    Function,
    If,
    Op,
    Plain,
    Ref,
    Seq,
    Star,
    Sub,
    Try,
    With,
)
from litestar_fix.model.occurrences import Occurrence
from litestar_fix.model.walk import statements

#: Methods of a dict that lists, strings and numbers do not have.
_METHODS = frozenset({"get", "items", "keys", "popitem", "setdefault", "update", "values"})
_TESTS = frozenset({"not", "and", "or", "is", "is not", "==", "!="})
_SEQUENCES = frozenset({"enumerate", "isinstance", "len", "list", "sorted", "tuple", "type"})
_EMPTY = "an empty body may be allowed, which Litestar answers with 400"
_ARRAY = "the body may be an array"
_UNKNOWN = "nothing shows that the body is an object"


def why_no_mapping(uses: Sequence[Occurrence], *, all_known: bool, is_declared: bool = False) -> str:
    """Say why a value may be something else than a mapping; '' where code shows that it is one.

    Args:
        uses: what is done with the value, in order.
        all_known: whether nothing else is done with it.
        is_declared: whether its annotation says that it is one.
    """
    if uses and _demands(uses[0]) and not uses[0].hindrance:
        return ""
    if uses and all_known and all(map(_demands, uses)):
        return ""
    if any(map(_allows_nothing, uses)):
        return _EMPTY
    if is_declared:
        return ""
    return _ARRAY if any(map(_allows_array, uses)) else _UNKNOWN


def _demands(item: Occurrence) -> bool:
    """Whether a use fails for anything but a mapping."""
    expr, parent = item.expr, item.parent
    if isinstance(expr, Ref) and "." in expr.name:
        return expr.name.split(".")[1] in _METHODS
    match parent:
        case Sub(value=value, index=Const(value=str())):
            return value is expr
        case Attr(attr=attr):
            return attr in _METHODS
        case Call(keywords=keywords):
            return any(item.name is None and item.value is expr for item in keywords)
        case Dict(keys=keys, values=values):
            return any(key is None and value is expr for key, value in zip(keys, values, strict=True))
    return False


def _allows_nothing(item: Occurrence) -> bool:
    match item.parent:
        case None:
            return isinstance(item.stmt, If)
        case Op(op="if", operands=(test, *_)):
            return test is item.expr
        case Op(op=op):
            return op in _TESTS
        case Call(func=Ref(name="bool")):
            return True
    return False


def _allows_array(item: Occurrence) -> bool:
    match item.parent:
        case None:
            return isinstance(item.stmt, For)
        case Sub(index=Const(value=int()) | Op(op=":")):
            return True
        case Op(op="for" | "async for"):
            return True
        case Call(func=Ref(name=name)):
            return name in _SEQUENCES
    return False


# ------------------------------------------------------------------------------------------------------ variables
def uses_of(variable: str, found: Iterable[Occurrence]) -> Iterator[Occurrence]:
    """Yield where a variable is used: not where it is bound."""
    bound = [name for item in found for name in bindings(item)]
    for item in found:
        is_read = isinstance(item.expr, Ref) and item.expr.name.partition(".")[0] == variable
        if is_read and not any(item.expr is name for name in bound):
            yield item


def bindings(item: Occurrence) -> Iterator[Ref]:
    """Yield the names that an expression binds: as the target of its statement, in a comprehension, by a walrus."""
    match item.expr:
        case Op(op=":=" | "for" | "async for", operands=(first, *_)):
            yield from _names(first)
    match item.stmt:
        case Assign(targets=targets) if any(item.expr is target for target in targets):
            yield from _names(item.expr)
        case For(target=target) if item.expr is target:
            yield from _names(target)
        case With(items=items) if any(item.expr is context.target for context in items):
            yield from _names(item.expr)


def _names(target: Expr) -> Iterator[Ref]:
    match target:
        case Ref(name=name) if "." not in name:
            yield target
        case Seq(items=items):
            for inner in items:
                yield from _names(inner)
        case Star(value=value):
            yield from _names(value)


def is_bound_again(variable: str, function: Function, found: Iterable[Occurrence]) -> bool:
    """Whether a variable is bound more than once in a function, or is not its own."""
    if sum(1 for item in found for name in bindings(item) if name.name == variable) > 1:
        return True
    for stmt in statements(function.body):
        match stmt:
            case Try(handlers=handlers) if any(handler.name == variable for handler in handlers):
                return True
            case Plain(names=names) if variable in names:
                return True
    return False
