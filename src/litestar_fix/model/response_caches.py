"""Handlers whose responses are cached.

Source: ``litestar/config/response_cache.py`` (``default_cache_key_builder``), Litestar 2.25.
"""

from __future__ import annotations

from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Const, Keyword
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.sites import calls_of
from litestar_fix.model.symbols import Located

_CONFIG = "litestar.config.response_cache.ResponseCacheConfig"
_BUILDER = "cache_key_builder"


def shared_cache(project: Project, handler: Handler) -> Keyword | None:
    """Return the option by which a handler caches its responses, by path and query alone; None where it does not."""
    keyword = handler.keyword("cache")
    if keyword is None or not handler.is_http or handler.keyword(_BUILDER) is not None:
        return None
    located = Located(handler.path, handler.layer.scope, keyword.value)
    value = (value_of(project, located) or located).expr
    return keyword if not (isinstance(value, Const) and not value.value) else None


def has_key_builder(project: Project) -> bool:
    """Whether the project may say itself what the key of a cached response is."""
    calls = [site.call for site in calls_of(project, _CONFIG)]
    return any(call.has_unpacking or len(call.args) > 1 or call.keyword("key_builder") is not None for call in calls)
