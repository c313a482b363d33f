"""``except`` clauses of handlers that catch everything, and what becomes of what they catch."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from litestar_fix.model.catching import class_names, has_try
from litestar_fix.model.caught_texts import Texts, unnarrowed
from litestar_fix.model.dict_answers import is_about_itself
from litestar_fix.model.facts import (
    Assign,
    Await,
    Call,
    Const,
    Do,
    Except,
    Expr,
    For,
    Function,
    If,
    Other,
    Plain,
    Raise,
    Ref,
    Return,
    Seq,
    Span,
    Stmt,
    Try,
    Yield,
)
from litestar_fix.model.handlers import Handler
from litestar_fix.model.nesting import Level, levels
from litestar_fix.model.pages import is_html
from litestar_fix.model.project import Project
from litestar_fix.model.sent import is_page, sent
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import expressions, own_expressions, statements, subexpressions

_BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
_LOGGING = frozenset(
    f"{prefix}{name}"
    for prefix in ("", "a")
    for name in ("debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log")
) | frozenset({"print", "print_exc", "capture_exception", "captureException", "record_exception", "add_note"})
_CLEANUP = frozenset(
    ["aclose", "cancel", "close", "disconnect", "kill", "rollback", "rmtree", "terminate", "unlink", "unsubscribe"]
)
_REMOVING = frozenset({"os.remove", "os.unlink", "os.rmdir", "shutil.rmtree"})
_INTERNAL = 500


class Fate(StrEnum):
    """What becomes of an exception."""

    TOLD = "told"  #: its text is sent
    SUCCESS = "success"  #: the client is told of a success
    UNSEEN = "unseen"  #: the client is told of a failure of the server that nobody can look into
    PASSED = "passed"  #: nothing


class Swallowed(msgspec.Struct, frozen=True):
    """A clause that catches everything.

    Args:
        clause: the clause.
        fate: what becomes of what it catches.
        text: what tells the text that is sent; the value that is returned, None where none is.
        place: where that is sent, None where nothing is.
        whole: the try statement, where the handler is nothing else from there on, and the clause nothing but a return.
    """

    clause: Except
    fate: Fate
    text: Expr | None = None
    place: Span | None = None
    whole: Try | None = None


def swallowed(project: Project, handler: Handler) -> Iterator[Swallowed]:
    """Yield the clauses of a handler that catch everything and neither raise it again nor keep its text inside."""
    if has_try(handler.function):
        for here in levels(handler.function.body):
            yield from _in_statement(project, handler, here)
    for function in _streams(project, handler):
        for stmt in statements(function.body):
            if isinstance(stmt, Try):
                yield from _streamed(project, handler, function, stmt)


def is_broad(project: Project, path: str, scope: str, clause: Except) -> bool:
    """Whether a clause catches every exception."""
    if clause.type is None:
        return True
    if not isinstance(clause.type, Ref | Seq):
        return False
    return not _BROAD.isdisjoint(class_names(project, Located(path, scope, clause.type)).names)


def _in_statement(project: Project, handler: Handler, here: tuple[Level, ...]) -> Iterator[Swallowed]:
    stmt = here[0].stmt
    if not isinstance(stmt, Try):
        return
    for clause in stmt.handlers:
        if is_broad(project, handler.path, handler.function.qualname, clause):
            found = _told(project, handler, stmt, clause) or _answered(project, handler, clause)
            if found is None and _passes(clause) and not _is_harmless(project, handler, here, stmt):
                found = Swallowed(clause, Fate.PASSED)
            if found is not None:
                yield found


# --------------------------------------------------------------------------------------------------- its text is sent
def _told(project: Project, handler: Handler, stmt: Try, clause: Except) -> Swallowed | None:
    texts = Texts(project, handler.path, handler.function.qualname, clause.name or "")
    texts.follow(clause.body)
    for inner in unnarrowed(clause.body):
        match inner:
            case Return(value=value) if value is not None:
                text = texts.within(value)
            case Raise(exc=exc):
                text = texts.raised(exc)
            case _:
                text = None
        if text is not None:
            whole = stmt if _is_whole(project, handler, stmt, clause) else None
            return Swallowed(clause, Fate.TOLD, text, inner.span, whole)
    return _told_below(handler, clause, texts)


def _told_below(handler: Handler, clause: Except, texts: Texts) -> Swallowed | None:
    """Look for a return below the clause of something that got the text in it."""
    texts.variable = ""  # it is not bound any longer
    for stmt in statements(handler.function.body):
        if not _is_below(stmt, clause) or not texts.names:
            continue
        match stmt:
            case Assign(targets=targets, op="="):
                texts.names -= {target.name for target in targets if isinstance(target, Ref)}
            case Return(value=value) if value is not None:
                text = texts.within(value)
                if text is not None:
                    return Swallowed(clause, Fate.TOLD, text, stmt.span)
    return None


def _is_below(stmt: Stmt, clause: Except) -> bool:
    return (stmt.span.line, stmt.span.column) >= (clause.span.end_line, clause.span.end_column)


def _is_whole(project: Project, handler: Handler, stmt: Try, clause: Except) -> bool:
    """Whether a handler ends in a try that serves no other purpose than to return what the clause returns."""
    if stmt.orelse or stmt.final or handler.function.body[-1] is not stmt:
        return False
    match clause.body:
        case (Return(value=value),):
            others = [item for item in stmt.handlers if item is not clause]
            seen = is_page(project, handler.path, handler.function.qualname, value)
            return not seen and all(map(_raises_again, others))
    return False


def _raises_again(clause: Except) -> bool:
    match clause.body:
        case (Raise(exc=None),):
            return True
    return False


# ------------------------------------------------------------------------------------------------------- streamed text
def _streams(project: Project, handler: Handler) -> list[Function]:
    """The generators that a handler defines to answer with."""
    inner = f"{handler.function.qualname}.<locals>."
    functions = project.modules[handler.path].functions
    return [item for item in functions if item.is_generator and item.qualname.startswith(inner) and has_try(item)]


def _streamed(project: Project, handler: Handler, function: Function, stmt: Try) -> Iterator[Swallowed]:
    for clause in stmt.handlers:
        if not is_broad(project, handler.path, function.qualname, clause):
            continue
        texts = Texts(project, handler.path, function.qualname, clause.name or "")
        texts.follow(clause.body)
        for expr in expressions(clause.body):
            text = texts.within(expr.value) if isinstance(expr, Yield) and expr.value is not None else None
            if text is not None:
                yield Swallowed(clause, Fate.TOLD, text, expr.span)
                break


# -------------------------------------------------------------------------------------------- answered all the same
def _answered(project: Project, handler: Handler, clause: Except) -> Swallowed | None:
    if is_about_itself(handler):
        return None  # a failure is what it was asked for
    if any(isinstance(stmt, Raise) for stmt in statements(clause.body)):
        return None
    for stmt in unnarrowed(clause.body):
        if not isinstance(stmt, Return):
            continue
        found = sent(project, handler, handler.function.qualname, stmt.value)
        if found is None:
            continue
        if found.is_success:
            if _is_seen(project, handler, stmt.value):
                continue
            return Swallowed(clause, Fate.SUCCESS, stmt.value, stmt.span)
        if found.status is not None and found.status >= _INTERNAL and not _is_recorded(clause):
            return Swallowed(clause, Fate.UNSEEN, stmt.value, stmt.span)
    return None


def _is_seen(project: Project, handler: Handler, value: Expr | None) -> bool:
    """Whether an answer is HTML: somebody reads there that it failed."""
    types = handler.layer.values("media_type")
    scope = handler.function.qualname
    return is_page(project, handler.path, scope, value) or any(is_html(project, given) for given in types)


def _is_recorded(clause: Except) -> bool:
    """Whether something is done with the exception, or anything is logged."""
    for expr in expressions(clause.body):
        if isinstance(expr, Ref) and clause.name and expr.name.partition(".")[0] == clause.name:
            return True
        if isinstance(expr, Call) and (expr.callee or _attribute(expr)).rpartition(".")[2] in _LOGGING:
            return True
    return False


def _attribute(call: Call) -> str:
    return getattr(call.func, "attr", "")


# ------------------------------------------------------------------------------------------------------------- passed
def _passes(clause: Except) -> bool:
    match clause.body:
        case (Plain(kind="pass" | "continue"),) | (Do(value=Const() | Other(text="...")),):
            return True
    return False


def _is_harmless(project: Project, handler: Handler, here: tuple[Level, ...], stmt: Try) -> bool:
    """Whether nothing is lost: what was tried cleans up, or takes a value that has a fallback."""
    for outer in here[1:]:
        if isinstance(outer.stmt, Try):
            cleaning = [*[clause.body for clause in outer.stmt.handlers], outer.stmt.final]
            if any(inner.block is block for inner in here for block in cleaning if block):
                return True
    caller = Local(handler.path, handler.function.qualname)
    return all(map(_takes_value, stmt.body)) or all(_cleans_up(project, caller, item) for item in stmt.body)


def _takes_value(stmt: Stmt) -> bool:
    match stmt:
        case Assign(targets=targets):
            is_plain = all(isinstance(target, Ref) and "." not in target.name for target in targets)
            return is_plain and not _awaits(stmt)
        case If(body=body, orelse=orelse) | For(body=body, orelse=orelse):
            return not _awaits(stmt) and all(map(_takes_value, (*body, *orelse)))
        case Plain(kind="pass" | "break" | "continue"):
            return True
    return False


def _awaits(stmt: Stmt) -> bool:
    return any(isinstance(expr, Await) for root in own_expressions(stmt) for expr in subexpressions(root))


def _cleans_up(project: Project, caller: Local, stmt: Stmt) -> bool:
    if isinstance(stmt, If):
        return all(_cleans_up(project, caller, item) for item in (*stmt.body, *stmt.orelse))
    value = stmt.value if isinstance(stmt, Do) else None
    call = value.value if isinstance(value, Await) else value
    if not isinstance(call, Call):
        return False
    name = (call.callee or _attribute(call)).rpartition(".")[2]
    return name in _CLEANUP or project.external(caller.path, call, caller.qualname) in _REMOVING
