"""The relationships of SQLAlchemy models, inherited ones included, and when each is loaded.

Source: ``sqlalchemy.orm.relationship``, its parameter ``lazy``, SQLAlchemy 2.0.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from weakref import WeakKeyDictionary

import msgspec

from litestar_fix.model.facts import Call, Const, Expr, Lambda, Ref, Seq, Span, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Field, Kind, schema_of
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import subexpressions

RELATIONSHIP = "sqlalchemy.orm.relationship"
_OTHERWISE_LOADED = frozenset({"sqlalchemy.orm.WriteOnlyMapped", "sqlalchemy.orm.DynamicMapped"})


class Loading(StrEnum):
    """When a relationship is loaded: when it is read, with its row, or not by reading it at all."""

    LAZY = "lazy"
    EAGER = "eager"
    OTHER = "other"


# `True`, `False` and None are documented spellings of "select", "joined" and "noload"
_STRATEGIES = MappingProxyType(
    {
        **dict.fromkeys(("select", True), Loading.LAZY),
        **dict.fromkeys(("selectin", "joined", "subquery", "immediate", False), Loading.EAGER),
    }
)


class Relationship(msgspec.Struct, frozen=True):
    """A relationship of a model.

    Args:
        name: the attribute.
        owner: the class that declares it.
        span: its declaration.
        target: the plain name of the model that it leads to, '' where that is not written.
        loading: when it is loaded.
        lazy: the strategy, as written.
    """

    name: str
    owner: Local
    span: Span
    target: str
    loading: Loading
    lazy: str


_known: WeakKeyDictionary[Project, dict[Local, MappingProxyType[str, Relationship]]] = WeakKeyDictionary()
_NONE: MappingProxyType[str, Relationship] = MappingProxyType({})


def is_model(project: Project, symbol: object) -> bool:
    """Whether something is a SQLAlchemy model of the project."""
    schema = schema_of(project, symbol) if isinstance(symbol, Local) else None
    return schema is not None and schema.kind is Kind.SQLALCHEMY


def relationships_of(project: Project, model: Local) -> MappingProxyType[str, Relationship]:
    """Return the relationships of a SQLAlchemy model by name; none of those that a ``backref`` of another one makes."""
    known = _known.setdefault(project, {})
    if model not in known:
        schema = schema_of(project, model)
        if schema is None or schema.kind is not Kind.SQLALCHEMY:
            known[model] = _NONE
        else:
            found = (_relationship(project, field) for field in schema.fields)
            known[model] = MappingProxyType({item.name: item for item in found if item is not None})
    return known[model]


def _relationship(project: Project, field: Field) -> Relationship | None:
    value = field.value
    if value is None or not isinstance(value.expr, Call):
        return None
    if project.external(value.path, value.expr, value.scope) != RELATIONSHIP:
        return None
    loading, lazy = _loading(project, field, value.expr)
    return Relationship(field.name, field.owner, field.span, _target(field, value.expr), loading, lazy)


def _loading(project: Project, field: Field, call: Call) -> tuple[Loading, str]:
    annotation = field.annotation
    if annotation is not None and _outer(project, annotation) in _OTHERWISE_LOADED:
        return Loading.OTHER, ""
    match call.keyword("lazy"):
        case None:
            return (Loading.OTHER if call.has_unpacking else Loading.LAZY), ""
        case Const(value=value) if value is None or isinstance(value, str | bool):
            return _STRATEGIES.get(value, Loading.OTHER), str(value)
    return Loading.OTHER, ""


def _outer(project: Project, annotation: Located) -> str:
    match project.resolve_expr(annotation):
        case External(name=name):
            return name
    return ""


def _target(field: Field, call: Call) -> str:
    """The last name in ``Mapped[list["Line"]]``, or in the first argument of the call."""
    argument = call.args[0] if call.args else call.keyword("argument")
    if isinstance(argument, Lambda):
        argument = argument.body
    if argument is not None:
        return _last(argument)
    match field.annotation:
        case Located(expr=Sub(index=index)):
            return _last(index)
    return ""


def _last(expr: Expr) -> str:
    """The last name of an expression: ``Line`` in ``list[Line]`` and in ``models.Line | None``."""
    found = ""
    for item in subexpressions(expr):
        match item:
            case Ref(name=name) | Const(value=str(name)):
                found = name.rpartition(".")[2]
            case Seq():
                return ""
    return found
