"""Loops over the rows of a query, and what they load one by one: relationships, and more queries.

A loop of which it is not certain that its rows come from a query, or that nothing loaded their relationships before,
is left out. So is what stands where a loop is left: it happens once.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.facts import (
    Assign,
    Await,
    Call,
    Const,
    Expr,
    For,
    Function,
    Op,
    Plain,
    Raise,
    Ref,
    Return,
    Span,
    Stmt,
)
from litestar_fix.model.project import External, Local, Project
from litestar_fix.model.relationships import Loading, Relationship, relationships_of
from litestar_fix.model.roles import Role
from litestar_fix.model.row_queries import RowQueries, Rows
from litestar_fix.model.value_types import bindings
from litestar_fix.model.walk import blocks, expressions, own_expressions, statements, subexpressions

_LEFT_OUT = frozenset({Role.TEST, Role.MIGRATION, Role.SCRIPT})
_SOURCES = ("select", "query")
_AWAITABLE = "awaitable_attrs"
_QUERIES = frozenset({"execute", "scalar", "scalars", "stream", "stream_scalars"})
_GETS = frozenset({"get", "get_one"})
# what has a say in whether a relationship is loaded already
_LOADERS = frozenset(
    [
        *["contains_eager", "defaultload", "immediateload", "joinedload", "lazyload", "noload", "raiseload"],
        *["selectinload", "subqueryload", "refresh", "inspect", "set_committed_value", "run_sync"],
    ]
)
_HARMLESS = frozenset(
    {"len", "list", "tuple", "set", "sorted", "reversed", "enumerate", "zip", "bool", "iter", "print"}
)
# Source: advanced_alchemy.repository and advanced_alchemy.service, 1.12: each sends a query.
_REPOSITORY_QUERIES = frozenset({"count", "exists", "get", "get_one", "get_one_or_none", "list", "list_and_count"})
_REPOSITORY_HOMES = ("advanced_alchemy.", "litestar.plugins.sqlalchemy.", "litestar.contrib.sqlalchemy.")
_REPOSITORIES = frozenset(
    [
        *["SQLAlchemyAsyncRepository", "SQLAlchemyAsyncSlugRepository"],
        *["SQLAlchemyAsyncRepositoryService", "SQLAlchemyAsyncRepositoryReadService"],
    ]
)


class Loop(msgspec.Struct, frozen=True):
    """A loop over rows: the variable, the rows, and the expressions that are evaluated for each of them."""

    variable: str
    rows: Rows
    span: Span
    iterable: Expr
    each: tuple[Expr, ...]


class LazyRead(msgspec.Struct, frozen=True):
    """A relationship that is loaded for one row after the other.

    Args:
        path: the file.
        function: where the loop stands.
        rows: the rows.
        relationship: what is read of each.
        span: the first such read.
        is_awaited: whether it is read through ``awaitable_attrs``.
    """

    path: str
    function: Function
    rows: Rows
    relationship: Relationship
    span: Span
    is_awaited: bool


class RowQuery(msgspec.Struct, frozen=True):
    """A query that is awaited for one row after the other."""

    path: str
    function: Function
    rows: Rows
    call: Call


def lazy_reads(project: Project) -> Iterator[LazyRead]:
    """Yield the relationships that loops load row by row, each once for a statement."""
    for path, function, queries, loops in _loops(project):
        seen: set[tuple[Span, str]] = set()
        for loop in loops:
            for read in _reads(project, path, function, queries, loop):
                key = (read.rows.statement.root.span, read.relationship.name)
                if key not in seen:
                    seen.add(key)
                    yield read


def row_queries(project: Project) -> Iterator[RowQuery]:
    """Yield the queries that loops over rows await, and that depend on the row."""
    for path, function, queries, loops in _loops(project):
        seen: set[Span] = set()
        for loop in loops:
            for expr in loop.each:
                match expr:
                    case Await(value=Call() as call) if call.span not in seen and _is_query(queries, loop, call):
                        seen.add(call.span)
                        yield RowQuery(path, function, loop.rows, call)


def _loops(project: Project) -> Iterator[tuple[str, Function, RowQueries, list[Loop]]]:
    words = project.words.aliases(_SOURCES)
    for path in sorted({path for word in words for path in project.words.readers(word)}):
        if project.role(path) in _LEFT_OUT:
            continue
        for function in project.modules[path].functions:
            if not any(name.rpartition(".")[2] in words for name in function.calls):
                continue
            queries = RowQueries(project, Local(path, function.qualname))
            loops = list(_loops_in(function, queries))
            if loops:
                yield path, function, queries, loops


# -------------------------------------------------------------------------------------------------------------- loops
def _loops_in(function: Function, queries: RowQueries) -> Iterator[Loop]:
    for stmt in statements(function.body):
        match stmt:
            case For(target=Ref(name=name), iter=iterable, body=body):
                if (rows := _several(queries, iterable)) is not None and not _is_rebound(function, name):
                    yield Loop(name, rows, stmt.span, iterable, tuple(_of_each(body)))
        for root in own_expressions(stmt):
            yield from _comprehensions(root, queries)


def _several(queries: RowQueries, iterable: Expr) -> Rows | None:
    rows = queries.rows(iterable)
    return rows if rows is not None and not rows.statement.has_one_row else None


def _is_rebound(function: Function, name: str) -> bool:
    return any(not isinstance(item, For) for item in bindings(function, name))


def _of_each(body: tuple[Stmt, ...]) -> Iterator[Expr]:
    """What a loop evaluates for every row; nothing of blocks that leave it."""
    if any(isinstance(stmt, Return | Raise) or (isinstance(stmt, Plain) and stmt.kind == "break") for stmt in body):
        return
    for stmt in body:
        targets = [target.span for target in stmt.targets] if isinstance(stmt, Assign) and stmt.op == "=" else []
        if isinstance(stmt, Plain) and stmt.kind == "del":
            continue
        for root in own_expressions(stmt):
            if root.span not in targets or not isinstance(root, Ref):
                yield from subexpressions(root, lambdas=False)
        for block in blocks(stmt):
            yield from _of_each(block)


def _comprehensions(root: Expr, queries: RowQueries) -> Iterator[Loop]:
    firsts = {
        given.span
        for expr in subexpressions(root, lambdas=False)
        if isinstance(expr, Call) and expr.callee == "next"
        for given in expr.args[:1]
    }
    for expr in subexpressions(root, lambdas=False):
        match expr:
            case Op(op="[for]" | "{for}" | "{:for}" | "(for)", operands=operands) if expr.span not in firsts:
                for clause in operands:
                    match clause:
                        case Op(op="for" | "async for", operands=(Ref(name=name), iterable, *_)):
                            rows = _several(queries, iterable)
                            if rows is not None:
                                inner = [part for item in operands for part in _without(item, iterable)]
                                yield Loop(name, rows, expr.span, iterable, tuple(inner))


def _without(expr: Expr, iterable: Expr) -> Iterator[Expr]:
    parts = expr.operands if isinstance(expr, Op) and expr.op in ("for", "async for") else (expr,)
    for part in parts:
        if part is not iterable:
            yield from subexpressions(part, lambdas=False)


# -------------------------------------------------------------------------------------------------------------- reads
def _reads(project: Project, path: str, function: Function, queries: RowQueries, loop: Loop) -> Iterator[LazyRead]:
    rows = loop.rows
    known = relationships_of(project, rows.statement.model) if rows.are_entities else {}
    if not known or _may_be_handed_on(function, loop) or not _are_understood(project, queries, rows):
        return
    for expr in loop.each:
        match expr:
            case Ref(name=name):
                variable, _, rest = name.partition(".")
                is_awaited = rest.startswith(f"{_AWAITABLE}.")
                read = rest.removeprefix(f"{_AWAITABLE}.").partition(".")[0]
            case _:
                continue
        if variable != loop.variable or read not in known:
            continue
        relationship = known[read]
        if relationship.loading is Loading.LAZY and not _may_be_loaded(function, queries, relationship):
            yield LazyRead(path, function, rows, relationship, expr.span, is_awaited)


def _may_be_handed_on(function: Function, loop: Loop) -> bool:
    """Whether the rows, before the loop, or a row in it are given to something that may load more of them."""
    rows = loop.iterable.name if isinstance(loop.iterable, Ref) else ""
    for expr in expressions(function.body):
        call = expr.value if isinstance(expr, Await) else expr
        if not isinstance(call, Call) or call.callee in _HARMLESS:
            continue
        given = {item.name for item in (*call.args, *[each.value for each in call.keywords]) if isinstance(item, Ref)}
        if rows in given and (call.span.line, call.span.column) < (loop.span.line, loop.span.column):
            return True
        may_load = isinstance(expr, Await) or _last(call) in _LOADERS
        if may_load and loop.variable in given and loop.span.contains(call.span):
            return True
    return f"{loop.variable}.__dict__" in function.names


def _are_understood(project: Project, queries: RowQueries, rows: Rows) -> bool:
    """Whether all options of a statement are written out, as calls of SQLAlchemy's loader options."""
    for option in rows.statement.options:
        root = option
        while isinstance(root, Call) and not isinstance(root.func, Ref):
            root = getattr(root.func, "value", root.func)
        if not project.external(queries.caller.path, root, queries.caller.qualname).startswith("sqlalchemy.orm."):
            return False
    return True


def _may_be_loaded(function: Function, queries: RowQueries, relationship: Relationship) -> bool:
    """Whether an option names a relationship, or another query of the function may have loaded what it leads to."""
    if not relationship.target or relationship.target in queries.selected:
        return True
    for expr in expressions(function.body):
        if isinstance(expr, Call) and _last(expr) in _LOADERS:
            for item in subexpressions(expr):
                match item:
                    case Ref(name=name) if relationship.name in name.split("."):
                        return True
                    case Const(value=str(name)) if name in ("*", relationship.name):
                        return True
    return False


def _last(call: Call) -> str:
    return call.callee.rpartition(".")[2] if isinstance(call.func, Ref) else getattr(call.func, "attr", "")


# ------------------------------------------------------------------------------------------------------------ queries
def _is_query(queries: RowQueries, loop: Loop, call: Call) -> bool:
    receiver, _, method = call.callee.rpartition(".")
    if not receiver or not _depends(queries, loop, call):
        return False
    if queries.is_async_session(receiver) or (loop.rows.is_awaited and receiver == loop.rows.receiver):
        is_select = any(_selects(queries, given) for given in call.args[:1])
        return method in _GETS or (method in _QUERIES and is_select)
    return method in _REPOSITORY_QUERIES and _is_repository(queries, receiver, method)


def _depends(queries: RowQueries, loop: Loop, call: Call) -> bool:
    """Whether the row has a part in a call, also by way of a variable that is assigned once."""
    given = (*call.args, *[keyword.value for keyword in call.keywords])
    origins = [value for item in given for value in _followed(queries, item)]
    return any(
        isinstance(expr, Ref) and expr.name.partition(".")[0] == loop.variable
        for item in (*given, *origins)
        for expr in subexpressions(item)
    )


def _selects(queries: RowQueries, expr: Expr) -> bool:
    for start in (expr, *_followed(queries, expr)):
        for item in subexpressions(start):
            if isinstance(item, Call) and queries.is_select(item):
                return True
    return False


def _followed(queries: RowQueries, expr: Expr) -> tuple[Expr, ...]:
    if not isinstance(expr, Ref) or "." in expr.name:
        return ()
    values = queries.values(expr.name)
    return tuple(values) if values is not None and len(values) == 1 else ()


def _is_repository(queries: RowQueries, receiver: str, method: str) -> bool:
    """Whether a name is a repository or service of Advanced Alchemy whose method is that of the library."""
    project = queries.project
    match project.callgraph.type_of(queries.caller, receiver):
        case External(name=name):
            return _is_repository_class(name)
        case Local() as class_:
            ancestry = project.ancestry(class_)
            is_own = project.member(class_, method) is not None or not ancestry.known
            return not is_own and any(_is_repository_class(name) for name in ancestry.externals)
    return False


def _is_repository_class(name: str) -> bool:
    return name.startswith(_REPOSITORY_HOMES) and name.rpartition(".")[2] in _REPOSITORIES
