"""Closable resources: classes of libraries whose instances somebody must close, and how.

A row is a class under its canonical name; what gives instances of it is listed in `libraries`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType

import msgspec

from litestar_fix.model.libraries import library_name


class Closing(StrEnum):
    """How a resource is closed."""

    CONTEXT = "context manager"
    #: ``with`` does something else (commits, say), or is not offered
    CALL = "method call"
    #: declared in the settings, and neither class nor annotation is at hand
    UNKNOWN = "unknown"


class Resource(msgspec.Struct, frozen=True):
    """One class of closable resources.

    Args:
        name: canonical name of the class.
        shown: how to call it in a message.
        noun: a name for a variable that holds one.
        is_async: whether closing it is awaited.
        source: where its documentation says how it is closed.
        closing: how it is closed.
        method: the method that closes it.
        is_thread_bound: whether it may only be used, or closed, in the thread that opened it.
        shared: keyword arguments by which it is given something that closing it would close for others, too.
    """

    name: str
    shown: str
    noun: str
    is_async: bool
    source: str
    closing: Closing = Closing.CONTEXT
    method: str = "close"
    is_thread_bound: bool = False
    shared: frozenset[str] = frozenset()


_SQLALCHEMY = "https://docs.sqlalchemy.org/en/20/orm/session_basics.html#opening-and-closing-a-session"
_SQLALCHEMY_ASYNC = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncSession"
_CONNECTIONS = "https://docs.sqlalchemy.org/en/20/core/connections.html#basic-usage"
_HTTPX = "https://www.python-httpx.org/api/#client"
_TRANSPORTS = frozenset({"mounts", "transport"})
_PSYCOPG = "https://www.psycopg.org/psycopg3/docs/basic/usage.html#connection-context"
_REDIS = "https://redis.readthedocs.io/en/stable/examples/asyncio_examples.html"

_ROWS = (
    Resource("sqlalchemy.ext.asyncio.AsyncSession", "AsyncSession", "session", is_async=True, source=_SQLALCHEMY_ASYNC),
    # SQLite's connections are bound to their thread, and which database it is the text often does not tell
    Resource("sqlalchemy.orm.Session", "Session", "session", is_async=False, source=_SQLALCHEMY, is_thread_bound=True),
    Resource(
        "sqlmodel.ext.asyncio.session.AsyncSession",
        "AsyncSession",
        "session",
        is_async=True,
        source="https://github.com/fastapi/sqlmodel/blob/main/sqlmodel/ext/asyncio/session.py",
    ),
    Resource(
        "sqlmodel.Session",
        "Session",
        "session",
        is_async=False,
        source="https://sqlmodel.tiangolo.com/tutorial/insert/#create-a-session-in-a-with-block",
        is_thread_bound=True,
    ),
    Resource(
        "sqlalchemy.ext.asyncio.AsyncConnection", "AsyncConnection", "connection", is_async=True, source=_CONNECTIONS
    ),
    Resource(
        "sqlalchemy.Connection",
        "sqlalchemy.Connection",
        "connection",
        is_async=False,
        source=_CONNECTIONS,
        is_thread_bound=True,
    ),
    Resource("httpx.AsyncClient", "httpx.AsyncClient", "client", is_async=True, source=_HTTPX, shared=_TRANSPORTS),
    Resource("httpx.Client", "httpx.Client", "client", is_async=False, source=_HTTPX, shared=_TRANSPORTS),
    Resource(
        "requests.Session",
        "requests.Session",
        "session",
        is_async=False,
        source="https://requests.readthedocs.io/en/latest/user/advanced/#session-objects",
    ),
    Resource(
        "aiohttp.ClientSession",
        "aiohttp.ClientSession",
        "session",
        is_async=True,
        source="https://docs.aiohttp.org/en/stable/client_reference.html#client-session",
        shared=frozenset({"connector"}),
    ),
    Resource(
        "redis.asyncio.Redis",
        "redis.asyncio.Redis",
        "redis",
        is_async=True,
        source=_REDIS,
        method="aclose",
        shared=frozenset({"connection_pool"}),
    ),
    Resource(
        "redis.Redis", "redis.Redis", "redis", is_async=False, source=_REDIS, shared=frozenset({"connection_pool"})
    ),
    Resource(
        "aiosqlite.Connection",
        "aiosqlite.Connection",
        "connection",
        is_async=True,
        source="https://aiosqlite.omnilib.dev/en/stable/api.html",
    ),
    Resource(
        "sqlite3.Connection",
        "sqlite3.Connection",
        "connection",
        is_async=False,
        source="https://docs.python.org/3/library/sqlite3.html#how-to-use-the-connection-context-manager",
        closing=Closing.CALL,
        is_thread_bound=True,
    ),
    Resource(
        "asyncpg.Connection",
        "asyncpg.Connection",
        "connection",
        is_async=True,
        source="https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.Connection.close",
        closing=Closing.CALL,
    ),
    Resource(
        "psycopg.AsyncConnection",
        "psycopg.AsyncConnection",
        "connection",
        is_async=True,
        source=_PSYCOPG,
        closing=Closing.CALL,
    ),
    Resource(
        "psycopg.Connection", "psycopg.Connection", "connection", is_async=False, source=_PSYCOPG, closing=Closing.CALL
    ),
    Resource(
        "psycopg2.extensions.connection",
        "psycopg2 connection",
        "connection",
        is_async=False,
        source="https://www.psycopg.org/docs/connection.html#connection.close",
        closing=Closing.CALL,
    ),
    Resource(
        "pymysql.connections.Connection",
        "pymysql connection",
        "connection",
        is_async=False,
        source="https://pymysql.readthedocs.io/en/latest/modules/connections.html",
        closing=Closing.CALL,
    ),
    Resource(
        "io.IOBase",
        "file",
        "file",
        is_async=False,
        source="https://docs.python.org/3/library/io.html#io.IOBase",
    ),
)
RESOURCES = MappingProxyType({row.name: row for row in _ROWS})


def resource(name: str) -> Resource | None:
    """Return the row of a library class, or None."""
    return RESOURCES.get(library_name(name))


def first_resource(names: Iterable[str]) -> Resource | None:
    """Return the row of the first of these classes that has one, or None."""
    return next((row for row in map(resource, names) if row is not None), None)
