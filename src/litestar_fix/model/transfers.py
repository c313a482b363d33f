"""What a model puts into a response: as it is, or through a DTO.

A model without a DTO is sent with everything it holds, at any depth. A DTO sends what its configuration leaves in, and
models of its own kind to ``max_nested_depth``; a model of another kind is a plain value to it, sent as it is.

Source: ``litestar/dto/_backend.py`` (``parse_model``, ``_create_transfer_type``, ``_should_exclude_field``), 2.25.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.annotations import Held, held
from litestar_fix.model.marks import Mark
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Field, Kind, Schema, schema_of
from litestar_fix.model.symbols import Local

_DEPTH = 4  # models that refer to one another multiply with every level


class Selection(msgspec.Struct, frozen=True):
    """What a ``DTOConfig`` selects; paths as it has them: ``owner.name``, ``items.0.name``."""

    exclude: frozenset[str] = frozenset()
    include: frozenset[str] = frozenset()
    max_nested_depth: int = 1
    underscore_fields_private: bool = True

    def selects(self, item: Field) -> bool:
        """Whether a field is sent, which is a field of the outermost model."""
        is_private = self.underscore_fields_private and item.mark is Mark.NONE and item.name.startswith("_")
        return self.names(item.name) and item.mark.is_sent and not is_private

    def accepts(self, item: Field) -> bool:
        """Whether a field of the outermost model is taken from a request."""
        is_private = self.underscore_fields_private and item.mark is Mark.NONE and item.name.startswith("_")
        return self.names(item.name) and item.mark.is_accepted and not is_private

    def names(self, field: str) -> bool:
        """Whether ``exclude`` and ``include`` leave a field of the outermost model in."""
        if field in self.exclude:
            return False
        return not self.include or any(name == field or name.startswith(f"{field}.") for name in self.include)

    def below(self, *steps: str) -> Selection:
        """Return the selection as it applies to what a field holds."""
        exclude, include = self.exclude, self.include
        for step in steps:
            exclude, include = _narrowed(exclude, step), _narrowed(include, step)
        return Selection(exclude, include, self.max_nested_depth, self.underscore_fields_private)


def _narrowed(names: frozenset[str], step: str) -> frozenset[str]:
    start = f"{step}."
    return frozenset(name.removeprefix(start) for name in names if name.startswith(start))


class Sent(msgspec.Struct, frozen=True):
    """A field that is sent and holds no further model.

    Args:
        field: the field.
        schema: the model that it belongs to.
        names: the names of fields that lead to it, itself last.
        path: how a ``DTOConfig`` names it; None where it cannot.
        is_many: whether it is sent for each of several models that a field holds.
    """

    field: Field
    schema: Schema
    names: tuple[str, ...]
    path: str | None
    is_many: bool


class Transfer(msgspec.Struct):
    """What is sent of a model.

    Args:
        sent: the fields, in the order of their declaration.
        reached: the models of the outermost one's kind, each with the path to it, itself ('') included.
        depth: how many models of its kind are nested.
        recursive: a model that contains itself, so that no depth is enough; None if there is none.
    """

    sent: list[Sent] = msgspec.field(default_factory=list)
    reached: list[tuple[str, Schema]] = msgspec.field(default_factory=list)
    depth: int = 0
    recursive: Schema | None = None


class _Position(msgspec.Struct, frozen=True):
    """Where the walk is: what led there, and what still applies."""

    names: tuple[str, ...]
    path: str | None
    depth: int
    above: frozenset[Local]
    selection: Selection | None
    is_many: bool = False

    def at(self, item: Field) -> tuple[str, ...]:
        return *self.names, item.name

    def path_to(self, *steps: str | None) -> str | None:
        parts = (*([self.path] if self.path else []), *steps)
        return None if self.path is None or None in parts else ".".join(part for part in parts if part)


def unfiltered(project: Project, schema: Schema) -> Transfer:
    """Return what is sent of a model without a DTO."""
    return _walked(project, schema, None)


def filtered(project: Project, schema: Schema, selection: Selection) -> Transfer:
    """Return what is sent of a model through a DTO for models of its kind."""
    return _walked(project, schema, selection)


def _walked(project: Project, schema: Schema, selection: Selection | None) -> Transfer:
    transfer = Transfer()
    _walk(project, schema, schema.kind, _Position((), "", 0, frozenset(), selection), transfer)
    return transfer


def _walk(project: Project, schema: Schema, kind: Kind, position: _Position, transfer: Transfer) -> None:
    selection = position.selection
    if schema.kind is kind and position.path is not None:
        transfer.reached.append((position.path, schema))
        transfer.depth = max(transfer.depth, position.depth)
    for item in schema.fields if selection is None else (*schema.fields, *_properties(schema)):
        if item.is_excluded if selection is None else not selection.selects(item):
            continue
        models = list(_models(project, item))
        if selection is not None and any(model.kind is kind for _, model in models):
            if position.depth >= selection.max_nested_depth:
                continue
        elif not models:
            path = position.path_to(item.name)
            transfer.sent.append(Sent(item, schema, position.at(item), path, position.is_many))
        for place, model in models:
            inner = _inner(position, schema, item, place, model, kind)
            if model.symbol not in inner.above:
                _walk(project, model, kind, inner, transfer)
            elif inner.selection is None:
                transfer.recursive = transfer.recursive or model
            elif inner.depth <= _DEPTH:
                _walk(project, model, kind, inner, transfer)


def _properties(schema: Schema) -> tuple[Field, ...]:
    return schema.properties if schema.kind in (Kind.DATACLASS, Kind.MSGSPEC, Kind.SQLALCHEMY) else ()


def _inner(position: _Position, outer: Schema, item: Field, place: Held, model: Schema, kind: Kind) -> _Position:
    """A model of another kind than the DTO's is out of its reach, and so is everything in it."""
    is_reached = model.kind is kind and None not in place.indexes
    indexes = [index for index in place.indexes if index is not None]
    selection = position.selection if is_reached else None
    return _Position(
        position.at(item),
        position.path_to(item.name, *place.indexes) if is_reached else None,
        position.depth + 1,
        position.above | {outer.symbol},
        selection.below(item.name, *indexes) if selection is not None else None,
        position.is_many or place.is_one_of_many,
    )


def _models(project: Project, item: Field) -> Iterator[tuple[Held, Schema]]:
    for place in held(project, item.annotation):
        model = schema_of(project, place.symbol) if place.symbol is not None else None
        if model is not None:
            yield place, model
