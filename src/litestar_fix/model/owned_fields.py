"""Fields that the server fills, told by their names, and whether a model can be made without a field.

Source: ``advanced_alchemy/base.py`` and ``advanced_alchemy/mixins``, 1.12.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from litestar_fix.model.annotations import Step, held
from litestar_fix.model.facts import Call, Const, Expr, Other, Ref
from litestar_fix.model.marks import metadata
from litestar_fix.model.member_names import certain_names
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Field, Kind, Schema
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.transfers import Selection

_IDENTITIES = frozenset({"id", "uuid", "guid", "pk"})
_STAMPS = regex(
    r"(?:created|updated|modified)_(?:at|on|by)|date_(?:created|updated|modified)|last_modified(?:_at)?"
    r"|(?:create|update|creation|modification)_(?:date|time)"
)
_DESCRIPTIONS = frozenset(
    [
        *["dataclasses.field", "msgspec.field", "msgspec.structs.field", "attrs.field", "attr.ib", "attr.attrib"],
        *["pydantic.Field", "pydantic.fields.Field", "pydantic.v1.Field"],
    ]
)
_DEFAULTS = ("default", "default_factory", "factory", "server_default", "insert_default")
_COLUMNS = frozenset({"mapped_column", "Column", "deferred"})
_INTEGERS = frozenset({"Integer", "BigInteger", "SmallInteger"})
_GENERATED = frozenset({"Identity", "Computed", "FetchedValue", "Sequence"})
_AS_DATACLASS = "sqlalchemy.orm.MappedAsDataclass"


def owned_names(schema: Schema, selection: Selection) -> Iterator[str]:
    """Yield the names of the fields that clients may set through a DTO although the server fills them."""
    known = {item.name: item for item in schema.fields}
    computed = {item.name for item in schema.properties}
    for name in certain_names(schema):
        if name in computed or not (is_identity(schema, name) or _STAMPS.fullmatch(name)):
            continue
        item = known.get(name)
        if selection.accepts(item) if item is not None else selection.names(name):
            yield name


def is_identity(schema: Schema, name: str) -> bool:
    """Whether a field tells which one a thing is."""
    own = re.sub("(?<!^)(?=[A-Z])", "_", schema.name).lower()
    return name in _IDENTITIES or name in (f"{own}_id", f"{own}_uuid")


def is_optional(project: Project, schema: Schema, name: str) -> bool:
    """Whether a model can be made without a field, and a request leave it out of it."""
    item = next((item for item in schema.fields if item.name == name), None)
    if item is None:
        return True  # of a base class of Advanced Alchemy: it has a default
    if schema.kind is Kind.SQLALCHEMY:
        return _is_filled(project, item, is_dataclass=_AS_DATACLASS in schema.ancestry.externals)
    return not _is_declared(project, item) or _has_default(project, schema, item)


def _is_declared(project: Project, item: Field) -> bool:
    """Whether it stands in the body of the class; methods that are fields are computed."""
    owner = project.class_(item.owner)
    return owner is not None and owner.attribute(item.name) is not None


def _has_default(project: Project, schema: Schema, item: Field) -> bool:
    value = item.value
    calls = [place for place in metadata(project, item.annotation) if schema.kind is Kind.PYDANTIC]
    if value is not None:
        if not _describes(project, value):
            return True
        calls.append(value)
    if any(_gives_default(place.expr) for place in calls if _describes(project, place)):
        return True
    return schema.kind is Kind.ATTRS and _has_default_method(project, item)


def _describes(project: Project, place: Located) -> bool:
    return isinstance(place.expr, Call) and project.external(place.path, place.expr, place.scope) in _DESCRIPTIONS


def _gives_default(expr: Expr) -> bool:
    if not isinstance(expr, Call):
        return False
    first = next(iter(expr.args), None)
    is_left_out = _is_const(expr.keyword("init"), value=False)
    return is_left_out or _is_given(first) or any(_is_given(expr.keyword(name)) for name in _DEFAULTS)


def _has_default_method(project: Project, item: Field) -> bool:
    """Whether a method gives the default: ``@name.default`` of attrs."""
    owner = project.class_(item.owner)
    methods = [project.function(Local(item.owner.path, name)) for name in owner.methods] if owner is not None else []
    decorators = [decorator for function in methods if function is not None for decorator in function.decorators]
    return any(isinstance(decorator, Ref) and decorator.name == f"{item.name}.default" for decorator in decorators)


def _is_given(expr: object) -> bool:
    return expr is not None and not (isinstance(expr, Other) and expr.text in ("...", "Ellipsis"))


def _is_const(expr: object, *, value: bool) -> bool:
    return isinstance(expr, Const) and expr.value is value


# ------------------------------------------------------------------------------------------------------ mapped classes
def _is_filled(project: Project, item: Field, *, is_dataclass: bool) -> bool:
    """Whether a mapped class needs no value: it has a default, may be NULL, is a key, or is no column at all."""
    value = item.value
    call = value.expr if value is not None and isinstance(value.expr, Call) else None
    if value is None or call is None:
        return not _is_declared(project, item) or (not is_dataclass and _may_be_null(project, item))
    if project.external(value.path, call, value.scope).rpartition(".")[2] not in _COLUMNS:
        return True
    if is_dataclass:
        given = [call.keyword(name) for name in ("default", "default_factory")]
        return any(map(_is_given, given)) or _is_const(call.keyword("init"), value=False)
    if _may_be_null(project, item) or _is_const(call.keyword("nullable"), value=True):
        return True
    names = [_last(project, value, argument) for argument in call.args]
    is_number = any(place.name == "builtins.int" for place in held(project, item.annotation)) or _has(names, _INTEGERS)
    is_key = is_number and _is_const(call.keyword("primary_key"), value=True) and "ForeignKey" not in names
    return is_key or _has(names, _GENERATED) or any(_is_given(call.keyword(name)) for name in _DEFAULTS)


def _may_be_null(project: Project, item: Field) -> bool:
    return any(Step.OPTIONAL in place.steps for place in held(project, item.annotation))


def _last(project: Project, where: Located, argument: Expr) -> str:
    return project.external(where.path, argument, where.scope).rpartition(".")[2]


def _has(names: Iterable[str], wanted: frozenset[str]) -> bool:
    return not wanted.isdisjoint(names)
