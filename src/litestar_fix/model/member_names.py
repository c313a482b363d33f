"""Which names the fields of a model may have, as far as the project tells.

A name is known to be no field only where every base class is known: mapped classes get attributes from the bases of
libraries, from ``backref`` of other models, and by assignment.

Source: ``advanced_alchemy/base.py`` and ``advanced_alchemy/mixins``, 1.12.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from litestar_fix.model.facts import Assign, Call, Class, Const, Expr, Ref
from litestar_fix.model.marks import metadata
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Field, Kind, Schema
from litestar_fix.model.symbols import Located
from litestar_fix.model.walk import statements

_WITHOUT_FIELDS = frozenset(
    [
        *["msgspec.Struct", "pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel", "abc.ABC"],
        *["typing.Generic", "typing.Protocol", "typing_extensions.Generic", "typing_extensions.Protocol"],
        *["sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta", "sqlalchemy.orm.MappedAsDataclass"],
        "sqlalchemy.ext.asyncio.AsyncAttrs",
    ]
)
_ADVANCED = regex(r"(?:advanced_alchemy|litestar\.(?:contrib|plugins)\.sqlalchemy)\.(?:base|mixins|mixins\.\w+)\.\w+")
_ADVANCED_FIELDS = frozenset({"id", "created_at", "updated_at", "sa_orm_sentinel", "slug"})
_PLAIN_DECORATORS = regex(
    r"dataclasses\.dataclass|pydantic\.dataclasses\.dataclass|attrs?\.\w+|typing\.(?:final|runtime_checkable)"
    r"|functools\.total_ordering|sqlalchemy\.orm\.declarative_mixin"
)
_WIRE_OPTIONS = ("alias", "serialization_alias", "name")


def has_known_names(project: Project, schema: Schema) -> bool:
    """Whether all fields of a model are known, by their names at least."""
    if not schema.ancestry.known or not all(map(_is_known, schema.ancestry.externals)):
        return False
    return not any(_is_changed(project, path, class_) for path, class_ in schema.ancestry.classes)


def _is_known(base: str) -> bool:
    return base in _WITHOUT_FIELDS or _ADVANCED.fullmatch(base) is not None


def _is_changed(project: Project, path: str, class_: Class) -> bool:
    """Whether a decorator, a metaclass or a table of its own may give a class other fields."""
    scope = class_.parent
    if any(not _PLAIN_DECORATORS.fullmatch(project.external(path, item, scope)) for item in class_.decorators):
        return True
    return (
        any(item.name in (None, "metaclass") for item in class_.keywords) or class_.attribute("__table__") is not None
    )


def may_have(project: Project, schema: Schema, name: str) -> bool:
    """Whether a model of known names may have a field of this one: any attribute or method counts."""
    if any(name == item.name for item in (*schema.fields, *schema.properties)):
        return True
    for _, class_ in schema.ancestry.classes:
        inner = {qualname.rpartition(".")[2] for qualname in class_.methods}
        if name in inner or class_.attribute(name) is not None:
            return True
    if schema.kind is not Kind.SQLALCHEMY:
        return False
    has_library_base = any(_ADVANCED.fullmatch(base) for base in schema.ancestry.externals)
    return (has_library_base and name in _ADVANCED_FIELDS) or _is_given(project, schema, name)


def _is_given(project: Project, schema: Schema, name: str) -> bool:
    """Whether a mapped class gets an attribute from elsewhere: by ``backref``, or by assignment."""
    for _, class_ in project.classes():
        if any(isinstance(item.value, Call) and _backref(item.value) == name for item in class_.attributes):
            return True
    for _, class_ in schema.ancestry.classes:
        for path in project.words.readers(class_.name):
            for stmt in statements(project.modules[path].body):
                if isinstance(stmt, Assign) and any(_ends(target, f".{name}") for target in stmt.targets):
                    return True
    return False


def _ends(target: Expr, tail: str) -> bool:
    return isinstance(target, Ref) and target.name.endswith(tail)


def _backref(call: Call) -> object:
    given = call.keyword("backref")
    if isinstance(given, Call) and given.args:
        given = given.args[0]
    return given.value if isinstance(given, Const) else None


def certain_names(schema: Schema) -> list[str]:
    """Return the names of fields that a model has, in the order of their declaration."""
    names = [item.name for item in (*schema.fields, *schema.properties)]
    for base in schema.ancestry.externals:
        if _ADVANCED.fullmatch(base):
            last = base.rpartition(".")[2]
            names += ["created_at", "updated_at"] if "Audit" in last else []
            names += ["id"] if re.match("UUID|BigInt|NanoID|Identity", last) else []
            names += ["slug"] if last == "SlugKey" else []
    return list(dict.fromkeys(names))


def wire_names(project: Project, schema: Schema) -> Iterator[tuple[str, str]]:
    """Yield (name on the wire, field) for pydantic's aliases and the names that Structs give to their fields."""
    if schema.kind in (Kind.PYDANTIC, Kind.MSGSPEC):
        for item in schema.fields:
            for call in _descriptions(project, item):
                for option in _WIRE_OPTIONS:
                    given = call.keyword(option)
                    if isinstance(given, Const) and isinstance(given.value, str):
                        yield given.value, item.name


def _descriptions(project: Project, item: Field) -> Iterator[Call]:
    places: list[Located] = [*metadata(project, item.annotation), *([item.value] if item.value is not None else [])]
    for place in places:
        if isinstance(place.expr, Call):
            name = project.external(place.path, place.expr, place.scope)
            if name in ("pydantic.Field", "pydantic.fields.Field", "msgspec.field"):
                yield place.expr
