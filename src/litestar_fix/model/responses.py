"""What a handler answers with: the models of its return annotation, and the DTO that is in effect for them.

Source: ``litestar/handlers/base.py`` (``resolve_return_dto``) and ``litestar/dto/base_dto.py``
(``is_supported_model_type_field``, ``resolve_generic_wrapper_type``), Litestar 2.25. A DTO whose model does not match
the annotation is silently not applied; which containers it reaches into was tried on 2.25.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from litestar_fix.model.annotations import Held, Step, held
from litestar_fix.model.dtos import Dto, dto_of
from litestar_fix.model.layers import Handler, Layer
from litestar_fix.model.project import Project
from litestar_fix.model.routes import Effective, Route
from litestar_fix.model.schemas import Kind, Schema, schema_of
from litestar_fix.model.sites import calls_of
from litestar_fix.model.symbols import Located
from litestar_fix.model.transfers import Selection, Transfer, filtered, unfiltered

_PLUGIN_HOMES = (
    "advanced_alchemy.extensions.litestar",
    "advanced_alchemy.extensions.litestar.plugins",
    "litestar.plugins.sqlalchemy",
    "litestar.contrib.sqlalchemy.plugins",
)
SERIALIZATION_PLUGINS = tuple(
    f"{home}.{name}" for home in _PLUGIN_HOMES for name in ("SQLAlchemyPlugin", "SQLAlchemySerializationPlugin")
)


class Reach(StrEnum):
    """What a DTO does for a model within containers."""

    APPLIES = "applies"
    IGNORED = "ignored"  #: the model is sent as it is
    FAILS = "fails"  #: the application does not start, or answers 500


def reach(steps: tuple[Step, ...]) -> Reach:
    """Return what a DTO does for a model within these containers, outermost first."""
    is_response = steps[:1] == (Step.RESPONSE,)
    inner = steps[1:] if is_response else steps
    if inner in ((), (Step.OPTIONAL,), (Step.MAPPING,)) or set(inner) == {Step.COLLECTION}:
        return Reach.APPLIES
    generic = inner[1:] if inner[:1] == (Step.FROZEN,) else inner
    if generic[:1] in ((Step.WRAPPER,), (Step.ENVELOPE,)) and generic[1:] in ((), (Step.COLLECTION,), (Step.OPTIONAL,)):
        if is_response:
            return Reach.IGNORED
        return Reach.APPLIES if generic is inner else Reach.FAILS
    is_beyond = {Step.WRAPPER, Step.ENVELOPE, Step.RESPONSE} & set(inner)
    return Reach.IGNORED if is_beyond else Reach.FAILS


class Cause(StrEnum):
    """Why a model is sent as it is."""

    NO_DTO = "no DTO"  #: no layer sets one
    DTO = "DTO"  #: it goes through ``return_dto``
    FALLBACK = "fallback"  #: it goes through ``dto``, there is no ``return_dto``
    OTHER_MODEL = "other model"  #: the DTO is for another model
    SHAPE = "shape"  #: the DTO does not reach into the containers around it
    PLUGIN = "plugin"  #: the serialization plugin answers before ``dto`` does


class Payload(msgspec.Struct, frozen=True):
    """A model that a response carries, and what is sent of it."""

    held: Held
    schema: Schema
    transfer: Transfer


class Answer(msgspec.Struct, frozen=True):
    """What one route answers with.

    Args:
        payloads: the models that it sends.
        cause: how they come to be sent.
        layer: the layer that sets the DTO, None where none does.
        dto: that DTO, whether it applies or not.
    """

    payloads: tuple[Payload, ...]
    cause: Cause
    layer: Layer | None = None
    dto: Dto | None = None

    @property
    def applied(self) -> Dto | None:
        """The DTO that the models go through."""
        return self.dto if self.cause in (Cause.DTO, Cause.FALLBACK) else None


def models_of(project: Project, handler: Handler) -> list[tuple[Held, Schema]]:
    """Return the models that the return annotation of a handler holds, and where in it."""
    returns = handler.function.returns
    scope = handler.layer.scope
    found = held(project, Located(handler.path, scope, returns)) if returns is not None else ()
    models = [(item, schema_of(project, item.symbol)) for item in found if item.symbol is not None]
    return [(item, schema) for item, schema in models if schema is not None]


def answer(project: Project, route: Route) -> Answer | None:
    """Return what a route answers with; None where that is not known, or no model is sent."""
    models = models_of(project, route.handler)
    explicit = closest(route, "return_dto")
    fallback = closest(route, "dto")
    if not models or explicit is None or fallback is None:
        return None
    if explicit.value is not None:
        return _through(project, models, explicit, Cause.DTO)
    is_mapped = any(schema.kind is Kind.SQLALCHEMY for _, schema in models)
    if is_mapped and _plugin_is_first(project):
        is_beaten = fallback.value is not None and not fallback.is_none
        cause = Cause.PLUGIN if is_beaten else Cause.NO_DTO
        dto = dto_of(project, fallback.value) if is_beaten and fallback.value is not None else None
        return Answer(tuple(_plain(project, models)), cause, fallback.layer, dto)
    if fallback.value is not None and not fallback.is_none:
        return _through(project, models, fallback, Cause.FALLBACK)
    return Answer(tuple(_plain(project, models)), Cause.NO_DTO)


def closest(route: Route, option: str) -> Effective | None:
    """Return the closest layer's value; None where a layer below the application may set it invisibly.

    Plugins can change the application alone, and no known one sets a DTO there.
    """
    for layer in reversed(route.layers):
        if option in layer.unsure and option in layer.changed:
            return None
        for value in layer.values(option)[-1:]:
            return Effective(layer, value, known=True)
        if not layer.complete and layer.kind != "application":
            return None
    return Effective(None, None, known=route.rooted)


def _plugin_is_first(project: Project) -> bool:
    """Whether the serialization plugin answers for mapped models, before the fallback to ``dto`` (until Litestar 3)."""
    version = project.litestar_version
    return (version is None or version < (3,)) and any(calls_of(project, *SERIALIZATION_PLUGINS))


def _through(project: Project, models: list[tuple[Held, Schema]], effective: Effective, cause: Cause) -> Answer | None:
    if effective.value is None or effective.is_none:
        payloads = tuple(_plain(project, [item for item in models if item[1].kind is not Kind.SQLALCHEMY]))
        return Answer(payloads, Cause.NO_DTO, effective.layer) if payloads else None
    dto = dto_of(project, effective.value)
    if dto is None or not dto.known or not dto.config.known or dto.model is None:
        return None
    fitting = [item for item in models if dto.is_for(project, item[1].symbol)]
    reached = {reach(item[0].steps) for item in fitting}
    if not fitting or reached == {Reach.IGNORED}:
        # a mapped model without a DTO cannot be encoded at all
        bare = [item for item in models if item[1].kind is not Kind.SQLALCHEMY]
        why = Cause.SHAPE if fitting else Cause.OTHER_MODEL
        return Answer(tuple(_plain(project, bare)), why, effective.layer, dto) if bare else None
    if reached != {Reach.APPLIES} or len(fitting) > 1 or fitting[0][1].kind is not dto.kind:
        return None
    place, schema = fitting[0]
    payload = Payload(place, schema, filtered(project, schema, dto.config.selection))
    return Answer((payload,), cause, effective.layer, dto)


def _plain(project: Project, models: list[tuple[Held, Schema]]) -> Iterator[Payload]:
    """What is sent without a DTO of the project: mapped models go through the default one of the plugin."""
    for place, schema in models:
        is_mapped = schema.kind is Kind.SQLALCHEMY
        transfer = filtered(project, schema, Selection()) if is_mapped else unfiltered(project, schema)
        yield Payload(place, schema, transfer)
