"""What is iterated over, and which method of which object lists it."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.facts import Attr, Call, Expr, Function, Op, Ref
from litestar_fix.model.libraries import SEVERAL
from litestar_fix.model.walk import expressions

_METHODS = frozenset(method for methods in SEVERAL.values() for method in methods)
_SAME_ITEMS = frozenset({"list", "reversed", "set", "sorted", "tuple"})


def comprehended(function: Function, name: str) -> Iterator[Expr]:
    """Yield what the comprehensions of a function iterate over for a variable, if that may be known at all."""
    read = f"{function.names_text} {function.attributes_text}"
    if not any(method in read for method in _METHODS):
        return
    for expr in expressions(function.body):
        match expr:
            case Op(op="for", operands=(Ref(name=each), iterated, *_)) if each == name:
                yield iterated


def lister(iterated: Expr) -> tuple[Expr, str] | None:
    """Return the object and its method that list what is iterated over; None where something else does."""
    match iterated:
        case Call(func=Ref(name=name), args=(inner,)) if name in _SAME_ITEMS:
            return lister(inner)
        case Call(func=Ref(name=name, span=span)) if "." in name:
            owner, _, method = name.rpartition(".")
            return Ref(owner, span), method
        case Call(func=Attr(value=value, attr=method)):
            return value, method
    return None
