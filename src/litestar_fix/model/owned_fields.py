"""Fields that the server fills, told by their names, and whether a model can be made without a field.

Source: ``advanced_alchemy/base.py`` and ``advanced_alchemy/mixins``, 1.12.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from litestar_fix.model.annotations import Step, held
from litestar_fix.model.facts import Call, Const, Other
from litestar_fix.model.member_names import certain_names
from litestar_fix.model.project import Located, Project
from litestar_fix.model.schemas import Field, Kind, Schema
from litestar_fix.model.transfers import Selection

_IDENTITIES = frozenset({"id", "uuid", "guid", "pk"})
_STAMPS = re.compile(
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
    """Whether a model can be made without a field."""
    item = next((item for item in schema.fields if item.name == name), None)
    if item is None:
        return True  # of a base class of Advanced Alchemy: it has a default
    if schema.kind is not Kind.SQLALCHEMY or _AS_DATACLASS in schema.ancestry.externals:
        return _has_default(project, item)
    return _is_filled(project, item)


def _has_default(project: Project, item: Field) -> bool:
    value = item.value
    if value is None:
        return False
    if not isinstance(value.expr, Call) or project.external(value.path, value.expr, value.scope) not in _DESCRIPTIONS:
        return True
    first = next(iter(value.expr.args), None)
    is_left_out = _is_const(value.expr.keyword("init"), value=False)
    return is_left_out or _is_given(first) or any(_is_given(value.expr.keyword(name)) for name in _DEFAULTS)


def _is_given(expr: object) -> bool:
    return expr is not None and not (isinstance(expr, Other) and expr.text in ("...", "Ellipsis"))


def _is_const(expr: object, *, value: bool) -> bool:
    return isinstance(expr, Const) and expr.value is value


def _is_filled(project: Project, item: Field) -> bool:
    """Whether the database or SQLAlchemy fills a column: by a default, NULL, or as the key of a table."""
    places = list(held(project, item.annotation))
    if any(Step.OPTIONAL in place.steps for place in places):
        return True
    call = item.value.expr if item.value is not None else None
    if not isinstance(call, Call):
        return False
    if any(_is_given(call.keyword(name)) for name in _DEFAULTS) or _is_const(call.keyword("nullable"), value=True):
        return True
    is_number = any(place.name == "builtins.int" for place in places) or _is_of_integers(project, item.value, call)
    return is_number and _is_const(call.keyword("primary_key"), value=True) and not _is_foreign(call)


def _is_of_integers(project: Project, where: Located | None, call: Call) -> bool:
    names = [project.external(where.path, argument, where.scope) for argument in call.args] if where else []
    return any(name.rpartition(".")[2] in ("Integer", "BigInteger", "SmallInteger") for name in names)


def _is_foreign(call: Call) -> bool:
    return any(isinstance(item, Call) and item.callee.endswith("ForeignKey") for item in call.args)
