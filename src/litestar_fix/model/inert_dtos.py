"""Response DTOs that are not applied, because their model is not what a handler is annotated to return.

Litestar says nothing about it and sends what the handler returns as it is. Source: ``litestar/handlers/base.py``
(``resolve_return_dto``) and ``litestar/dto/base_dto.py`` (``is_supported_model_type_field``), tried on Litestar 2.25.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from litestar_fix.model.annotations import Held, Step, held
from litestar_fix.model.dtos import Dto, dto_of
from litestar_fix.model.layers import Handler, Layer
from litestar_fix.model.project import Project
from litestar_fix.model.responses import closest
from litestar_fix.model.routes import Route
from litestar_fix.model.schemas import Schema, schema_of
from litestar_fix.model.symbols import Local, Located

_UNTYPED = frozenset(
    [
        *["typing.Any", "builtins.object", "builtins.dict", "builtins.list", "builtins.tuple", "builtins.set"],
        *["typing.Dict", "typing.List", "typing.Mapping", "typing.Sequence"],
    ]
)
_SCALARS = frozenset(f"builtins.{name}" for name in ("str", "bytes", "int", "float", "bool"))
_ROLE_WORDS = frozenset(
    [
        *["read", "out", "output", "response", "public", "detail", "schema", "model", "dto", "base", "entity", "orm"],
        *["db", "row", "record", "table", "in", "input", "private", "internal", "full", "view"],
    ]
)


class InertDto(msgspec.Struct, frozen=True):
    """A response DTO that does not apply.

    Args:
        layer: the layer that sets it.
        dto: the DTO.
        model: its model.
        answered: the model that the handler is annotated with, None where that is a dictionary, ``Any`` and the like.
        is_meant: whether it is clear that the DTO is meant for this answer: it is the handler's own, or hides fields
            of a class that stands for the same thing. One that a controller sets is for other handlers, too.
    """

    layer: Layer
    dto: Dto
    model: Local
    answered: Schema | None
    is_meant: bool


def inert_dto(project: Project, route: Route) -> InertDto | None:
    """Return the response DTO of a route that does not apply; None where it does, or that is not known."""
    handler = route.handler
    effective = closest(route, "return_dto")
    if effective is None or effective.value is None or effective.layer is None or effective.is_none:
        return None
    dto = dto_of(project, effective.value)
    if dto is None or not dto.known or dto.model is None or project.class_(dto.model) is None:
        return None
    places = _answered(project, handler)
    if not places or not all(_is_other(project, dto, place) for place in places):
        return None
    schemas = [schema for place in places if (schema := _schema(project, place)) is not None]
    is_own = effective.layer is handler.layer
    if not schemas and is_own and all(_is_scalar(place) for place in places):
        return None
    answered = schemas[-1] if schemas else None
    is_meant = is_own or (answered is not None and _is_hidden(project, dto, dto.model, answered))
    return InertDto(effective.layer, dto, dto.model, answered, is_meant)


def _answered(project: Project, handler: Handler) -> Sequence[Held]:
    returns = handler.function.returns
    if returns is None:
        return ()
    found = list(held(project, Located(handler.path, handler.layer.scope, returns)))
    return [place for place in found if place.name != "None"]


def _schema(project: Project, place: Held) -> Schema | None:
    return schema_of(project, place.symbol) if place.symbol is not None else None


def _is_other(project: Project, dto: Dto, place: Held) -> bool:
    """Whether a type is known to be neither the DTO's model nor a class below it, nor a response of another kind."""
    if Step.UNION in place.steps or Step.OTHER in place.steps:
        return False
    if place.symbol is None:
        return place.name in _UNTYPED or (place.name in _SCALARS and Step.RESPONSE not in place.steps)
    schema = schema_of(project, place.symbol)
    return schema is not None and schema.ancestry.known and not dto.is_for(project, place.symbol)


def _is_scalar(place: Held) -> bool:
    return place.name in _SCALARS and Step.MAPPING not in place.steps


def _is_hidden(project: Project, dto: Dto, model: Local, answered: Schema) -> bool:
    """Whether a class stands for the same thing as the DTO's model, and has fields that the DTO does not send."""
    schema = schema_of(project, model)
    if schema is None or not dto.config.known or _core(schema.name) != _core(answered.name):
        return False
    sent = {item.name for item in schema.fields if dto.config.selection.selects(item)}
    names = {item.name for item in answered.fields}
    return bool(names - sent) and 2 * len(names & sent) >= len(sent)


def _core(name: str) -> frozenset[str]:
    words = frozenset(word.lower() for word in re.findall("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name))
    return words - _ROLE_WORDS or words
