"""What Litestar brings along and applications write again as middleware, and how that is told.

Sources: ``litestar/middleware`` and ``litestar/config``, Litestar 2.25. A middleware that does what the one of Litestar
does not do (limits by user, fills a token bucket, logs how long a request took) is not told as one of these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from litestar_fix.model.middleware_evidence import Evidence
from litestar_fix.model.patterns import regex

_COMPRESSORS = ("gzip.compress", "gzip.GzipFile", "gzip.open", "zlib.compress", "brotli.compress", "brotli.Compressor")
_USERS = ("account", "account_id", "api_key", "authorization", "user", "user_id", "x-api-key")
_CLOCKS = ("monotonic", "now", "perf_counter", "perf_counter_ns", "time", "time_ns", "utcnow")
_IDS = regex(r"(correlation|request|trace)[-_]?id", re.IGNORECASE)
_BUCKETS = regex(r"bucket|refill|tokens", re.IGNORECASE)
_CACHES = regex(r"cache", re.IGNORECASE)
_COOKIES = frozenset({"cookies", "set_cookie"})
_CSRF = regex(r"[cx]srf", re.IGNORECASE)
_TURNED_AWAY = frozenset({400, 403, 421})
_FORBIDDEN, _TOO_MANY = 403, 429


def _sets_cors(seen: Evidence) -> bool:
    return seen.sets_header("access-control-allow-origin")


def _compresses(seen: Evidence) -> bool:
    if not any(name.startswith(_COMPRESSORS) for name in seen.libraries):
        return False
    return seen.sets_header("content-encoding") and not seen.texts.isdisjoint({"br", "gzip"})


def _limits_addresses(seen: Evidence) -> bool:
    if _TOO_MANY not in seen.statuses or not seen.counts:
        return False
    by_address = (
        {"client", "host"} <= seen.words
        or not seen.texts.isdisjoint({"client", "x-forwarded-for", "x-real-ip"})
        or "get_remote_address" in seen.words
    )
    return by_address and not seen.mentions(*_USERS) and not seen.matches(_BUCKETS)


def _checks_host(seen: Evidence) -> bool:
    return seen.looks_up_host and not _TURNED_AWAY.isdisjoint(seen.statuses) and not seen.matches(re.compile("tenant"))


def _handles_csrf(seen: Evidence) -> bool:
    if not seen.asks_for(_CSRF, _COOKIES):
        return False
    return _FORBIDDEN in seen.statuses or seen.mentions("set_cookie", "set-cookie")


def _logs_requests(seen: Evidence) -> bool:
    return seen.logs_each_request and not seen.mentions(*_CLOCKS, *_USERS) and not seen.matches(_IDS)


def _caches_responses(seen: Evidence) -> bool:
    return seen.keeps(_CACHES) and seen.compares("http.response.body", "HTTP_RESPONSE_BODY")


class Builtin(msgspec.Struct, frozen=True):
    """One thing that Litestar does itself.

    Args:
        does: what a middleware is seen to do.
        instead: how Litestar is told to do it, as an imperative.
        is_done: tells from what a middleware touches whether it does it.
        source: where Litestar does it.
    """

    does: str
    instead: str
    is_done: Callable[[Evidence], bool]
    source: str


#: The sources are those of Litestar 2.25.
BUILTINS = (
    Builtin(
        "sets Access-Control-Allow-Origin",
        "pass cors_config=CORSConfig(...) to Litestar",
        _sets_cors,
        "litestar/middleware/_internal/cors.py",
    ),
    Builtin(
        "compresses responses",
        "pass compression_config=CompressionConfig(...) to Litestar",
        _compresses,
        "litestar/middleware/compression/middleware.py",
    ),
    Builtin(
        "limits the requests of each client address",
        "use RateLimitConfig(...).middleware",
        _limits_addresses,
        "litestar/middleware/rate_limit.py",
    ),
    Builtin(
        "turns away unknown hosts",
        "pass allowed_hosts=[...] to Litestar",
        _checks_host,
        "litestar/middleware/allowed_hosts.py",
    ),
    Builtin(
        "handles CSRF tokens",
        "pass csrf_config=CSRFConfig(...) to Litestar",
        _handles_csrf,
        "litestar/middleware/csrf.py",
    ),
    Builtin(
        "logs each request",
        "use LoggingMiddlewareConfig(...).middleware",
        _logs_requests,
        "litestar/middleware/logging.py",
    ),
    Builtin(
        "caches responses",
        "declare cache= on the handlers",
        _caches_responses,
        "litestar/middleware/response_cache.py",
    ),
)


def builtins_of(seen: Evidence) -> Iterator[Builtin]:
    """Yield what a middleware does although Litestar does it itself."""
    yield from (builtin for builtin in BUILTINS if builtin.is_done(seen))
