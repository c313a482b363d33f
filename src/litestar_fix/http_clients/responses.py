"""The answer of a call: what is read of it, and what httpx calls that."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from litestar_fix.http_clients.arguments import Renamed
from litestar_fix.http_clients.table import (
    MAPPING_METHODS,
    NEEDS_REDIRECTS,
    RESPONSE_DIFFERENT,
    RESPONSE_RENAMED,
    RESPONSE_SAME,
    RESPONSE_TEXT,
)
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Do,
    Expr,
    For,
    Op,
    Ref,
    Return,
)
from litestar_fix.model.graph import show
from litestar_fix.model.nesting import Nested

_PRINTING = frozenset({"print", "repr", "str"})
_LOGGING = frozenset({"critical", "debug", "error", "exception", "info", "log", "trace", "warning"})
_WHOLE = "the response is used as a whole, not by its attributes"


class Read(msgspec.Struct, frozen=True):
    """An attribute that is read of a response.

    Args:
        place: the expression, up to the attribute and what is read of that.
        name: the attribute.
        old, new: what stands there and what will, as text; the same where nothing changes. Where the response has no
            name, only the last part of the attribute is meant.
    """

    place: Nested
    name: str
    old: str
    new: str


class Uses(msgspec.Struct):
    """What a function does with some answers.

    Args:
        reads: attributes that are read.
        annotations: where ``requests.Response`` is written beside a variable.
        refusal: why the answers cannot be those of httpx, '' where they can.
    """

    reads: list[Read] = msgspec.field(default_factory=list)
    annotations: list[Renamed] = msgspec.field(default_factory=list)
    refusal: str = ""


def target_of(place: Nested) -> str:
    """The variable that an answer is assigned to, '' where there is none."""
    match place.parent, place.stmt:
        case None, Assign(targets=(Ref(name=name),), op="=") if "." not in name:
            return name
        case Op(op=":=", operands=(Ref(name=name), value)), _ if value is place.expr:
            return name
    return ""


def uses_of_value(place: Nested) -> Uses:
    """Return what is done with the answer of a call right where it is made, before it has a name."""
    uses = Uses()
    match place.parent:
        case Op(op=":=") as named:
            outer = Nested(named, place.above[1:], place.levels)
            if outer.parent is not None or not isinstance(outer.stmt, Do):
                return uses_of_value(outer)
        case Attr(attr=attr) as read if read.value is place.expr:
            _add_read(uses, place, attr)
        case None:
            uses.refusal = _refused_statement(place)
        case _:
            uses.refusal = refused_expression(place)
    return uses


def _refused_statement(place: Nested) -> str:
    match place.stmt:
        case Do():
            return ""
        case Assign(targets=(target,), op="="):
            return "" if target_of(place) else f"the response is kept in {show(target)}"
        case Return():
            return "the response is returned"
    return _WHOLE


def refused_expression(place: Nested) -> str:
    """Why an answer cannot be used as a whole, '' where it can: it is compared with None, printed or logged."""
    match place.parent:
        case Op(op="is" | "is not", operands=operands) if any(
            isinstance(o, Const) and o.value is None for o in operands
        ):
            return ""
        case Op(op=op) if op == "f" or op.startswith("f!"):
            return ""
        case Call(func=func) if _only_shows(func):
            return ""
        case Call(func=func) if func is not place.expr:
            return f"the response is passed to {show(func)}"
    return _WHOLE


def _only_shows(func: Expr) -> bool:
    """Whether a call turns its arguments into text for a reader."""
    if not isinstance(func, Ref):
        return False
    receiver, _, method = func.name.rpartition(".")
    return (not receiver and method in _PRINTING) or (method in _LOGGING and "log" in receiver.lower())


def _add_read(uses: Uses, place: Nested, attr: str) -> None:
    """Note ``<call>.attr``, where the call has no name."""
    attribute, *above = place.above
    rest = [outer.attr for outer in above[:1] if isinstance(outer, Attr)]
    outer = Nested(attribute, tuple(above), place.levels)
    uses.refusal = refused_attribute(attr, rest, outer)
    if not uses.refusal:
        uses.reads.append(Read(outer, attr, attr, translated("", attr, [], outer)))


def translated(name: str, attr: str, rest: Sequence[str], place: Nested) -> str:
    """Return an attribute as it is to be written, behind a variable or, where that is '', by itself."""
    own = f"{name}.{attr}" if name else attr
    tail = "".join(f".{part}" for part in rest)
    if attr in RESPONSE_RENAMED:
        new = RESPONSE_RENAMED[attr]
        return (f"{name}.{new}" if name else new) + tail
    if attr in RESPONSE_TEXT and not _is_made_text(place, rest):
        return f"str({own}){tail}"
    return own + tail


def _is_made_text(place: Nested, rest: Sequence[str]) -> bool:
    match place.parent:
        case Call(func=Ref(name="str"), args=(_,)) | Op(op="f"):
            return not rest
    return False


def in_f_string(place: Nested) -> bool:
    """Whether an expression stands in an f-string, where no edit finds it for sure."""
    return place.is_in_f_string


def refused_attribute(attr: str, rest: Sequence[str], place: Nested) -> str:
    """Why an attribute of an answer, and what is read of that, cannot be that of httpx."""
    if attr in RESPONSE_DIFFERENT:
        return f"response.{attr} of httpx is another thing"
    if attr not in RESPONSE_SAME and attr not in RESPONSE_RENAMED and attr not in RESPONSE_TEXT:
        return f"httpx has no response.{attr}"
    if attr in ("cookies", "headers") and rest and rest[0] not in MAPPING_METHODS:
        return f"httpx has no response.{attr}.{rest[0]}"
    if attr == "cookies" and not rest and _is_iterated(place):
        return "response.cookies of httpx yields names, not cookies"
    if attr == "raise_for_status" and not (isinstance(place.stmt, Do) and len(place.above) == 1):
        return "response.raise_for_status of httpx returns the response"
    return ""


def _is_iterated(place: Nested) -> bool:
    match place.parent, place.stmt:
        case None, For():
            return True
        case Op(op="for" | "async for"), _:
            return True
    return False


def refused_redirect(reads: Sequence[Read]) -> str:
    """Why an answer that may be a redirect cannot be that of httpx, '' where it can."""
    return next((NEEDS_REDIRECTS[read.name] for read in reads if read.name in NEEDS_REDIRECTS), "")
