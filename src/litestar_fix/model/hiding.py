"""How fields are kept out of a response: the DTO in effect leaves more out, or the handler gets a ``return_dto``.

Only the response changes: a DTO that serves requests as well stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from litestar_fix.model.annotations import Step
from litestar_fix.model.dto_places import Named, Names, NewDto, is_usable, new_dto
from litestar_fix.model.dtos import Dto, Place, dto_of, dtos
from litestar_fix.model.first_dtos import first_definition
from litestar_fix.model.graph import show
from litestar_fix.model.import_names import module_name
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Definition, Refusal, narrower
from litestar_fix.model.responses import Answer, Payload, Reach, reach
from litestar_fix.model.symbols import Local
from litestar_fix.model.transfers import Sent, filtered


class Exposed(msgspec.Struct, frozen=True):
    """A field that is to be kept out of a response, and the model that carries it there."""

    payload: Payload
    sent: Sent


class Extension(msgspec.Struct, frozen=True):
    """A DTO that is to leave more out: ``definition`` is its configuration then, ``added`` what is new in it."""

    dto: Dto
    definition: Definition
    added: tuple[str, ...]


class ReturnDto(msgspec.Struct, frozen=True):
    """A ``return_dto`` that a handler is to have: as its module names it, and the class where that is to be written."""

    handler: Handler
    dto: str | Named
    new: NewDto | None = None


class Hiding:
    """Decides for one project; new DTOs that are the same are one."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._names = Names(project)
        self._new: dict[tuple[Local, Local | None, Definition], NewDto] = {}

    @cached_property
    def _known(self) -> list[Dto]:
        return list(dtos(self.project))

    @cached_property
    def _inputs(self) -> list[Dto]:
        return list(_inputs(self.project))

    def is_extendable(self, found: Answer) -> bool:
        """Whether there is a DTO in effect that serves responses alone."""
        return found.applied is not None and not any(_shares(self.project, found.applied, dto) for dto in self._inputs)

    @staticmethod
    def is_uniform(answers: Sequence[Answer]) -> bool:
        """Whether all routes of a handler answer in the same way."""
        return len({(item.cause, item.dto.symbol if item.dto is not None else None) for item in answers}) <= 1

    def of(
        self, handler: Handler, answers: Sequence[Answer], found: Answer, exposed: Sequence[Exposed]
    ) -> tuple[Extension | ReturnDto | None, str]:
        """Return what is to be done, or why it cannot be.

        Args:
            handler: the handler.
            answers: of all its routes.
            found: the answer that has the fields.
            exposed: the fields.
        """
        try:
            return self._decided(handler, answers, found, exposed), ""
        except Refusal as reason:
            return None, str(reason)

    def _decided(
        self, handler: Handler, answers: Sequence[Answer], found: Answer, exposed: Sequence[Exposed]
    ) -> Extension | ReturnDto:
        if handler.applied is not None:
            raise Refusal("its decorator is applied by a call")
        if not self.is_uniform(answers):
            raise Refusal("its routes have different response DTOs")
        fields = [item.sent for item in exposed]
        dto = found.applied
        if dto is None:
            payload = _served(handler, found, exposed)
            return self._return_dto(handler, payload, first_definition(self.project, payload, fields), None)
        definition = narrower(dto, fields)
        self._check_effect(dto, found.payloads[0], definition, fields)
        if self.is_extendable(found):
            return Extension(dto, definition, tuple(item.path for item in fields if item.path is not None))
        return self._return_dto(handler, found.payloads[0], definition, dto)

    def _check_effect(self, dto: Dto, payload: Payload, definition: Definition, fields: Sequence[Sent]) -> None:
        left = {item.path for item in filtered(self.project, payload.schema, definition.selection).sent}
        kept = next((item for item in fields if item.path in left), None)
        if kept is not None:
            name = dto.name or "its return_dto"
            raise Refusal(f"{definition.keyword} of {name} does not tell the fields of {kept.names[0]} apart")

    def _return_dto(self, handler: Handler, payload: Payload, definition: Definition, like: Dto | None) -> ReturnDto:
        there = self._existing(handler, payload, definition)
        if there is not None:
            return ReturnDto(handler, self._name(handler, there))
        key = (payload.schema.symbol, like.symbol if like is not None else None, definition)
        if key not in self._new:
            self._new[key] = new_dto(self._names, handler, payload, definition, like, self._known)
        new = self._new[key]
        return ReturnDto(handler, self._name(handler, Local(new.anchor.path, new.name)), new)

    def _existing(self, handler: Handler, payload: Payload, definition: Definition) -> Local | None:
        """A DTO for responses that the project has already, and that is just what is needed."""
        fitting = [
            dto.symbol
            for dto in self._known
            if dto.symbol is not None
            and dto.model == payload.schema.symbol
            and dto.kind is payload.schema.kind
            and dto.known
            and definition.is_that_of(dto)
            and is_usable(self.project, handler, dto)
            and not any(_shares(self.project, dto, item) for item in self._inputs)
        ]
        own = [symbol for symbol in fitting if symbol.path == handler.path]
        return next(iter((*own, *fitting)), None)

    def _name(self, handler: Handler, symbol: Local) -> str | Named:
        if symbol.path == handler.path:
            return symbol.qualname
        module = module_name(self.project, handler.path, symbol.path)
        if module is None:
            raise Refusal(f"it is not known how {handler.path} imports {symbol.path}")
        return Named(module, symbol.qualname)


def _served(handler: Handler, found: Answer, exposed: Sequence[Exposed]) -> Payload:
    """The one model that a DTO can serve; a container of the project is none itself."""
    generic = {Step.WRAPPER, Step.ENVELOPE}
    contents = [item for item in found.payloads if generic & set(item.held.steps)] or list(found.payloads)
    outer = next((item for item in exposed if item.payload not in contents), None)
    if outer is not None:
        raise Refusal(f"{outer.payload.schema.name} is a container, and a DTO serves what is in it alone")
    if len(contents) > 1 or reach(contents[0].held.steps) is not Reach.APPLIES:
        returns = handler.function.returns
        raise Refusal(f"no DTO can serve {show(returns) if returns is not None else 'it'}")
    return contents[0]


def _inputs(project: Project) -> Iterator[Dto]:
    """The DTOs that serve requests: those in effect where a handler takes data."""
    for route in project.layers.routes:
        if not any(param.name == "data" for param in route.handler.function.params):
            continue
        effective = route.data_dto()
        dto = dto_of(project, effective.value) if effective.value is not None else None
        if dto is not None:
            yield dto


def _shares(project: Project, dto: Dto, other: Dto) -> bool:
    """Whether a change of the first DTO's configuration changes the other one."""
    if dto.config.place in (Place.CLASS, Place.ANNOTATED) and dto.config.call == other.config.call:
        return True
    if dto.symbol is None or other.symbol is None:
        return dto.argument == other.argument
    above = [Local(path, class_.qualname) for path, class_ in project.ancestry(other.symbol).classes]
    return dto.symbol == other.symbol or (dto.symbol in above and dto.config.call == other.config.call)
