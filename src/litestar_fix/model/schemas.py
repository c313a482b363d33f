"""Models: the classes of a project that carry data, and their fields, inherited ones included.

Dataclasses, msgspec Structs, pydantic models (both versions), attrs classes and SQLAlchemy's declarative models.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from weakref import WeakKeyDictionary

import msgspec

from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Attribute, Call, Class, Function, Raise, Ref, Span, Sub
from litestar_fix.model.linking import Ancestry
from litestar_fix.model.marks import Mark, is_excluded, mark_of
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local, Located


class Kind(StrEnum):
    """What a model is made with."""

    DATACLASS = "dataclass"
    MSGSPEC = "msgspec Struct"
    PYDANTIC = "pydantic model"
    ATTRS = "attrs class"
    SQLALCHEMY = "SQLAlchemy model"


class Field(msgspec.Struct, frozen=True):
    """A field of a model.

    Args:
        name: its name in Python.
        owner: the class that declares it.
        span: its declaration.
        annotation: its type, None where it has none.
        value: its default, or the call that describes it.
        mark: for DTOs.
        is_excluded: whether the model itself leaves it out of what is sent (pydantic's ``Field(exclude=True)``).
    """

    name: str
    owner: Local
    span: Span
    annotation: Located | None
    value: Located | None
    mark: Mark
    is_excluded: bool


class Schema(msgspec.Struct, frozen=True):
    """A model and its fields, those of base classes first.

    ``properties`` are public properties, which DTOs send as well: those of the class itself, of a mapped class the
    inherited ones, too.
    """

    symbol: Local
    kind: Kind
    ancestry: Ancestry
    fields: tuple[Field, ...]
    properties: tuple[Field, ...]

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.symbol.qualname.rpartition(".")[2]


PYDANTIC_MODELS = frozenset(
    [
        *["pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel", "pydantic.v1.main.BaseModel"],
        *["pydantic.generics.GenericModel", "pydantic.BaseSettings", "pydantic_settings.BaseSettings"],
    ]
)
_DATACLASS = frozenset({"dataclasses.dataclass", "pydantic.dataclasses.dataclass"})
_ATTRS = frozenset(
    [
        *[f"attrs.{name}" for name in ("define", "frozen", "mutable")],
        *[f"attr.{name}" for name in ("s", "attrs", "attributes", "dataclass", "define", "frozen", "mutable")],
    ]
)
_ATTRS_FIELDS = frozenset({"attrs.field", "attr.ib", "attr.attrib", "attr.field"})
_MAPPED = frozenset(
    [
        *[f"sqlalchemy.orm.{name}" for name in ("Mapped", "WriteOnlyMapped", "DynamicMapped", "Relationship")],
        "sqlalchemy.ext.associationproxy.AssociationProxy",
    ]
)
_COLUMNS = frozenset(
    [
        *["sqlalchemy.Column", "sqlalchemy.schema.Column", "sqlalchemy.orm.mapped_column", "sqlalchemy.orm.deferred"],
        *["sqlalchemy.orm.relationship", "sqlalchemy.orm.column_property", "sqlalchemy.orm.synonym"],
    ]
)
_DECLARED = ("sqlalchemy.orm.declared_attr", "sqlalchemy.ext.declarative.declared_attr")
_COMPUTED = frozenset(
    {
        "pydantic.computed_field",
        "sqlalchemy.ext.hybrid.hybrid_property",
    }
)
_MARK_OPTION = {
    Kind.DATACLASS: "metadata",
    Kind.MSGSPEC: "extra",
    Kind.PYDANTIC: "",
    Kind.ATTRS: "",
    Kind.SQLALCHEMY: "info",
}
_NO_FIELDS = frozenset({"ClassVar", "InitVar", "KW_ONLY"})

_schemas: WeakKeyDictionary[Project, dict[Local, Schema | None]] = WeakKeyDictionary()


def schema_of(project: Project, symbol: Local) -> Schema | None:
    """Return the fields of a class, None where it is no model or of no known kind."""
    known = _schemas.setdefault(project, {})
    if symbol not in known:
        known[symbol] = _read(project, symbol)
    return known[symbol]


def _read(project: Project, symbol: Local) -> Schema | None:
    class_ = project.class_(symbol)
    if class_ is None:
        return None
    ancestry = project.ancestry(symbol)
    kind = _kind(project, ancestry)
    if kind is None:
        return None
    fields: dict[str, Field] = {}
    for path, owner in reversed(ancestry.classes):
        if kind not in (Kind.DATACLASS, Kind.ATTRS) or _decorated(project, path, owner) is kind:
            fields |= {field.name: field for field in _fields(project, path, owner, kind)}
            fields = {name: field for name, field in fields.items() if not _is_unset(owner, name)}
    owners = ancestry.classes if kind is Kind.SQLALCHEMY else ancestry.classes[:1]
    properties = {field.name: field for path, owner in owners for field in _properties(project, path, owner)}
    return Schema(symbol, kind, ancestry, tuple(fields.values()), tuple(properties.values()))


def _kind(project: Project, ancestry: Ancestry) -> Kind | None:
    externals = set(ancestry.externals)
    if "msgspec.Struct" in externals:
        return Kind.MSGSPEC
    if not externals.isdisjoint(PYDANTIC_MODELS):
        return Kind.PYDANTIC
    if any(_is_mapped(project, path, owner) for path, owner in ancestry.classes):
        return Kind.SQLALCHEMY
    return next((kind for path, owner in ancestry.classes if (kind := _decorated(project, path, owner))), None)


def _decorated(project: Project, path: str, class_: Class) -> Kind | None:
    scope = class_.parent
    names = {project.external(path, decorator, scope) for decorator in class_.decorators}
    if not names.isdisjoint(_DATACLASS):
        return Kind.DATACLASS
    return Kind.ATTRS if not names.isdisjoint(_ATTRS) else None


def _is_mapped(project: Project, path: str, class_: Class) -> bool:
    return any(_is_column(project, path, class_.qualname, item) for item in class_.attributes)


def _is_column(project: Project, path: str, scope: str, item: Attribute) -> bool:
    if isinstance(item.annotation, Sub) and project.external(path, item.annotation, scope) in _MAPPED:
        return True
    return isinstance(item.value, Call) and project.external(path, item.value, scope) in _COLUMNS


# ------------------------------------------------------------------------------------------------------------- fields
def _fields(project: Project, path: str, class_: Class, kind: Kind) -> Iterator[Field]:
    owner = Local(path, class_.qualname)
    for item in class_.attributes:
        if not item.conditional and item.op == "=" and _is_field(project, path, class_.qualname, item, kind):
            yield _field(project, owner, item, kind)
    for qualname in class_.methods:
        function = project.function(Local(path, qualname))
        if function is not None and not function.name.startswith("__"):
            yield from _computed(project, owner, function)


def _is_field(project: Project, path: str, scope: str, item: Attribute, kind: Kind) -> bool:
    if kind is Kind.SQLALCHEMY:
        return not item.name.startswith("__") and _is_column(project, path, scope, item)
    if item.annotation is None:
        return kind is Kind.ATTRS and project.external(path, item.value, scope) in _ATTRS_FIELDS
    if _is_no_field(item):
        return False
    return kind is not Kind.PYDANTIC or not (item.name.startswith("_") or item.name == "model_config")


def _is_no_field(item: Attribute) -> bool:
    outer = item.annotation.value if isinstance(item.annotation, Sub) else item.annotation
    return isinstance(outer, Ref) and outer.name.rpartition(".")[2] in _NO_FIELDS


def _is_unset(class_: Class, name: str) -> bool:
    """Whether a class turns an inherited field into a class variable."""
    item = class_.attribute(name)
    return item is not None and _is_no_field(item)


def _field(project: Project, owner: Local, item: Attribute, kind: Kind) -> Field:
    annotation = Located(owner.path, owner.qualname, item.annotation) if item.annotation is not None else None
    value = Located(owner.path, owner.qualname, item.value) if item.value is not None else None
    excluded = kind is Kind.PYDANTIC and is_excluded(project, annotation, value)
    mark = mark_of(project, annotation, value, _MARK_OPTION[kind])
    return Field(item.name, owner, item.span, annotation, value, mark, is_excluded=excluded)


def _computed(project: Project, owner: Local, function: Function) -> Iterator[Field]:
    """Yield the field that a method stands for: ``declared_attr``, ``hybrid_property``, ``computed_field``."""
    names = {project.external(owner.path, decorator, owner.qualname) for decorator in function.decorators}
    is_declared = any(name.startswith(_DECLARED) for name in names)
    if not is_declared and names.isdisjoint(_COMPUTED):
        return
    if _is_write_only(function):
        return
    annotation = Located(owner.path, owner.qualname, function.returns) if function.returns is not None else None
    call = Call(Ref(function.name, function.span), (), (), function.span)
    value = value_of(project, Located(owner.path, owner.qualname, call))
    mark = mark_of(project, annotation, value, _MARK_OPTION[Kind.SQLALCHEMY]) if is_declared else Mark.NONE
    yield Field(function.name, owner, function.span, annotation, value, mark, is_excluded=False)


def _properties(project: Project, path: str, class_: Class) -> Iterator[Field]:
    owner = Local(path, class_.qualname)
    for qualname in class_.methods:
        function = project.function(Local(path, qualname))
        if function is None or function.name.startswith("_") or _is_write_only(function):
            continue
        if any(isinstance(item, Ref) and item.name == "property" for item in function.decorators):
            annotation = Located(path, class_.qualname, function.returns) if function.returns is not None else None
            yield Field(function.name, owner, function.span, annotation, None, Mark.READ_ONLY, is_excluded=False)


def _is_write_only(function: Function) -> bool:
    """Whether reading raises, as in ``raise AttributeError("the password cannot be read")``."""
    return bool(function.body) and isinstance(function.body[0], Raise)
