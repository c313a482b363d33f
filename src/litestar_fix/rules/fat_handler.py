"""LSF402: a handler translates between HTTP and the application, and leaves the work to others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.handler_work import HandlerWork, Work
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role


class FatHandler(practice.PracticeRule):
    """A handler does the work itself: it has many statements, builds SQL, or commits a transaction.

    ## Why

    What a handler does can only be used, and tested, through a request. A second route, a command or a background task
    that needs the same has to copy it, and a transaction that is committed in the middle of a handler cannot be part of
    a larger one.

    ## When it is quiet

    Statements are counted, not lines: a call with twenty arguments or a long template context is one. Docstrings, log
    messages, imports and nested functions do not count; a compound statement counts as one and what its blocks hold.
    The setting `max-handler-statements`, 15 by default, says how many there may be.

    Queries that only ask whether the database answers (`text("SELECT 1")`), and those that stand outside the handler,
    in a constant or in a function that it calls. A `commit` with arguments, or of something that is not known to be of
    a database and is not called so (`session`, `db`, `connection`, `transaction` ...). The query methods of other
    libraries than SQLAlchemy and SQLModel are not known; SQL as text is, where the handler runs it. Handlers in tests.

    ## Source

    Litestar says nothing about the length of handlers. In public applications nine handlers in ten have twelve
    statements or fewer.
    """

    code = "LSF402"
    name = "fat-handler"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.NONE
    guide = "4: controllers with >20 lines of business logic"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import post

            @post("/moons")
            async def add_moon(data: Moon, service: MoonService) -> Moon:
                return await service.add(data)
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import post
            from sqlalchemy.ext.asyncio import AsyncSession

            @post("/moons")
            async def add_moon(data: Moon, db_session: AsyncSession) -> Moon:
                db_session.add(data)
                await db_session.commit()
                return data
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield each handler that does too much, once."""
        measure, limit = HandlerWork(project), project.settings.max_handler_statements
        functions = {
            handler.symbol: handler
            for handler in project.layers.every_handler()
            if project.role(handler.path) is not Role.TEST
        }
        for handler in functions.values():
            faults = list(_faults(measure.of(handler, at_least=limit + 1), limit))
            if faults:
                message = f"handler {handler.function.name} {_joined(faults)}; move that into a service or repository"
                yield cls.finding(handler.path, handler.function.span, message)


def _faults(work: Work, limit: int) -> Iterator[str]:
    if work.statements > limit:
        yield f"has {work.statements} statements (at most {limit})"
    if work.builds_sql:
        yield "builds SQL"
    if work.commits:
        yield "commits"


def _joined(faults: list[str]) -> str:
    *others, last = faults
    return f"{', '.join(others)} and {last}" if others else last
