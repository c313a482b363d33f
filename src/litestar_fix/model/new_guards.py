"""Guards that take the place of checks within handlers: whether they can, where they go, and what they are called.

Source: ``litestar/connection/base.py`` and ``litestar/handlers/base.py`` (``authorize_connection``), Litestar 2.25.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from litestar_fix.model.dto_places import Anchor, Names, anchor_above, top_of
from litestar_fix.model.facts import (
    Await,
    Call,
    Const,
    Define,
    Expr,
    Function,
    Op,
    Other,
    Ref,
    Return,
    Seq,
    Stmt,
    Yield,
)
from litestar_fix.model.inline_checks import REQUEST, InlineCheck, bound_by, bound_in, names_in
from litestar_fix.model.new_dataclasses import check_handler
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import enclosing
from litestar_fix.model.read_dtos import Refusal
from litestar_fix.model.walk import blocks, expressions, own_expressions, shape, statements, subexpressions

CONNECTION = "connection"
_OPTION = "guards"
#: What every connection has, not requests alone.
_ATTRIBUTES = frozenset(
    [
        *["app", "auth", "base_url", "client", "cookies", "headers", "logger", "path_params", "query_params"],
        *["route_handler", "scope", "session", "state", "url", "url_for", "user"],
    ]
)
_LONGEST = 32
_OPTIONAL = regex(r"^(?:is|has|can|may|get|check|require|requires|ensure)_")


class Guarded(msgspec.Struct, frozen=True):
    """A handler whose check becomes a guard.

    Args:
        check: its first statements, which go.
        needs_request: whether anything else in it reads the request.
    """

    check: InlineCheck
    needs_request: bool


class NewGuard(msgspec.Struct, frozen=True):
    """A guard that is to be written.

    Args:
        anchor: the statement that it stands above.
        name: its name.
        is_async: whether the check waits for anything.
        handlers: those whose check it makes, the first one in the file first.
    """

    anchor: Anchor
    name: str
    is_async: bool
    handlers: tuple[Guarded, ...]


def new_guard(project: Project, names: Names, checks: Sequence[InlineCheck]) -> NewGuard:
    """Return the guard for equal checks of one module, which `check_movable` let pass."""
    first, *_ = found = sorted(checks, key=lambda check: check.handler.function.span)
    word, is_required = next(_words(first))
    wanted = f"requires_{word}" if is_required else f"rejects_{word}"
    name = names.free((first.handler.path,), wanted, f"{word}_guard")
    is_async = any(isinstance(expr, Await) for expr in expressions(first.statements))
    guarded = tuple(Guarded(check, _needs_request(project, check)) for check in found)
    return NewGuard(anchor_above(project, first.handler), name, is_async, guarded)


def identity(check: InlineCheck) -> object:
    """Return a value that is equal for checks that are written alike."""
    return check.handler.path, tuple(map(_shape, check.statements))


def _shape(stmt: Stmt) -> object:
    inner = tuple(tuple(map(_shape, block)) for block in blocks(stmt))
    return type(stmt).__name__, tuple(map(shape, own_expressions(stmt))), inner


# ----------------------------------------------------------------------------------------------------------- obstacles
def check_movable(project: Project, check: InlineCheck) -> None:
    """Check that a guard would do what a check does.

    Raises:
        Refusal: it would not, or there is no place for it.
    """
    for denial in check.denials:
        if denial.by:
            raise Refusal(f"{denial.by} makes the check")
    if not check.is_first:
        raise Refusal("it is not the first thing that the handler does")
    function = check.handler.function
    _check_statements(check)
    _check_names(project, check, function)
    for expr in expressions(check.statements):
        _check_expression(expr)
    later = function.body[len(check.statements) :]
    named = bound_in(*[stmt.test for stmt in check.statements]) & _names_later(project, check, later)
    for name in sorted(named):
        raise Refusal(f"what comes later reads {name}")
    check_handler(project, check.handler, "the request")
    _check_place(project, check)


def _check_statements(check: InlineCheck) -> None:
    for stmt in check.statements:
        if stmt.orelse:
            raise Refusal("it has another branch")
        for inner in statements(stmt.body):
            if isinstance(inner, Return | Define):
                raise Refusal("it does more than deny")


def _check_names(project: Project, check: InlineCheck, function: Function) -> None:
    own = bound_by(check.statements)
    read = names_in(check.statements)
    for name in sorted(read - own - {REQUEST}):
        if name in function.bound:
            raise Refusal(f"it reads {name}, which a guard does not have")
        if _is_of_outer_function(project, check, name):
            raise Refusal(f"it reads {name} of the function around it")
    for name in sorted({CONNECTION, "_"} & (read | own)):
        raise Refusal(f"{name} means something else in it")
    if REQUEST in own:
        raise Refusal(f"it gives {REQUEST} another meaning")


def _is_of_outer_function(project: Project, check: InlineCheck, name: str) -> bool:
    table = project.table(check.handler.path).functions
    scope = check.handler.function.parent
    while scope:
        outer = table.get(scope)
        if outer is not None and name in outer.bound:
            return True
        scope = enclosing(scope)
    return False


def _check_expression(expr: Expr) -> None:
    match expr:
        case Ref(name=name) if name == REQUEST:
            raise Refusal("it hands the request on")
        case Ref(name=name) if name.startswith(f"{REQUEST}.") and name.split(".")[1] not in _ATTRIBUTES:
            raise Refusal(f"an ASGIConnection has no {name.split('.')[1]}")
        case Op(op="f", operands=operands) if any(map(_is_shown, operands)):
            raise Refusal("an f-string shows how it reads the request")
        case Other(text=text) if REQUEST in text:
            raise Refusal("it reads the request in a way that is not followed")
        case Yield():
            raise Refusal("it does more than deny")


def _is_shown(part: Expr) -> bool:
    """Whether a part of an f-string is the text of what comes next: ``{request.user=}``."""
    match part:
        case Const(value=str(text)):
            return text.rstrip().endswith("=") and f"{REQUEST}." in text
    return False


def _names_later(project: Project, check: InlineCheck, later: Sequence[Stmt]) -> frozenset[str]:
    """The names that the rest of a handler reads, functions within it included."""
    inner = f"{check.handler.function.qualname}.<locals>."
    nested = [item for item in project.modules[check.handler.path].functions if item.qualname.startswith(inner)]
    names = {name.partition(".")[0] for item in nested for name in item.names}
    texts = " ".join(expr.text for expr in expressions(later) if isinstance(expr, Other))
    return names_in(later) | names | frozenset(re.findall(r"\w+", texts))


def _needs_request(project: Project, check: InlineCheck) -> bool:
    function = check.handler.function
    return REQUEST in _names_later(project, check, function.body[len(check.statements) :])


def _check_place(project: Project, check: InlineCheck) -> None:
    handler = check.handler
    top = top_of(project, handler)
    body = project.modules[handler.path].body
    if not any(isinstance(stmt, Define) and stmt.qualname == top.qualname for stmt in body):
        raise Refusal("the handler is defined under a condition")
    if isinstance(handler.decorator, Call) and handler.decorator.has_unpacking:
        raise Refusal("its decorator has options that are not written there")
    given = handler.keyword(_OPTION)
    if given is not None and not isinstance(given.value, Seq):
        raise Refusal("its guards are not listed at the handler")
    if any(route.closest("before_request").value is not None for route in project.layers.served(handler)):
        raise Refusal("before_request runs before the check, and after guards")


# --------------------------------------------------------------------------------------------------------------- names
def _words(check: InlineCheck) -> Iterator[tuple[str, bool]]:
    """Yield what a guard demands or forbids, the best word first, and whether it demands it."""
    for stmt in reversed(check.statements):
        for term in reversed(_terms(stmt.test, "or")):
            yield from _of_term(term)
    yield ("login", True) if check.denials[-1].status == 401 else ("permission", True)


def _terms(test: Expr, op: str) -> tuple[Expr, ...]:
    match test:
        case Op(op=found, operands=operands) if found == op:
            return operands
    return (test,)


def _of_term(term: Expr) -> Iterator[tuple[str, bool]]:
    """The word of one reason to deny."""
    parts = [_of_condition(part) for part in _terms(term, "and")]
    words = [word for word, _ in parts]
    joined = "_or_".join(dict.fromkeys(words))
    if all(words) and len(joined) <= _LONGEST:
        yield joined, all(is_required for _, is_required in parts)


def _of_condition(test: Expr) -> tuple[str, bool]:
    match test:
        case Op(op="not", operands=(inner,)):
            word, is_required = _of_condition(inner)
            return word, not is_required
        case Op(op="is" | "==" as op, operands=(left, right)):
            return _compared(left, right, is_required=op == "is" and _is_none(right))
        case Op(op="is not" | "!=", operands=(left, right)):
            return _compared(left, right, is_required=True)
        case Op(op="not in", operands=(left, right)):
            return _compared(left, right, is_required=True)
        case Op(op="in", operands=(left, right)):
            return _compared(left, right, is_required=False)
        case Await(value=inner):
            return _of_condition(inner)
        case Call(args=args) if args and _spelled(args[0]):
            return _spelled(args[0]), False
    return _asked(test), False


def _compared(left: Expr, right: Expr, *, is_required: bool) -> tuple[str, bool]:
    if isinstance(right, Const) and not isinstance(right.value, str):
        return _asked(left), is_required
    words = [_spelled(item) for side in (right, left) for item in (side.items if isinstance(side, Seq) else (side,))]
    found = [word for word in words if word]
    return "_or_".join(dict.fromkeys(found)) or _asked(left), is_required


def _is_none(expr: Expr) -> bool:
    return isinstance(expr, Const) and expr.value is None


def _spelled(expr: Expr) -> str:
    """The word of a literal or of a constant: ``"admin"``, ``Role.ADMIN``, ``ADMIN``."""
    match expr:
        case Const(value=str(text)):
            return _plain(text)
        case Ref(name=name):
            *_, owner, last = ("", *name.removesuffix(".value").split("."))
            return _plain(last) if last.isupper() or owner[:1].isupper() else ""
    return ""


def _asked(expr: Expr) -> str:
    """The word of what is asked: ``request.user.is_admin``, ``request.session.get("user_id")``, ``is_admin(..)``."""
    match expr:
        case Call(func=Ref(name=name), args=(Const(value=str(key)), *_)) if name.endswith(".get"):
            return _plain(key)
        case Call(func=Ref(name="any" | "all"), args=(inner,)):
            return next(filter(None, map(_spelled, subexpressions(inner))), "")
        case Call(func=Ref(name=name)):
            return _plain(name.rpartition(".")[2])
        case Ref(name=name) if "." in name:
            return _plain(name.rpartition(".")[2])
    return ""


def _plain(text: str) -> str:
    word = re.sub(r"\W+", "_", text.lower()).strip("_")
    word = _OPTIONAL.sub("", word).removesuffix("_id")
    return word if word.isidentifier() and word.isascii() else ""
