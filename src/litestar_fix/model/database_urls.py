"""The database URLs that asynchronous engines are given, and the drivers that they name.

Source: ``sqlalchemy/ext/asyncio/engine.py`` (``create_async_engine``), SQLAlchemy 2.0 and 2.1: it raises for a driver
that is synchronous; ``postgresql://`` means psycopg 3, which has both, since 2.1. Followed are names, properties,
settings with their defaults, and the defaults of environment variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

import msgspec

from litestar_fix.model.evaluate import returned, value_of
from litestar_fix.model.facts import Call, Const, Expr, Lambda, Op, Ref
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.sites import CallSite, calls_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.version import library_version

_ENGINE = "sqlalchemy.ext.asyncio.create_async_engine"
_CONFIGS = tuple(
    f"{module}.SQLAlchemyAsyncConfig"
    for module in (
        "advanced_alchemy.config",
        "advanced_alchemy.extensions.litestar",
        "advanced_alchemy.extensions.litestar.plugins",
        "advanced_alchemy.extensions.litestar.plugins.init",
        "litestar.contrib.sqlalchemy.plugins",
        "litestar.contrib.sqlalchemy.plugins.init",
        "litestar.contrib.sqlalchemy.plugins.init.config",
        "litestar.plugins.sqlalchemy",
    )
)
_SCHEME = regex(r"(?P<dialect>[a-z0-9]+)(?:\+(?P<driver>[a-z0-9_]+))?://")
_DEFAULTS = frozenset({"os.getenv", "os.environ.get"})
_TRANSPARENT = frozenset(
    ["sqlalchemy.make_url", "sqlalchemy.engine.make_url", "sqlalchemy.engine.url.make_url", "builtins.str"]
)
_FIELDS = frozenset({"dataclasses.field", "pydantic.Field", "msgspec.field"})
_PSYCOPG_IS_DEFAULT = (2, 1)
_DEPTH = 8

#: dialect -> the driver that is asynchronous; https://docs.sqlalchemy.org/en/20/dialects/
ASYNC_DRIVERS = MappingProxyType(
    {"sqlite": "aiosqlite", "postgresql": "asyncpg", "mysql": "asyncmy", "mariadb": "asyncmy", "mssql": "aioodbc"}
)
#: dialect -> its drivers that are synchronous only, '' where a URL names none; https://docs.sqlalchemy.org/en/20/dialects/
_SYNC_DRIVERS = MappingProxyType(
    {
        "sqlite": frozenset({"", "pysqlite"}),
        "postgresql": frozenset({"pg8000", "psycopg2", "psycopg2cffi"}),
        "mysql": frozenset({"", "mysqldb", "pymysql", "mysqlconnector"}),
        "mariadb": frozenset({"", "mysqldb", "pymysql", "mysqlconnector", "mariadbconnector"}),
        "mssql": frozenset({"", "pymssql", "pyodbc"}),
    }
)


class SyncUrl(msgspec.Struct, frozen=True):
    """A URL with a synchronous driver that an asynchronous engine is given.

    Args:
        literal: where it is written.
        scheme: what it begins with, up to the slashes.
        replacement: what it is to begin with.
        receiver: the call that is given it, by its last name.
        site: that call.
        is_whole: whether the literal is all of the URL.
        text: the literal, as far as it is constant.
        names: the module-level names and class attributes on the way from the call to the literal.
        is_setting: whether the way leads through an object whose other readers are not known.
    """

    literal: Located
    scheme: str
    replacement: str
    receiver: str
    site: CallSite
    is_whole: bool
    text: str
    names: tuple[Local, ...]
    is_setting: bool


def sync_urls(project: Project) -> Iterator[SyncUrl]:
    """Yield the URLs with a synchronous driver that asynchronous engines and configurations are given."""
    for site in calls_of(project, _ENGINE, *_CONFIGS):
        if project.role(site.path) in (Role.MIGRATION, Role.TEST):
            continue
        is_engine = project.external(site.path, site.call, site.scope) == _ENGINE
        given = site.call.keyword("url" if is_engine else "connection_string")
        if given is None and is_engine and site.call.args:
            given = site.call.args[0]
        found = _Following(project).follow(Located(site.path, site.scope, given), 0) if given is not None else None
        if found is not None:
            yield from _judged(project, site, *found)


def _judged(project: Project, site: CallSite, literal: Located, following: _Following) -> Iterator[SyncUrl]:
    text, is_whole = _text(literal.expr)
    match = _SCHEME.match(text)
    if match is None:
        return
    dialect, driver = match["dialect"], match["driver"] or ""
    scheme = match.group().removesuffix("://")
    twin = project.settings.extend_sync_drivers.get(scheme) or ASYNC_DRIVERS.get(dialect, "")
    is_sync = driver in _SYNC_DRIVERS.get(dialect, ()) or scheme in project.settings.extend_sync_drivers
    if scheme == "postgresql" and not is_sync:
        version = library_version(project.root, "sqlalchemy")
        is_sync = version is not None and version < _PSYCOPG_IS_DEFAULT
    if is_sync:
        receiver = project.external(site.path, site.call, site.scope).rpartition(".")[2]
        yield SyncUrl(
            literal,
            scheme,
            f"{dialect}+{twin}",
            receiver,
            site,
            is_whole,
            text,
            tuple(following.names),
            following.is_setting,
        )


def _text(expr: Expr) -> tuple[str, bool]:
    """The text with which a literal begins, and whether that is all of it."""
    match expr:
        case Const(value=str() as text):
            return text, True
        case Op(op="f", operands=(Const(value=str() as text), *_)):
            return text, False
    return "", False


class _Following:
    """Follows one URL from a call to where it is written."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.names: list[Local] = []
        self.is_setting = False

    def follow(self, located: Located, depth: int) -> tuple[Located, _Following] | None:
        expr = located.expr
        if depth > _DEPTH:
            return None
        match expr:
            case Const(value=str()) | Op(op="f"):
                return located, self
            case Op(op="or", operands=(*_, last)):
                self.is_setting = True
                return self.follow(Located(located.path, located.scope, last), depth + 1)
            case Lambda(body=body):
                return self.follow(Located(located.path, located.scope, body), depth + 1)
            case Call():
                return self._called(located, expr, depth)
            case Ref(name=name):
                return self._named(located, name, depth)
        return None

    def _called(self, located: Located, call: Call, depth: int) -> tuple[Located, _Following] | None:
        inner = self._inner(located, call)
        if inner is not None:
            return self.follow(Located(located.path, located.scope, inner), depth + 1)
        value = value_of(self.project, located)
        self.is_setting = True
        return self.follow(value, depth + 1) if value is not None else None

    def _inner(self, located: Located, call: Call) -> Expr | None:
        name = self.project.external(located.path, call, located.scope) or f"builtins.{call.callee}"
        if name in _TRANSPARENT:
            return call.args[0] if call.args else None
        if name in _DEFAULTS:
            self.is_setting = True
            return call.args[1] if len(call.args) > 1 else call.keyword("default")
        if name in _FIELDS:
            return call.keyword("default") or call.keyword("default_factory") or (call.args[0] if call.args else None)
        return None

    def _named(self, located: Located, name: str, depth: int) -> tuple[Located, _Following] | None:
        symbol = self.project.resolve(located.path, name, located.scope)
        value = value_of(self.project, located)
        if value is None:
            value = self._setting(located, name)
        elif isinstance(symbol, Local):
            self.names.append(symbol)
        return self.follow(value, depth + 1) if value is not None else None

    def _setting(self, located: Located, name: str) -> Located | None:
        """The default of an attribute, or what a property returns, of an object whose class is known."""
        receiver, _, attribute = name.rpartition(".")
        scope = Local(located.path, located.scope)
        owner = self.project.callgraph.type_of(scope, receiver) if receiver else None
        member = self.project.member(owner, attribute) if isinstance(owner, Local) else None
        if member is None:
            return None
        self.is_setting = True
        function = self.project.function(member)
        if function is not None:
            return returned(member.path, function)
        class_ = self.project.class_(Local(member.path, member.qualname.rpartition(".")[0]))
        found = class_.attribute(attribute) if class_ is not None else None
        if found is None or found.value is None or class_ is None:
            return None
        return Located(member.path, class_.qualname, found.value)
