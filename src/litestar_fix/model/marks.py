"""Marks: how a model says of a single field that DTOs leave it out.

Source: ``litestar/dto/field.py``, ``litestar/dto/_backend.py`` (``_should_exclude_field``) and the
``generate_field_definitions`` of each DTO base class, Litestar 2.25 and Advanced Alchemy 1.12.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Call, Const, Dict, Op, Ref, Seq, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Located
from litestar_fix.model.walk import subexpressions


class Mark(StrEnum):
    """How a field is marked for DTOs; IGNORED is a mark that Litestar compares with, and takes for none of them."""

    NONE = ""
    READ_ONLY = "read-only"
    WRITE_ONLY = "write-only"
    PRIVATE = "private"
    IGNORED = "ignored"
    UNKNOWN = "unknown"

    @property
    def is_sent(self) -> bool:
        """Whether a DTO puts the field into a response."""
        return self in (Mark.NONE, Mark.READ_ONLY, Mark.IGNORED)

    @property
    def is_accepted(self) -> bool:
        """Whether a DTO takes the field from a request."""
        return self in (Mark.NONE, Mark.WRITE_ONLY, Mark.IGNORED)


def metadata(project: Project, annotation: Located | None) -> Iterator[Located]:
    """Yield what stands beside the type in ``Annotated``, at any depth of an annotation."""
    if annotation is None:
        return
    for expr in subexpressions(annotation.expr):
        inner = Located(annotation.path, annotation.scope, expr)
        match expr:
            case Sub(index=Seq(items=(_, *others))) if project.external(
                annotation.path, expr, annotation.scope
            ).endswith(".Annotated"):
                yield from (Located(inner.path, inner.scope, item) for item in others)


def is_excluded(project: Project, annotation: Located | None, value: Located | None) -> bool:
    """Whether a pydantic field is declared with ``Field(exclude=True)``."""
    for item in (*metadata(project, annotation), *([value] if value is not None else [])):
        if isinstance(item.expr, Call) and project.external(item.path, item.expr, item.scope).endswith(".Field"):
            excluded = item.expr.keyword("exclude")
            if isinstance(excluded, Const) and excluded.value is True:
                return True
    return False


def mark_of(project: Project, annotation: Located | None, value: Located | None, option: str) -> Mark:
    """Return the mark that a DTO sees on a field.

    Args:
        project: the project.
        annotation: the field's type.
        value: its default, or the call that describes it.
        option: where the kind of model keeps it: ``metadata`` of a dataclass field and ``info`` of a column are
            keywords of ``value``, ``extra`` is one of ``msgspec.Meta``; '' for none of them. Columns alone have no mark
            in ``Annotated``.
    """
    if value is not None and isinstance(value.expr, Call) and option in ("metadata", "info"):
        given = value.expr.keyword(option)
        if given is not None:
            return _mark_in(project, Located(value.path, value.scope, given))
    return Mark.NONE if option == "info" else _annotated_mark(project, annotation, option)


def _annotated_mark(project: Project, annotation: Located | None, option: str) -> Mark:
    for item in metadata(project, annotation):
        if not isinstance(item.expr, Call):
            continue
        name = project.external(item.path, item.expr, item.scope)
        extra = item.expr.keyword(option) if name == "msgspec.Meta" and option == "extra" else None
        if extra is not None:
            return _mark_in(project, Located(item.path, item.scope, extra))
        if name.endswith(".DTOField"):
            return _of_dto_field(project, item)
    return Mark.NONE


def _mark_in(project: Project, located: Located, depth: int = 0) -> Mark:
    """Return the mark in the mapping that ``metadata=``, ``info=`` or ``extra=`` is given."""
    path, scope, expr = located.path, located.scope, located.expr
    name = project.external(path, expr, scope)
    match expr:
        case Call(args=(argument, *_)) if name.startswith("litestar.dto.") and name.endswith("dto_field"):
            return _named_mark(project, Located(path, scope, argument), strings=True)
        case Dict(keys=keys, values=values):
            marks = [
                _mark_in(project, Located(path, scope, value), depth)
                if key is None
                else _of_dto_field(project, Located(path, scope, value))
                for key, value in zip(keys, values, strict=True)
                if key is None or project.external(path, value, scope).endswith(".DTOField")
            ]
            return marks[-1] if marks else Mark.NONE
        case Op(op="|", operands=operands):
            found = [_mark_in(project, Located(path, scope, item), depth) for item in operands]
            return next((mark for mark in reversed(found) if mark is not Mark.NONE), Mark.NONE)
    followed = value_of(project, located) if depth < 4 else None
    return _mark_in(project, followed, depth + 1) if followed is not None else Mark.UNKNOWN


def _of_dto_field(project: Project, located: Located) -> Mark:
    """``DTOField(mark=...)``: Litestar compares with the members of ``Mark``, a string is none."""
    if not isinstance(located.expr, Call):
        return Mark.UNKNOWN
    value = located.expr.keyword("mark") or next(iter(located.expr.args), None)
    return _named_mark(project, Located(located.path, located.scope, value), strings=False) if value else Mark.NONE


def _named_mark(project: Project, located: Located, *, strings: bool) -> Mark:
    match located.expr:
        case Const(value=str(text)):
            return Mark(text) if strings and text in set(Mark) else Mark.IGNORED
        case Ref():
            home, _, last = project.external(located.path, located.expr, located.scope).rpartition(".")
            return Mark.__members__.get(last, Mark.UNKNOWN) if home.startswith("litestar.dto") else Mark.UNKNOWN
    return Mark.UNKNOWN
