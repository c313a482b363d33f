"""Handlers that load a whole table, and relationships with it, for an answer that is the same for everyone."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.eager_loading import EAGER
from litestar_fix.model.evaluate import items, value_of
from litestar_fix.model.facts import Call, Const, Expr, For, Function, Op, Ref, Return, Span, Star
from litestar_fix.model.layers import Handler
from litestar_fix.model.libraries import library_name
from litestar_fix.model.private_reads import private_reads
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.row_queries import ASYNC_SESSION, Link, RowQueries, Statement
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import own_expressions, statements, subexpressions

_SESSIONS = frozenset({ASYNC_SESSION, "sqlalchemy.orm.Session", "sqlalchemy.orm.scoped_session"})
_WHOLE = frozenset({"options", "order_by", "execution_options"})
_CONDITIONS = frozenset({"where", "filter", "filter_by"})


class WholeTable(msgspec.Struct, frozen=True):
    """A handler, a statement of it that selects all rows, and the eager options of that.

    ``has_flag`` is set where a column that is true or false leaves some rows out.
    """

    handler: Handler
    statement: Statement
    loaded: tuple[str, ...]
    has_flag: bool


def whole_tables(project: Project) -> Iterator[WholeTable]:
    """Yield the statements of GET handlers without a cache whose answer depends on nothing but the database."""
    is_eager = any(project.words.readers(name) for name in EAGER)
    paths = set(project.words.readers("options")) if is_eager else set()
    for handler in project.layers.every_handler() if paths else ():
        if handler.path not in paths or handler.methods != ("GET",) or project.role(handler.path) is Role.TEST:
            continue
        if handler.layer.complete and handler.keyword("cache") is None and _is_for_everyone(project, handler):
            queries = RowQueries(project, handler.symbol)
            for statement in _all_rows(handler.function, queries):
                loaded = _loaded(project, queries.caller, statement)
                if loaded:
                    has_flag = any(link.method in _CONDITIONS for link in statement.links)
                    yield WholeTable(handler, statement, tuple(loaded), has_flag)


def _is_for_everyone(project: Project, handler: Handler) -> bool:
    """Whether a handler takes sessions and nothing else, and no route of it has guards or reads of the client."""
    for param in handler.function.params:
        if param.name not in ("self", "cls") and not _is_session(project, handler.symbol, param.name):
            return False
    routes = project.layers.served(handler)
    return bool(routes) and all(
        not route.cumulative("guards").items and not any(True for _ in private_reads(project, route))
        for route in routes
    )


def _is_session(project: Project, caller: Local, name: str) -> bool:
    match project.callgraph.type_of(caller, name):
        case External(name=known):
            return library_name(known) in _SESSIONS
    return False


def _all_rows(function: Function, queries: RowQueries) -> Iterator[Statement]:
    seen: set[Span] = set()
    for expr in _taken(function):
        rows = queries.rows(expr)
        if rows is not None and rows.are_entities and rows.statement.root.span not in seen:
            seen.add(rows.statement.root.span)
            if all(link.method in _WHOLE or _is_flag(rows.statement, link) for link in rows.statement.links):
                yield rows.statement


def _is_flag(statement: Statement, link: Link) -> bool:
    """Whether a condition asks columns of the model for true or false alone: that leaves the table a table."""
    if link.method not in _CONDITIONS or not (link.call.args or link.call.keywords):
        return False
    return all(_is_bool(keyword.value) for keyword in link.call.keywords) and all(
        _asks_flag(statement, condition) for condition in link.call.args
    )


def _asks_flag(statement: Statement, condition: Expr) -> bool:
    match condition:
        case Op(op="==" | "!=", operands=(Ref() as column, value)):
            return _is_bool(value) and _asks_flag(statement, column)
        case Op(op="~", operands=(column,)):
            return _asks_flag(statement, column)
        case Call(func=Ref(name=name, span=span), args=(value,)) if name.endswith((".is_", ".is_not")):
            return _is_bool(value) and _asks_flag(statement, Ref(name.rpartition(".")[0], span))
        case Ref(name=name):
            return name.rpartition(".")[0] == statement.written
    return False


def _is_bool(value: Expr) -> bool:
    return isinstance(value, Const) and isinstance(value.value, bool)


def _taken(function: Function) -> Iterator[Expr]:
    """The expressions of which a function takes all elements."""
    for stmt in statements(function.body):
        match stmt:
            case For(iter=iterable):
                yield iterable
            case Return(value=value) if value is not None:
                yield value
        for root in own_expressions(stmt):
            for expr in subexpressions(root, lambdas=False):
                match expr:
                    case Call() if _method(expr) in ("all", "list"):
                        yield expr
                    case Op(op="for" | "async for", operands=(_, iterable, *_)):
                        yield iterable


def _method(call: Call) -> str:
    return call.callee.rpartition(".")[2] or getattr(call.func, "attr", "")


def _loaded(project: Project, caller: Local, statement: Statement) -> list[str]:
    """The relationships that the options of a statement load eagerly, in order."""
    found: list[str] = []
    for option in statement.options:
        for written in _written(project, Located(caller.path, caller.qualname, option)):
            found += _loaded_by(project, written)
    return found


def _written(project: Project, option: Located) -> tuple[Located, ...]:
    """An option as it is written: behind a variable, or in a list that is unpacked."""
    match option.expr:
        case Star(value=value):
            return items(project, Located(option.path, option.scope, value)).items
        case Ref():
            return (value_of(project, option) or option,)
    return (option,)


def _loaded_by(project: Project, option: Located) -> list[str]:
    found: list[Ref] = []
    for expr in subexpressions(option.expr):
        if isinstance(expr, Call) and _loader(project, option, expr) in EAGER:
            found += [given for given in expr.args if isinstance(given, Ref)]
    return [item.name.rpartition(".")[2] for item in sorted(found, key=lambda item: item.span)]


def _loader(project: Project, option: Located, call: Call) -> str:
    """The name of a loader option: of the function, or of a method that goes on from another one."""
    return project.external(option.path, call, option.scope).rpartition(".")[2] if call.callee else _method(call)
