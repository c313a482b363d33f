"""Who is given what a provider returns: handlers and other providers, directly or through them.

Where an application's outer layers are not seen, everybody with a parameter of the provider's key counts, if some outer
layer provides it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

import msgspec

from litestar_fix.model.callables import callable_of, parameters
from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Call, Ref, Span
from litestar_fix.model.layers import Handler
from litestar_fix.model.names import HANDLER_DECORATORS, PROVIDE
from litestar_fix.model.project import Project
from litestar_fix.model.providers import Provider
from litestar_fix.model.routes import Route
from litestar_fix.model.sites import CallSite, Mention, applied_calls, calls_of, mentions_of
from litestar_fix.model.symbols import Local, Located, Symbol

#: The key of the session that Advanced Alchemy's plugin provides, and which argument of its providers changes it.
_SESSION = "db_session"
_CONFIG = 2
#: Layers whose dependencies nobody else gets.
_INNER = frozenset({"controller", "handler"})


class Receiver(msgspec.Struct, frozen=True):
    """A function that is given the value itself, and the parameter it is given as."""

    symbol: Local
    param: str


class Consumers(msgspec.Struct):
    """Who gets a provider's value.

    Args:
        receivers: who is given the value itself.
        holders: the providers that make something of it, by their keys.
        handlers: the handlers that get it, or something made of it.
        unknown: keys of dependencies used next to it whose provider is not known, so that it may be made of it.
        sources: the providers that the provider itself is given values of, by their keys.
        applied: functions with a parameter of its key that a route decorator is applied to by a call; what they do is
            not followed.
    """

    receivers: dict[Receiver, None] = msgspec.field(default_factory=dict)
    holders: dict[str, Provider] = msgspec.field(default_factory=dict)
    handlers: dict[Local, Handler] = msgspec.field(default_factory=dict)
    unknown: dict[str, None] = msgspec.field(default_factory=dict)
    sources: dict[str, Provider] = msgspec.field(default_factory=dict)
    applied: dict[str, None] = msgspec.field(default_factory=dict)


def consumers(project: Project, symbol: Local) -> Consumers:
    """Return who gets what a provider returns.

    Args:
        project: what it belongs to.
        symbol: the provider's function.
    """
    own = [provider for provider in project.layers.providers if provider.target == symbol]
    outer = [provider for provider in own if any(layer.kind not in _INNER for layer in provider.layers)]
    found = Consumers()
    for route in project.layers.routes:
        available = dict(route.dependencies())
        if not route.rooted:
            for provider in outer:
                available.setdefault(provider.key, provider)
        if any(provider.target == symbol for provider in available.values()):
            _Tracing(project, symbol, available, found).route(route)
    keys = {provider.key for provider in own} | set(found.holders)
    for _, argument in applied_calls(project, *HANDLER_DECORATORS):
        known = callable_of(project, argument)
        if known is not None and not keys.isdisjoint(known.params or ()):
            found.applied[known.name] = None
    return found


class _Tracing:
    """Follows one value through the dependencies of one route."""

    def __init__(self, project: Project, symbol: Local, available: Mapping[str, Provider], found: Consumers) -> None:
        self.project = project
        self.symbol = symbol
        self.available = available
        self.found = found
        self._reached: dict[str, bool] = {}

    def route(self, route: Route) -> None:
        function = route.handler.function
        given = [self._gives(route.handler.symbol, param.name) for param in function.params]
        if any(given):
            self.found.handlers[route.handler.symbol] = route.handler
            for key in parameters(self.project, self.symbol) or ():
                self._source(key)

    def _gives(self, to: Local, key: str) -> bool:
        """Whether a parameter is the value, or something made of it; what is found on the way is recorded."""
        provider = self.available.get(key)
        if provider is None:
            return False
        if provider.target == self.symbol:
            self.found.receivers[Receiver(to, key)] = None
            return True
        if key not in self._reached:
            self._reached[key] = False
            self._reached[key] = self._made_of_it(key, provider)
        return self._reached[key]

    def _made_of_it(self, key: str, provider: Provider) -> bool:
        known = callable_of(self.project, provider.dependency) if provider.dependency is not None else None
        target = provider.target if isinstance(provider.target, Local) else None
        params = parameters(self.project, target) if target is not None else known.params if known is not None else None
        if params is None:
            # the session of a service is that of a plugin as long as no layer provides another one
            if _is_service(self.project, provider) and _SESSION not in self.available:
                return False
            self.found.unknown[key] = None
            return True
        if target is None:
            bodies = known.bodies if known is not None else ()
            target = bodies[0] if bodies else Local(provider.value.path, "<lambda>")
        given = [self._gives(target, param) for param in params]
        if any(given):
            self.found.holders[key] = provider
        return any(given)

    def _source(self, key: str) -> None:
        provider = self.available.get(key)
        if provider is None or key in self.found.sources or provider.target == self.symbol:
            return
        self.found.sources[key] = provider
        for param in parameters(self.project, provider.target) or ():
            self._source(param)


def _is_service(project: Project, provider: Provider) -> bool:
    """Whether Advanced Alchemy makes a provider for a service, which depends on the usual session and nothing else.

    Source: ``create_service_provider`` in ``advanced_alchemy/extensions/litestar/providers.py``, 1.12.
    """
    made = provider.dependency
    if made is not None and isinstance(made.expr, Ref):
        made = value_of(project, made)
    if made is None or not isinstance(made.expr, Call):
        return False
    call = made.expr
    is_configured = call.has_unpacking or len(call.args) > _CONFIG or call.keyword("config") is not None
    name = project.external(made.path, call, made.scope)
    return not is_configured and name.startswith("advanced_alchemy.") and name.endswith(".create_service_provider")


def provide_calls(project: Project, symbol: Local) -> Iterator[CallSite]:
    """Yield every ``Provide`` call of a function, wherever it stands."""
    if project not in _calls:
        _calls[project] = _calls_by_target(project)
    yield from _calls[project].get(symbol, ())


_calls: WeakKeyDictionary[Project, dict[Symbol, list[CallSite]]] = WeakKeyDictionary()


def _calls_by_target(project: Project) -> dict[Symbol, list[CallSite]]:
    found: dict[Symbol, list[CallSite]] = {}
    for site in calls_of(project, PROVIDE):
        dependency = provided(site.call, site.path, site.scope)
        target = project.resolve_expr(dependency) if dependency is not None else None
        if target is not None:
            found.setdefault(target, []).append(site)
    return found


def provided(call: Call, path: str = "", scope: str = "") -> Located | None:
    """Return what a ``Provide`` call provides, None where it is not written out."""
    inner = call.args[0] if call.args else call.keyword("dependency")
    return Located(path, scope, inner) if inner is not None else None


def other_mentions(project: Project, symbol: Local) -> Iterator[Mention]:
    """Yield every place where a provider's function is read for anything but registering it."""
    registered: set[tuple[str, Span]] = set()
    for provider in project.layers.providers:
        if provider.target == symbol and provider.dependency is not None:
            registered.add((provider.dependency.path, provider.dependency.expr.span))
    for mention in mentions_of(project, symbol):
        if (mention.path, mention.span) not in registered:
            yield mention
