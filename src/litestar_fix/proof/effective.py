"""What holds on a route, option by option: Litestar's merge rules applied to values.

Source: ``litestar/handlers/base.py`` and ``litestar/handlers/http_handlers/base.py`` (the ``resolve_*`` methods),
Litestar 2.25. Guards, middleware, security and type decoders add up from the outside in; mappings merge by key, the
closest layer wins; of everything else the closest layer's value counts, where None counts for DTOs only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce

from litestar_fix.model.evaluate import items, mapping
from litestar_fix.model.facts import Call, Const, Dict, Expr, Op, Seq, Star
from litestar_fix.model.layers import Handler, Layer
from litestar_fix.model.names import (
    ASGI_OPTIONS,
    HTTP_HANDLER_OPTIONS,
    LISTENER_OPTIONS,
    MERGED,
    WEBSOCKET_DECORATORS,
    WEBSOCKET_OPTIONS,
)
from litestar_fix.model.options import CONCATENATED, reaches, takes
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Located
from litestar_fix.proof.values import Value, Values, joined, opaque

#: Options that a contract has under other names, or that are no part of it.
_ELSEWHERE = frozenset({"path", "route_handlers", "http_method", "dependencies", "parameters", "sync_to_thread"})
_KEYED = MERGED | {"response_cookies"}
_NONE_COUNTS = frozenset({"dto", "return_dto"})
_EMPTY_COUNTS = frozenset({"security"})  # in the schema, none at all is not the same as what holds everywhere
_NAMED_BY = {"response_headers": "name", "response_cookies": "key"}
_DEFAULTS = {"include_in_schema": "True", "deprecated": "False", "cache": "False", "is_mount": "False"}


@dataclass(frozen=True, slots=True)
class Keyed:
    """The entries of a mapping by the text of their keys; ``rest`` are the parts that are not known."""

    entries: Mapping[str, Value]
    rest: tuple[Value, ...] = ()

    def over(self, outer: Keyed) -> Keyed:
        """Return what holds where both are declared, this one closer."""
        return Keyed({**outer.entries, **self.entries}, (*outer.rest, *self.rest))

    def fields(self, option: str) -> dict[str, Value]:
        """Return the entries as fields of the contract; each is as unknown as the rest is."""
        unknown = [name for value in self.rest for name in value.unknown]
        found = {f"{option}[{key}]": value.noting(unknown) for key, value in self.entries.items()}
        if self.rest:
            found[f"{option}[**]"] = joined(self.rest)
        return found


@dataclass(slots=True)
class Options:
    """Reads the options of layers, each once."""

    values: Values
    _sequences: dict[tuple[Layer, str], tuple[Value, ...]] = field(default_factory=dict)
    _mappings: dict[tuple[Layer, str], Keyed] = field(default_factory=dict)

    @property
    def project(self) -> Project:
        """What the layers belong to."""
        return self.values.project

    def sequence(self, layer: Layer, option: str) -> tuple[Value, ...]:
        """Return the values of a list; a part of it that is not known is one value."""
        key = (layer, option)
        if key not in self._sequences:
            self._sequences[key] = tuple(item for part in layer.values(option) for item in self._elements(part))
        return self._sequences[key]

    def _elements(self, located: Located) -> Iterator[Value]:
        path, scope, expr = located.path, located.scope, located.expr
        found = items(self.project, located)
        if found.known:
            yield from map(self.values.of, found.items)
            return
        match expr:
            case Seq(items=parts):
                for part in parts:
                    if isinstance(part, Star):
                        yield from self._elements(Located(path, scope, part.value))
                    else:
                        yield self.values.of(Located(path, scope, part))
            case Op(op="+", operands=parts):
                for part in parts:
                    yield from self._elements(Located(path, scope, part))
            case _:
                yield opaque(self.values.of(located))

    def keyed(self, layer: Layer, option: str) -> Keyed:
        """Return the entries of a mapping, or of a list of headers or cookies."""
        key = (layer, option)
        if key not in self._mappings:
            self._mappings[key] = _overlaid(self._keyed(option, part) for part in layer.values(option))
        return self._mappings[key]

    def _keyed(self, option: str, located: Located) -> Keyed:
        path, scope, expr = located.path, located.scope, located.expr
        listed = items(self.project, located) if option in _NAMED_BY else None
        if listed is not None and listed.known:
            return Keyed({self._name(item, _NAMED_BY[option]): self.values.of(item) for item in listed.items})
        found = mapping(self.project, located)
        if not found.known and isinstance(expr, Dict | Op):
            parts: Iterable[Keyed] = ()
            match expr:
                case Dict(keys=keys, values=values):
                    pairs = zip(keys, values, strict=True)
                    parts = [self._part(option, path, scope, key, value) for key, value in pairs]
                case Op(op="|", operands=operands):
                    parts = [self._keyed(option, Located(path, scope, part)) for part in operands]
            if parts:
                return _overlaid(parts)
        entries = {self.values.of(entry.key).text: self.values.of(entry.value) for entry in found.entries}
        return Keyed(entries, () if found.known else (opaque(self.values.of(located)),))

    def _part(self, option: str, path: str, scope: str, key: Expr | None, value: Expr) -> Keyed:
        if key is None:
            return self._keyed(option, Located(path, scope, value))
        return Keyed({self.values.at(path, scope, key).text: self.values.at(path, scope, value)})

    def _name(self, item: Located, word: str) -> str:
        """The name of a header or cookie that is given as an object."""
        name = item.expr.keyword(word) if isinstance(item.expr, Call) else None
        if name is None and isinstance(item.expr, Call) and item.expr.args:
            name = item.expr.args[0]
        return self.values.of(Located(item.path, item.scope, name) if name is not None else item).text

    # -------------------------------------------------------------------------------------------------- over all layers
    def held(self, layers: Iterable[tuple[Layer, Callable[[str], bool]]]) -> dict[str, Value]:
        """Return what holds below some layers.

        Args:
            layers: from the outside in, each with what tells whether an option set there counts.
        """
        counting: dict[str, list[Layer]] = {}
        for layer, counts in layers:
            for option in sorted(layer.names):
                if option not in _ELSEWHERE and counts(option):
                    counting.setdefault(option, []).append(layer)
        fields: dict[str, Value] = {}
        for option, declaring in counting.items():
            fields |= self._field(option, declaring)
        return fields

    def _field(self, option: str, layers: list[Layer]) -> dict[str, Value]:
        if option in CONCATENATED:
            found = [value for layer in layers for value in self.sequence(layer, option)]
            if option == "tags":
                found = sorted({value.text: value for value in found}.values(), key=lambda value: value.text)
            return {option: joined(found)} if found or option in _EMPTY_COUNTS else {}
        if option in _KEYED:
            return self.merged(option, layers).fields(option)
        value = self.closest(option, layers)
        return {option: value} if value is not None and value.text != _DEFAULTS.get(option) else {}

    def merged(self, option: str, layers: Iterable[Layer]) -> Keyed:
        """Return the entries of an option that merges by key."""
        return _overlaid(self.keyed(layer, option) for layer in layers if option in layer.names)

    def closest(self, option: str, layers: Iterable[Layer]) -> Value | None:
        """Return the value of the closest layer that sets an option, None where none does."""
        found = None
        for layer in layers:
            for located in layer.values(option)[-1:]:
                is_none = isinstance(located.expr, Const) and located.expr.value is None
                if not is_none or option in _NONE_COUNTS:
                    found = self.values.of(located)
        return found


def _overlaid(parts: Iterable[Keyed]) -> Keyed:
    """Merge mappings, the outermost first."""
    return reduce(lambda outer, inner: inner.over(outer), parts, Keyed({}))


def own_options(handler: Handler) -> frozenset[str]:
    """Return the options that a handler's decorator has beside those of the layers; all others land in ``opt``."""
    if handler.is_http:
        return HTTP_HANDLER_OPTIONS
    if handler.kind in WEBSOCKET_DECORATORS:
        return LISTENER_OPTIONS | WEBSOCKET_OPTIONS
    return ASGI_OPTIONS


def counting(handler: Handler, layers: Iterable[Layer]) -> list[tuple[Layer, Callable[[str], bool]]]:
    """Return the layers of a handler with what tells whether an option that is set there counts for it."""

    def outside(option: str) -> bool:
        return reaches(option, handler)

    def own(option: str) -> bool:
        return takes(option, handler) or option in own_options(handler)

    return [(layer, own if layer is handler.layer else outside) for layer in layers]


def extra(handler: Handler, values: Values) -> dict[str, Value]:
    """Return the keywords of a decorator that it does not know: they land in ``opt``."""
    known = own_options(handler) | {"path", "http_method"}
    return {
        f"opt['{option}']": values.of(located)
        for option, located in handler.layer.options.items()
        if option not in known and not takes(option, handler)
    }
