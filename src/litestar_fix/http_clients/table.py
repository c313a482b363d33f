"""What httpx calls the things of requests.

Each row was checked by running both libraries against one server: requests 2.34 and httpx 0.28. What has no row has no
counterpart. Sources: https://requests.readthedocs.io/en/latest/api/ and https://www.python-httpx.org/compatibility/.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType

#: The release of httpx that the rows were checked with.
HTTPX = "0.28.1"

VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request"})
#: The methods of httpx that take neither content=, data=, json= nor files=: such a call becomes client.request(...).
BODILESS = frozenset({"get", "head", "options", "delete"})
BODY = frozenset({"data", "json", "files"})

#: Positional parameters; a Session's methods have the second row, where there is one.
POSITIONAL = MappingProxyType(
    {
        "get": ("url", "params"),
        "options": ("url",),
        "head": ("url",),
        "delete": ("url",),
        "post": ("url", "data", "json"),
        "put": ("url", "data"),
        "patch": ("url", "data"),
        "request": ("method", "url"),
        "Session.get": ("url",),
        "Session.request": ("method", "url", "params", "data", "headers"),
    }
)


class Keyword(Enum):
    """How a keyword argument of requests is given to httpx."""

    SAME = "under its own name"
    REDIRECTS = "as follow_redirects, which is False where requests follows"
    CLIENT = "to the client, not to the call"
    BODY = "as data= where it is a form, as content= where it is text or bytes"
    WITHOUT_FIX = "in a way that changes the code around the call"
    NOT = "not at all"


KEYWORDS = MappingProxyType(
    {
        "method": Keyword.SAME,
        "url": Keyword.SAME,
        "params": Keyword.SAME,
        "json": Keyword.SAME,
        "headers": Keyword.SAME,
        "files": Keyword.SAME,
        "auth": Keyword.SAME,
        "timeout": Keyword.SAME,
        "allow_redirects": Keyword.REDIRECTS,
        "data": Keyword.BODY,
        "cookies": Keyword.CLIENT,
        "verify": Keyword.CLIENT,
        "stream": Keyword.WITHOUT_FIX,
        "proxies": Keyword.WITHOUT_FIX,
        "cert": Keyword.WITHOUT_FIX,
        "hooks": Keyword.NOT,
    }
)
#: What is to be done by hand, by what stands in the way.
ADVICE = MappingProxyType(
    {
        "stream=": "httpx.AsyncClient.stream",
        "proxies=": "an httpx.AsyncClient that is made with the proxy",
        "cert=": "an httpx.AsyncClient that is made with an SSL context of the certificate",
        "an adapter": "an httpx.AsyncClient that is made with a transport",
    }
)
#: Attributes and methods of a Session without a counterpart that takes one line, by what they stand for in `ADVICE`.
SESSION_WITHOUT_FIX = MappingProxyType(
    {
        "mount": "an adapter",
        "adapters": "an adapter",
        "get_adapter": "an adapter",
        "proxies": "proxies=",
        "stream": "stream=",
        "cert": "cert=",
    }
)
#: Attributes of a Session that a client has as well.
SESSION_SAME = frozenset({"headers", "cookies", "auth", "max_redirects"})
#: Attributes of a Session that are arguments of the client.
SESSION_ARGUMENTS = frozenset({"verify", "trust_env"})

AUTH = MappingProxyType({"requests.auth.HTTPBasicAuth": "BasicAuth", "requests.auth.HTTPDigestAuth": "DigestAuth"})

RESPONSE_SAME = frozenset(
    ["content", "cookies", "elapsed", "encoding", "headers", "json", "links", "raise_for_status", "status_code", "text"]
)
RESPONSE_RENAMED = MappingProxyType(
    {"ok": "is_success", "reason": "reason_phrase", "is_redirect": "has_redirect_location"}
)
#: A URL object in httpx: the text of it is what requests gives.
RESPONSE_TEXT = frozenset({"url"})
#: Attributes that both have, and that differ.
RESPONSE_DIFFERENT = frozenset({"close", "history", "iter_lines", "request"})
#: What both of cookies and headers can do; their other methods differ.
MAPPING_METHODS = frozenset({"get", "items", "keys", "values"})
#: Headers, in lower case, that a server may answer with 304.
CONDITIONS = frozenset({"if-modified-since", "if-none-match"})
#: What counts a redirect that is not followed as a success in requests, and not in httpx.
NEEDS_REDIRECTS = MappingProxyType(
    {
        "ok": "response.ok counts a redirect as a success, httpx does not",
        "raise_for_status": "response.raise_for_status of httpx raises for a redirect",
    }
)

_ROOT = "requests.RequestException"
#: requests' classes -> (their own bases, httpx' class). JSON errors are those of the standard library.
ERRORS = MappingProxyType(
    {
        _ROOT: ((), "httpx.HTTPError"),
        "requests.HTTPError": ((_ROOT,), "httpx.HTTPStatusError"),
        "requests.ConnectionError": ((_ROOT,), "httpx.TransportError"),
        "requests.ProxyError": ((_ROOT, "requests.ConnectionError"), "httpx.ProxyError"),
        "requests.SSLError": ((_ROOT, "requests.ConnectionError"), "httpx.ConnectError"),
        "requests.Timeout": ((_ROOT,), "httpx.TimeoutException"),
        "requests.ConnectTimeout": (
            (_ROOT, "requests.ConnectionError", "requests.Timeout"),
            "httpx.ConnectTimeout",
        ),
        "requests.ReadTimeout": ((_ROOT, "requests.Timeout"), "httpx.ReadTimeout"),
        "requests.TooManyRedirects": ((_ROOT,), "httpx.TooManyRedirects"),
        "requests.URLRequired": ((_ROOT,), "httpx.UnsupportedProtocol"),
        "requests.MissingSchema": ((_ROOT,), "httpx.UnsupportedProtocol"),
        "requests.InvalidSchema": ((_ROOT,), "httpx.UnsupportedProtocol"),
        "requests.InvalidURL": ((_ROOT,), "httpx.InvalidURL"),
        "requests.ChunkedEncodingError": ((_ROOT,), "httpx.RemoteProtocolError"),
        "requests.ContentDecodingError": ((_ROOT,), "httpx.DecodingError"),
        "requests.JSONDecodeError": ((_ROOT,), "json.JSONDecodeError"),
    }
)
#: The other exceptions of requests: httpx has no counterpart.
OTHER_ERRORS = frozenset(
    f"requests.{name}"
    for name in (
        "InvalidHeader", "InvalidJSONError", "InvalidProxyURL", "RetryError", "StreamConsumedError",
        "UnrewindableBodyError",
    )
)  # fmt: skip
_TRANSPORT = ("httpx.TransportError", "httpx.HTTPError")
#: A ConnectionError where a later clause catches timeouts, which are TransportErrors as well.
BEFORE_TIMEOUTS = ("httpx.NetworkError", "httpx.RemoteProtocolError", "httpx.ConnectTimeout")
#: The timeouts that are no ConnectionErrors.
TIMEOUTS = frozenset({"requests.Timeout", "requests.ReadTimeout"})
#: The bases of httpx' classes, as far as clauses may name them.
BASES = MappingProxyType(
    {
        "httpx.HTTPStatusError": ("httpx.HTTPError",),
        "httpx.TransportError": ("httpx.HTTPError",),
        "httpx.NetworkError": _TRANSPORT,
        "httpx.ProxyError": _TRANSPORT,
        "httpx.ConnectError": ("httpx.NetworkError", *_TRANSPORT),
        "httpx.TimeoutException": _TRANSPORT,
        "httpx.ConnectTimeout": ("httpx.TimeoutException", *_TRANSPORT),
        "httpx.ReadTimeout": ("httpx.TimeoutException", *_TRANSPORT),
        "httpx.TooManyRedirects": ("httpx.HTTPError",),
        "httpx.UnsupportedProtocol": _TRANSPORT,
        "httpx.RemoteProtocolError": _TRANSPORT,
        "httpx.DecodingError": ("httpx.HTTPError",),
    }
)
#: requests' errors are OSErrors, those of httpx are not.
OS_ERRORS = frozenset({"builtins.OSError", "builtins.IOError", "builtins.EnvironmentError"})
#: Attributes of requests' errors that those of httpx lack or have otherwise.
ERROR_DIFFERENT = frozenset({"errno", "filename", "strerror", "request"})

#: Names in requests.codes -> names in httpx.codes: the same in capitals, and the common second names.
CODES = MappingProxyType(
    dict.fromkeys(("okay", "all_ok", "all_good"), "OK")
    | {
        "bad": "BAD_REQUEST", "not_allowed": "METHOD_NOT_ALLOWED", "server_error": "INTERNAL_SERVER_ERROR",
        "teapot": "IM_A_TEAPOT", "timeout": "REQUEST_TIMEOUT", "too_many": "TOO_MANY_REQUESTS",
        "unavailable": "SERVICE_UNAVAILABLE", "unprocessable": "UNPROCESSABLE_ENTITY",
        "unprocessable_content": "UNPROCESSABLE_ENTITY",
    }
    | {name: name.upper() for name in
    [
        "accepted", "already_reported", "bad_gateway", "bad_request", "conflict", "created", "expectation_failed",
        "failed_dependency", "forbidden", "found", "gateway_timeout", "gone", "http_version_not_supported",
        "im_a_teapot", "im_used", "insufficient_storage", "internal_server_error", "length_required", "locked",
        "method_not_allowed", "misdirected_request", "moved_permanently", "multi_status", "multiple_choices",
        "network_authentication_required", "no_content", "non_authoritative_information", "not_acceptable",
        "not_extended", "not_found", "not_implemented", "not_modified", "ok", "partial_content", "payment_required",
        "permanent_redirect", "precondition_failed", "precondition_required", "processing",
        "proxy_authentication_required", "request_entity_too_large", "request_timeout",
        "requested_range_not_satisfiable", "reset_content", "see_other", "service_unavailable", "switching_protocols",
        "temporary_redirect", "too_early", "too_many_requests", "unauthorized", "unavailable_for_legal_reasons",
        "unprocessable_entity", "unsupported_media_type", "upgrade_required", "use_proxy", "variant_also_negotiates",
    ]}
)  # fmt: skip

_HOMES = ("requests.api.", "requests.sessions.", "requests.exceptions.", "requests.models.", "requests.status_codes.")


def canonical(name: str) -> str:
    """Return the name under which an object of requests is listed here, whichever of its modules it came from."""
    for home in _HOMES:
        if name.startswith(home):
            return f"requests.{name.removeprefix(home)}"
    return "requests.Session" if name == "requests.session" else name
