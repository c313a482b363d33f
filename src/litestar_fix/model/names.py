"""Names that Litestar gives to things: where an object is defined, which layers take which option, how they merge.

Source: introspection of Litestar 2.25 and 3.0.0b0 (signatures of ``Litestar``, ``Router``, ``Controller`` and the
handlers).
"""

from __future__ import annotations

from types import MappingProxyType

HTTP_METHODS = MappingProxyType(
    {"get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE", "head": "HEAD", "route": ""}
)
HTTP_DECORATORS = frozenset(f"litestar.{name}" for name in HTTP_METHODS)
LISTENERS = frozenset({"litestar.websocket_listener", "litestar.websocket_stream"})
WEBSOCKET_DECORATORS = LISTENERS | {"litestar.websocket"}
HANDLER_DECORATORS = HTTP_DECORATORS | WEBSOCKET_DECORATORS | {"litestar.asgi"}

LITESTAR = "litestar.Litestar"
ROUTER = "litestar.Router"
CONTROLLER = "litestar.Controller"
PROVIDE = "litestar.di.Provide"
WEBSOCKET_LISTENER = "litestar.handlers.WebsocketListener"

_TOP_LEVEL = {
    **{name: f"litestar.{name}" for name in HTTP_METHODS},
    **{name: f"litestar.{name}" for name in ("websocket", "websocket_listener", "websocket_stream", "asgi")},
    "Litestar": LITESTAR,
    "Controller": CONTROLLER,
    "Router": ROUTER,
    "Request": "litestar.Request",
    "WebSocket": "litestar.WebSocket",
    "Response": "litestar.Response",
    "MediaType": "litestar.MediaType",
}
# class form of the decorators, as in `from litestar.handlers import HTTPRouteHandler`
_HANDLER_CLASSES = {
    "HTTPRouteHandler": "litestar.route",
    "WebsocketRouteHandler": "litestar.websocket",
    "WebsocketListenerRouteHandler": "litestar.websocket_listener",
    "ASGIRouteHandler": "litestar.asgi",
    "WebsocketListener": WEBSOCKET_LISTENER,
}
_HOMES = {
    "litestar": frozenset(_TOP_LEVEL),
    "litestar.app": frozenset({"Litestar"}),
    "litestar.controller": frozenset({"Controller"}),
    "litestar.router": frozenset({"Router"}),
    "litestar.connection": frozenset({"Request", "WebSocket"}),
    "litestar.response": frozenset({"Response"}),
    "litestar.response.base": frozenset({"Response"}),
    "litestar.enums": frozenset({"MediaType"}),
}

# what a package exports, by the module that defines it
_REEXPORTED = {
    "litestar.connection.base.ASGIConnection": "litestar.connection.ASGIConnection",
    "litestar.handlers.base.BaseRouteHandler": "litestar.handlers.BaseRouteHandler",
}

#: Connections of Litestar by the names under which they can be imported.
CONNECTIONS = MappingProxyType(
    {
        "litestar.Request": "litestar.Request",
        "litestar.connection.request.Request": "litestar.Request",
        "litestar.WebSocket": "litestar.WebSocket",
        "litestar.connection.websocket.WebSocket": "litestar.WebSocket",
        "litestar.connection.ASGIConnection": "litestar.connection.ASGIConnection",
        "litestar.connection.base.ASGIConnection": "litestar.connection.ASGIConnection",
    }
)


def canonical(name: str) -> str:
    """Return the one name under which an object of a library is known here, whichever module it was imported from."""
    if not name.startswith("litestar."):
        return name
    module, _, last = name.rpartition(".")
    if last in _TOP_LEVEL and (last in _HOMES.get(module, ()) or module.startswith("litestar.handlers")):
        return _TOP_LEVEL[last]
    if last in _HANDLER_CLASSES and module.startswith("litestar.handlers"):
        return _HANDLER_CLASSES[last]
    if module.startswith(("litestar.dto.", "litestar.exceptions.")) and last[:1].isupper():
        return f"{'.'.join(module.split('.')[:2])}.{last}"
    return _REEXPORTED.get(name, name)


def plain_names(name: str) -> frozenset[str]:
    """Return what the last part of a library object's name may be where it is imported, given its canonical name."""
    forms = {form for form, decorator in _HANDLER_CLASSES.items() if decorator == name}
    return frozenset({name.rpartition(".")[2], *forms})


# ------------------------------------------------------------------------------------------ options and layers
LAYERED_OPTIONS = frozenset(
    [
        "after_request",
        "after_response",
        "before_request",
        "cache_control",
        "dependencies",
        "dto",
        "etag",
        "exception_handlers",
        "guards",
        "include_in_schema",
        "middleware",
        "opt",
        "request_class",
        "request_max_body_size",
        "response_class",
        "response_cookies",
        "response_headers",
        "return_dto",
        "security",
        "signature_namespace",
        "signature_types",
        "tags",
        "type_decoders",
        "type_encoders",
    ]
)
OUTER_OPTIONS = frozenset({"parameters", "websocket_class"})
HTTP_HANDLER_OPTIONS = frozenset(
    [
        "background",
        "cache",
        "cache_key_builder",
        "content_encoding",
        "content_media_type",
        "deprecated",
        "description",
        "http_method",
        "media_type",
        "name",
        "operation_class",
        "operation_id",
        "raises",
        "response_description",
        "responses",
        "status_code",
        "summary",
        "sync_to_thread",
    ]
)
WEBSOCKET_OPTIONS = frozenset(
    [
        "dependencies",
        "exception_handlers",
        "guards",
        "middleware",
        "name",
        "opt",
        "signature_namespace",
        "websocket_class",
    ]
)
LISTENER_OPTIONS = WEBSOCKET_OPTIONS | frozenset(
    [
        "dto",
        "return_dto",
        "type_decoders",
        "type_encoders",
        "connection_accept_handler",
        "connection_lifespan",
        "on_accept",
        "on_disconnect",
        "receive_mode",
        "send_mode",
        "signature_types",
    ]
)
ASGI_OPTIONS = frozenset(
    ["copy_scope", "exception_handlers", "guards", "is_mount", "is_static", "name", "opt", "signature_namespace"]
)

CUMULATIVE = frozenset(
    {"guards", "middleware", "type_decoders", "security", "tags", "response_cookies", "signature_types"}
)
MERGED = frozenset(
    {
        "dependencies",
        "exception_handlers",
        "opt",
        "type_encoders",
        "signature_namespace",
        "parameters",
        "response_headers",
    }
)
RESERVED_KWARGS = frozenset({"body", "cookies", "data", "headers", "query", "request", "scope", "socket", "state"})
