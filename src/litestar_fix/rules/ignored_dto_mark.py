"""LSF308: marks of fields are written so that they count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.graph import show
from litestar_fix.model.ignored_marks import Form, IgnoredMark, ignored_marks
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Field, Kind, Schema

_SINCE = (2, 12)
_NATIVE = {
    Kind.DATACLASS: "field(metadata=dto_field({}))",
    Kind.MSGSPEC: "msgspec.Meta(extra=dto_field({}))",
    Kind.SQLALCHEMY: "mapped_column(info=dto_field({}))",
}


class IgnoredDtoMark(practice.PracticeRule):
    """A field is marked private, read-only or write-only in a form that Litestar ignores.

    ## Why

    `Annotated[str, DTOField(mark="private")]`, `Annotated[str, dto_field("private")]` and
    `Annotated[str, Mark.PRIVATE]` look like marks, and nothing tells that they are none: the DTO sends the field, or
    takes it from clients, as if the mark were not there.

    ## When it is quiet

    Marks that count: `DTOField(mark=Mark.PRIVATE)` in `Annotated`, `field(metadata=dto_field(...))`,
    `msgspec.Meta(extra=dto_field(...))`, `mapped_column(info=dto_field(...))`. Fields that have one of them beside the
    one that is ignored, marks that are computed, attrs classes, for which there is no DTO, and whatever is no field of
    a model. An alias is reported where fields have it as their type.

    ## Fix safety

    Unsafe: responses lose the field, or requests may no longer set it, as the mark says. A column gets its mark in
    `mapped_column(info=...)`, which alone counts for it. The fix is refused for relationships and columns of other
    kinds; where the mark stands beside a part of the type, as in `Optional[Annotated[...]]`; in quoted annotations; for
    strings that are no mark; and for Litestar below 2.12, where a dataclass is marked by `metadata=` alone.

    ## Source

    `litestar/dto/_backend.py` (`_should_exclude_field` compares with `is`) and `litestar/dto/field.py`
    (`extract_dto_field`), Litestar 2.25; each form was tried on Litestar 2.0, 2.4, 2.12 and 2.25.
    """

    code = "LSF308"
    name = "ignored-dto-mark"
    severity = practice.Severity.CRITICAL
    applicability = practice.Applicability.UNSAFE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from dataclasses import dataclass
            from typing import Annotated
            from litestar.dto import DTOField, Mark

            @dataclass
            class Reader:
                name: str
                email: Annotated[str, DTOField(mark=Mark.PRIVATE)]
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from dataclasses import dataclass
            from typing import Annotated
            from litestar.dto import DTOField

            @dataclass
            class Reader:
                name: str
                email: Annotated[str, DTOField(mark="private")]
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the marks that do not count."""
        for found in ignored_marks(project):
            yield cls.finding(
                found.where.path,
                found.where.expr.span,
                _message(project, found),
                refusal=_refusal(project, found),
                related=[_related(schema, item) for schema, item in found.fields] if len(found.fields) > 1 else (),
                data=found,
            )


def _refusal(project: Project, found: IgnoredMark) -> str:
    if not found.member:
        return f"{found.mark} is no mark of Litestar's"
    if not found.is_whole:
        return "a mark counts beside the whole type alone"
    if found.is_of_column and found.column(project) is None:
        return "the column has no plain mapped_column() that could take the mark as its info"
    if found.is_beside and not found.is_of_column and _is_too_old(project):
        return "Litestar below 2.12 may take no mark from Annotated"
    return "the annotation is quoted" if found.is_quoted else ""


def _is_too_old(project: Project) -> bool:
    version = project.litestar_version
    return version is not None and version < _SINCE


# ------------------------------------------------------------------------------------------------------------- message
def _message(project: Project, found: IgnoredMark) -> str:
    several = len(found.fields) > 1
    place = "" if found.form is Form.STRING else " in Annotated"
    marked = f"{_fields(found.fields)} {'are' if several else 'is'} marked with {show(found.where.expr)}{place}"
    if not found.member:
        return f"{marked}, which Litestar ignores; write a member of Mark"
    them = "them" if several else "it"
    effect = f"take {them} from clients" if found.mark == "read-only" else f"send {them}"
    whose = "their" if several else "its"
    return f"{marked}, which Litestar ignores: {whose} DTOs still {effect}; write {_right(project, found)}"


def _right(project: Project, found: IgnoredMark) -> str:
    if found.is_of_column and found.column(project) is None:
        return f'info=dto_field("{found.mark}")'
    kind = found.fields[0][0].kind
    if found.is_of_column or (found.is_beside and _is_too_old(project) and kind in _NATIVE):
        return _NATIVE[kind].format(f'"{found.mark}"')
    return f"DTOField(mark=Mark.{found.member}){'' if found.is_whole else ' beside the whole type'}"


def _fields(fields: Sequence[tuple[Schema, Field]]) -> str:
    names = [f"{item.name} of {schema.name}" for schema, item in fields]
    if len(names) > 2:
        return f"{names[0]} and {len(names) - 1} more fields"
    return " and ".join(names)


def _related(schema: Schema, item: Field) -> practice.Related:
    return practice.Related(item.owner.path, item.span, f"{item.name} of {schema.name}")
