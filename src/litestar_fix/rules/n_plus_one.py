"""LSF801 n-plus-one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.project import Project
from litestar_fix.model.row_loads import LazyRead, RowQuery, row_loads


class NPlusOne(practice.PracticeRule):
    """A loop over the rows of a query loads something more for every single row.

    ## Why

    A relationship of SQLAlchemy is loaded when it is read, by a query of its own: a hundred rows, a hundred and one
    queries. An `AsyncSession` cannot do that at all, since nothing is awaited where an attribute is read; there the
    first row fails with `MissingGreenlet`. A query that is awaited in the loop costs as much as the first.

    ## When it is quiet

    The relationship is loaded with its row (`lazy="selectin"`, `"joined"`, ...) or not by reading it (`"raise"`,
    `"noload"`, `"dynamic"`, `"write_only"`); an option names it, or there are options of which the text does not tell
    what they load; it leads to a model that the same function selects, so that its rows may be there already. The
    statement gives one row, or the loop is left where the relationship is read. Rows that come from anywhere else: a
    parameter, a dependency, a repository, a statement that another function makes. Relationships made by a `backref`.
    Of queries: those that do not depend on the row. Code that is not the application's: tests, scripts, migrations.

    ## Fix safety

    Unsafe: `.options(selectinload(Model.relationship))` on the statement, for relationships. Values are the same, but
    the relationship is loaded at once, for all rows, with another statement. Queries in a loop have no fix: which one
    query gives the same is not to be told from them.

    ## Source

    `lazy` of `sqlalchemy.orm.relationship` and `selectinload`, SQLAlchemy 2.0.
    """

    code = "LSF801"
    name = "n-plus-one"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.UNSAFE
    cost = 4
    guide = "8: relationship access in loops without eager loading; checklist: N+1 queries"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from sqlalchemy import ForeignKey, select
            from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

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

            def count_hives(session: Session) -> list[int]:
                apiaries = session.scalars(select(Apiary).options(selectinload(Apiary.hives)))
                return [len(apiary.hives) for apiary in apiaries]
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from sqlalchemy import ForeignKey, select
            from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

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

            def count_hives(session: Session) -> list[int]:
                return [len(apiary.hives) for apiary in session.scalars(select(Apiary))]
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield what loops over rows load row by row."""
        for load in row_loads(project):
            yield cls._of_read(load) if isinstance(load, LazyRead) else cls._of_query(load)

    @classmethod
    def _of_read(cls, read: LazyRead) -> practice.Finding:
        statement, relationship = read.rows.statement, read.relationship
        wanted = f"{statement.written}.{relationship.name}"
        consequence = "one more query for each"
        if read.rows.is_awaited and not read.is_awaited:
            consequence = "an AsyncSession cannot load it there and raises MissingGreenlet"
        return cls.finding(
            read.path,
            read.span,
            f"{_name(read)} reads {wanted} of rows that come without it: {consequence}; "
            f"add .options(selectinload({wanted}))",
            related=(
                practice.Related(read.path, statement.root.span, "the rows are selected here"),
                practice.Related(
                    relationship.owner.path, relationship.span, f"{relationship.name} is loaded when read"
                ),
            ),
            data=read,
        )

    @classmethod
    def _of_query(cls, query: RowQuery) -> practice.Finding:
        statement = query.rows.statement
        return cls.finding(
            query.path,
            query.call.span,
            f"{_name(query)} awaits {query.call.callee}() for every row of {statement.written}; "
            "fetch what the rows need with one query before the loop, or join it",
            applicability=practice.Applicability.NONE,
            related=(practice.Related(query.path, statement.root.span, "the rows are selected here"),),
        )


def _name(found: LazyRead | RowQuery) -> str:
    return found.function.readable_name
