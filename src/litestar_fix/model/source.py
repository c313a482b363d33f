"""Expressions of names and literals as source text, as a formatter would write it."""

from __future__ import annotations

import json

from litestar_fix.model.facts import Const, Dict, Expr, Ref, Seq, Star
from litestar_fix.model.walk import subexpressions

_BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}")}


def source(expr: Expr) -> str | None:
    """Return an expression of names and literals as source, None for any other."""
    match expr:
        case Ref(name=name):
            return name
        case Const(value=str(text)):
            return json.dumps(text, ensure_ascii=False)
        case Const(value=value):
            return repr(value)
        case Star(value=value):
            inner = source(value)
            return f"*{inner}" if inner is not None else None
        case Seq(kind=kind, items=elements):
            parts = [source(item) for item in elements]
            comma = "," if kind == "tuple" and len(parts) == 1 else ""
            opening, closing = _BRACKETS[kind]
            return None if None in parts else f"{opening}{', '.join(filter(None, parts))}{comma}{closing}"
        case Dict(keys=keys, values=values):
            pairs = [_pair(key, value) for key, value in zip(keys, values, strict=True)]
            return None if None in pairs else f"{{{', '.join(filter(None, pairs))}}}"
    return None


def _pair(key: Expr | None, value: Expr) -> str | None:
    left, right = source(key) if key is not None else "**", source(value)
    if left is None or right is None:
        return None
    return f"{left}: {right}" if key is not None else f"**{right}"


def reads_names(expr: Expr) -> bool:
    """Whether an expression means something only where its names are bound."""
    return any(isinstance(item, Ref) for item in subexpressions(expr))
