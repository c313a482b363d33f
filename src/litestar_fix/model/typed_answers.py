"""The dataclass that a handler may return in the place of a dict that it writes out.

Source: ``litestar/handlers/http_handlers/_utils.py`` (``create_data_handler``), Litestar 2.25: ``response_class`` and
``after_request`` are given the returned value before it is encoded; what is cached is encoded already.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.dict_answers import DictAnswer
from litestar_fix.model.dto_places import Anchor, Names, anchor_above
from litestar_fix.model.facts import Const, Dict, Expr, Ref
from litestar_fix.model.field_types import FieldTypes
from litestar_fix.model.layers import Handler
from litestar_fix.model.nesting import Nested
from litestar_fix.model.new_dataclasses import (
    NewDataclass,
    NewField,
    check_annotation,
    check_fields,
    check_handler,
    names_for_models,
)
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Refusal
from litestar_fix.model.value_types import ValueTypes
from litestar_fix.model.walk import subexpressions

_ROW = regex(r"(?<=.)(?:Model|Data|ORM|Orm|Entity|Record|Row|Table|DB)$")


class TypedAnswer(msgspec.Struct, frozen=True):
    """A handler that is to return a dataclass.

    Args:
        handler: the handler.
        model: the dataclass; several handlers may return one.
        displays: the dict displays that become calls of it.
        annotations: the dict types in its annotations.
    """

    handler: Handler
    model: NewDataclass
    displays: tuple[Dict, ...]
    annotations: tuple[Expr, ...]


class TypedAnswers:
    """Makes dataclasses for the answers of handlers, one for equal answers of a module.

    It is asked for the handlers of a module from top to bottom: the first of several stands below the dataclass.

    Args:
        project: the project.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._names: Names | None = None
        self._made: dict[tuple[str, str, tuple[NewField, ...]], NewDataclass] = {}

    def of(self, handler: Handler, answer: DictAnswer) -> TypedAnswer:
        """Return what a handler is to return.

        Args:
            handler: the handler.
            answer: the dicts that it answers with now.

        Raises:
            Refusal: the response might be another one.
        """
        check_handler(self.project, handler, "the dict")
        self._check_layers(handler)
        if not answer.is_whole:
            raise Refusal("it also returns something else")
        for annotation in answer.annotations:
            check_annotation(annotation)
        anchor = anchor_above(self.project, handler)
        fields = self._fields(handler, answer, anchor)
        displays = tuple(place.expr for place in answer.displays if isinstance(place.expr, Dict))
        return TypedAnswer(handler, self._model(handler, answer, anchor, fields), displays, answer.annotations)

    def _check_layers(self, handler: Handler) -> None:
        for route in self.project.layers.routes_of(handler):
            for option in ("after_request", "response_class"):
                effective = route.closest(option)
                if effective.value is not None and not effective.is_none:
                    raise Refusal(f"{option} gets the dict itself")
            dto = route.return_dto()
            if dto.value is not None and not dto.is_none:
                raise Refusal("a DTO is set for its response")

    # ------------------------------------------------------------------------------------------------------- fields
    def _fields(self, handler: Handler, answer: DictAnswer, anchor: Anchor) -> tuple[NewField, ...]:
        types = FieldTypes(self.project, handler.symbol, anchor)
        several = [tuple(_fields_of(types, place)) for place in answer.displays]
        if len({tuple(item.name for item in fields) for fields in several}) > 1:
            raise Refusal("its dicts have different keys")
        if len(set(several)) > 1:
            raise Refusal("its dicts hold values of different types")
        check_fields(self.project, handler.path, several[0])
        return several[0]

    def _model(
        self, handler: Handler, answer: DictAnswer, anchor: Anchor, fields: tuple[NewField, ...]
    ) -> NewDataclass:
        if self._names is None:
            self._names = names_for_models(self.project)
        wanted = list(self._wanted(handler, answer))
        key = (handler.path, wanted[0], fields)
        if key not in self._made:
            self._made[key] = NewDataclass(anchor, self._names.free((handler.path,), *wanted), fields)
        return self._made[key]

    def _wanted(self, handler: Handler, answer: DictAnswer) -> Iterator[str]:
        """What the dataclass may be called, best first: after the class of the object, else after the handler."""
        types, picked = ValueTypes(self.project, handler.symbol), answer.picked
        owner = picked.owner
        symbol = types.class_of(types.of(Ref(owner, picked.display.span), picked.above))
        if symbol is not None:
            stem = _ROW.sub("", symbol.qualname.rpartition(".")[2])
        elif len(owner) > 2 and owner.isidentifier():
            stem = _camel(owner)
        else:
            stem = _camel(handler.function.name)
        yield from (f"{stem}{suffix}" for suffix in ("Response", "Summary", "Details"))


def _fields_of(types: FieldTypes, place: Nested) -> Iterator[NewField]:
    display = place.expr
    if not isinstance(display, Dict):
        return
    seen: set[str] = set()
    for key, value in zip(display.keys, display.values, strict=True):
        if not isinstance(key, Const) or not isinstance(key.value, str):
            raise Refusal("not all keys of its dict are written out")
        if key.value in seen:
            raise Refusal(f"the key {key.value!r} is there twice")
        seen.add(key.value)
        if any(isinstance(item, Dict) for item in subexpressions(value)):
            raise Refusal(f"{key.value} holds a dict of its own")
        found = types.of(value, (display, *place.above))
        if found is None:
            raise Refusal(f"the type of {key.value} is not known")
        yield NewField(key.value, found)


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_") if word)
