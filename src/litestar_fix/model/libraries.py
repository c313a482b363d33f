"""What calls of libraries give back: classes by canonical name, as their documentation states.

A key is what is called; ``<class>.__call__`` is the call of an instance. Sources: SQLAlchemy 2.0 (``Engine``,
``sessionmaker`` and ``async_sessionmaker``), PEP 249 drivers, redis-py, pymongo, asyncpg, aiosqlite, requests, boto3,
Pillow, pandas, Advanced Alchemy, Litestar and the standard library.
"""

from __future__ import annotations

from types import MappingProxyType

_SESSION, _ASYNC_SESSION = "sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession"
_ENGINE, _ASYNC_ENGINE = "sqlalchemy.Engine", "sqlalchemy.ext.asyncio.AsyncEngine"
_MONGO, _COLLECTION = "pymongo.database.Database", "pymongo.collection.Collection"

PRODUCTS = MappingProxyType(
    {
        "sqlalchemy.create_engine": _ENGINE,
        "sqlalchemy.Engine.connect": "sqlalchemy.Connection",
        "sqlalchemy.Engine.begin": "sqlalchemy.Connection",
        "sqlalchemy.ext.asyncio.create_async_engine": _ASYNC_ENGINE,
        "sqlalchemy.ext.asyncio.AsyncEngine.connect": "sqlalchemy.ext.asyncio.AsyncConnection",
        "sqlalchemy.ext.asyncio.AsyncEngine.begin": "sqlalchemy.ext.asyncio.AsyncConnection",
        "sqlalchemy.orm.sessionmaker.__call__": _SESSION,
        "sqlalchemy.orm.sessionmaker.begin": _SESSION,
        "sqlalchemy.orm.scoped_session": "sqlalchemy.orm.scoped_session",
        "sqlalchemy.orm.scoped_session.__call__": _SESSION,
        "sqlalchemy.ext.asyncio.async_sessionmaker.__call__": _ASYNC_SESSION,
        "sqlalchemy.ext.asyncio.async_sessionmaker.begin": _ASYNC_SESSION,
        "sqlite3.connect": "sqlite3.Connection",
        "sqlite3.Connection.cursor": "sqlite3.Cursor",
        "sqlite3.Connection.execute": "sqlite3.Cursor",
        "psycopg.connect": "psycopg.Connection",
        "psycopg.Connection.connect": "psycopg.Connection",
        "psycopg.Connection.cursor": "psycopg.Cursor",
        "psycopg.Connection.execute": "psycopg.Cursor",
        "psycopg.AsyncConnection.connect": "psycopg.AsyncConnection",
        "psycopg2.connect": "psycopg2.extensions.connection",
        "psycopg2.extensions.connection.cursor": "psycopg2.extensions.cursor",
        "pymysql.connect": "pymysql.connections.Connection",
        "pymysql.connections.Connection.cursor": "pymysql.cursors.Cursor",
        "MySQLdb.connect": "MySQLdb.connections.Connection",
        "MySQLdb.connections.Connection.cursor": "MySQLdb.cursors.Cursor",
        "pymongo.MongoClient.get_database": _MONGO,
        "pymongo.MongoClient.get_default_database": _MONGO,
        "pymongo.database.Database.get_collection": _COLLECTION,
        "asyncpg.connect": "asyncpg.Connection",
        "aiosqlite.connect": "aiosqlite.Connection",
        "requests.session": "requests.Session",
        "redis.from_url": "redis.Redis",
        "redis.Redis.from_url": "redis.Redis",
        "redis.Redis.pipeline": "redis.Pipeline",
        "redis.asyncio.from_url": "redis.asyncio.Redis",
        "redis.asyncio.Redis.from_url": "redis.asyncio.Redis",
        "socket.create_connection": "socket.socket",
        "builtins.open": "io.IOBase",
        **{
            f"litestar.testing.RequestFactory.{method}": "litestar.Request"
            for method in ("get", "post", "put", "patch", "delete")
        },
        "boto3.client": "botocore.client.BaseClient",
        "boto3.Session.client": "botocore.client.BaseClient",
        "boto3.session.Session.client": "botocore.client.BaseClient",
        "pandas.DataFrame.merge": "pandas.DataFrame",
        "PIL.Image.open": "PIL.Image.Image",
        "PIL.Image.new": "PIL.Image.Image",
    }
)

# methods and properties of a library class that give another instance of it
SAME_CLASS = MappingProxyType(
    {
        "pathlib.Path": frozenset(
            ["absolute", "cwd", "expanduser", "home", "joinpath", "parent", "resolve", "with_name", "with_suffix"]
        )
    }
)
# methods of a library class over whose result one iterates to get other instances of it
SEVERAL = MappingProxyType({"pathlib.Path": frozenset(["glob", "iterdir", "rglob"])})
# classes whose instances give one of another class for each name and key: ``client.shop["orders"]``
NAMESPACES = MappingProxyType(
    {
        "pymongo.MongoClient": _MONGO,
        _MONGO: _COLLECTION,
        _COLLECTION: _COLLECTION,
        **dict.fromkeys(("openai.OpenAI", "openai.AzureOpenAI", "openai.resources"), "openai.resources"),
        **dict.fromkeys(("anthropic.Anthropic", "anthropic.resources"), "anthropic.resources"),
    }
)
# repositories of Advanced Alchemy 1.12 hold a session, and its services a repository
_ALCHEMY = ("advanced_alchemy.", "litestar.plugins.sqlalchemy.", "litestar.contrib.sqlalchemy.")
_ATTRIBUTES = MappingProxyType(
    {
        f"SQLAlchemy{kind}{name}.{attribute}": held
        for kind, session in (("Async", _ASYNC_SESSION), ("Sync", _SESSION))
        for name, attribute, held in (
            ("Repository", "session", session),
            ("SlugRepository", "session", session),
            ("RepositoryService", "repository", f"advanced_alchemy.repository.SQLAlchemy{kind}Repository"),
            ("RepositoryReadService", "repository", f"advanced_alchemy.repository.SQLAlchemy{kind}Repository"),
        )
    }
)
# what ``with`` gives of them is the same object; of others, `resources` tells
ENTERED = frozenset(
    [
        *["psycopg.Cursor", "psycopg2.extensions.connection", "psycopg2.extensions.cursor", "pymysql.cursors.Cursor"],
        *["MySQLdb.cursors.Cursor", "redis.Pipeline"],
    ]
)
# what a constructor makes of values at hand; only what was read from somewhere is large
SMALL = frozenset({"pandas.DataFrame"})
# functions that run the one they are given in a thread, and return what it returns
THREADS = frozenset({"anyio.to_thread.run_sync", "asyncio.to_thread", "litestar.concurrency.sync_to_thread"})
_FRAMES = "pandas.read_"
# factories that make instances of the class given as ``class_``
SESSION_FACTORIES = frozenset({"sqlalchemy.orm.sessionmaker", "sqlalchemy.ext.asyncio.async_sessionmaker"})

_HOMES = {
    "sqlalchemy.orm.session.": "sqlalchemy.orm.",
    "sqlalchemy.orm.scoping.": "sqlalchemy.orm.",
    "sqlalchemy.ext.asyncio.session.": "sqlalchemy.ext.asyncio.",
    "sqlalchemy.ext.asyncio.engine.": "sqlalchemy.ext.asyncio.",
    "sqlalchemy.engine.": "sqlalchemy.",
    "redis.client.": "redis.",
    "redis.cluster.": "redis.",
    "pymongo.mongo_client.": "pymongo.",
    "redis.asyncio.client.": "redis.asyncio.",
    "aiohttp.client.": "aiohttp.",
    "requests.sessions.": "requests.",
    "httpx._client.": "httpx.",
}


def library_name(name: str) -> str:
    """Return the name under which a library object is listed here, whichever of its modules it was imported from."""
    for inner, outer in _HOMES.items():
        if name.startswith(inner):
            return outer + name.removeprefix(inner)
    return name


def attribute_of(class_: str, attribute: str) -> str:
    """Return the class of what an attribute of a library class holds, '' where that is not listed."""
    last = class_.rpartition(".")[2]
    return _ATTRIBUTES.get(f"{last}.{attribute}", "") if class_.startswith(_ALCHEMY) else ""


def product(name: str) -> str:
    """Return the class of what a library call gives back, '' where that is not listed.

    Args:
        name: canonical name of what is called; ``<factory>[<class>].__call__`` for a session factory with a ``class_``.
    """
    factory, _, method = name.rpartition(".")
    if factory.endswith("]"):
        return factory.partition("[")[2].removesuffix("]") if method in ("__call__", "begin") else ""
    return "pandas.DataFrame" if name.startswith(_FRAMES) else PRODUCTS.get(library_name(name), "")
