"""LSF505: a coroutine function waits for a database on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.blocked_text import shown, steps, where
from litestar_fix.model.database_calls import DatabaseUse, database_cure, database_uses
from litestar_fix.model.project import Project


class SyncDatabaseCall(practice.PracticeRule):
    """A coroutine function calls a synchronous database library while it serves a request.

    ## Why

    An `async def` runs on the event loop. A query of a synchronous session, cursor or client holds up every other
    request of the worker until the database has answered, and a lock in the database holds up all of them for as long
    as it lasts. Calls are followed through the functions of the project, as those of LSF501 are, and the message names
    the way from the handler, provider, guard, middleware, hook or listener that Litestar runs. A function is reported
    once for each library, at its first call; the others are related places.

    ## When it is quiet

    Synchronous handlers and providers (LSF204 and LSF203 ask whether they run in a thread); what is handed to
    `sync_to_thread`, `asyncio.to_thread`, `run_in_executor` or `anyio.to_thread.run_sync`; what SQLAlchemy's `run_sync`
    runs, since queries of the session that it hands out are awaited. Asynchronous classes: `AsyncSession`,
    `redis.asyncio`, `AsyncMongoClient`, `aiosqlite`. What runs once: start-up, lifespans, functions under a cache.
    Scripts, migrations and tests. Objects whose class is not known. A call through which other blocking calls are
    reached, too, is reported as LSF501.

    ## Fix safety

    There is no fix: another driver is a decision about the whole application, and a session may not move between
    threads while it is in use. A synchronous handler or provider is proposed only where it does not take over or hand
    on a connection of `sqlite3`, which serves the thread that opened it.

    ## Source

    `litestar/concurrency.py` (`sync_to_thread`), Litestar 2.25;
    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
    """

    code = "LSF505"
    name = "sync-database-call"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.NONE
    search = "blocked_loops"
    guide = "5: sync database in async; database drivers without async support"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get
            from sqlalchemy import text
            from sqlalchemy.ext.asyncio import AsyncSession

            @get("/kegs")
            async def count_kegs(session: AsyncSession) -> int:
                return await session.scalar(text("select count(*) from kegs"))
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get
            from sqlalchemy import text
            from sqlalchemy.orm import Session

            @get("/kegs")
            async def count_kegs(session: Session) -> int:
                return session.scalar(text("select count(*) from kegs"))
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield what each coroutine function does with each library."""
        for use in database_uses(project):
            made = use.first.first
            yield cls.finding(
                made.caller.path,
                made.call.span,
                f"{_waits(use)} on the event loop in {where(use.first)}; {database_cure(project, use)}",
                related=list(_related(use)),
            )


def _waits(use: DatabaseUse) -> str:
    text, more = shown(use.first.first), len(use.calls) - 1
    if not more:
        return f"{text} waits for a database"
    return f"{text} and {more} more {'call' if more == 1 else 'calls'} wait for a database"


def _related(use: DatabaseUse) -> Iterator[practice.Related]:
    for step, message in steps(use.first):
        yield practice.Related(step.caller.path, step.call.span, message)
    for blocked in use.calls[1:]:
        made = blocked.first
        yield practice.Related(made.caller.path, made.call.span, f"{shown(made)} waits for it, too")
