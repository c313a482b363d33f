"""Variables that hold answers, and errors that carry one: what a function does with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from litestar_fix.http_clients.arguments import Renamed
from litestar_fix.http_clients.calls import Caller
from litestar_fix.http_clients.responses import (
    Read,
    Uses,
    in_f_string,
    refused_attribute,
    refused_expression,
    translated,
)
from litestar_fix.http_clients.table import canonical
from litestar_fix.model.facts import (
    Assign,
    Call,
    Const,
    Except,
    Expr,
    For,
    Lambda,
    Op,
    Ref,
    Return,
    Span,
    Stmt,
    Try,
    With,
)
from litestar_fix.model.nesting import Level, Nested, levels, nested
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External
from litestar_fix.model.walk import statements


def uses_of_name(project: Project, caller: Caller, name: str, answers: Collection[Span]) -> Uses:
    """Return what a function does with a variable.

    Args:
        project: the project.
        caller: the function.
        name: the variable.
        answers: the calls whose answers it may hold.
    """
    rebound = _rebound(caller, name, answers)
    uses = Uses(refusal=_other_values(caller, name, answers, rebound) or _used_within(caller, name))
    for place in nested(caller.function.body):
        match place.expr:
            case Ref(name=written) if not uses.refusal and (written == name or written.startswith(f"{name}.")):
                match _means_answer(place, *rebound) if rebound is not None else True:
                    case None:
                        uses.refusal = f"{name} also holds something else"
                    case True:
                        uses.refusal = _add_use(uses, place, name, written)
    uses.annotations += [item for stmt in _assignments(caller, name) for item in _annotations(project, caller, stmt)]
    return uses


def _add_use(uses: Uses, place: Nested, name: str, written: str) -> str:
    if written == name:
        return _refused_name(place)
    attr, *rest = written.removeprefix(f"{name}.").split(".")
    refusal = refused_attribute(attr, rest, place)
    new = translated(name, attr, rest, place)
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
    return refused_expression(place)


def uses_of_error(handler: Except) -> Uses:
    """Return what a clause does with the response of the error that it caught."""
    uses = Uses()
    name = f"{handler.name}.response"
    for place in nested(handler.body):
        match place.expr:
            case Ref(name=written) if not uses.refusal and (written == name or written.startswith(f"{name}.")):
                uses.refusal = _add_use(uses, place, name, written)
    return uses


def _rebound(caller: Caller, name: str, answers: Collection[Span]) -> tuple[Level, Level] | None:
    """The statement that makes an answer, and one further down in its block that gives the name to something else."""
    assigned = [here[0] for here in levels(caller.function.body) if _is_assigned(here[0].stmt, name)]
    match assigned:
        case [Level(stmt=Assign(value=Call(span=span))) as made, Level(stmt=Assign(value=value)) as later]:
            is_other = value is not None and value.span not in answers and later.block is made.block
            return (made, later) if span in answers and is_other else None
    return None


def _is_assigned(stmt: Stmt, name: str) -> bool:
    match stmt:
        case Assign(targets=(Ref(name=written),), op="=", value=value) if value is not None:
            return written == name
    return False


def _means_answer(place: Nested, made: Level, later: Level) -> bool | None:
    """Whether the name means the answer where it stands; None where it may mean either."""
    here = next((level.index for level in place.levels if level.block is made.block), -1)
    if here < made.index or any(isinstance(outer, Lambda) for outer in place.above):
        return None
    is_target = isinstance(place.stmt, Assign) and place.expr in place.stmt.targets
    return here < later.index or (here == later.index and not is_target)


def _other_values(caller: Caller, name: str, answers: Collection[Span], rebound: tuple[Level, Level] | None) -> str:
    """Say so where a variable is bound to anything but the answers and None."""
    refusal = f"{name} also holds something else"
    if name not in caller.function.bound or any(param.name == name for param in caller.function.params):
        return refusal
    known = [rebound[1].stmt.value] if rebound is not None and isinstance(rebound[1].stmt, Assign) else []
    for value in _bindings(caller, name):
        is_answer = (isinstance(value, Call) and value.span in answers) or any(value is other for other in known)
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
