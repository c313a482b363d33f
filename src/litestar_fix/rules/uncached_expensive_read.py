"""LSF803 uncached-expensive-read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.project import Project
from litestar_fix.model.whole_tables import whole_tables


class UncachedExpensiveRead(practice.PracticeRule):
    """A GET handler loads a whole table and its relationships for each request, and caches nothing.

    ## Why

    All rows, with all that belongs to them, are read, made objects of and encoded again for every request, though the
    answer is the same for everyone until the table changes. Litestar answers from its response cache where the handler
    says for how long: `cache=60`.

    The rule is off by default, because only the owner knows how large the table is, and how old an answer may be:
    `extend-select = ["LSF803"]`.

    ## When it is quiet

    Handlers with `cache=`, also `cache=False`; statements with a limit, or a condition on more than flags of the model
    (`Dish.is_sold == True`), and those that load nothing but the rows; everything that may be per user or per request:
    handlers that take anything but database sessions, that have guards, or of which a dependency reads the user, the
    session, cookies or headers. Queries of services and repositories, and of what a handler calls.

    ## Source

    `cache` of the route decorators and `ResponseCacheConfig`, Litestar 2.25: the key is made of method, path and query.
    """

    code = "LSF803"
    name = "uncached-expensive-read"
    severity = practice.Severity.LOW
    applicability = practice.Applicability.NONE
    guide = "8: repeated expensive queries"
    on_by_default = False
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Litestar, get
            from sqlalchemy import ForeignKey, select
            from sqlalchemy.ext.asyncio import AsyncSession
            from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

            class Base(DeclarativeBase):
                pass

            class Apiary(Base):
                __tablename__ = "apiary"
                id: Mapped[int] = mapped_column(primary_key=True)
                hives: Mapped[list["Hive"]] = relationship()

            class Hive(Base):
                __tablename__ = "hive"
                id: Mapped[int] = mapped_column(primary_key=True)
                apiary_id: Mapped[int] = mapped_column(ForeignKey("apiary.id"))

            @get("/apiaries", cache=60)
            async def count_hives(session: AsyncSession) -> list[int]:
                apiaries = await session.scalars(select(Apiary).options(selectinload(Apiary.hives)))
                return [len(apiary.hives) for apiary in apiaries]

            app = Litestar([count_hives])
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Litestar, get
            from sqlalchemy import ForeignKey, select
            from sqlalchemy.ext.asyncio import AsyncSession
            from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

            class Base(DeclarativeBase):
                pass

            class Apiary(Base):
                __tablename__ = "apiary"
                id: Mapped[int] = mapped_column(primary_key=True)
                hives: Mapped[list["Hive"]] = relationship()

            class Hive(Base):
                __tablename__ = "hive"
                id: Mapped[int] = mapped_column(primary_key=True)
                apiary_id: Mapped[int] = mapped_column(ForeignKey("apiary.id"))

            @get("/apiaries")
            async def count_hives(session: AsyncSession) -> list[int]:
                apiaries = await session.scalars(select(Apiary).options(selectinload(Apiary.hives)))
                return [len(apiary.hives) for apiary in apiaries]

            app = Litestar([count_hives])
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the statements that read a whole table."""
        for found in whole_tables(project):
            who = found.handler.function.readable_name
            rows = "all rows of {} that a flag does not leave out" if found.has_flag else "every row of {}"
            yield cls.finding(
                found.handler.path,
                found.statement.root.span,
                f"{who} loads {rows.format(found.statement.written)} with {' and '.join(found.loaded)} for each "
                "request, whoever asks; say with cache=<seconds> how long an answer holds, or limit the rows",
            )
