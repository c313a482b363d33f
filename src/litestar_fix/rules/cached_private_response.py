"""LSF707 cached-private-response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Const, Keyword
from litestar_fix.model.layers import Handler
from litestar_fix.model.private_reads import private_reads
from litestar_fix.model.project import Located, Project
from litestar_fix.model.sites import calls_of

_CONFIG = "litestar.config.response_cache.ResponseCacheConfig"
_BUILDER = "cache_key_builder"


class CachedPrivateResponse(practice.PracticeRule):
    """A handler that answers each client differently caches its response for all of them.

    ## Why

    The key of a cached response is the method, the path and the query. Who asks is no part of it: with `cache=60` the
    second client gets what the first one was answered, whatever its cookies, headers or user are. The body of a `POST`
    is no part of the key either.

    ## When it is quiet

    `cache=False` and values that mean it; handlers with a `cache_key_builder`; projects that give a
    `ResponseCacheConfig` a `key_builder`. What functions read that the request is handed to is not looked at.

    ## Source

    `litestar/config/response_cache.py` (`default_cache_key_builder`) and `litestar/routes/http.py`, Litestar 2.25.
    """

    code = "LSF707"
    name = "cached-private-response"
    severity = practice.Severity.CRITICAL
    applicability = practice.Applicability.NONE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/hives", cache=60)
            async def count_hives() -> int:
                return 3
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Request, get

            @get("/hives", cache=60)
            async def count_hives(request: Request) -> int:
                return len(request.cookies)
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the options of handlers that cache."""
        cached = [*_cached(project)]
        if not cached or _has_key_builder(project):
            return
        for handler, keyword in cached:
            reason = _reason(project, handler)
            who = handler.function.qualname.replace(".<locals>", "")
            if reason:
                yield cls.finding(
                    handler.path,
                    keyword.span,
                    f"{who} caches its response, though {reason}: the key is the path and the query, so that one "
                    "client gets the response of another; set cache_key_builder or drop cache",
                )


def _cached(project: Project) -> Iterator[tuple[Handler, Keyword]]:
    for handler in project.layers.every_handler():
        keyword = handler.keyword("cache")
        if keyword is None or not handler.is_http or handler.keyword(_BUILDER) is not None:
            continue
        located = Located(handler.path, handler.layer.scope, keyword.value)
        value = (value_of(project, located) or located).expr
        if not (isinstance(value, Const) and not value.value):
            yield handler, keyword


def _has_key_builder(project: Project) -> bool:
    calls = [site.call for site in calls_of(project, _CONFIG)]
    return any(call.has_unpacking or len(call.args) > 1 or call.keyword("key_builder") is not None for call in calls)


def _reason(project: Project, handler: Handler) -> str:
    others = [method for method in handler.methods or () if method != "GET"]
    if others:
        return f"it answers {' and '.join(others)}"
    for route in project.layers.served(handler):
        if route.cumulative("guards").items:
            return "it has guards"
        for who, what in private_reads(project, route):
            return f"{who} reads {what}"
    return ""
