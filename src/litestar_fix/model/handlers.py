"""Route handlers: functions below a route decorator, functions that one is applied to by a call, and listener classes.

Source: ``litestar/handlers/base.py`` (``BaseRouteHandler.__init__``: paths) and
``litestar/handlers/websocket_handlers/listener.py`` (``WebsocketListener.to_handler``), Litestar 2.25.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from litestar_fix.model.evaluate import strings
from litestar_fix.model.facts import Call, Function, Keyword, Ref, Span
from litestar_fix.model.names import HANDLER_DECORATORS, HTTP_DECORATORS, HTTP_METHODS
from litestar_fix.model.project import Project
from litestar_fix.model.sites import CallSite, applied_calls
from litestar_fix.model.symbols import Local, Located

_NOTHING: Mapping[str, tuple[Located, ...]] = MappingProxyType({})


class Layer(msgspec.Struct, frozen=True, eq=False):
    """One declaration in the layer hierarchy; there is one object per declaration, compared by identity.

    Args:
        kind: 'application', 'router', 'controller' or 'handler'.
        name: how its author calls it.
        path, scope, span: the file, the scope its expressions are read in, and the node that names it.
        options: option -> expression, as declared on this very layer (inherited class attributes included).
        complete: False where options may be set in a way that the text does not show: ``**kwargs``, plugins of
            libraries, unknown bases.
        changed: option -> what it consists of after the hooks of the application; only those that a hook changes.
        unsure: the options that may be set in another way than ``options`` and ``changed`` say.
    """

    kind: str
    name: str
    path: str
    scope: str
    span: Span
    options: Mapping[str, Located]
    complete: bool
    changed: Mapping[str, tuple[Located, ...]] = msgspec.field(default_factory=lambda: _NOTHING)
    unsure: frozenset[str] = frozenset()

    def values(self, option: str) -> tuple[Located, ...]:
        """The expressions that an option's value consists of, in order; nothing where it is not set.

        There is more than one where hooks of the application add to what was declared.
        """
        if option in self.changed:
            return self.changed[option]
        return (self.options[option],) if option in self.options else ()

    @property
    def names(self) -> frozenset[str]:
        """The options that are set."""
        return frozenset(self.options) | frozenset(self.changed)


class Handler(msgspec.Struct, frozen=True, eq=False):
    """A route handler.

    Args:
        path: the file of its function.
        function: the facts of its function; of a listener class, those of ``on_receive``.
        kind: canonical name of the decorator, e.g. 'litestar.get'.
        decorator: the decorator as written: a call, or the bare name; None for a listener class.
        layer: its own layer.
        paths: route paths relative to its controller or router; None where they are not known.
        methods: HTTP methods, or ('WS',) or ('ASGI',); None where not known.
        applied: where the decorator is applied by a call, ``get("/")(read)``; None where it stands above the function.
    """

    path: str
    function: Function
    kind: str
    decorator: Call | Ref | None
    layer: Layer
    paths: tuple[str, ...] | None
    methods: tuple[str, ...] | None
    applied: CallSite | None = None

    @property
    def is_http(self) -> bool:
        """Whether it answers HTTP requests."""
        return self.kind in HTTP_DECORATORS

    @property
    def symbol(self) -> Local:
        """The function's symbol."""
        return Local(self.path, self.function.qualname)

    @property
    def is_plain(self) -> bool:
        """Whether Litestar sees the function as it is written: no other decorator wraps it."""
        if self.applied is not None or self.decorator is None:
            return not self.function.decorators
        return self.function.decorators[-1] == self.decorator

    def keyword(self, name: str) -> Keyword | None:
        """The keyword argument of its decorator, or None."""
        keywords = self.decorator.keywords if isinstance(self.decorator, Call) else ()
        return next((keyword for keyword in keywords if keyword.name == name), None)


def decorated(project: Project) -> Iterator[Handler]:
    """Yield the handlers below a route decorator."""
    for module, function in project.functions():
        for decorator in function.decorators:
            kind = project.external(module.path, decorator, function.parent)
            if kind in HANDLER_DECORATORS and isinstance(decorator, Call | Ref):
                yield _made(project, Local(module.path, function.qualname), function, kind, decorator, None)
                break


def applied(project: Project) -> Mapping[tuple[str, Span], Handler]:
    """Return the handlers that a call makes of functions of the project, ``get("/")(read)``.

    Returns:
        the handler by file and place of its decorator.
    """
    found = {}
    for site, argument in applied_calls(project, *HANDLER_DECORATORS):
        symbol = project.resolve_expr(argument)
        function = project.function(symbol)
        if isinstance(symbol, Local) and function is not None:
            kind = project.external(site.path, site.call, site.scope)
            found[site.path, site.call.span] = _made(project, symbol, function, kind, site.call, site)
    return MappingProxyType(found)


def name_of(project: Project, site: CallSite) -> Local | None:
    """Return the module-level name or class attribute that stands for what a call makes; None where there is none."""
    if not site.target:
        return None
    if not site.scope:
        symbol = Local(site.path, site.target)
        found = project.assignment(symbol)
        return symbol if found is not None and not found.conditional else None
    class_ = project.class_(Local(site.path, site.scope))
    values = [item for item in class_.attributes if item.name == site.target] if class_ is not None else []
    is_plain = len(values) == 1 and not values[0].conditional
    return Local(site.path, f"{site.scope}.{site.target}") if is_plain else None


def _made(
    project: Project, symbol: Local, function: Function, kind: str, decorator: Call | Ref, site: CallSite | None
) -> Handler:
    path, scope = (site.path, site.scope) if site is not None else (symbol.path, function.parent)
    options: dict[str, Located] = {}
    complete = True
    routed: Located | None = None
    if isinstance(decorator, Call):
        options = {k.name: Located(path, scope, k.value) for k in decorator.keywords if k.name is not None}
        complete = not decorator.has_unpacking
        routed = Located(path, scope, decorator.args[0]) if decorator.args else options.get("path")
    layer = Layer("handler", function.qualname, symbol.path, scope, function.span, MappingProxyType(options), complete)
    paths = strings(project, routed) if complete or routed is not None else None
    return Handler(symbol.path, function, kind, decorator, layer, paths, _methods(project, kind, options), site)


def _methods(project: Project, kind: str, options: Mapping[str, Located]) -> tuple[str, ...] | None:
    name = kind.removeprefix("litestar.")
    if name == "route":
        found = options.get("http_method")
        methods = strings(project, found) if found is not None else None
        return tuple(method.upper() for method in methods) if methods and all(methods) else None
    if name in HTTP_METHODS:
        return (HTTP_METHODS[name],)
    return ("ASGI",) if name == "asgi" else ("WS",)


def listener(project: Project, symbol: Local, layer: Layer) -> Handler | None:
    """Return the handler that a class of Litestar's ``WebsocketListener`` is; None where its function is not known.

    Args:
        project: what it belongs to.
        symbol: the class.
        layer: its options.
    """
    receive = project.member(symbol, "on_receive")
    function = project.function(receive)
    if receive is None or function is None:
        return None
    routed = layer.options.get("path")
    is_known = "path" not in layer.unsure and (layer.complete or routed is not None)
    paths = strings(project, routed) if is_known else None
    return Handler(receive.path, function, "litestar.websocket_listener", None, layer, paths, ("WS",))
