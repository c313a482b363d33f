"""Whether a provider that makes a resource can become a generator that closes it, and why not.

Source: ``litestar/di.py``, ``litestar/routes/http.py`` and ``litestar/_kwargs/cleanup.py``, Litestar 2.25.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from litestar_fix.model.blocking import is_blocking
from litestar_fix.model.callables import callable_of
from litestar_fix.model.consumers import Consumers, Receiver, consumers, other_mentions, provide_calls
from litestar_fix.model.creations import Fresh
from litestar_fix.model.facts import Call, Const, Function, Ref, Span, Star
from litestar_fix.model.project import Project
from litestar_fix.model.providers import Provider
from litestar_fix.model.resources import Closing, Resource
from litestar_fix.model.sites import CallSite
from litestar_fix.model.symbols import Local
from litestar_fix.model.uses import closes, keeps, streams, works_later

_THIRD = 2  # Provide(dependency, use_cache, sync_to_thread)


class Conversion(msgspec.Struct, frozen=True):
    """How a provider becomes a generator.

    Args:
        symbol: the provider.
        function: its facts.
        fresh: what it makes and returns.
        registrations: (file, span) of the ``Provide`` calls that lose ``sync_to_thread``.
    """

    symbol: Local
    function: Function
    fresh: Fresh
    registrations: tuple[tuple[str, Span], ...]


def conversion(project: Project, symbol: Local, function: Function, fresh: Fresh) -> Conversion:
    """Return how a provider of a fresh resource becomes a generator that closes it."""
    dropped = tuple(
        (site.path, site.call.span)
        for site in provide_calls(project, symbol)
        if site.call.keyword("sync_to_thread") is not None
    )
    return Conversion(symbol, function, fresh, dropped)


def why_not_converted(project: Project, found: Conversion, released: Collection[Receiver] = ()) -> str:
    """Return why a provider cannot be converted, '' where it can.

    Args:
        project: what it belongs to.
        found: the conversion.
        released: who closes what it is given, and no longer will.
    """
    symbol, function, fresh = found.symbol, found.function, found.fresh
    sites = list(provide_calls(project, symbol))
    return (
        fresh.obstacle
        or _refused_by_registration(project, symbol, sites)
        or _refused_by_resource(project, symbol, function, fresh, sites)
        or _refused_by_consumers(project, consumers(project, symbol), released)
    )


def is_plain(function: Function) -> bool:
    """Whether a function is called as it is written: no method of an instance, nothing around it that could cache."""
    if not function.owner:
        return not function.decorators
    return [decorator.name for decorator in function.decorators if isinstance(decorator, Ref)] == ["staticmethod"]


def use_cache(call: Call) -> bool | None:
    """Whether a ``Provide`` call caches; None where that is not written out."""
    if any(isinstance(argument, Star) for argument in call.args):
        return None
    value = call.args[1] if len(call.args) > 1 else call.keyword("use_cache")
    if value is None:
        return None if call.has_unpacking else False
    return bool(value.value) if isinstance(value, Const) else None


# ---------------------------------------------------------------------------------------------------------- refusals
def bound_to_thread(resource: Resource, shown: str) -> str:
    """Say why a sync generator cannot close a resource that is bound to its thread."""
    may_be = "may be" if resource.noun == "session" else "is"
    return f"a sync generator is closed in another thread, and a {shown} {may_be} bound to its own"


def _refused_by_registration(project: Project, symbol: Local, sites: list[CallSite]) -> str:
    for site in sites:
        match use_cache(site.call):
            case True:
                return "it is also registered with use_cache=True, which a generator cannot be"
            case None:
                return "whether it is cached is not known"
        if len(site.call.args) > _THIRD or site.call.has_unpacking:
            return "its registration is not spelled out"
    registered = {(p.call.span, p.value.path) for p in project.layers.providers if p.call is not None}
    if any((site.call.span, site.path) not in registered for site in sites):
        return "who uses it is not known"
    for mention in other_mentions(project, symbol):
        where = f"{mention.path}:{mention.span.line}"
        if mention.called:
            return f"{where} calls it, too, and would get a generator"
        return f"{where} refers to it, too, and may call it"
    return ""


def _refused_by_resource(
    project: Project, symbol: Local, function: Function, fresh: Fresh, sites: list[CallSite]
) -> str:
    resource = fresh.creation.resource
    if resource.closing is Closing.UNKNOWN:
        return "how it is closed is not known"
    becomes_sync = not function.is_async and not resource.is_async
    if becomes_sync and resource.is_thread_bound:
        return bound_to_thread(resource, fresh.creation.shown)
    more = frozenset(project.settings.blocking_calls)
    runs_in_thread = not function.is_async and any(_in_thread(site.call) for site in sites)
    if runs_in_thread and project.callgraph.path_to(symbol, lambda name: is_blocking(name, more)) is not None:
        return "it is opened in a worker thread, a generator would open it on the event loop"
    return ""


def _in_thread(call: Call) -> bool:
    value = call.keyword("sync_to_thread")
    return value is not None and not (isinstance(value, Const) and not value.value)


def _refused_by_consumers(project: Project, found: Consumers, released: Collection[Receiver]) -> str:
    for key, provider in found.sources.items():
        if _is_generator(project, provider):
            name = _name_of(provider, key)
            return f"it depends on the generator provider {name}, and Litestar closes both at the same time"
        if provider.dependency is None or callable_of(project, provider.dependency) is None:
            return f"it depends on {key}, whose provider is not known"
    for key, provider in found.holders.items():
        name = _name_of(provider, key)
        if _is_generator(project, provider):
            return f"the generator provider {name} depends on it, and Litestar closes both at the same time"
        if provider.use_cache is not False:
            return f"{name} keeps it with use_cache=True"
    for name in found.applied:
        return f"what {name} does with it is not known"
    for key in found.unknown:
        return f"the provider of {key} is not known and may depend on it"
    for receiver in found.receivers:
        name = receiver.symbol.qualname.rpartition(".")[2]
        if receiver not in released and closes(project, receiver.symbol, receiver.param):
            return f"{name} closes it itself"
        if keeps(project, receiver.symbol, receiver.param):
            return f"{name} keeps it beyond the request"
    for handler in found.handlers.values():
        if streams(project, handler):
            return f"{handler.function.name} streams its response, which would outlive it"
        if works_later(project, handler):
            return f"{handler.function.name} leaves work for later, which would outlive it"
    return ""


def _is_generator(project: Project, provider: Provider) -> bool:
    function = project.function(provider.target)
    return function is not None and function.is_generator


def _name_of(provider: Provider, key: str) -> str:
    return provider.target.qualname.rpartition(".")[2] if isinstance(provider.target, Local) else key
