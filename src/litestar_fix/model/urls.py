"""Addresses as they are put together in code: their text, with holes for what is only known at run time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from litestar_fix.model.evaluate import string
from litestar_fix.model.facts import Attr, Call, Const, Expr, Op, Ref
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Located

#: Text, and None where a value of the run stands.
Pieces: TypeAlias = tuple[str | None, ...]

_ORIGIN = regex(r"https?://[^/?#]+")
_LOCAL = regex(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::\d+)?(?=[/?#]|$)")
_PLACEHOLDER = regex(r"\{[^{}]*\}|%\(\w+\)[sd]|%[sdi]")


def is_text(expr: Expr) -> bool:
    """Whether an expression is text by the way it is written."""
    match expr:
        case Const(value=str()) | Op(op="f"):
            return True
        case Op(op="+" | "%", operands=operands):
            return any(is_text(operand) for operand in operands)
        case Call(func=Attr(value=value, attr="format")):
            return is_text(value)
        case Call(func=Ref(name=name)):
            return name.endswith(".format")
    return False


def pieces(project: Project, located: Located) -> Pieces:
    """Return the text that an expression makes; a value that is not known is one hole."""
    return tuple(_merged(_pieces(project, located)))


def _pieces(project: Project, located: Located) -> Iterator[str | None]:
    path, scope = located.path, located.scope
    match located.expr:
        case Const(value=str(text)):
            yield from _with_holes(text)
        case Op(op="f", operands=operands):
            for operand in operands:
                match operand:
                    case Const(value=str(text)):
                        yield text  # its braces are its own
                    case _:
                        yield from _pieces(project, Located(path, scope, operand))
        case Op(op="+", operands=operands):
            for operand in operands:
                yield from _pieces(project, Located(path, scope, operand))
        case Op(op="%", operands=(left, _)):
            yield from _pieces(project, Located(path, scope, left))
        case Call(func=Attr(value=value, attr="format")):
            yield from _pieces(project, Located(path, scope, value))
        case Call(func=Ref(name=name) as func) if name.endswith(".format"):
            owner = Located(path, scope, Ref(name.removesuffix(".format"), func.span))
            yield from _pieces(project, owner)
        case Ref():
            known = string(project, located)
            yield from (None,) if known is None else _with_holes(known)
        case _:
            yield None


def _with_holes(text: str) -> Iterator[str | None]:
    first, *others = _PLACEHOLDER.split(text)
    yield first
    for other in others:
        yield None
        yield other


def _merged(parts: Iterator[str | None]) -> Iterator[str | None]:
    text = ""
    for part in parts:
        if part is not None:
            text += part
            continue
        if text:
            yield text
        yield None
        text = ""
    if text:
        yield text


def local_origin(found: Pieces) -> str:
    """Return the beginning of an address on this very machine, up to its path; '' for every other text."""
    first = found[0] if found and found[0] is not None else ""
    matched = _LOCAL.match(first)
    return matched.group() if matched is not None else ""


def has_origin(found: Pieces) -> bool:
    """Whether a text begins with a scheme and a host."""
    return bool(found) and found[0] is not None and _ORIGIN.match(found[0]) is not None


def path_of(found: Pieces) -> Pieces:
    """Return the path of an address: without scheme and host, query and fragment."""
    first = found[0] if found and found[0] is not None else ""
    matched = _ORIGIN.match(first)
    if matched is not None:
        rest = first[matched.end() :]
        found = (rest, *found[1:]) if rest else found[1:]
    return tuple(_until_query(found)) or ("/",)


def _until_query(found: Pieces) -> Iterator[str | None]:
    for part in found:
        if part is not None and ("?" in part or "#" in part):
            ending = re.split(r"[?#]", part, maxsplit=1)[0]
            if ending:
                yield ending
            return
        yield part
