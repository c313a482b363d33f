"""Coroutine functions that wait for a database on the event loop, and what would not hold it up.

Sources: the asynchronous classes that the documentation of each driver names, as of SQLAlchemy 2, psycopg 3,
pymongo 4.9 and redis-py 4.2.
"""

from __future__ import annotations

from types import MappingProxyType

import msgspec

from litestar_fix.model.blocked_loops import Blocked, blocked_loops, is_handler
from litestar_fix.model.blocking import Waiting
from litestar_fix.model.blocking_calls import bound_to_its_thread
from litestar_fix.model.facts import Await, For, With
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import expressions, statements

#: Package -> what does not hold up the event loop, and where that is said.
CURES = MappingProxyType(
    {
        "sqlalchemy": (
            "use SQLAlchemy's AsyncSession or AsyncEngine",
            "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html",
        ),
        "sqlmodel": (
            "use SQLModel's AsyncSession",
            "https://github.com/fastapi/sqlmodel/blob/main/sqlmodel/ext/asyncio/session.py",
        ),
        "sqlite3": ("use aiosqlite", "https://aiosqlite.omnilib.dev/en/stable/"),
        "psycopg": ("use psycopg.AsyncConnection", "https://www.psycopg.org/psycopg3/docs/advanced/async.html"),
        "psycopg2": (
            "use psycopg.AsyncConnection or asyncpg",
            "https://www.psycopg.org/psycopg3/docs/basic/from_pg2.html",
        ),
        "pymysql": ("use asyncmy", "https://github.com/long2ice/asyncmy"),
        "MySQLdb": ("use asyncmy", "https://github.com/long2ice/asyncmy"),
        "mysql": (
            "use mysql.connector.aio",
            "https://dev.mysql.com/doc/connector-python/en/connector-python-asyncio.html",
        ),
        "pyodbc": ("use aioodbc", "https://github.com/aio-libs/aioodbc"),
        "oracledb": (
            "use oracledb.connect_async",
            "https://python-oracledb.readthedocs.io/en/latest/user_guide/asyncio.html",
        ),
        "cx_Oracle": (
            "use oracledb.connect_async",
            "https://python-oracledb.readthedocs.io/en/latest/user_guide/appendix_c.html",
        ),
        "pymongo": (
            "use AsyncMongoClient",
            "https://pymongo.readthedocs.io/en/stable/api/pymongo/asynchronous/mongo_client.html",
        ),
        "redis": ("use redis.asyncio", "https://redis.readthedocs.io/en/stable/examples/asyncio_examples.html"),
    }
)
_IN_THREAD = "do it in a function that is awaited in a thread"


class DatabaseUse(msgspec.Struct, frozen=True):
    """What one coroutine function does with one database library, in the order in which it is written."""

    library: str
    calls: tuple[Blocked, ...]

    @property
    def first(self) -> Blocked:
        """The call that comes first."""
        return self.calls[0]


def database_uses(project: Project) -> list[DatabaseUse]:
    """Return the uses of synchronous database libraries by coroutine functions that serve requests."""
    found: dict[tuple[Local, str], list[Blocked]] = {}
    for blocked in blocked_loops(project):
        runs = blocked.way[-1].runs
        if blocked.waits_for is Waiting.DATABASE and isinstance(runs, External):
            found.setdefault((blocked.first.caller, runs.name.partition(".")[0]), []).append(blocked)
    return [
        DatabaseUse(library, tuple(sorted(calls, key=lambda blocked: blocked.first.call.span)))
        for (_, library), calls in found.items()
    ]


def database_cure(project: Project, use: DatabaseUse) -> str:
    """Say what is to be done about a use, as an imperative."""
    advice, _ = CURES.get(use.library, (_IN_THREAD, ""))
    root, role = use.first.root, use.first.role
    has_threads = role == "provider" or is_handler(project, root)
    may_move = use.first.first.caller == root and _never_waits(project, root) and not bound_to_its_thread(project, root)
    if has_threads and may_move:
        return f"{advice}, or a synchronous {role} with sync_to_thread=True"
    return advice


def _never_waits(project: Project, symbol: Local) -> bool:
    """Whether a coroutine function could as well be a plain one."""
    function = project.function(symbol)
    if function is None or function.is_generator:
        return False
    if any(isinstance(stmt, For | With) and stmt.is_async for stmt in statements(function.body)):
        return False
    return not any(isinstance(expr, Await) for expr in expressions(function.body))
