"""Variants of a DTO: classes like it with another configuration, and the layers that are to have them.

Names are given once for a project, so that several fixes do not ask for the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec

from litestar_fix.model.annotations import held
from litestar_fix.model.dto_places import Named, Names, NewDto, is_usable, names_for, new_dto
from litestar_fix.model.dtos import Dto, dtos
from litestar_fix.model.facts import Const, Sub
from litestar_fix.model.import_names import module_name
from litestar_fix.model.layers import Handler, Layer
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Definition, Refusal
from litestar_fix.model.responses import Payload
from litestar_fix.model.routes import Effective
from litestar_fix.model.schemas import Schema, schema_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.transfers import Transfer


class LayerChange(msgspec.Struct):
    """DTOs that a layer is to have.

    Args:
        layer: the layer; of a controller, one that has the class as its own or as a base.
        handler: the handler whose own layer it is, None for another.
        home: where the layer is written: the value of an option that it has.
        options: the DTOs by option.
    """

    layer: Layer
    handler: Handler | None
    home: Located
    options: dict[str, str | Named] = msgspec.field(default_factory=dict)


class DtoNames:
    """The DTOs of a project, and the names that new ones get."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.names = Names(project)

    @cached_property
    def known(self) -> list[Dto]:
        """The DTOs that there are."""
        return list(dtos(self.project))


class Variants:
    """What one fix writes for one DTO."""

    def __init__(self, names: DtoNames, dto: Dto) -> None:
        self.project = names.project
        self.dto = dto
        self.new: list[NewDto] = []
        self.changes: dict[tuple[str, object], LayerChange] = {}
        self._names = names

    @property
    def name(self) -> str:
        """How the DTO is called in a sentence."""
        return self.dto.name or "the DTO"

    # --------------------------------------------------------------------------------------------------------- classes
    def like(self, handlers: Sequence[Handler], paths: Sequence[str], definition: Definition, purpose: str) -> Local:
        """Return a DTO with another configuration: one that there is, or a new one.

        Args:
            handlers: those that it is for.
            paths: the files that are to name it.
            definition: the configuration.
            purpose: what it is called for: 'Read', 'Create' ...

        Raises:
            Refusal: there can be none.
        """
        dto, handler = self.dto, handlers[0]
        for other in self._names.known:
            is_like = (
                other.model == dto.model and other.kind is dto.kind and other.known and definition.is_that_of(other)
            )
            if is_like and other.symbol and all(is_usable(self.project, item, other) for item in handlers):
                return other.symbol
        schema = schema_of(self.project, dto.model) if dto.model is not None else None
        if schema is None or dto.argument is None:
            raise Refusal(f"the model of {self.name} is not known")
        payload = _payload(self.project, dto.argument, schema)
        wanted, known = names_for(schema, dto, purpose), self._names.known
        made = new_dto(self._names.names, handler, payload, definition, dto, known, wanted=wanted, users=tuple(paths))
        if dto.symbol is not None and made.anchor.path != dto.symbol.path:
            raise Refusal(f"{handler.function.name} cannot import what stands beside {self.name}")
        if dto.symbol is None and set(paths) != {made.anchor.path}:
            raise Refusal("its DTO has no name, and stands in another file")
        self.new.append(made)
        return Local(made.anchor.path, made.name)

    def named(self, path: str, symbol: Local) -> str | Named:
        """Return how a module is to name a class.

        Raises:
            Refusal: it is not known how.
        """
        if symbol.path == path:
            return symbol.qualname
        module = module_name(self.project, path, symbol.path)
        if module is None:
            raise Refusal(f"it is not known how {path} imports {symbol.path}")
        return Named(module, symbol.qualname)

    # ---------------------------------------------------------------------------------------------------------- layers
    def set(self, site: Effective, option: str, dto: Local, handler: Handler | None = None) -> None:
        """Let a layer have a DTO, where it has one already or beside that."""
        change = self.change(site, handler)
        change.options[option] = self.named(change.home.path, dto)

    def own(self, handler: Handler, option: str, dto: Local | str) -> None:
        """Let a handler have a DTO of its own, by its class or as it is written there.

        Raises:
            Refusal: it is served in several places, where different DTOs may be right.
        """
        if len({route.layers[:-1] for route in self.project.layers.routes_of(handler)}) > 1:
            raise Refusal(f"{handler.function.name} is served below different layers")
        where = Located(handler.layer.path, handler.layer.scope, Const(None, handler.function.span))
        change = self.change(Effective(handler.layer, where, known=True), handler)
        change.options[option] = self.named(where.path, dto) if isinstance(dto, Local) else dto

    def change(self, site: Effective, handler: Handler | None = None) -> LayerChange:
        """Return what changes where an option is set.

        Raises:
            Refusal: that cannot be changed.
        """
        layer, value = site.layer, site.value
        if layer is None or value is None:
            raise Refusal(f"it is not known where {self.name} is set")
        if any(option in layer.changed for option in ("dto", "return_dto")):
            raise Refusal(f"a hook of the application sets {self.name}")
        key = (layer.path, layer.span) if layer.kind != "controller" else (value.path, value.scope)
        return self.changes.setdefault(key, LayerChange(layer, handler, value))


def _payload(project: Project, argument: Located, schema: Schema) -> Payload:
    """The model, as the DTO names it."""
    index = argument.expr.index if isinstance(argument.expr, Sub) else argument.expr
    places = held(project, Located(argument.path, argument.scope, index))
    place = next((item for item in places if item.symbol == schema.symbol), None)
    if place is None:
        raise Refusal(f"{schema.name} is not written in its DTO")
    return Payload(place, schema, Transfer())
