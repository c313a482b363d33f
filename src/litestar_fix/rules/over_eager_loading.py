"""LSF804 over-eager-loading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.eager_loading import EagerLoading, EagerOptions
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.relationships import Relationship

_MANY = 4


class OverEagerLoading(practice.PracticeRule):
    """A query loads relationships with its rows that nothing is seen to need.

    ## Why

    `lazy="selectin"` or `"joined"` on a relationship costs every query of the model, in every handler, a join or one
    more statement, also where the relationship is not looked at; so do options that a statement has collected. Rows of
    large tables come with them, and are thrown away.

    ## When it is quiet

    Statements with less than four such options. Options and relationships that a response may need: any class that is
    no SQLAlchemy model has a field of that name, or the model, or one that leads to it, stands in the annotation of a
    handler, in a field, or in a DTO. Options that the same function reads. Relationships of which any code but tests
    and migrations reads an attribute of the name, or has the name as a string. Relationships of projects without a
    handler, and of those with templates, whose text is not searched. Statements of tests and migrations.

    ## Source

    `lazy` of `sqlalchemy.orm.relationship` and the relationship loading of SQLAlchemy 2.0.
    """

    code = "LSF804"
    name = "over-eager-loading"
    severity = practice.Severity.LOW
    applicability = practice.Applicability.NONE
    guide = "checklist: Over-eager loading"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get
            from sqlalchemy import ForeignKey
            from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

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

            @get("/")
            async def read_status() -> str:
                return "buzzing"
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get
            from sqlalchemy import ForeignKey
            from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

            class Base(DeclarativeBase):
                pass

            class Apiary(Base):
                __tablename__ = "apiary"
                id: Mapped[int] = mapped_column(primary_key=True)
                hives: Mapped[list["Hive"]] = relationship(lazy="selectin")

            class Hive(Base):
                __tablename__ = "hive"
                id: Mapped[int] = mapped_column(primary_key=True)
                apiary_id: Mapped[int] = mapped_column(ForeignKey("apiary.id"))

            @get("/")
            async def read_status() -> str:
                return "buzzing"
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield statements with many eager options, and eager relationships that nothing reads."""
        loading = EagerLoading(project)
        for options in loading.options():
            if len(options.names) >= _MANY:
                yield cls._of_options(options)
        for model, relationship in loading.unread():
            yield cls._of_relationship(model, relationship)

    @classmethod
    def _of_options(cls, options: EagerOptions) -> practice.Finding:
        who = readable(options.owner) or "a statement of the module"
        return cls.finding(
            options.path,
            options.span,
            f"{who} loads {len(options.names)} relationships with each row that no response is seen to need: "
            f"{', '.join(options.names)}; load those that its callers read",
        )

    @classmethod
    def _of_relationship(cls, model: str, relationship: Relationship) -> practice.Finding:
        return cls.finding(
            relationship.owner.path,
            relationship.span,
            f'every query of {model} loads {relationship.name} as well (lazy="{relationship.lazy}"), and no code of '
            "the application reads it; leave it lazy, and load it in the queries that need it",
        )
