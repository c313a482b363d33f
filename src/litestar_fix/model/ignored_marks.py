"""Marks of fields that Litestar ignores without a word: in the wrong form, or in the wrong place.

Tried on Litestar 2.0, 2.4, 2.12 and 2.25: ``DTOField`` counts with a member of ``Mark``, not with a string, because
members are compared by identity; in ``Annotated`` nothing but a ``DTOField`` counts, and below 2.12 perhaps not even
that; columns are marked by ``info=`` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from litestar_fix.model.evaluate import string
from litestar_fix.model.facts import Call, Dict, Expr, Ref, Seq, Sub
from litestar_fix.model.marks import Mark, mark_of, metadata
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Field, Kind, Schema, schema_of
from litestar_fix.model.sites import mentions_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import subexpressions

_NAMES = ("DTOField", "dto_field", "Mark")
_OPTION = {Kind.DATACLASS: "metadata", Kind.MSGSPEC: "extra", Kind.SQLALCHEMY: "info"}


class Form(StrEnum):
    """How a mark is written that does not count."""

    STRING = "string"  #: ``DTOField(mark="private")``
    MAPPING = "mapping"  #: ``Annotated[str, dto_field("private")]``
    MEMBER = "member"  #: ``Annotated[str, Mark.PRIVATE]``


class IgnoredMark(msgspec.Struct, frozen=True):
    """A mark that does not count.

    Args:
        where: the expression that is to mark.
        form: how it is written.
        mark: what it says, as it is written in ``dto_field``.
        text: the string within it, None where there is none.
        fields: the fields that it is to mark, each with its model.
        is_beside: whether it stands beside a type, in ``Annotated`` itself.
        is_whole: whether that is the whole type of all of the fields.
    """

    where: Located
    form: Form
    mark: str
    text: Located | None
    fields: tuple[tuple[Schema, Field], ...]
    is_beside: bool
    is_whole: bool

    @property
    def member(self) -> str:
        """The member of ``Mark`` that it means, '' where there is none."""
        return Mark(self.mark).name if self.mark in ("private", "read-only", "write-only") else ""

    @property
    def is_of_column(self) -> bool:
        """Whether it stands in the annotation of a column, where no mark counts."""
        return self.is_beside and any(schema.kind is Kind.SQLALCHEMY for schema, _ in self.fields)

    def column(self, project: Project) -> Field | None:
        """Return the one column that it stands at, where ``mapped_column(info=...)`` can take its place."""
        if len(self.fields) != 1 or self.form is not Form.MEMBER or not self.is_whole:
            return None
        item = self.fields[0][1]
        value = item.value
        if value is None:
            return item
        name = project.external(value.path, value.expr, value.scope)
        if name != "sqlalchemy.orm.mapped_column" or not isinstance(value.expr, Call):
            return None
        return item if value.expr.keyword("info") is None and not value.expr.has_unpacking else None

    @property
    def is_quoted(self) -> bool:
        """Whether it stands in a quoted annotation."""
        annotations = [item.annotation for _, item in self.fields if item.annotation is not None]
        return any(item.path == self.where.path and item.expr.span == self.where.expr.span for item in annotations)


def ignored_marks(project: Project) -> Iterator[IgnoredMark]:
    """Yield every mark of a field that does not count, and every alias with such a mark that fields have as type."""
    for path in dict.fromkeys(path for name in _NAMES for path in project.words.readers(name)):
        module = project.modules[path]
        for class_ in module.classes:
            symbol = Local(path, class_.qualname)
            schema = schema_of(project, symbol) if class_.attributes else None
            for item in schema.fields if schema is not None and schema.kind is not Kind.ATTRS else ():
                if schema is not None and item.owner == symbol:
                    yield from _of_field(project, schema, item)
        for assigned in module.assignments:
            if isinstance(assigned.value, Sub):
                yield from _of_alias(project, Local(path, assigned.name), Located(path, "", assigned.value))


def _of_field(project: Project, schema: Schema, item: Field) -> Iterator[IgnoredMark]:
    option = _OPTION.get(schema.kind, "")
    if mark_of(project, item.annotation, item.value, option) not in (Mark.NONE, Mark.IGNORED):
        return
    beside = list(metadata(project, item.annotation))
    if schema.kind is Kind.MSGSPEC and _is_marked_by_meta(project, beside):
        return
    whole = _beside_whole(project, schema, item)
    for where in (*_in_mappings(project, item, beside, option), *beside):
        found = _read(project, where)
        if found is not None:
            form, mark, text = found
            is_beside = any(where.expr is other.expr for other in beside)
            is_whole = not is_beside or any(where.expr is expr for expr in whole)
            yield IgnoredMark(where, form, mark, text, ((schema, item),), is_beside, is_whole)
            return  # the others do not count either, once the first one does


def _is_marked_by_meta(project: Project, beside: Sequence[Located]) -> bool:
    """Whether ``msgspec.Meta(extra=dto_field(...))`` marks a field, which goes before everything else."""
    for item in beside:
        if isinstance(item.expr, Call) and project.external(item.path, item.expr, item.scope) == "msgspec.Meta":
            extra = item.expr.keyword("extra")
            if extra is not None and not isinstance(extra, Dict):
                return True
    return False


def _in_mappings(project: Project, item: Field, beside: Sequence[Located], option: str) -> Iterator[Located]:
    """Yield each ``DTOField`` in the mappings that describe a field."""
    calls = [place for place in beside if option == "extra"]
    if item.value is not None and option in ("metadata", "info"):
        calls.append(item.value)
    for place in calls:
        given = place.expr.keyword(option) if isinstance(place.expr, Call) else None
        for value in given.values if isinstance(given, Dict) else ():
            if isinstance(value, Call) and project.external(place.path, value, place.scope) == "litestar.dto.DTOField":
                yield Located(place.path, place.scope, value)


def _beside_whole(project: Project, schema: Schema, item: Field) -> Sequence[Expr]:
    """The metadata of an annotation that is ``Annotated`` as a whole."""
    annotation = item.annotation
    expr = annotation.expr if annotation is not None else None
    if annotation is None or not isinstance(expr, Sub):
        return ()
    if schema.kind is Kind.SQLALCHEMY:
        return [inner for inner in subexpressions(expr) if inner is not expr]
    is_annotated = project.external(annotation.path, expr, annotation.scope).endswith(".Annotated")
    return expr.index.items[1:] if is_annotated and isinstance(expr.index, Seq) else ()


def _of_alias(project: Project, symbol: Local, value: Located) -> Iterator[IgnoredMark]:
    for where in metadata(project, value):
        found = _read(project, where)
        fields = list(_users(project, symbol)) if found is not None else []
        if found is not None and fields:
            form, mark, text = found
            is_top = isinstance(value.expr, Sub) and where.expr in getattr(value.expr.index, "items", ())
            is_whole = is_top and all(isinstance(item.annotation.expr, Ref) for _, item in fields if item.annotation)
            yield IgnoredMark(where, form, mark, text, tuple(fields), True, is_whole)
            return


def _users(project: Project, symbol: Local) -> Iterator[tuple[Schema, Field]]:
    """The fields that have an alias in their annotation, and no mark that counts."""
    for mention in mentions_of(project, symbol):
        owner = Local(mention.path, mention.scope)
        schema = schema_of(project, owner) if mention.scope else None
        for item in schema.fields if schema is not None and schema.kind is not Kind.ATTRS else ():
            if schema is None or item.owner != owner or item.annotation is None:
                continue
            if item.annotation.expr.span.contains(mention.span):
                mark = mark_of(project, item.annotation, item.value, _OPTION.get(schema.kind, ""))
                if mark in (Mark.NONE, Mark.IGNORED):
                    yield schema, item


# ---------------------------------------------------------------------------------------------------------- one of them
def _read(project: Project, where: Located) -> tuple[Form, str, Located | None] | None:
    name = project.external(where.path, where.expr, where.scope)
    if not name.startswith("litestar.dto."):
        return None
    match where.expr:
        case Ref():
            member = name.rpartition(".")[2]
            is_mark = member in ("PRIVATE", "READ_ONLY", "WRITE_ONLY")
            return (Form.MEMBER, Mark[member].value, None) if is_mark else None
        case Call() as call:
            value = call.keyword("mark") or next(iter(call.args), None)
            if value is None:
                return None
            given = Located(where.path, where.scope, value)
            text = string(project, given)
            if name.endswith(".DTOField"):
                return (Form.STRING, text, given) if text is not None else None
            member = project.external(given.path, given.expr, given.scope).rpartition(".")[2]
            mark = text if text is not None else Mark[member].value if member in Mark.__members__ else None
            return (Form.MAPPING, mark, None) if name.endswith(".dto_field") and mark is not None else None
    return None
