"""What a handler does itself, and not a service: statements, SQL, commits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import msgspec

from litestar_fix.model.facts import (
    Assign,
    Attr,
    Await,
    Call,
    Const,
    Define,
    Do,
    Expr,
    Function,
    Op,
    Other,
    Plain,
    Ref,
    Stmt,
)
from litestar_fix.model.layers import Handler
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.receivers import Receivers
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import expressions, statements, subexpressions

_LOG_METHODS = frozenset(
    ["debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "trace", "success"]
)
_LOGGER = regex(r"(?:^|_)(?:log|logger|logging)$", re.IGNORECASE)
_LOGGING_LIBRARIES = ("logging.", "structlog.", "loguru.")

_SQL_LIBRARIES = ("sqlalchemy.", "sqlmodel.")
_SQL_BUILDERS = frozenset(["select", "insert", "update", "delete", "text", "union", "union_all", "exists"])
_RUNNERS = frozenset(
    [
        *["execute", "executemany", "executescript", "execute_many", "exec_driver_sql", "raw", "scalar", "scalars"],
        *["fetch", "fetchrow", "fetchval", "fetch_all", "fetch_one", "fetch_val"],
        *["select", "select_one", "select_value"],
    ]
)
_SQL = regex(
    r"\s*(?:SELECT\s.*?\bFROM\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|WITH\s+(?:RECURSIVE\s+)?\w+\s+AS\s*\()",
    re.IGNORECASE | re.DOTALL,
)
_TABLE = regex(r"\b(?:FROM|INTO|UPDATE)\b", re.IGNORECASE)

_DATABASES = (
    *("sqlalchemy.", "sqlmodel.", "advanced_alchemy.", "asyncpg.", "psycopg.", "psycopg2.", "sqlite3.", "aiosqlite."),
    *("databases.", "piccolo.", "tortoise.", "pymysql.", "aiomysql.", "asyncmy.", "oracledb.", "duckdb.", "sqlspec."),
)
_DATABASE_NAME = regex(
    r"(?:^|_)(?:session|db|database|conn|connection|transaction|tx|uow|unit_of_work|cursor)$", re.IGNORECASE
)


class Work(msgspec.Struct, frozen=True):
    """What a handler does itself.

    Args:
        statements: how many it has.
        builds_sql: whether it builds a query, or has one as text and runs it.
        commits: whether it commits a transaction.
    """

    statements: int
    builds_sql: bool
    commits: bool


class HandlerWork:
    """Measures the handlers of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._receivers = Receivers(project)

    def of(self, handler: Handler, at_least: int = 0) -> Work:
        """Return what a handler does; nested functions do their work elsewhere.

        Args:
            handler: the handler.
            at_least: fewer statements than that need not be counted.
        """
        symbol, function = handler.symbol, handler.function
        called = {name.rpartition(".")[2] for name in function.calls}
        called.update(function.attributes_text.split())
        runs = not called.isdisjoint(_RUNNERS)
        touches = "commit" in called or "query" in called or not called.isdisjoint(self._builders)
        calls = [expr for expr in expressions(function.body) if isinstance(expr, Call)] if touches else []
        return Work(
            self._statements(symbol, function) if 2 * _lines(function) >= at_least else 0,
            any(self._builds_sql(symbol, call) for call in calls) or (runs and _has_sql(function)),
            any(self._commits(symbol, call) for call in calls),
        )

    @cached_property
    def _builders(self) -> frozenset[str]:
        return self.project.words.aliases(_SQL_BUILDERS)

    # ------------------------------------------------------------------------------------------------ statements
    def _statements(self, symbol: Local, function: Function) -> int:
        return sum(self._counts(symbol, stmt) for stmt in statements(function.body))

    def _counts(self, symbol: Local, stmt: Stmt) -> bool:
        match stmt:
            case Define() | Do(value=Const() | Other()) | Plain(kind="import" | "pass"):
                return False
            case Do(value=Call() as call) | Do(value=Await(value=Call() as call)):
                return not self._logs(symbol, call)
        return True

    def _logs(self, symbol: Local, call: Call) -> bool:
        receiver, method = _parts(call)
        if method.removeprefix("a") not in _LOG_METHODS and method not in _LOG_METHODS:
            return False
        while isinstance(receiver, Call | Attr):  # logger.bind(order=1).info(..), request().logger.info(..)
            if isinstance(receiver, Attr) and _LOGGER.search(receiver.attr):
                return True
            receiver = receiver.func if isinstance(receiver, Call) else receiver.value
        if not isinstance(receiver, Ref):
            return False
        if any(_LOGGER.search(part) for part in receiver.name.split(".")):
            return True
        return self.project.external(symbol.path, receiver, symbol.qualname).startswith(_LOGGING_LIBRARIES)

    # ------------------------------------------------------------------------------------------------------- SQL
    def _builds_sql(self, symbol: Local, call: Call) -> bool:
        last = call.callee.rpartition(".")[2]
        if last == "query" and call.args:
            return self._is_database(symbol, call)
        name = self.project.external(symbol.path, call, symbol.qualname) if isinstance(call.func, Ref) else ""
        is_builder = name.startswith(_SQL_LIBRARIES) and name.rpartition(".")[2] in _SQL_BUILDERS
        return is_builder and not self._asks_for_no_table(symbol, call)

    def _asks_for_no_table(self, symbol: Local, call: Call) -> bool:
        """Whether a query only asks whether the database answers: ``text("SELECT 1")``, ``select(literal(1))``."""
        return bool(call.args) and all(self._is_value(symbol, arg) for arg in call.args)

    def _is_value(self, symbol: Local, arg: Expr) -> bool:
        if isinstance(arg, Const):
            return not _TABLE.search(str(arg.value))
        name = self.project.external(symbol.path, arg, symbol.qualname) if isinstance(arg, Call) else ""
        return name.startswith(_SQL_LIBRARIES) and name.rpartition(".")[2] in ("literal", "text")

    # --------------------------------------------------------------------------------------------------- commits
    def _commits(self, symbol: Local, call: Call) -> bool:
        _, method = _parts(call)
        # what takes a message is no transaction: repo.index.commit("..")
        return method == "commit" and not call.args and not call.keywords and self._is_database(symbol, call)

    def _is_database(self, symbol: Local, call: Call) -> bool:
        """Whether what a method is called on is known to be of a database, or named so and not known to be another."""
        receiver, _ = _parts(call)
        match self._receivers.type_of_expr(symbol, receiver):
            case External(name=name) if not name.startswith(("typing.", "typing_extensions.")):
                return f"{name}.".startswith(_DATABASES)
        return isinstance(receiver, Ref | Attr) and _DATABASE_NAME.search(_last(receiver)) is not None


def _lines(function: Function) -> int:
    return function.body_span.end_line - function.body_span.line + 1


def _last(receiver: Ref | Attr) -> str:
    return receiver.name.rpartition(".")[2] if isinstance(receiver, Ref) else receiver.attr


def _parts(call: Call) -> tuple[Expr | None, str]:
    """What a method is called on, and the method; None for a plain function."""
    match call.func:
        case Ref(name=name, span=span) if "." in name:
            owner, _, method = name.rpartition(".")
            return Ref(owner, span), method
        case Attr(value=value, attr=attr):
            return value, attr
    return None, call.callee


def _has_sql(function: Function) -> bool:
    """Whether SQL as text is handed to what runs it, or kept in a variable before that."""
    return any(_SQL.match(_text(inner)) for expr in _run(function) for inner in subexpressions(expr))


def _run(function: Function) -> Iterator[Expr]:
    for stmt in statements(function.body):
        if isinstance(stmt, Assign) and stmt.value is not None:
            yield stmt.value
    for expr in expressions(function.body):
        if isinstance(expr, Call) and _parts(expr)[1] in _RUNNERS:
            yield from (*expr.args, *[keyword.value for keyword in expr.keywords])


def _text(expr: Expr) -> str:
    """A string literal; what is formatted into it is left out."""
    match expr:
        case Const(value=str(text)):
            return text
        case Op(op="f", operands=operands):
            return "".join(
                part.value if isinstance(part, Const) and isinstance(part.value, str) else "x" for part in operands
            )
    return ""
