"""Values as text, from facts: for code of another file, of which there is no tree."""

from __future__ import annotations

from collections.abc import Mapping

from litestar_fix.errors import EditError
from litestar_fix.model.facts import Attr, Call, Const, Dict, Expr, Op, Ref, Seq, Sub

_BRACKETS = {"list": "[]", "tuple": "()", "set": "{}"}


def text_of(expr: Expr, names: Mapping[str, str]) -> str:
    """Return a value of names, constants, displays and calls as it is written.

    Args:
        expr: the value.
        names: what to write for the names in it that are called otherwise there.

    Raises:
        EditError: it holds something else.
    """
    match expr:
        case Ref(name=name):
            return names.get(name, name)
        case Const(value=str(value)):
            is_easy = value.isprintable() and '"' not in value and "\\" not in value
            return f'"{value}"' if is_easy else repr(value)
        case Const(value=value):
            return repr(value)
        case Seq(kind=kind, items=items):
            found = [text_of(item, names) for item in items]
            comma = "," if kind == "tuple" and len(found) == 1 else ""
            return f"{', '.join(found)}{comma}".join(_BRACKETS[kind])
        case Dict(keys=keys, values=values):
            pairs = [(key, value) for key, value in zip(keys, values, strict=True) if key is not None]
            return f"{{{', '.join(f'{text_of(key, names)}: {text_of(value, names)}' for key, value in pairs)}}}"
        case Call(func=func, args=args, keywords=keywords):
            given = [text_of(arg, names) for arg in args]
            given += [f"{keyword.name}={text_of(keyword.value, names)}" for keyword in keywords]
            return f"{text_of(func, names)}({', '.join(given)})"
        case Op(op="-", operands=(operand,)):
            return f"-{text_of(operand, names)}"
        case Attr(value=value, attr=attr):
            return f"{text_of(value, names)}.{attr}"
        case Sub(value=value, index=index):
            inner = text_of(index, names)
            is_bare = isinstance(index, Seq) and index.kind == "tuple" and index.items
            return f"{text_of(value, names)}[{inner[1:-1] if is_bare else inner}]"
    raise EditError(f"{type(expr).__name__} has no text")
