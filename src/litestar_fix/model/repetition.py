"""Which layers next to each other repeat an option: handlers of a controller, or what a router registers.

Source: ``litestar/handlers/base.py``, Litestar 2.25. Guards and middleware of outer layers run before those of inner
ones, so of two lists that begin alike the beginning can move outwards and nothing else can. Without ``return_dto`` the
``dto`` counts for the response, too: they move as a pair.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

import msgspec
from msgspec.structs import replace

from litestar_fix.model.facts import Const, Dict, Seq
from litestar_fix.model.layers import Handler, Layer
from litestar_fix.model.options import SHARED_OPTIONS, elements, identity, reaches, takes
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Located


class Unit(msgspec.Struct, frozen=True):
    """Options that move together; ``ordered`` where a common beginning can move by itself."""

    options: tuple[str, ...]
    ordered: bool = False

    def set_on(self, layer: Layer) -> tuple[str, ...]:
        """The options of the unit that a layer sets."""
        return tuple(option for option in self.options if option in layer.options)


_ORDERED = ("guards", "middleware")
_PAIR = ("dto", "return_dto")
UNITS = (
    *[Unit((option,)) for option in sorted(SHARED_OPTIONS.difference(_ORDERED, _PAIR))],
    *[Unit((option,), ordered=True) for option in _ORDERED],
    Unit(_PAIR),
)


class Repetition(msgspec.Struct, frozen=True):
    """Layers that repeat a unit.

    Args:
        unit: what they repeat.
        layers: the layers that do.
        others: the ones next to them that do not.
        length: how many leading elements they have in common; None where the values are the same as a whole.
    """

    unit: Unit
    layers: tuple[Layer, ...]
    others: tuple[Layer, ...]
    length: int | None

    @property
    def model(self) -> Layer:
        """The first layer that sets exactly what all have in common, the first of all if none does."""
        if self.length is not None:
            for layer in self.layers:
                if len(elements(layer.options[self.unit.options[0]]) or ()) == self.length:
                    return layer
        return self.layers[0]

    @property
    def is_beginning(self) -> bool:
        """Whether some of them set more than all have in common."""
        return any(self.rest(layer) for layer in self.layers)

    def rest(self, layer: Layer) -> int:
        """How many elements of one of the layers are not common to all."""
        if self.length is None:
            return 0
        return len(elements(layer.options[self.unit.options[0]]) or ()) - self.length

    @property
    def values(self) -> dict[str, tuple[Located, ...]]:
        """What they have in common by option: the leading elements, or the one value."""
        model = self.model
        found = {}
        for option in self.unit.set_on(model):
            value = model.options[option]
            found[option] = (value,) if self.length is None else (elements(value) or ())[: self.length]
        return found


def reached(handlers: Iterable[Handler], unit: Unit) -> list[Layer]:
    """Return the layers of the handlers on which a unit of an outer layer has an effect.

    They are without the options that the handler's decorator does not know.
    """
    found = []
    for handler in handlers:
        if any(reaches(option, handler) for option in unit.options):
            ignored = [option for option in unit.set_on(handler.layer) if not takes(option, handler)]
            found.append(_without(handler.layer, ignored) if ignored else handler.layer)
    return found


def _without(layer: Layer, ignored: Iterable[str]) -> Layer:
    kept = {option: value for option, value in layer.options.items() if option not in ignored}
    return replace(layer, options=kept)


def with_partner(project: Project, found: Repetition) -> tuple[Layer, ...]:
    """Return those of the others that repeat the values as well, and set another option of the unit beside them."""
    if found.length is not None:
        return ()
    wanted = {(option, identity(project, value)) for option, (value,) in found.values.items()}
    more = []
    for layer in found.others:
        said = {(option, identity(project, layer.options[option])) for option in found.unit.set_on(layer)}
        if wanted < said:
            more.append(layer)
    return tuple(more)


def repetitions(project: Project, unit: Unit, layers: Iterable[Layer], at_least: int) -> Iterator[Repetition]:
    """Yield the groups of layers that repeat a unit, largest first.

    Args:
        project: what they belong to.
        unit: what is asked for.
        layers: the layers next to each other.
        at_least: how many it takes.
    """
    everything = tuple(layers)
    groups: dict[Hashable, list[Layer]] = {}
    for layer in everything:
        key = key_of(project, unit, layer)
        if key is not None:
            groups.setdefault(key, []).append(layer)
    for group in sorted(groups.values(), key=len, reverse=True):
        if len(group) >= at_least:
            others = tuple(layer for layer in everything if layer not in group)
            yield Repetition(unit, tuple(group), others, _length(project, unit, group))


def key_of(project: Project, unit: Unit, layer: Layer) -> Hashable | None:
    """Return what is equal for layers that repeat a unit; None where a layer does not set it, or cannot be compared."""
    if unit.ordered:
        value = layer.options.get(unit.options[0])
        parts = elements(value) if value is not None else None
        return _value(project, parts[0] if parts else value)
    names = unit.set_on(layer)
    found = [(name, _value(project, layer.options[name], is_pair=unit.options == _PAIR)) for name in names]
    return tuple(found) if found and all(value is not None for _, value in found) else None


def _value(project: Project, value: Located | None, *, is_pair: bool = False) -> Hashable | None:
    """None for what sets nothing; for a DTO None is a value."""
    match value:
        case None | Located(expr=Seq(items=()) | Dict(keys=())):
            return None
        case Located(expr=Const(value=None)) if not is_pair:
            return None
    return identity(project, value)


def _length(project: Project, unit: Unit, group: list[Layer]) -> int | None:
    if not unit.ordered:
        return None
    lists = [elements(layer.options[unit.options[0]]) for layer in group]
    known = [[identity(project, item) for item in found] for found in lists if found is not None]
    if len(known) < len(lists):
        return None
    columns = zip(*known, strict=False)
    length = 0
    for column in columns:
        if column[0] is None or any(item != column[0] for item in column):
            break
        length += 1
    return length
