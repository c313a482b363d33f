"""Routes: how applications reach handlers through routers and controllers, and which options hold there.

Merge rules (Litestar 2.25, ``litestar/handlers/base.py``): guards and middleware add up from the application inwards;
dependencies, exception handlers, opt and encoders merge by key, the closest layer wins; everything else is the
closest layer's value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from litestar_fix.model.evaluate import Entries, Entry, Items, items, mapping, strings, value_of
from litestar_fix.model.facts import Call, Const
from litestar_fix.model.names import ROUTER
from litestar_fix.model.project import Project
from litestar_fix.model.providers import Provider, provider_of
from litestar_fix.model.symbols import Local, Located

if TYPE_CHECKING:
    from litestar_fix.model.layers import Controller, Handler, Layer, Layers

_DEPTH = 12


class Effective(msgspec.Struct, frozen=True):
    """The value of a closest-wins option on a route: the layer that sets it, and its expression.

    ``known`` is False where a nearer layer may set it invisibly. An option that no layer sets has no ``value``.
    """

    layer: Layer | None
    value: Located | None
    known: bool

    @property
    def is_none(self) -> bool:
        """Whether a layer sets it to None, which for a DTO means: none here."""
        return self.value is not None and isinstance(self.value.expr, Const) and self.value.expr.value is None


class Route(msgspec.Struct, frozen=True):
    """One way to a handler.

    Args:
        project: what it belongs to.
        handler: the handler it ends in.
        layers: the layers from the outermost known one to the handler's own.
        paths: full paths; None where a part is not known.
        rooted: whether the outermost layer is an application; if not, outer layers are unknown.
    """

    project: Project
    handler: Handler
    layers: tuple[Layer, ...]
    paths: tuple[str, ...] | None
    rooted: bool

    @property
    def complete(self) -> bool:
        """Whether all layers are known with all of their options."""
        return self.rooted and all(layer.complete for layer in self.layers)

    def closest(self, option: str) -> Effective:
        """Return the value of an option of which the closest layer's counts."""
        known = True
        for layer in reversed(self.layers):
            known = known and option not in layer.unsure
            for value in layer.values(option)[-1:]:
                return Effective(layer, value, known)
            known = known and layer.complete
        return Effective(None, None, known and self.rooted)

    def cumulative(self, option: str) -> Items:
        """Return the values of an option that adds up (guards, middleware ...), in the order in which they apply."""
        found = [items(self.project, value) for layer in self.layers for value in layer.values(option)]
        return Items(
            tuple(i for part in found for i in part.items), self.complete and all(part.known for part in found)
        )

    def merged(self, option: str) -> Entries:
        """Return the entries of an option that merges by key, outermost first: later ones win."""
        found = [mapping(self.project, value) for layer in self.layers for value in layer.values(option)]
        entries = tuple(entry for part in found for entry in part.entries)
        named = option != "dependencies" or all(entry.name for entry in entries)
        return Entries(entries, self.complete and named and all(part.known for part in found))

    def dependencies(self) -> Mapping[str, Provider]:
        """Return the providers that hold here by key."""
        found: dict[str, Entry] = {entry.name: entry for entry in self.merged("dependencies").entries if entry.name}
        return {name: provider_of(self.project, entry, ()) for name, entry in found.items()}

    def used_dependencies(self) -> Mapping[str, Provider]:
        """Return the providers that the handler reaches through its parameters and theirs."""
        available = self.dependencies()
        todo = [param.name for param in self.handler.function.params]
        used: dict[str, Provider] = {}
        while todo:
            name = todo.pop()
            if name in used or name not in available:
                continue
            used[name] = available[name]
            function = self.project.function(available[name].target)
            if function is not None:
                todo += [param.name for param in function.params]
        return used

    def data_dto(self) -> Effective:
        """Return the DTO for the request body."""
        return self.closest("dto")

    def return_dto(self) -> Effective:
        """Return the DTO for the response: ``return_dto``, or else ``dto``.

        Source: ``resolve_return_dto`` in ``litestar/handlers/base.py``.
        """
        explicit = self.closest("return_dto")
        if explicit.value is not None:
            return explicit
        fallback = self.closest("dto")
        return Effective(fallback.layer, fallback.value, fallback.known and explicit.known)


def routes(layers: Layers) -> Iterator[Route]:
    """Yield the routes of all applications, then of what no application is seen to register."""
    walk = _Walk(layers)
    for _, layer in layers.applications:
        yield from walk.below((layer,), walk.prefixes(layer), 0)
    for _, layer in layers.routers:
        if layer not in walk.seen:
            yield from walk.below((layer,), walk.prefixes(layer), 0)
    for symbol, controller in layers.controllers.items():
        if symbol not in walk.registered:
            yield from walk.controller(controller, (), ("",))
    for handler in layers.every_handler():
        if handler not in walk.reached:
            yield walk.route(handler, (), ("",))


class _Walk:
    """Follows ``route_handlers`` from a layer down to the handlers."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.project = layers.project
        self.seen: set[Layer] = set()
        self.registered: set[Local] = set()
        self.reached: set[Handler] = set()

    def below(self, outer: tuple[Layer, ...], prefix: tuple[str, ...] | None, depth: int) -> Iterator[Route]:
        for handlers in outer[-1].values("route_handlers"):
            for item in items(self.project, handlers).items:
                yield from self._registered(item, outer, prefix, depth)

    def _registered(
        self, item: Located, outer: tuple[Layer, ...], prefix: tuple[str, ...] | None, depth: int
    ) -> Iterator[Route]:
        symbol = self.project.resolve_expr(item)
        if isinstance(symbol, Local) and symbol in self.layers.controllers:
            self.registered.add(symbol)
            yield from self.controller(self.layers.controllers[symbol], outer, prefix)
        elif isinstance(symbol, Local) and symbol in self.layers.handlers:
            yield self.route(self.layers.handlers[symbol], outer, prefix)
        elif isinstance(item.expr, Call) and (item.path, item.expr.func.span) in self.layers.applied:
            yield self.route(self.layers.applied[item.path, item.expr.func.span], outer, prefix)
        elif isinstance(item.expr, Call) and self.project.external(item.path, item.expr, item.scope) == ROUTER:
            yield from self._router(item, item.expr, outer, prefix, depth)
        elif depth < _DEPTH:
            target = value_of(self.project, item)
            if target is not None:
                yield from self._registered(target, outer, prefix, depth + 1)

    def _router(
        self, item: Located, call: Call, outer: tuple[Layer, ...], prefix: tuple[str, ...] | None, depth: int
    ) -> Iterator[Route]:
        layer = self.layers.of_call(item.path, item.scope, call)
        self.seen.add(layer)
        joined = _joined(prefix, self.prefixes(layer))
        if depth < _DEPTH:
            yield from self.below((*outer, layer), joined, depth + 1)

    def prefixes(self, layer: Layer) -> tuple[str, ...] | None:
        """The path of an application, router or controller; None where it is not known."""
        found = layer.values("path")
        if "path" in layer.unsure or (not found and not layer.complete and layer.kind != "application"):
            return None
        return strings(self.project, found[-1] if found else None)

    def controller(
        self, controller: Controller, outer: tuple[Layer, ...], prefix: tuple[str, ...] | None
    ) -> Iterator[Route]:
        joined = _joined(prefix, self.prefixes(controller.layer))
        for handler in controller.handlers:
            yield self.route(handler, (*outer, controller.layer), joined)

    def route(self, handler: Handler, outer: tuple[Layer, ...], prefix: tuple[str, ...] | None) -> Route:
        self.reached.add(handler)
        rooted = bool(outer) and outer[0].kind == "application"
        return Route(self.project, handler, (*outer, handler.layer), _joined(prefix, handler.paths), rooted)


def _joined(prefixes: tuple[str, ...] | None, paths: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if prefixes is None or paths is None:
        return None
    return tuple(_join(prefix, path) for prefix in prefixes for path in paths)


def _join(prefix: str, path: str) -> str:
    parts = [part for part in f"{prefix}/{path}".split("/") if part]
    return "/" + "/".join(parts)
