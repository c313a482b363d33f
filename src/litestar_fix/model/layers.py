"""Litestar's layers: applications, routers, controllers and handlers, and what each declares.

A `Layer` is one declaration with its options. Which layers enclose a handler is worked out in `routes`; what that
means for an option (closest wins, merged by key, cumulative) is Litestar's rule and lives in `routes.Route`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from litestar_fix.model.app_config import PLUGINS
from litestar_fix.model.app_hooks import initialised
from litestar_fix.model.facts import Assign, Call, Class, Function, Module, Ref, Span
from litestar_fix.model.handlers import Handler as Handler  # noqa: PLC0414 (re-exported)
from litestar_fix.model.handlers import Layer as Layer  # noqa: PLC0414 (re-exported)
from litestar_fix.model.handlers import applied, decorated, listener, name_of
from litestar_fix.model.linking import Ancestry
from litestar_fix.model.names import (
    CONTROLLER,
    LAYERED_OPTIONS,
    LISTENER_OPTIONS,
    LITESTAR,
    OUTER_OPTIONS,
    ROUTER,
    WEBSOCKET_LISTENER,
)
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.providers import Provider, providers
from litestar_fix.model.routes import Route, routes
from litestar_fix.model.sites import CallSite, calls_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import statements

_CONTROLLER_OPTIONS = LAYERED_OPTIONS | OUTER_OPTIONS | {"path"}
_LISTENER_OPTIONS = LISTENER_OPTIONS | {"path"}
_OPTION_OF = regex(rf"(\w+)\.(?:{'|'.join(sorted(_CONTROLLER_OPTIONS))})\b")


class Controller(msgspec.Struct, frozen=True, eq=False):
    """A class that inherits from Litestar's Controller.

    ``handlers`` are those it serves: own ones first, then inherited ones that it does not override. ``complete`` is
    False where a base class is not known, so that it may serve others.
    """

    symbol: Local
    class_: Class
    ancestry: Ancestry
    layer: Layer
    handlers: tuple[Handler, ...]
    complete: bool

    @property
    def path(self) -> str:
        """Its file."""
        return self.symbol.path

    @property
    def own_handlers(self) -> tuple[Handler, ...]:
        """The handlers that this very class defines below a decorator."""
        defined = (h for h in self.handlers if h.path == self.path and h.function.owner == self.class_.qualname)
        return tuple(handler for handler in defined if handler.applied is None)


class Layers:
    """All layers of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._calls: dict[tuple[str, Span], Layer] = {}

    @cached_property
    def handlers(self) -> Mapping[Local, Handler]:
        """The handlers by the names that stand for them: functions, results of calls, listener classes."""
        found = {handler.symbol: handler for handler in decorated(self.project)}
        for handler in self.applied.values():
            name = name_of(self.project, handler.applied) if handler.applied is not None else None
            if name is not None:
                found[name] = handler
        return MappingProxyType(found | self._listeners)

    @cached_property
    def applied(self) -> Mapping[tuple[str, Span], Handler]:
        """The handlers that calls make of functions, ``get("/")(read)``, by file and place of ``get("/")``."""
        return applied(self.project)

    @cached_property
    def _listeners(self) -> dict[Local, Handler]:
        found: dict[Local, Handler] = {}
        if not self.project.words.readers(WEBSOCKET_LISTENER.rpartition(".")[2]):
            return found
        for symbol, class_, ancestry in self._classes_below(WEBSOCKET_LISTENER):
            handler = listener(self.project, symbol, self._of_class("handler", symbol, class_, ancestry))
            if handler is not None:
                found[symbol] = handler
        return found

    def every_handler(self) -> tuple[Handler, ...]:
        """All handlers, registered or not, those without a name included."""
        return tuple(dict.fromkeys((*self.handlers.values(), *self.applied.values())))

    def _classes_below(self, base: str) -> Iterator[tuple[Local, Class, Ancestry]]:
        for module, class_ in self.project.classes():
            if class_.bases:
                symbol = Local(module.path, class_.qualname)
                ancestry = self.project.ancestry(symbol)
                if base in ancestry.externals:
                    yield symbol, class_, ancestry

    @cached_property
    def controllers(self) -> Mapping[Local, Controller]:
        """All controllers by symbol, abstract ones included."""
        found = {}
        for symbol, class_, ancestry in self._classes_below(CONTROLLER):
            layer = self._of_class("controller", symbol, class_, ancestry)
            served = self._served(ancestry)
            found[symbol] = Controller(symbol, class_, ancestry, layer, served, _is_known(ancestry, CONTROLLER))
        return MappingProxyType(found)

    def _of_class(self, kind: str, symbol: Local, class_: Class, ancestry: Ancestry) -> Layer:
        """Read the attributes of a controller or a listener."""
        base, names = (
            (CONTROLLER, _CONTROLLER_OPTIONS) if kind == "controller" else (WEBSOCKET_LISTENER, _LISTENER_OPTIONS)
        )
        options: dict[str, Located] = {}
        unsure = {name for _, owner in ancestry.classes for name in self._set_from_outside(owner.name)} & names
        for path, owner in ancestry.classes:
            for attribute in reversed(owner.attributes):  # the last one counts
                if attribute.name not in names or attribute.value is None or attribute.name in options:
                    continue
                if attribute.op != "=" or attribute.conditional:
                    unsure.add(attribute.name)
                if attribute.op == "=":
                    options[attribute.name] = Located(path, owner.qualname, attribute.value)
        is_plain = not unsure and not any(self._is_touched(owner.name) for _, owner in ancestry.classes)
        return Layer(
            kind,
            class_.name,
            symbol.path,
            class_.qualname,
            class_.span,
            MappingProxyType(options),
            _is_known(ancestry, base) and is_plain,
            unsure=frozenset(unsure),
        )

    def _set_from_outside(self, name: str) -> Iterator[str]:
        """Yield the options that are assigned from outside, as in ``Orders.path = ..``."""
        if not self._is_touched(name):
            return
        for path in self.project.words.readers(name):
            module = self.project.modules[path]
            owners: list[Module | Function] = [module, *module.functions]
            for owner in (item for item in owners if f"{name}." in item.names_text):
                targets = [t for stmt in statements(owner.body) if isinstance(stmt, Assign) for t in stmt.targets]
                for target in targets:
                    if isinstance(target, Ref) and target.name.rpartition(".")[0].rpartition(".")[2] == name:
                        yield target.name.rpartition(".")[2]

    def _is_touched(self, name: str) -> bool:
        """Whether an option of what has this name is read or set from outside, as in ``Orders.guards.append(..)``."""
        for path in self.project.words.readers(name):
            module = self.project.modules[path]
            for text in (module.names_text, *[function.names_text for function in module.functions]):
                if f"{name}." in text and name in _OPTION_OF.findall(text):
                    return True
        return False

    def _served(self, ancestry: Ancestry) -> tuple[Handler, ...]:
        seen: set[str] = set()
        found = []
        for path, owner in ancestry.classes:
            names = {qualname.rpartition(".")[2] for qualname in owner.methods} | {a.name for a in owner.attributes}
            for qualname in owner.methods:
                handler = self.handlers.get(Local(path, qualname))
                if handler is not None and handler.function.name not in seen:
                    found.append(handler)
            for name in dict.fromkeys(attribute.name for attribute in owner.attributes):
                handler = self.handlers.get(Local(path, f"{owner.qualname}.{name}"))
                if handler is not None and handler.applied is not None and name not in seen:
                    found.append(handler)
            seen |= names
        return tuple(found)

    # ------------------------------------------------------------------------------------- applications and routers
    @cached_property
    def applications(self) -> tuple[tuple[CallSite, Layer], ...]:
        """All calls of Litestar, with their layers."""
        sites = [*calls_of(self.project, LITESTAR), *calls_of(self.project, "litestar.testing.create_test_client")]
        return tuple((site, self._called("application", site)) for site in sites)

    @cached_property
    def routers(self) -> tuple[tuple[CallSite, Layer], ...]:
        """All calls of Router, with their layers."""
        return tuple((site, self._called("router", site)) for site in calls_of(self.project, ROUTER))

    def _called(self, kind: str, site: CallSite) -> Layer:
        return self._of_call(kind, site.path, site.scope, site.call, site.target)

    def of_call(self, path: str, scope: str, call: Call) -> Layer:
        """Return the layer that a call of Router declares, always the same object for one call."""
        self.routers  # noqa: B018 (they have the names that they are assigned to)
        return self._of_call("router", path, scope, call, "")

    def _of_call(self, kind: str, path: str, scope: str, call: Call, name: str) -> Layer:
        """What plugins of libraries set is not visible: with them an application's layer is incomplete."""
        key = (path, call.span)
        if key not in self._calls:
            options = {k.name: Located(path, scope, k.value) for k in call.keywords if k.name is not None}
            for option, value in zip(("path",) if kind == "router" else ("route_handlers",), call.args, strict=False):
                options.setdefault(option, Located(path, scope, value))
            label = name or ("Litestar" if kind == "application" else "Router")
            made = Layer(kind, label, path, scope, call.span, MappingProxyType(options), not call.has_unpacking)
            self._calls[key] = self._after_hooks(made) if kind == "application" else made
        return self._calls[key]

    def _after_hooks(self, layer: Layer) -> Layer:
        config = initialised(self.project, layer.options)
        changed = {option: config.values.get(option, ()) for option in config.changed if option != PLUGINS}
        complete = layer.complete and config.complete and not config.unsure
        return replace(layer, complete=complete, changed=MappingProxyType(changed), unsure=frozenset(config.unsure))

    # ----------------------------------------------------------------------------------------------------- resolved
    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Every way in which a handler is reached, unregistered handlers included (``rooted`` is False)."""
        return tuple(routes(self))

    @cached_property
    def _by_handler(self) -> Mapping[Handler, tuple[Route, ...]]:
        index: dict[Handler, list[Route]] = {}
        for route in self.routes:
            index.setdefault(route.handler, []).append(route)
        return MappingProxyType({handler: tuple(found) for handler, found in index.items()})

    def routes_of(self, handler: Handler) -> tuple[Route, ...]:
        """The routes of one handler; at least one."""
        return self._by_handler[handler]

    def served(self, handler: Handler) -> tuple[Route, ...]:
        """The routes of one handler that applications are seen to register; all of them where there are none."""
        found = self.routes_of(handler)
        return tuple(route for route in found if route.rooted) or found

    @cached_property
    def providers(self) -> tuple[Provider, ...]:
        """Every dependency that some layer declares; one that several layers share is listed once."""
        return tuple(providers(self))

    def declared(self) -> Iterator[Layer]:
        """Every layer of the project once."""
        for _, layer in (*self.applications, *self.routers):
            yield layer
        for controller in self.controllers.values():
            yield controller.layer
        for handler in self.every_handler():
            yield handler.layer


def _is_known(ancestry: Ancestry, base: str) -> bool:
    """Whether all bases of a class are known, and none of a library but one has a say in its options."""
    others = [name for name in ancestry.externals if name != base and not name.startswith(("typing.", "abc."))]
    return ancestry.known and not others
