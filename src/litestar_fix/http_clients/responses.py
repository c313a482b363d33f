"""The answer of a call: what is read of it, and what httpx calls that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from litestar_fix.http_clients.arguments import Renamed
from litestar_fix.http_clients.calls import Caller
from litestar_fix.http_clients.table import (
    MAPPING_METHODS,
    NEEDS_REDIRECTS,
    RESPONSE_DIFFERENT,
    RESPONSE_RENAMED,
    RESPONSE_SAME,
    RESPONSE_TEXT,
    canonical,
)
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Do,
    Except,
    Expr,
    For,
    Op,
    Ref,
    Return,
    Span,
    Try,
    With,
)
from litestar_fix.model.graph import show
from litestar_fix.model.nesting import Nested, nested
from litestar_fix.model.project import External, Project
from litestar_fix.model.walk import statements

_WHOLE = "the response is used as a whole, not by its attributes"


@dataclass(frozen=True, slots=True)
class Read:
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


@dataclass(slots=True)
class Uses:
    """What a function does with some answers.

    Args:
        reads: attributes that are read.
        annotations: where ``requests.Response`` is written beside a variable.
        refusal: why the answers cannot be those of httpx, '' where they can.
    """

    reads: list[Read] = field(default_factory=list)
    annotations: list[Renamed] = field(default_factory=list)
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
            uses.refusal = _refused_expression(place)
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


def _refused_expression(place: Nested) -> str:
    match place.parent:
        case Op(op="is" | "is not", operands=operands) if any(
            isinstance(o, Const) and o.value is None for o in operands
        ):
            return ""
        case Call(func=func) if func is not place.expr:
            return f"the response is passed to {show(func)}"
    return _WHOLE


def _add_read(uses: Uses, place: Nested, attr: str) -> None:
    """Note ``<call>.attr``, where the call has no name."""
    attribute = place.parent
    above = place.above[1:]
    rest = [outer.attr for outer in above[:1] if isinstance(outer, Attr)]
    uses.refusal = _refused_attribute(attr, rest)
    if not uses.refusal and attribute is not None:
        outer = Nested(attribute, above, place.levels)
        uses.reads.append(Read(outer, attr, attr, _translated("", attr, [], outer)))


def _translated(name: str, attr: str, rest: Sequence[str], place: Nested) -> str:
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
    """Whether an expression stands in an f-string: before Python 3.12, its position is not reliable there."""
    return any(isinstance(outer, Op) and (outer.op == "f" or outer.op.startswith("f!")) for outer in place.above)


def _refused_attribute(attr: str, rest: Sequence[str]) -> str:
    if attr in RESPONSE_DIFFERENT:
        return f"response.{attr} of httpx is another thing"
    if attr not in RESPONSE_SAME and attr not in RESPONSE_RENAMED and attr not in RESPONSE_TEXT:
        return f"httpx has no response.{attr}"
    if attr in ("cookies", "headers") and rest and rest[0] not in MAPPING_METHODS:
        return f"httpx has no response.{attr}.{rest[0]}"
    return ""


def refused_redirect(reads: Sequence[Read]) -> str:
    """Why an answer that may be a redirect cannot be that of httpx, '' where it can."""
    return next((NEEDS_REDIRECTS[read.name] for read in reads if read.name in NEEDS_REDIRECTS), "")


# ------------------------------------------------------------------------------------------------------------ variables
def uses_of_name(project: Project, caller: Caller, name: str, answers: Collection[Span]) -> Uses:
    """Return what a function does with a variable.

    Args:
        project: the project.
        caller: the function.
        name: the variable.
        answers: the calls whose answers it may hold.
    """
    uses = Uses(refusal=_other_values(caller, name, answers) or _used_within(caller, name))
    for place in nested(caller.function.body):
        match place.expr:
            case Ref(name=written) if not uses.refusal and (written == name or written.startswith(f"{name}.")):
                uses.refusal = _add_use(uses, place, name, written)
    uses.annotations += [item for stmt in _assignments(caller, name) for item in _annotations(project, caller, stmt)]
    return uses


def _add_use(uses: Uses, place: Nested, name: str, written: str) -> str:
    if written == name:
        return _refused_name(place)
    attr, *rest = written.removeprefix(f"{name}.").split(".")
    refusal = _refused_attribute(attr, rest)
    new = _translated(name, attr, rest, place)
    is_stored = isinstance(place.stmt, Assign) and place.expr in place.stmt.targets
    if new != written and in_f_string(place):
        return refusal or f"response.{attr} is read in an f-string"
    if is_stored and attr != "encoding":
        return refusal or f"response.{attr} is set"
    uses.reads.append(Read(place, attr, written, new))
    return refusal


def _refused_name(place: Nested) -> str:
    """Why the bare name cannot stand here; bindings have been looked at before."""
    match place.parent, place.stmt:
        case None, Assign(targets=targets) if any(place.expr is target for target in targets):
            return ""
        case Op(op=":=", operands=(target, _)), _ if target is place.expr:
            return ""
        case None, Return():
            return "the response is returned"
    return _refused_expression(place)


def uses_of_error(handler: Except) -> Uses:
    """Return what a clause does with the response of the error that it caught."""
    uses = Uses()
    name = f"{handler.name}.response"
    for place in nested(handler.body):
        match place.expr:
            case Ref(name=written) if not uses.refusal and (written == name or written.startswith(f"{name}.")):
                uses.refusal = _add_use(uses, place, name, written)
    return uses


def _other_values(caller: Caller, name: str, answers: Collection[Span]) -> str:
    """Say so where a variable is bound to anything but the answers and None."""
    refusal = f"{name} also holds something else"
    if name not in caller.function.bound or any(param.name == name for param in caller.function.params):
        return refusal
    for value in _bindings(caller, name):
        is_answer = isinstance(value, Call) and value.span in answers
        is_none = isinstance(value, Const) and value.value is None
        if not (is_answer or is_none):
            return refusal
    return ""


def _bindings(caller: Caller, name: str) -> Iterator[Expr | None]:
    """What a variable is bound to; None for what is no plain assignment."""
    for stmt in statements(caller.function.body):
        match stmt:
            case Assign(targets=targets, value=value, op=op) if value is not None:
                if any(isinstance(t, Ref) and t.name == name for t in targets):
                    yield value if len(targets) == 1 and op == "=" else None
                elif any(_names(target, name) for target in targets):
                    yield None
            case For(target=target) if _names(target, name):
                yield None
            case With(items=items) if any(_names(item.target, name) for item in items):
                yield None
            case Try(handlers=handlers) if any(h.name == name for h in handlers):
                yield None
    for place in nested(caller.function.body):
        match place.expr:
            case Op(op=":=", operands=(Ref(name=written), value)) if written == name:
                yield value
            case Op(op="for" | "async for", operands=(target, *_)) if _names(target, name):
                yield None


def _names(target: Expr | None, name: str) -> bool:
    match target:
        case Ref(name=written):
            return written == name
        case None:
            return False
    return any(_names(child, name) for child in getattr(target, "items", ()))


def _used_within(caller: Caller, name: str) -> str:
    """Say so where a function within the function reads the variable."""
    inner = f"{caller.function.qualname}.<locals>."
    for function in caller.module.functions:
        if not function.qualname.startswith(inner) or name in function.bound:
            continue
        if any(read == name or read.startswith(f"{name}.") for read in function.names):
            return f"the response is used in the nested function {function.name}"
    return ""


def _assignments(caller: Caller, name: str) -> Iterator[Assign]:
    for stmt in statements(caller.function.body):
        if isinstance(stmt, Assign) and any(isinstance(t, Ref) and t.name == name for t in stmt.targets):
            yield stmt


def _annotations(project: Project, caller: Caller, stmt: Assign) -> Iterator[Renamed]:
    """Where ``requests.Response`` stands in an annotation; a part of a quoted one has no place of its own."""
    if stmt.annotation is None:
        return
    operands = stmt.annotation.operands if isinstance(stmt.annotation, Op) else (stmt.annotation,)
    for item in operands:
        found = (
            project.resolve(caller.module.path, item.name, caller.function.qualname) if isinstance(item, Ref) else None
        )
        is_response = isinstance(found, External) and canonical(found.name) == "requests.Response"
        if is_response and (item is stmt.annotation or item.span != stmt.annotation.span):
            yield Renamed(item.span, "httpx.Response")
