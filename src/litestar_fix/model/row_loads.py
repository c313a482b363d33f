"""What loops over rows load one by one: relationships, and more queries.

What may be loaded already, or by something else, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec

from litestar_fix.model.facts import Assign, Await, Call, Const, Expr, Function, Ref, Span
from litestar_fix.model.project import Project
from litestar_fix.model.relationships import Loading, Relationship, relationships_of
from litestar_fix.model.row_loops import Loop, loops
from litestar_fix.model.row_queries import RowQueries, Rows
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import expressions, statements, subexpressions

_AWAITABLE = "awaitable_attrs"
_QUERIES = frozenset({"execute", "scalar", "scalars", "stream", "stream_scalars"})
_GETS = frozenset({"get", "get_one"})
# what has a say in whether a relationship is loaded already
_LOADERS = frozenset(
    [
        *["contains_eager", "defaultload", "immediateload", "joinedload", "lazyload", "noload", "raiseload"],
        *["selectinload", "subqueryload", "refresh", "inspect", "set_committed_value"],
    ]
)
# runs what may load anything, on the session that the rows belong to
_ELSEWHERE = "run_sync"
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

    @property
    def key(self) -> object:
        """The statement, and what it lacks."""
        return self.rows.statement.root.span, self.relationship.name


class RowQuery(msgspec.Struct, frozen=True):
    """A query that is awaited for one row after the other."""

    path: str
    function: Function
    rows: Rows
    call: Call

    @property
    def key(self) -> object:
        """The call."""
        return self.call.span


def row_loads(project: Project) -> Iterator[LazyRead | RowQuery]:
    """Yield what loops load row by row: a relationship once for a statement, and each query that the row is part of."""
    for path, function, queries, found in loops(project):
        seen: set[object] = set()
        for loop in found:
            reads = _reads(project, path, function, queries, loop)
            loads: Iterator[LazyRead | RowQuery] = chain(reads, _queries(path, function, queries, loop))
            for load in loads:
                if load.key not in seen:
                    seen.add(load.key)
                    yield load


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
        if relationship.loading is Loading.LAZY and not _may_be_loaded(function, queries, loop, relationship):
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


def _may_be_loaded(function: Function, queries: RowQueries, loop: Loop, relationship: Relationship) -> bool:
    """Whether an option names a relationship, the loop sets it, or another query may have loaded what it leads to."""
    if not relationship.target or relationship.target in queries.selected:
        return True
    read = f"{loop.variable}.{relationship.name}"
    for stmt in statements(function.body):
        if isinstance(stmt, Assign) and any(isinstance(item, Ref) and item.name == read for item in stmt.targets):
            return True
    return any(
        isinstance(expr, Call)
        and (_last(expr) == _ELSEWHERE or (_last(expr) in _LOADERS and _names(expr, relationship)))
        for expr in expressions(function.body)
    )


def _names(loader: Call, relationship: Relationship) -> bool:
    for item in subexpressions(loader):
        match item:
            case Ref(name=name) if relationship.name in name.split("."):
                return True
            case Const(value=str(name)) if name in ("*", relationship.name):
                return True
    return False


def _last(call: Call) -> str:
    return call.callee.rpartition(".")[2] if isinstance(call.func, Ref) else getattr(call.func, "attr", "")


# ------------------------------------------------------------------------------------------------------------ queries
def _queries(path: str, function: Function, queries: RowQueries, loop: Loop) -> Iterator[RowQuery]:
    for expr in loop.each:
        if isinstance(expr, Await) and isinstance(expr.value, Call) and _is_query(queries, loop, expr.value):
            yield RowQuery(path, function, loop.rows, expr.value)


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
