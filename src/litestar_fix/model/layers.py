"""Litestar's layers: applications, routers, controllers and handlers, and what each declares.

A `Layer` is one declaration with its options. Which layers enclose a handler is worked out in `routes`; what that
means for an option (closest wins, merged by key, cumulative) is Litestar's rule and lives in `routes.Route`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType

import msgspec

from litestar_fix.model.evaluate import strings
from litestar_fix.model.facts import Call, Class, Function, Keyword, Ref, Span
from litestar_fix.model.names import (
    CONTROLLER,
    HANDLER_DECORATORS,
    HTTP_DECORATORS,
    HTTP_METHODS,
    LAYERED_OPTIONS,
    LITESTAR,
    OUTER_OPTIONS,
    ROUTER,
)
from litestar_fix.model.project import Ancestry, Local, Located, Project
from litestar_fix.model.providers import Provider, providers
from litestar_fix.model.routes import Route, routes
from litestar_fix.model.sites import CallSite, calls_of

_CONTROLLER_OPTIONS = LAYERED_OPTIONS | OUTER_OPTIONS | {"path"}
_OPTION_OF = re.compile(rf"(\w+)\.(?:{'|'.join(sorted(_CONTROLLER_OPTIONS))})\b")
_APP_HOOKS = ("plugins", "on_app_init")


class Layer(msgspec.Struct, frozen=True, eq=False):
    """One declaration in the layer hierarchy; there is one object per declaration, compared by identity.

    Args:
        kind: 'application', 'router', 'controller' or 'handler'.
        name: how its author calls it.
        path, scope, span: the file, the scope its expressions are read in, and the node that names it.
        options: option -> expression, as declared on this very layer (inherited class attributes included).
        complete: False where options may be set in a way that the text does not show: ``**kwargs``, plugins, unknown
            bases.
    """

    kind: str
    name: str
    path: str
    scope: str
    span: Span
    options: Mapping[str, Located]
    complete: bool


class Handler(msgspec.Struct, frozen=True, eq=False):
    """A route handler: a function below a route decorator of Litestar.

    Args:
        path: its file.
        function: its facts.
        kind: canonical name of the decorator, e.g. 'litestar.get'.
        decorator: the decorator as written: a call, or the bare name.
        layer: its own layer.
        paths: route paths relative to its controller or router; None where they are not known.
        methods: HTTP methods, or ('WS',) or ('ASGI',); None where not known.
    """

    path: str
    function: Function
    kind: str
    decorator: Call | Ref
    layer: Layer
    paths: tuple[str, ...] | None
    methods: tuple[str, ...] | None

    @property
    def is_http(self) -> bool:
        """Whether it answers HTTP requests."""
        return self.kind in HTTP_DECORATORS

    @property
    def symbol(self) -> Local:
        """The function's symbol."""
        return Local(self.path, self.function.qualname)

    def keyword(self, name: str) -> Keyword | None:
        """The keyword argument of its decorator, or None."""
        keywords = self.decorator.keywords if isinstance(self.decorator, Call) else ()
        return next((keyword for keyword in keywords if keyword.name == name), None)


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
        """The handlers that this very class defines."""
        return tuple(h for h in self.handlers if h.path == self.path and h.function.owner == self.class_.qualname)


class Layers:
    """All layers of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._calls: dict[tuple[str, Span], Layer] = {}

    @cached_property
    def handlers(self) -> Mapping[Local, Handler]:
        """All handlers, registered or not, by symbol."""
        found = {}
        for module, function in self.project.functions():
            if function.decorators:
                handler = self._handler(module.path, function)
                if handler is not None:
                    found[handler.symbol] = handler
        return MappingProxyType(found)

    def _handler(self, path: str, function: Function) -> Handler | None:
        scope = function.qualname.rpartition(".")[0].removesuffix(".<locals>")
        for decorator in function.decorators:
            kind = self.project.external(path, decorator, scope)
            if kind in HANDLER_DECORATORS and isinstance(decorator, Call | Ref):
                return self._decorated(path, scope, function, kind, decorator)
        return None

    def _decorated(self, path: str, scope: str, function: Function, kind: str, decorator: Call | Ref) -> Handler:
        options: dict[str, Located] = {}
        complete = True
        routed: Located | None = None
        if isinstance(decorator, Call):
            options = {k.name: Located(path, scope, k.value) for k in decorator.keywords if k.name is not None}
            complete = not decorator.has_unpacking
            routed = Located(path, scope, decorator.args[0]) if decorator.args else options.get("path")
        layer = Layer("handler", function.qualname, path, scope, function.span, MappingProxyType(options), complete)
        paths = strings(self.project, routed) if complete or routed is not None else None
        return Handler(path, function, kind, decorator, layer, paths, self._methods(kind, options))

    def _methods(self, kind: str, options: Mapping[str, Located]) -> tuple[str, ...] | None:
        name = kind.removeprefix("litestar.")
        if name == "route":
            found = options.get("http_method")
            methods = strings(self.project, found) if found is not None else None
            return tuple(method.upper() for method in methods) if methods else None
        if name in HTTP_METHODS:
            return (HTTP_METHODS[name],)
        return ("ASGI",) if name == "asgi" else ("WS",)

    @cached_property
    def controllers(self) -> Mapping[Local, Controller]:
        """All controllers by symbol, abstract ones included."""
        found = {}
        for module, class_ in self.project.classes():
            if class_.bases:
                symbol = Local(module.path, class_.qualname)
                ancestry = self.project.ancestry(symbol)
                if CONTROLLER in ancestry.externals:
                    found[symbol] = self._controller(symbol, class_, ancestry)
        return MappingProxyType(found)

    def _controller(self, symbol: Local, class_: Class, ancestry: Ancestry) -> Controller:
        others = [
            name for name in ancestry.externals if name != CONTROLLER and not name.startswith(("typing.", "abc."))
        ]
        complete = ancestry.known and not others
        options: dict[str, Located] = {}
        plain = True
        for path, owner in ancestry.classes:
            for attribute in owner.attributes:
                if attribute.name not in _CONTROLLER_OPTIONS or attribute.value is None:
                    continue
                plain = plain and attribute.op == "=" and not attribute.conditional
                if attribute.name not in options:
                    options[attribute.name] = Located(path, owner.qualname, attribute.value)
        plain = plain and not any(self._is_touched(owner.name) for _, owner in ancestry.classes)
        layer = Layer(
            "controller",
            class_.name,
            symbol.path,
            class_.qualname,
            class_.span,
            MappingProxyType(options),
            complete and plain,
        )
        return Controller(symbol, class_, ancestry, layer, self._served(ancestry), complete)

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
        return self.of_call(kind, site.path, site.scope, site.call, site.target)

    def of_call(self, kind: str, path: str, scope: str, call: Call, name: str = "") -> Layer:
        """Return the layer that a call of Litestar or Router declares, always the same object for one call.

        What plugins and ``on_app_init`` set is not visible: with them an application's layer is incomplete.
        """
        key = (path, call.span)
        if key not in self._calls:
            options = {k.name: Located(path, scope, k.value) for k in call.keywords if k.name is not None}
            for option, value in zip(("path",) if kind == "router" else ("route_handlers",), call.args, strict=False):
                options.setdefault(option, Located(path, scope, value))
            complete = not call.has_unpacking and not any(hook in options for hook in _APP_HOOKS)
            label = name or ("Litestar" if kind == "application" else "Router")
            self._calls[key] = Layer(kind, label, path, scope, call.span, MappingProxyType(options), complete)
        return self._calls[key]

    # ----------------------------------------------------------------------------------------------------- resolved
    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Every way in which a handler is reached, unregistered handlers included (``rooted`` is False)."""
        return tuple(routes(self))

    @cached_property
    def _by_handler(self) -> Mapping[Local, tuple[Route, ...]]:
        index: dict[Local, list[Route]] = {}
        for route in self.routes:
            index.setdefault(route.handler.symbol, []).append(route)
        return MappingProxyType({symbol: tuple(found) for symbol, found in index.items()})

    def routes_of(self, handler: Handler) -> tuple[Route, ...]:
        """The routes of one handler; at least one."""
        return self._by_handler[handler.symbol]

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
        for handler in self.handlers.values():
            yield handler.layer
