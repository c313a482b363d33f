"""Generator providers: what Litestar does not recognise as one, and what goes wrong when one is resumed.

Source: ``litestar/di.py`` (``Provide``) and ``litestar/_kwargs/cleanup.py`` (``DependencyCleanupGroup``),
Litestar 2.25: a generator is what ``inspect`` takes for a generator function; a synchronous one is resumed in a worker
thread when all went well; exceptions of the handler are thrown into it, and what it raises instead joins them in an
exception group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from litestar_fix.model.evaluate import returned
from litestar_fix.model.facts import (
    Assign,
    Call,
    Const,
    Except,
    Expr,
    Function,
    Raise,
    Ref,
    Seq,
    Stmt,
    Sub,
    Try,
    With,
    Yield,
)
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import blocks, expressions, own_expressions, statements, subexpressions

_MANAGERS = frozenset({"contextlib.asynccontextmanager", "contextlib.contextmanager"})
_SQLITE = "sqlite3.connect"
_CLOSING = "contextlib.closing"
_NOT_FROM_HANDLERS = frozenset({"CancelledError", "GeneratorExit", "StopAsyncIteration", "StopIteration"})
_ANYTHING = frozenset({"BaseException", "Exception", "HTTPException", "LitestarException"})
_DEPTH = 4


def manager_decorator(project: Project, symbol: Local, function: Function) -> str:
    """Return the name of the decorator of contextlib that makes a context manager of a function, '' without one.

    Only the outermost decorator counts: what another one makes of it is not known.
    """
    if not function.decorators or not function.is_generator:
        return ""
    scope = function.parent
    outermost = function.decorators[0]
    name = project.external(symbol.path, outermost, scope) if isinstance(outermost, Ref) else ""
    return name.rpartition(".")[2] if name in _MANAGERS else ""


# ------------------------------------------------------------------------------------------------- around the yield
def _yields(stmt: Stmt) -> bool:
    return any(isinstance(expr, Yield) for expr in expressions((stmt,), lambdas=False))


def after_yield(body: Sequence[Stmt]) -> Iterator[Stmt]:
    """Yield the statements, at any depth, that run when a generator is resumed and nothing was raised."""
    for index, stmt in enumerate(body):
        if not _yields(stmt):
            continue
        for block in blocks(stmt):
            yield from after_yield(block)
        if isinstance(stmt, Try):
            yield from (*(stmt.orelse if any(map(_yields, stmt.body)) else ()), *stmt.final)
        yield from body[index + 1 :]


def when_resumed(body: Sequence[Stmt]) -> Iterator[Stmt]:
    """Yield the statements, at any depth, that run when a generator is resumed, or an exception is thrown into it."""
    yield from after_yield(body)
    for stmt in statements(body):
        if isinstance(stmt, Try) and any(map(_yields, stmt.body)):
            yield from (inner for clause in stmt.handlers for inner in clause.body)


def exchanges(function: Function) -> Iterator[tuple[Except, Raise]]:
    """Yield the except clauses around a ``yield`` that raise something else than they caught, and where.

    Not those that may be meant for what the ``try`` does after the ``yield``: a commit whose conflict becomes the
    response.
    """
    for stmt in statements(function.body):
        if not isinstance(stmt, Try) or not any(map(_yields, stmt.body)):
            continue
        for clause in stmt.handlers:
            other = next(_other_raises(clause), None)
            if other is not None and _is_for_handlers(clause, stmt):
                yield clause, other


def _is_for_handlers(clause: Except, around: Try) -> bool:
    named = clause.type.items if isinstance(clause.type, Seq) else (clause.type,)
    names = {item.name.rpartition(".")[2] if isinstance(item, Ref) else "" for item in named}
    if clause.type is None or not names.isdisjoint(_ANYTHING):
        return True
    return not names <= _NOT_FROM_HANDLERS and not any(map(_works, _run_later(around)))


def _run_later(around: Try) -> Iterator[Stmt]:
    """What runs after the ``yield`` within the body of a ``try``, the ends of ``with`` included."""
    yield from after_yield(around.body)
    yield from (stmt for stmt in statements(around.body) if isinstance(stmt, With) and _yields(stmt))


def _works(stmt: Stmt) -> bool:
    return isinstance(stmt, With) or any(isinstance(expr, Call) for expr in _all_expressions(stmt))


def _other_raises(clause: Except) -> Iterator[Raise]:
    for stmt in _own_statements(clause.body):
        if not isinstance(stmt, Raise) or stmt.exc is None:
            continue
        exc = stmt.exc.func if isinstance(stmt.exc, Call) else stmt.exc
        root = exc.name.partition(".")[0] if isinstance(exc, Ref) else ""
        if not clause.name or root != clause.name:
            yield stmt


def _own_statements(body: Iterable[Stmt]) -> Iterator[Stmt]:
    """The statements of a clause; what the clauses of another ``try`` within it raise is their own affair."""
    for stmt in body:
        yield stmt
        inner = (stmt.body, stmt.orelse, stmt.final) if isinstance(stmt, Try) else blocks(stmt)
        for block in inner:
            yield from _own_statements(block)


# ------------------------------------------------------------------------------------------------------------ SQLite
def resumes_sqlite(project: Project, symbol: Local, function: Function) -> bool:
    """Whether a synchronous generator uses, after its ``yield``, a SQLite connection that is bound to its thread."""
    if function.is_async or not function.is_generator:
        return False
    bound: set[str] = set()
    for stmt in statements(function.body):
        match stmt:
            case Assign(targets=(Ref(name=name),), value=value) if _opens(project, symbol, value):
                bound.add(name)
            case With(items=found) if any(map(_yields, stmt.body)):
                if any(_opens(project, symbol, _closed(project, symbol, item.context)) for item in found):
                    return True
    later = (expr for stmt in after_yield(function.body) for expr in _all_expressions(stmt))
    return bool(bound) and any(isinstance(expr, Ref) and expr.name.partition(".")[0] in bound for expr in later)


def _all_expressions(stmt: Stmt) -> Iterator[Expr]:
    for root in own_expressions(stmt):
        yield from subexpressions(root)
    for block in blocks(stmt):
        yield from expressions(block)


def _closed(project: Project, symbol: Local, context: Expr) -> Expr:
    """What ``closing(...)`` closes, anything else as it is."""
    if not isinstance(context, Call) or len(context.args) != 1:
        return context
    if project.external(symbol.path, context, symbol.qualname) == _CLOSING:
        return context.args[0]
    return context


def _opens(project: Project, symbol: Local, expr: Expr | None, depth: int = 0) -> bool:
    """Whether an expression opens a connection that only its own thread may use, itself or in a function it calls."""
    if not isinstance(expr, Call):
        return False
    if project.external(symbol.path, expr, symbol.qualname) == _SQLITE:
        may = expr.keyword("check_same_thread")
        return not expr.has_unpacking and (may is None or (isinstance(may, Const) and may.value is True))
    target = project.resolve_expr(Located(symbol.path, symbol.qualname, expr.func))
    function = project.function(target)
    if not isinstance(target, Local) or function is None or function.decorators or depth > _DEPTH:
        return False
    result = returned(target.path, function)
    return result is not None and _opens(project, target, result.expr, depth + 1)


# ---------------------------------------------------------------------------------------------------------- entering
def may_enter(project: Project, symbol: Local, param: str) -> bool:
    """Whether a function may enter the context manager it is given as a parameter, or hand it to something that does.

    What is annotated with a class that is no context manager is handed to nobody who expects one: Litestar checks the
    value against the annotation, and the request fails before.
    """
    function = project.function(symbol)
    if function is None:
        return True
    contexts = [item.context for stmt in statements(function.body) if isinstance(stmt, With) for item in stmt.items]
    if any(isinstance(context, Ref) and context.name == param for context in contexts):
        return True
    if not {f"{param}.__enter__", f"{param}.__aenter__"}.isdisjoint(function.names):
        return True
    annotation = next((item.annotation for item in function.params if item.name == param), None)
    if _is_other_class(project, symbol, annotation):
        return False
    return param in function.names  # by itself, not an attribute of it


def _is_other_class(project: Project, symbol: Local, annotation: Expr | None) -> bool:
    """Whether an annotation names a class that is certainly no context manager of contextlib."""
    if annotation is None:
        return False
    head = annotation.value if isinstance(annotation, Sub) else annotation
    if isinstance(head, Ref) and head.name != "object" and project.callgraph.is_builtin(symbol, head.name):
        return True
    match project.callgraph.class_in(Located(symbol.path, symbol.qualname, annotation)):
        case External(name=name):
            return name != "typing.Any" and "ContextManager" not in name
        case Local() as class_:
            return project.class_(class_) is not None and project.ancestry(class_).known
    return False
