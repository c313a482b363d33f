"""Caches of the standard library around coroutine functions: what they keep is a coroutine, which is awaited once."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.facts import Ref, Span
from litestar_fix.model.project import Project
from litestar_fix.model.sites import CallSite, applied_calls, calls_of
from litestar_fix.model.symbols import Local, Located

_CACHES = ("functools.lru_cache", "functools.cache")


class CachedCoroutine(msgspec.Struct, frozen=True):
    """A cache around a coroutine function: where it stands, its name, and the function's."""

    path: str
    span: Span
    cache: str
    function: str


def cached_coroutines(project: Project) -> Iterator[CachedCoroutine]:
    """Yield every cache that a coroutine function is decorated with, or handed to."""
    words = project.words.aliases(("cache", "lru_cache"))
    for path in dict.fromkeys(path for word in sorted(words) for path in project.words.readers(word)):
        for function in project.modules[path].functions:
            # any other decorator below may have made something else of it
            innermost = function.decorators[-1] if function.decorators else None
            name = project.external(path, innermost, function.parent) if innermost is not None else ""
            if innermost is not None and function.is_async and not function.is_generator and name in _CACHES:
                yield CachedCoroutine(path, innermost.span, name.rpartition(".")[2], function.qualname)
    sites = [*applied_calls(project, *_CACHES), *_called(project)]
    for site, given in sites:
        name = _coroutine_function(project, given)
        if name:
            cache = project.external(site.path, site.call, site.scope).rpartition(".")[2]
            yield CachedCoroutine(site.path, site.call.span, cache, name)


def _called(project: Project) -> Iterator[tuple[CallSite, Located]]:
    for site in calls_of(project, *_CACHES):
        if site.call.args:
            yield site, Located(site.path, site.scope, site.call.args[0])


def _coroutine_function(project: Project, given: Located) -> str:
    symbol = project.resolve_expr(given) if isinstance(given.expr, Ref) else None
    function = project.function(symbol)
    if function is None or not isinstance(symbol, Local) or function.decorators:
        return ""
    return symbol.qualname if function.is_async and not function.is_generator else ""
