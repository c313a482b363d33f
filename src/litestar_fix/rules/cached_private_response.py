"""LSF707 cached-private-response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.layers import Handler
from litestar_fix.model.private_reads import private_reads
from litestar_fix.model.project import Project
from litestar_fix.model.response_caches import has_key_builder, shared_cache


class CachedPrivateResponse(practice.PracticeRule):
    """A handler that answers each client differently caches its response for all of them.

    ## Why

    The key of a cached response is the method, the path and the query. Who asks is no part of it: with `cache=60` the
    second client gets what the first one was answered, whatever its cookies, headers or user are. The body of a `POST`
    is no part of the key either.

    ## When it is quiet

    `cache=False` and values that mean it; handlers with a `cache_key_builder`; projects that give a
    `ResponseCacheConfig` a `key_builder`. What functions read that the request is handed to is not looked at.

    ## Severity

    Low where guards are all there is: they are asked before a cached response is given, too, so that nobody gets it
    whom they do not let in. Whether those who are let in should get the same one is not known.

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
        found = ((handler, shared_cache(project, handler)) for handler in project.layers.every_handler())
        cached = [(handler, keyword) for handler, keyword in found if keyword is not None]
        if not cached or has_key_builder(project):
            return
        for handler, keyword in cached:
            who = handler.function.readable_name
            reason = _reason(project, handler)
            if reason:
                yield cls.finding(
                    handler.path,
                    keyword.span,
                    f"{who} caches its response, though {reason}: the key is the path and the query, so that one "
                    "client gets the response of another; set cache_key_builder or drop cache",
                )
            elif _has_guards(project, handler):
                yield cls.finding(
                    handler.path,
                    keyword.span,
                    f"{who} caches one response for all whom its guards let in: the key is the path and the query; "
                    "set cache_key_builder if it depends on who asks",
                    severity=practice.Severity.LOW,
                )


def _reason(project: Project, handler: Handler) -> str:
    others = [method for method in handler.methods or () if method != "GET"]
    if others:
        return f"it answers {' and '.join(others)}"
    for route in project.layers.served(handler):
        for who, what in private_reads(project, route):
            return f"{who} reads {what}"
    return ""


def _has_guards(project: Project, handler: Handler) -> bool:
    return any(route.cumulative("guards").items for route in project.layers.served(handler))
