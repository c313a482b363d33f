"""The names by which configurations of DTOs call fields, and what they lead to.

A path such as ``owner.name`` or ``items.0.name`` has the index of every container that it goes through, that of
``X | None`` included; a name that leads nowhere is silently ignored. Source: ``litestar/dto/_backend.py``
(``parse_model``, ``_filter_nested_field`` and the ``_create_*_type`` methods), tried on Litestar 2.0, 2.12 and 2.25.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.annotations import Held, Step, held
from litestar_fix.model.dtos import CONFIGS, Dto, dto_of
from litestar_fix.model.evaluate import items, string, value_of
from litestar_fix.model.facts import Dict, Ref, Sub
from litestar_fix.model.member_names import has_known_names, may_have
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Field, Kind, Schema, schema_of
from litestar_fix.model.symbols import Located

OPTIONS = ("exclude", "include", "rename_fields")
_CONTAINERS = frozenset({Step.OPTIONAL, Step.COLLECTION, Step.MAPPING})
_SINCE = (2, 25)
_DEPTH = 6


class Naming(msgspec.Struct, frozen=True):
    """A field as one option of a DTO's configuration calls it; ``literal`` is where that is written."""

    dto: Dto
    option: str
    text: str
    literal: Located


class Miss(msgspec.Struct, frozen=True):
    """Where a path ends in nothing.

    Args:
        schema: the model that has no such field.
        name: the part of the path that is none of its fields; '' where an index is wrong.
        before, after: the parts around it. Where an index is wrong, ``before`` is how the path has to begin.
    """

    schema: Schema
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def namings(project: Project) -> Iterator[Naming]:
    """Yield every name in the configuration of every DTO; one that several DTOs share is yielded for each."""
    if not any(project.words.readers(name) for name in CONFIGS):
        return
    for dto in _dtos(project):
        if dto.argument is None:
            continue  # it has no model yet: those that inherit from it do
        for option in OPTIONS:
            given = dto.config.keyword(option)
            for literal in _literals(project, given, option) if given is not None else ():
                text = string(project, literal)
                if text:
                    yield Naming(dto, option, text, literal)


def _dtos(project: Project) -> Iterator[Dto]:
    """Every DTO that has a class or a name, and those that handlers and layers write out."""
    for module in project.modules.values():
        for class_ in module.classes:
            if class_.bases:
                outer = class_.parent
                yield from _dto(project, Located(module.path, outer, Ref(class_.name, class_.span)))
        for item in module.assignments:
            if isinstance(item.value, Sub):
                yield from _dto(project, Located(module.path, "", Ref(item.name, item.span)))
    for layer in project.layers.declared():
        for option in ("dto", "return_dto"):
            value = layer.options.get(option)
            if value is not None and isinstance(value.expr, Sub):
                yield from _dto(project, value)


def _dto(project: Project, located: Located) -> Iterator[Dto]:
    found = dto_of(project, located)
    if found is not None and (found.symbol is None or found.symbol.path == located.path):
        yield found


def _literals(project: Project, given: Located, option: str) -> Iterator[Located]:
    if option != "rename_fields":
        yield from items(project, given).items
        return
    for _ in range(_DEPTH):
        if isinstance(given.expr, Dict):
            yield from (Located(given.path, given.scope, key) for key in given.expr.keys if key is not None)
            return
        followed = value_of(project, given)
        if followed is None:
            return
        given = followed


# --------------------------------------------------------------------------------------------------------------- paths
def miss(project: Project, dto: Dto, text: str) -> Miss | None:
    """Return where a path leads nowhere, None where it leads to a field or that is not known."""
    schema = model_of(project, dto)
    return _walk(project, schema, (), tuple(text.split("."))) if schema is not None else None


def model_of(project: Project, dto: Dto) -> Schema | None:
    """Return the model of a DTO that does with it what its library says; None where it is not known."""
    schema = schema_of(project, dto.model) if dto.model is not None and dto.known else None
    return schema if schema is not None and schema.kind is dto.kind else None


def _walk(project: Project, schema: Schema, before: tuple[str, ...], parts: tuple[str, ...]) -> Miss | None:
    if not has_known_names(project, schema):
        return None
    name, rest = parts[0], parts[1:]
    if not may_have(project, schema, name):
        return Miss(schema, name, before, rest)
    item = next((item for item in schema.fields if item.name == name), None)
    inner = _inner(project, schema, item) if rest and item is not None else None
    if inner is None:
        return None
    place, model = inner
    indexes = tuple(index for index in place.indexes if index is not None)
    given = rest[: _leading(rest)]
    names = rest[len(given) :]
    if not names:
        return None
    found = _walk(project, model, (*before, name, *indexes), names)
    if given == indexes:
        return found
    if found is None:
        return Miss(model, "", (*before, name, *indexes), names)
    return found


def _leading(parts: tuple[str, ...]) -> int:
    """How many indexes a path begins with."""
    return next((index for index, part in enumerate(parts) if not part.isdigit()), len(parts))


def _inner(project: Project, schema: Schema, item: Field) -> tuple[Held, Schema] | None:
    """The one model that a field holds, which the DTO reaches into; None where it is another, or not known."""
    if schema.kind is Kind.SQLALCHEMY and not _is_mapped(project, item):
        return None
    places = [place for place in held(project, item.annotation) if place.name != "None"]
    models = [(place, schema_of(project, place.symbol)) for place in places if place.symbol is not None]
    if len(places) != 1 or not models:
        return None
    place, model = models[0]
    if model is None or model.kind is not schema.kind or None in place.indexes or not set(place.steps) <= _CONTAINERS:
        return None
    return (place, model) if _is_reached(project, place) else None


def _is_reached(project: Project, place: Held) -> bool:
    """Whether a path into containers works: in Litestar 2.0 not into mappings, in 2.12 not into nested ones."""
    version = project.litestar_version
    is_plain = len(place.steps) <= 1 and Step.MAPPING not in place.steps
    return is_plain or version is None or version >= _SINCE


def _is_mapped(project: Project, item: Field) -> bool:
    annotation = item.annotation
    return annotation is not None and project.external(annotation.path, annotation.expr, annotation.scope).endswith(
        ".Mapped"
    )
