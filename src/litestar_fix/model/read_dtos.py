"""Definitions of DTOs for responses that send a model as it is sent now, but for some of its fields.

For a model that goes through a DTO already. Everything but these fields stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from litestar_fix.model.dtos import Config, Dto, Place
from litestar_fix.model.facts import Call, Seq, Star
from litestar_fix.model.source import reads_names, source
from litestar_fix.model.symbols import Located
from litestar_fix.model.transfers import Selection, Sent


class Refusal(Exception):
    """There is no such DTO; the reason is its text."""


class Definition(msgspec.Struct, frozen=True):
    """The configuration of a DTO.

    Args:
        selection: the fields that it selects.
        names: the source of the elements of ``exclude``, or of ``include`` where that is what selects.
        options: the source of the other options by name, in order.
        home: the file in which that source can be read; '' where it has no names.
    """

    selection: Selection
    names: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()
    home: str = ""

    @property
    def keyword(self) -> str:
        """The option that selects the fields."""
        return "include" if self.selection.include else "exclude"

    def source(self, callee: str) -> str:
        """Return the call as source.

        Args:
            callee: how ``DTOConfig`` is called.
        """
        selected = [f"{self.keyword}={{{', '.join(self.names)}}}"] if self.names else []
        return f"{callee}({', '.join([*selected, *[f'{name}={value}' for name, value in self.options]])})"

    def is_that_of(self, dto: Dto) -> bool:
        """Whether a DTO is configured like this."""
        call = dto.config.call
        keywords = call.expr.keywords if call is not None and isinstance(call.expr, Call) else ()
        others = {k.name: source(k.value) for k in keywords if k.name not in ("exclude", "include")}
        is_written = dto.config.known and dto.config.place is not Place.MADE
        return is_written and dto.config.selection == self.selection and others == dict(self.options)


def narrower(dto: Dto, hidden: Sequence[Sent]) -> Definition:
    """Return the definition of a DTO that is like another one, but leaves these fields out.

    Raises:
        Refusal: its configuration cannot be written again.
    """
    return without(dto, paths_of(hidden, dto.name or "the DTO"))


def without(dto: Dto, paths: Sequence[str]) -> Definition:
    """Return the definition of a DTO that is like another one, but leaves out what these paths lead to.

    Raises:
        Refusal: its configuration cannot be written again.
    """
    config = dto.config
    if config.place is Place.ELSEWHERE:
        raise Refusal(f"the configuration of {dto.name or 'its return_dto'} is not written in it")
    if config.place is Place.MADE:
        raise Refusal(f"a function makes the configuration of {dto.name or 'its return_dto'}")
    if config.selection.include and paths:
        return _with_less_included(dto, paths)
    given = config.keyword("include" if config.selection.include else "exclude")
    names = [*_elements(given, dto), *[json.dumps(path) for path in paths]]
    selection = replace(config.selection, exclude=config.selection.exclude | set(paths))
    return _like(config, selection, tuple(names), dto)


def _with_less_included(dto: Dto, paths: Sequence[str]) -> Definition:
    include = dto.config.selection.include
    for path in paths:
        whole = next((name for name in include if path.startswith(f"{name}.")), None)
        if whole is not None and path not in include:
            raise Refusal(f"include of {dto.name or 'its return_dto'} names {whole} as a whole")
    gone = {name for name in include if any(name == path or name.startswith(f"{path}.") for path in paths)}
    kept = include - gone
    if not kept:
        raise Refusal(
            f"nothing would be left in include of {dto.name or 'its return_dto'}, which then includes everything"
        )
    written = _elements(dto.config.keyword("include"), dto)
    names = tuple(name for name in written if name.strip('"') not in gone)
    if len(names) != len(kept):
        raise Refusal(f"include of {dto.name or 'its return_dto'} is not written out")
    return _like(dto.config, replace(dto.config.selection, include=kept), names, dto)


def _elements(given: Located | None, dto: Dto) -> list[str]:
    if given is None:
        return []
    items = given.expr.items if isinstance(given.expr, Seq) else (Star(given.expr, given.expr.span),)
    sources = [source(item) for item in items]
    if None in sources:
        raise Refusal(f"the configuration of {dto.name or 'its return_dto'} is computed")
    return [item for item in sources if item is not None]


def _like(config: Config, selection: Selection, names: tuple[str, ...], dto: Dto) -> Definition:
    call = config.call.expr if config.call is not None else None
    keywords = call.keywords if isinstance(call, Call) else ()
    options = [(k.name or "", source(k.value)) for k in keywords if k.name not in ("exclude", "include")]
    texts = tuple((name, value) for name, value in options if value is not None)
    if len(texts) != len(options):
        raise Refusal(f"the configuration of {dto.name or 'its return_dto'} is computed")
    home = config.call.path if config.call is not None and any(reads_names(k.value) for k in keywords) else ""
    return Definition(selection, names, texts, home)


def paths_of(hidden: Sequence[Sent], outer: str) -> list[str]:
    """Return how a DTO names the fields.

    Raises:
        Refusal: it cannot; ``outer`` says what it is called.
    """
    for item in hidden:
        if item.path is None:
            raise Refusal(f"{outer} cannot exclude a part of {item.names[0]}")
    return [item.path for item in hidden if item.path is not None]
