"""What a router or an application registers, and which layers say an option for each of it.

Source: ``litestar/router.py`` (``register``), Litestar 2.25.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import TypeVar

import msgspec

from litestar_fix.model.class_bodies import hidden_handler
from litestar_fix.model.evaluate import items, value_of
from litestar_fix.model.facts import Call
from litestar_fix.model.graph import show
from litestar_fix.model.layers import Controller, Handler, Layer
from litestar_fix.model.names import ROUTER
from litestar_fix.model.project import Project
from litestar_fix.model.repetition import Repetition, Unit, key_of, reached
from litestar_fix.model.symbols import Local, Located

T = TypeVar("T", bound=Hashable)


class Nested(msgspec.Struct, frozen=True):
    """A router that is registered, by the text that names it."""

    name: str
    layer: Layer


class Registered(msgspec.Struct, frozen=True):
    """What a router or an application registers, each once: function handlers, controllers, routers."""

    handlers: tuple[Handler, ...]
    controllers: tuple[Controller, ...]
    routers: tuple[Nested, ...]


def registered(project: Project, outer: Layer) -> Registered | None:
    """Return what a router or an application registers; None where that is not known for all of it."""
    found = items(project, outer.options.get("route_handlers"))
    handlers: list[Handler] = []
    controllers: list[Controller] = []
    routers: list[Nested] = []
    for item in found.items:
        symbol = project.resolve_expr(item)
        router = _router(project, item)
        if isinstance(symbol, Local) and symbol in project.layers.handlers:
            handlers.append(project.layers.handlers[symbol])
        elif isinstance(symbol, Local) and symbol in project.layers.controllers:
            controllers.append(project.layers.controllers[symbol])
        elif router is not None:
            routers.append(Nested(show(item.expr), router))
        else:
            return None
    if not found.known:
        return None
    return Registered(_once(handlers), _once(controllers), _once(routers))


def _once(found: list[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))


def _router(project: Project, item: Located) -> Layer | None:
    value = item if isinstance(item.expr, Call) else value_of(project, item)
    if value is None or not isinstance(value.expr, Call):
        return None
    if project.external(value.path, value.expr, value.scope) != ROUTER:
        return None
    return project.layers.of_call(value.path, value.scope, value.expr)


def repeats(project: Project, controller: Controller, found: Repetition) -> bool:
    """Tell whether a controller sets, or its handlers repeat, what layers next to the controller repeat."""
    key = key_of(project, found.unit, found.layers[0])
    if key_of(project, found.unit, controller.layer) == key:
        return True
    return {key_of(project, found.unit, layer) for layer in reached(controller.handlers, found.unit)} == {key}


# ---------------------------------------------------------------------------------------------------------- who says it
class Member(msgspec.Struct, frozen=True):
    """One thing that is registered, and the layers that say an option for all of it; more than one are handlers.

    Args:
        kind: 'handler', 'controller' or 'router'.
        name: how it is called.
        layers: the layers.
        handlers: the handlers that these layers are, if they are.
        symbol: the function or class; None for a router.
    """

    kind: str
    name: str
    layers: tuple[Layer, ...]
    handlers: tuple[Handler, ...] = ()
    symbol: Local | None = None


def saying(project: Project, below: Registered, unit: Unit, at_least: int) -> Iterator[Member]:
    """Yield what is registered with the layers that say a unit for it, whether or not they do.

    For a controller that says nothing itself these are its handlers, unless they are so many that they are to say it
    on the class first. Yielded is nothing on which the unit has no effect.

    Args:
        project: what it belongs to.
        below: what is registered.
        unit: the options.
        at_least: how many handlers of a controller are to say them on the class.
    """
    for handler in below.handlers:
        layers = tuple(reached([handler], unit))
        if layers:
            yield Member("handler", handler.function.name, layers, (handler,), handler.symbol)
    for controller in below.controllers:
        yield from _of_controller(project, controller, unit, at_least)
    for router in below.routers:
        yield Member("router", router.name, (router.layer,))


def _of_controller(project: Project, controller: Controller, unit: Unit, at_least: int) -> Iterator[Member]:
    name = controller.class_.name
    layers = tuple(reached(controller.handlers, unit))
    hides = not controller.complete or any(hidden_handler(project, *item) for item in controller.ancestry.classes)
    if not layers and not hides:
        return
    if unit.set_on(controller.layer) or hides or len(layers) >= at_least:
        yield Member("controller", name, (controller.layer,), (), controller.symbol)
    else:
        handlers = [handler for handler in controller.handlers if handler.layer in layers]
        yield Member("controller", name, layers, tuple(handlers), controller.symbol)


def ways(project: Project) -> Mapping[Layer, frozenset[tuple[Layer, ...]]]:
    """Return for each layer the different layers around it, outermost first, on all ways to it."""
    found: dict[Layer, set[tuple[Layer, ...]]] = {}
    for route in project.layers.routes:
        for depth, layer in enumerate(route.layers):
            found.setdefault(layer, set()).add(route.layers[:depth])
    return {layer: frozenset(around) for layer, around in found.items()}
