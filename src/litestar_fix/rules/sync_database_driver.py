"""LSF504: an asynchronous engine is given the URL of a synchronous driver."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.database_urls import SyncUrl, sync_urls
from litestar_fix.model.facts import Span
from litestar_fix.model.project import Project
from litestar_fix.model.sites import mentions_of

if TYPE_CHECKING:
    from litestar_fix.manifest.edits import ManifestEdit
    from litestar_fix.manifest.needs import Changes, Manifests

#: The oldest version that SQLAlchemy 2.0 is tested with, or that has wheels for Python 3.11.
_VERSIONS = MappingProxyType({"aiosqlite": "0.20.0", "asyncpg": "0.29.0", "asyncmy": "0.2.9", "aioodbc": "0.5.0"})


class NewDriver(msgspec.Struct, frozen=True):
    """The literal of a URL, what it begins with and is to begin with, and the manifests that gain the driver."""

    path: str
    span: Span
    old: str
    new: str
    manifests: tuple[ManifestEdit, ...]


class SyncDatabaseDriver(practice.PracticeRule):
    """An asynchronous engine or SQLAlchemyAsyncConfig is given a URL whose driver is synchronous.

    ## Why

    The application starts. With the first session, SQLAlchemy raises `InvalidRequestError: The asyncio extension
    requires an async driver to be used`, and every request that needs the database fails.

    ## When it is quiet

    Drivers that are asynchronous, or both, as `postgresql+psycopg`; `postgresql://` from SQLAlchemy 2.1 on, and where
    its version is not known; synchronous engines and configurations; Alembic's environment and tests; prefixes that
    are compared or replaced; URLs that are not known.

    ## Fix safety

    Unsafe: another driver speaks to the database. The scheme becomes that of the asynchronous driver (`aiosqlite`,
    `asyncpg`, `asyncmy`, `aioodbc`), and the manifest gains it. Refused where the URL has parameters, which are meant
    for the old driver; where anything else may use it, as Alembic or a second engine: a name that is read elsewhere, a
    setting; and where the text is put together.

    Other drivers, and what takes their place, are named by `extend-sync-drivers`. The manifest gains only those that
    are known here: of the others, the name of the distribution is not known.

    ## Source

    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html and `sqlalchemy/dialects`, SQLAlchemy 2.0 and 2.1.
    """

    code = "LSF504"
    name = "sync-database-driver"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    guide = "5: check connection strings; checklist: Sync database drivers"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine("sqlite+aiosqlite:///tides.db")
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine("sqlite:///tides.db")
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the URLs, each once."""
        found: dict[tuple[str, Span], list[SyncUrl]] = {}
        for url in sync_urls(project):
            found.setdefault((url.literal.path, url.literal.expr.span), []).append(url)
        if not found:
            return  # as in most projects, which need not wait for the modules that know manifests
        from litestar_fix.manifest.needs import Manifests

        manifests = Manifests(project.root)
        for urls in found.values():
            yield cls._finding(project, urls, manifests)

    @classmethod
    def _finding(cls, project: Project, urls: list[SyncUrl], manifests: Manifests) -> practice.Finding:
        from litestar_fix.manifest.edits import ManifestEdit

        url = urls[0]
        new = url.replacement
        driver = new.rpartition("+")[2]
        refusal = _why_it_stays(project, urls)
        # which distribution has a driver of the settings is not known
        needs = {driver: _VERSIONS[driver]} if driver in _VERSIONS else {}
        changes = manifests.changes(url.literal.path, add=needs, beside=("sqlalchemy", "advanced-alchemy", "litestar"))
        edits = tuple(ManifestEdit(path, needs, frozenset()) for path in changes.paths)
        place = url.literal.path, url.literal.expr.span
        return cls.finding(
            *place,
            f"{url.receiver} is given {url.scheme}://, whose driver is synchronous, and raises with its first use; "
            f"use {new}://{'' if refusal else _commands(changes)}",
            refusal=refusal,
            related=[
                practice.Related(item.site.path, item.site.call.span, f"{item.receiver} gets it") for item in urls
            ],
            data=NewDriver(*place, f"{url.scheme}://", f"{new}://", edits),
        )


def _why_it_stays(project: Project, urls: list[SyncUrl]) -> str:
    url = urls[0]
    if len(urls) > 1:
        return f"{len(urls)} engines are given it"
    if not url.is_whole:
        return "its text is put together"
    if "?" in url.text:
        return "its parameters are meant for the old driver"
    if url.is_setting:
        return "it is the default of a setting that others may read"
    for symbol in url.names:
        readers = list(mentions_of(project, symbol))
        if len(readers) > 1:
            outside = (item for item in readers if not url.site.call.span.contains(item.span))
            other = next(outside, readers[-1])
            return f"{other.path}:{other.span.line} uses {symbol.qualname}, too"
    return ""


def _commands(changes: Changes) -> str:
    return f", then run {' and '.join(f'`{command}`' for command in changes.commands)}" if changes.commands else ""
