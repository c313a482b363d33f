"""Print the contract of a Litestar application as canonical JSON: ``python probe.py module:app``.

This file runs inside the application's own interpreter, by its path: it is one file, needs Litestar and the standard
library, nothing of litestar-fix, and a Python as old as Litestar 2.0 supports (3.8: no `match`, no `strict=`). It runs
with Litestar 2.0 to 2.25 and with 3.0.

One process, one application: Litestar keeps what it resolved in handlers, providers and DTO classes, so that a second
application in the same process would be answered with pieces of the first.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import functools
import hashlib
import importlib
import inspect
import json
import os
import re
import sys
import traceback
import types
import typing
import warnings
from typing import Any

SECRET = re.compile(
    r"secret|passw|passphrase|token|api_?key|^key$|key_|_key|private|credential|sign|salt|dsn|authorization|pwd"
)
RANDOM = re.compile(r"^(?=.*\d)(?=.*[A-Za-z])[\w+/=.-]{24,}$")
LOGIN = re.compile(r"(?<=://)[^/@\s\"]*@")
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
UNIQUE = re.compile(r"[0-9a-f]{32}")
DEEPEST = 6
RESERVED = {"body", "cookies", "data", "headers", "query", "request", "scope", "socket", "state"}
APP_HOOKS = [
    "after_exception",
    "allowed_hosts",
    "before_send",
    "compression_config",
    "cors_config",
    "csrf_config",
    "debug",
    "exception_handlers",
    "on_shutdown",
    "on_startup",
    "pdb_on_exception",
    "response_cache_config",
    "_static_files_config",
    "template_engine",
]


class ProbeError(Exception):
    """Why there is no contract, in one line."""


# ------------------------------------------------------------------------------------------------- values, as JSON
class Describer:
    """Says what a value is, the same in every run: no addresses, no folders of this machine, no secrets.

    Args:
        folders: the folders that stand at the beginning of paths, and what is written for them.
    """

    def __init__(self, folders: dict[str, str]) -> None:
        self.folders = sorted(folders.items(), key=lambda item: -len(item[0]))
        self.own = tuple(folders)
        self._open: list[int] = []

    def __call__(self, value: Any, name: str = "", secret: bool = False) -> Any:
        """Return a value as JSON; ``name`` is that of the setting, ``secret`` hides what it holds."""
        secret = secret or bool(SECRET.search(name.lower()))
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, enum.Enum):
            return f"{self.name(type(value))}.{value.name}"
        if isinstance(value, (str, bytes, int, float)):
            return self._plain(value, secret)
        if id(value) in self._open or len(self._open) >= DEEPEST:
            return {"again": self.name(type(value))}
        self._open.append(id(value))
        try:
            return self._compound(value, name, secret)
        except Exception as error:  # noqa: BLE001 (a property of the application may do anything)
            return {"class": self.name(type(value)), "unreadable": type(error).__name__}
        finally:
            self._open.pop()

    def _plain(self, value: Any, secret: bool) -> Any:
        if secret or isinstance(value, bytes):
            return self._hidden(value)
        if not isinstance(value, str):
            return value if type(value) in (int, float) else self._plain(value + 0, secret)
        return self._hidden(value) if RANDOM.match(value) and "/" not in value else self.text(value)

    @staticmethod
    def _hidden(value: Any) -> str:
        content = value if isinstance(value, bytes) else str(value).encode()
        return f"<hidden {hashlib.sha256(content).hexdigest()[:8]}>"

    def text(self, value: Any) -> str:
        """A string without folders, addresses and passwords."""
        for folder, written in self.folders:
            value = value.replace(folder, written)
        return ADDRESS.sub("", LOGIN.sub("<hidden>@", value))

    def name(self, value: Any) -> str:
        """``module:qualified name`` of a class or function."""
        name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or type(value).__qualname__
        return ADDRESS.sub("", "{}:{}".format(getattr(value, "__module__", "?"), name))

    def _compound(self, value: Any, name: str, secret: bool) -> Any:
        value = unwrapped(value)
        if isinstance(value, functools.partial):
            given = self._arguments(value.func, value.args, value.keywords, secret)
            return {"partial": self(value.func), "arguments": given}
        if isinstance(value, types.MethodType):
            return self._method(value)
        if isinstance(value, types.FunctionType):
            return self._function(value, secret)
        if isinstance(value, (type, types.BuiltinFunctionType, types.ModuleType)) and not typing.get_args(value):
            return self.name(value)
        if typing.get_origin(value) is not None:
            return self._generic(value)
        if isinstance(value, (set, frozenset)):
            return sorted((self(item, name, secret) for item in value), key=canonical)
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            return [self(item, name, secret) for item in value]
        if hasattr(value, "items") and hasattr(value, "keys"):
            pairs = [
                (key if isinstance(key, str) else canonical(self(key)).strip('"'), held) for key, held in value.items()
            ]
            return {key: self(held, key, secret) for key, held in pairs}
        if callable(value) and isinstance(getattr(value, "__qualname__", None), str):
            return self.name(value)  # a function in a wrapper that passes for it, as lru_cache makes them
        return self._instance(value, secret)

    def _method(self, value: Any) -> Any:
        owner = value.__self__
        if isinstance(owner, type):
            return f"{self.name(owner)}.{value.__func__.__name__}"
        return {"method": self.name(value.__func__), "of": self(owner)}

    def _function(self, value: Any, secret: bool) -> Any:
        name = self.name(value)
        if "<" not in name:
            return name
        # made at run time: what it closes over tells it from its siblings, a lambda is told by its code alone
        free = zip(value.__code__.co_freevars, value.__closure__ or ())  # noqa: B905 (Python 3.8 has no strict)
        facts = {key: self._cell(cell, key, secret) for key, cell in free}
        told = {"function": name, "closure": facts}
        return dict(told, code=code_digest(value.__code__)) if name.endswith("<lambda>") else told

    def _cell(self, cell: Any, name: str, secret: bool) -> Any:
        try:
            return self(cell.cell_contents, name, secret)
        except ValueError:
            return "<empty>"

    def _generic(self, value: Any) -> Any:
        arguments = [self(item) for item in typing.get_args(value)]
        metadata = [self(item) for item in getattr(value, "__metadata__", ())]
        if metadata:
            return {"type": "Annotated", "arguments": [self(value.__origin__), *metadata]}
        return {"type": self.name(typing.get_origin(value)), "arguments": arguments}

    def _instance(self, value: Any, secret: bool) -> Any:
        kind = self.name(type(value))
        module = type(value).__module__
        if hasattr(value, "__forward_arg__") or isinstance(value, typing.TypeVar):
            return getattr(value, "__forward_arg__", None) or f"~{value.__name__}"
        if isinstance(value, re.Pattern):
            return {"class": kind, "pattern": value.pattern}
        if isinstance(value, os.PathLike):
            return {"class": kind, "path": self.text(os.fspath(value))}
        if type(value).__name__ == "DefineMiddleware":
            given = self._arguments(value.middleware, value.args, value.kwargs, secret)
            return {"middleware": self(value.middleware), "arguments": given}
        if module in ("datetime", "decimal", "uuid", "fractions", "ipaddress"):
            return {"class": kind, "value": self._plain(str(value), secret)}
        if module in {"typing", "types"}:
            return self.text(repr(value))
        state = self._state(value)
        # the key of Litestar's cookies and sessions is their name
        hides = {key: "" if key == "key" and module.startswith("litestar.") else key for key in state}
        described = {key: self(state[key], hides[key], secret) for key in sorted(state) if not key.startswith("__")}
        return dict(described, **{"class": kind})

    def _state(self, value: Any) -> dict[str, Any]:
        """What an object holds, where that is settings: the objects of other libraries hold connections and locks."""
        for fields in (getattr(value, "__struct_fields__", None), getattr(value, "_fields", None)):
            if isinstance(fields, tuple):
                return {field: getattr(value, field, None) for field in fields}
        if dataclasses.is_dataclass(value):
            return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
        if not self._is_known(type(value)):
            return {}
        slots = [slot for owner in type(value).__mro__ for slot in owner.__dict__.get("__slots__", ())]
        held = {slot: getattr(value, slot) for slot in slots if isinstance(slot, str) and hasattr(value, slot)}
        return dict(held, **getattr(value, "__dict__", {}))

    def _is_known(self, kind: Any) -> bool:
        if kind.__module__.partition(".")[0] == "litestar":
            return True
        file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
        return file.startswith(self.own) and "site-packages" not in file

    def _arguments(self, target: Any, positional: Any, named: Any, secret: bool) -> dict[str, Any]:
        """Arguments by the names of their parameters, so that a secret is known by its name."""
        try:
            given = inspect.signature(target).bind_partial(*positional, **named).arguments
        except (TypeError, ValueError):
            given = {f"argument {at}": value for at, value in enumerate(positional)}
            given.update(named)
        return {key: self(value, key, secret) for key, value in given.items()}


def canonical(value: Any) -> str:
    """JSON that is equal for equal values."""
    return json.dumps(value, sort_keys=True, default=str)


def code_digest(code: Any) -> str:
    """A digest of what code does, not of where it stands."""
    constants = [code_digest(item) if isinstance(item, types.CodeType) else repr(item) for item in code.co_consts]
    parts = (code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def unwrapped(value: Any) -> Any:
    """The callable that the application wrote: Litestar keeps it in references and wrappers for threads."""
    for _ in range(DEEPEST):
        kind = type(value).__name__
        closure = getattr(value, "__closure__", None)
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        elif kind == "Ref" and hasattr(value, "value"):
            value = value.value
        elif kind == "AsyncCallable":
            value = value.func if hasattr(value, "func") else value.ref
        elif closure and "async_partial.<locals>" in getattr(value, "__qualname__", ""):
            value = next((cell.cell_contents for cell in closure if callable(cell.cell_contents)), value)
        elif kind == "partial" and getattr(value.func, "__name__", "") == "run_sync" and value.args:
            value = value.args[0]
        else:
            break
    return value


# --------------------------------------------------------------------------------------------------- one handler
class Handlers:
    """Says what holds on a route after all layers are merged."""

    def __init__(self, describe: Any) -> None:
        self.describe = describe

    def row(self, handler: Any, path: str, method: str) -> dict[str, Any]:
        """The contract of one method of one route."""
        function = unwrapped(handler.fn)
        while isinstance(function, functools.partial):  # Litestar 2.0 binds methods like this
            function = function.func
        dependencies = resolved(handler, "dependencies", {})
        parameters = fields_of(handler)
        used = reachable(parameters, dependencies)
        name = self.describe.name(getattr(function, "__func__", function))
        row = {
            "handler": name,
            "type": type(handler).__name__,
            "automatic": method == "OPTIONS" and "options_handler" in name,
            "runs": runs(function, getattr(handler, "sync_to_thread", None)),
            "returns": self.annotation(handler.parsed_fn_signature.return_type),
            "guards": self.each(resolved(handler, "guards", ())),
            "middleware": self.each(middleware(handler)),
            "dependencies": {key: self.provider(dependencies[key]) for key in used},
            "exception_handlers": self.describe(dict(resolved(handler, "exception_handlers", {}))),
            "dto": self.dto(handler, "data") if takes_data(parameters, dependencies, used) else None,
            "return_dto": self.dto(handler, "return"),
            "opt": self.describe(dict(handler.opt)),
            "parameters": self.parameters(parameters, dependencies, path),
            "layered_parameters": sorted(resolved(handler, "layered_parameters", {}, "parameter_field_definitions")),
            "type_encoders": self.coders(dict(resolved(handler, "type_encoders", {}) or {}).items()),
            "type_decoders": self.coders(resolved(handler, "type_decoders", ()) or ()),
        }
        if hasattr(handler, "http_methods"):
            row.update(self.http(handler))
        else:
            row["hooks"] = self.picked(handler, "connection_lifespan on_accept on_disconnect websocket_class is_mount")
        return row

    def http(self, handler: Any) -> dict[str, Any]:
        """What only handlers of HTTP requests have."""
        own = (
            "background cache cache_key_builder deprecated description media_type name operation_id raises status_code"
        )
        own += " summary content_encoding content_media_type response_description"
        layered = "before_request after_response request_class response_class request_max_body_size include_in_schema"
        facts = self.picked(handler, own)
        facts["name"] = UNIQUE.sub("<unique>", handler.name) if handler.name else handler.name
        for name in layered.split():
            facts[name] = self.describe(resolved(handler, name, None))
        facts["after_request"] = self.describe(closest(handler, "after_request"))
        facts["headers"] = sorted(self.each(resolved(handler, "response_headers", ())), key=canonical)
        facts["cookies"] = sorted(self.each(resolved(handler, "response_cookies", ())), key=canonical)
        facts["cache_control"] = self.describe(closest(handler, "cache_control"))
        facts["etag"] = self.describe(closest(handler, "etag"))
        facts["tags"] = sorted(set(resolved(handler, "tags", ()) or ()))
        facts["security"] = self.describe(list(resolved(handler, "security", ()) or ()))
        return facts

    def picked(self, handler: Any, names: Any) -> dict[str, Any]:
        """Some attributes of a handler."""
        return {name: self.describe(getattr(handler, name, None), name) for name in names.split()}

    def each(self, values: Any) -> list[Any]:
        """A sequence of callables, in their order."""
        return [self.describe(value) for value in values or ()]

    def coders(self, pairs: Any) -> Any:
        """Encoders or decoders that are not Litestar's own."""
        described = [[self.describe(key), self.describe(coder)] for key, coder in pairs if not is_litestars(coder)]
        return sorted(described, key=canonical)

    def annotation(self, field: Any) -> Any:
        """The type of a field, as it was written."""
        return self.describe(getattr(field, "raw", None) or getattr(field, "annotation", None))

    def parameters(self, fields: Any, dependencies: Any, path: str) -> dict[str, Any]:
        """Where each parameter comes from, and what it must be."""
        found = {}
        for name, field in fields.items():
            definition = getattr(field, "kwarg_definition", None)
            fact = {"kind": source_of(name, definition, dependencies, path), "type": self.annotation(field)}
            if not is_empty(getattr(field, "default", inspect.Parameter.empty)):
                fact["default"] = self.describe(field.default, name)
            for source in ("header", "cookie", "query"):
                if getattr(definition, source, None):
                    fact["alias"] = getattr(definition, source)
            found[name] = fact
        return found

    def provider(self, provider: Any) -> dict[str, Any]:
        """What a dependency key stands for."""
        function = unwrapped(provider.dependency)
        return {
            "provider": self.describe(function),
            "kind": runs(function, provider.sync_to_thread),
            "use_cache": bool(provider.use_cache),
            "takes": {name: self.annotation(field) for name, field in fields_of(provider).items()},
            "returns": self.describe(declared_return(function)),
        }

    def dto(self, handler: Any, side: str) -> Any:
        """The DTO in effect, and the fields that pass it."""
        dto = resolved(handler, f"{side}_dto", None, "dto" if side == "data" else "return_dto")
        if dto is None:
            return None
        facts = {
            "dto": self.describe.name(dto),
            "model": self.describe(getattr(dto, "model_type", None)),
            "config": self.describe(getattr(dto, "config", None)),
        }
        backend = getattr(dto, "_dto_backends", {}).get(handler.handler_id, {}).get(f"{side}_backend")
        fields = getattr(backend, "parsed_field_definitions", None)
        return dict(facts, fields=None if fields is None else self.transfer(fields, backend.transfer_model_type))

    def transfer(self, fields: Any, model: Any) -> dict[str, Any]:
        """The fields of a DTO by name, nested ones below them."""
        rows = fields.values() if hasattr(fields, "values") else fields
        named = (getattr(model, "__struct_fields__", ()), getattr(model, "__struct_encode_fields__", ()))
        written = dict(zip(*named))  # noqa: B905 (Python 3.8 has no strict)
        table = {}
        for field in rows:
            nested = getattr(getattr(field, "transfer_type", None), "nested_field_info", None)
            fact = {
                "wire": written.get(field.name) or field.serialization_name or field.name,
                "type": self.describe(field.annotation),
                "partial": bool(field.is_partial),
                "mark": self.describe(getattr(field.dto_field, "mark", None)),
            }
            if nested:
                fact["fields"] = self.transfer(nested.field_definitions, nested.model)
            if not field.is_excluded:
                table[field.name] = fact
        return table


def resolved(handler: Any, name: str, default: Any, attribute: Any = None) -> Any:
    """The effective value of an option: Litestar 2 has methods for it, in 3 the attribute is merged already."""
    method = getattr(handler, "resolve_" + name, None)
    if method is not None:
        value = method()
    elif hasattr(handler, "ownership_layers"):
        value = layered(handler, attribute or name, default)
    else:
        value = getattr(handler, attribute or name, default)
    return default if is_empty(value) else value


def layered(handler: Any, name: str, default: Any) -> Any:
    """Merge the layers where an early Litestar 2 does so in the schema only: lists add up, else the last one wins."""
    values = [getattr(layer, name, None) for layer in handler.ownership_layers]
    found = [value for value in values if value is not None and not is_empty(value)]
    if found and all(isinstance(value, (list, tuple, set, frozenset)) for value in found):
        return [item for value in found for item in value]
    return found[-1] if found else default


def is_empty(value: Any) -> bool:
    """Whether a value stands for none: each generation of Litestar has its own for that."""
    return (
        value is inspect.Parameter.empty or getattr(value, "__name__", "") == "Empty" or "Empty" in type(value).__name__
    )


def is_litestars(coder: Any) -> bool:
    """Whether Litestar brings a function along."""
    function = coder.func if isinstance(coder, functools.partial) else coder
    return (getattr(function, "__module__", None) or "builtins").partition(".")[0] in ("litestar", "builtins")


def closest(handler: Any, name: str) -> Any:
    """The value of the innermost layer that has one."""
    layers = getattr(handler, "ownership_layers", None) or [handler]
    found = [getattr(layer, name, None) for layer in reversed(layers)]
    return next((unwrapped(value) for value in found if value is not None), None)


def middleware(handler: Any) -> list[Any]:
    """The outermost first."""
    found = list(resolved(handler, "middleware", ()) or ())
    return found[::-1] if hasattr(handler, "ownership_layers") else found


def fields_of(owner: Any) -> dict[str, Any]:
    """The parameters of a handler or provider by name."""
    signature = getattr(owner, "parsed_fn_signature", None)
    if signature is not None:
        return dict(signature.parameters)
    model = getattr(owner, "signature_model", None)
    fields = getattr(model, "_fields", None) or getattr(model, "fields", None)
    return dict(fields or {})


def reachable(names: Any, dependencies: Any) -> list[str]:
    """The dependencies that a handler uses, itself or through others; keys that are merely in reach do nothing."""
    found, waiting = set(), [name for name in names if name in dependencies]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [key for key in fields_of(dependencies[name]) if key in dependencies]
    return sorted(found)


def takes_data(parameters: Any, dependencies: Any, used: Any) -> bool:
    """Whether anything reads a body that a DTO would pass."""
    return "data" in parameters or any("data" in fields_of(dependencies[key]) for key in used)


def source_of(name: str, definition: Any, dependencies: Any, path: str) -> str:
    """What a parameter is filled from."""
    if name in dependencies:
        return "dependency"
    if re.search(r"\{" + re.escape(name) + r"(:|\})", path):
        return "path"
    if name in RESERVED:
        return "reserved"
    for source in ("header", "cookie"):
        if getattr(definition, source, None):
            return source
    return "query"


def runs(function: Any, in_thread: Any) -> str:
    """How a callable is run."""
    target = getattr(function, "func", function) if isinstance(function, functools.partial) else function
    if not inspect.isroutine(target) and not isinstance(target, type):
        target = getattr(target, "__call__", target)  # noqa: B004 (an instance that can be called)
    target = getattr(target, "__func__", target)
    if inspect.isasyncgenfunction(target):
        return "async generator"
    if inspect.isgeneratorfunction(target):
        return "generator"
    if inspect.iscoroutinefunction(target):
        return "async"
    return "in a thread" if in_thread else "on the event loop"


def declared_return(function: Any) -> Any:
    """The return annotation of a provider."""
    try:
        return typing.get_type_hints(function, include_extras=True).get("return")
    except Exception:  # noqa: BLE001 (names that only exist for type checkers)
        return getattr(function, "__annotations__", {}).get("return")


# ------------------------------------------------------------------------------------------------- the application
def contract(app: Any, describe: Any) -> dict[str, Any]:
    """The contract of an application."""
    import litestar

    version = getattr(litestar, "__version__", "")
    handlers = Handlers(describe)
    routes = {}
    for kind, path, handler in served(app):
        key = f"{kind} {describe.text(path)}"
        while key in routes:
            key += " again"
        routes[key] = handlers.row(handler, path, kind)
    facts = {name.strip("_"): describe(getattr(app, name, None), name) for name in APP_HOOKS}
    facts["lifespan"] = handlers.each(getattr(app, "_lifespan_managers", ()))
    facts["plugins"] = sorted({describe.name(type(plugin)) for plugin in app.plugins})
    facts["listeners"] = sorted(map(str, getattr(app.event_emitter, "listeners", ())))
    return {
        "litestar": version.formatted(short=True) if hasattr(version, "formatted") else describe.text(str(version)),
        "application": facts,
        "routes": routes,
        "openapi": openapi(app, describe),
    }


def served(app: Any) -> Any:
    """Yield (method, path, handler) for everything that is served."""
    for route in app.routes:
        if hasattr(route, "route_handler_map"):
            for method, entry in route.route_handler_map.items():
                yield str(getattr(method, "value", method)), route.path, entry[0] if isinstance(entry, tuple) else entry
        else:
            yield "WS" if "WebSocket" in type(route).__name__ else "ASGI", route.path, route.route_handler


def openapi(app: Any, describe: Any) -> Any:
    """The schema as it is published."""
    if app.openapi_config is None:
        return None
    schema = app.openapi_schema
    return _published(json.loads(describe.text(json.dumps(schema.to_schema(), default=describe))), describe)


#: Keywords of a schema that say values, and those below which another schema of the same thing stands.
_SAYS = frozenset(["default", "example", "examples", "const", "enum"])
_SAME = frozenset(["schema", "items", "anyOf", "oneOf", "allOf"])


def _published(value: Any, describe: Any, name: str = "") -> Any:
    """The schema without the values of parameters and fields that have the name of a secret."""
    if isinstance(value, list):
        return [_published(item, describe, name) for item in value]
    if not isinstance(value, dict):
        return value
    own = value["name"] if isinstance(value.get("name"), str) else name
    is_secret = bool(SECRET.search(own.lower()))
    return {
        key: describe(held, secret=True)
        if is_secret and key in _SAYS
        else _published(held, describe, own if key in _SAME else key)
        for key, held in value.items()
    }


def load(target: Any) -> Any:
    """Import ``module:attribute``; a factory is called, and what wraps the application is taken off.

    Raises:
        ProbeError: there is no such thing, or it is no application.
    """
    from litestar import Litestar

    module, _, attribute = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in (attribute or "app").replace("()", "").split("."):
        if not hasattr(found, part):
            raise ProbeError("{} has no {}".format(module, attribute or "app"))
        found = getattr(found, part)
    if not isinstance(found, Litestar) and callable(found) and not hasattr(found, "app"):
        found = found()
    inner: Any = found
    while not isinstance(inner, Litestar) and getattr(inner, "app", None) is not None:
        inner = inner.app
    if not isinstance(inner, Litestar):
        raise ProbeError(f"{target} is no Litestar application but a {type(found).__qualname__}")
    return inner


def why(error: Any, root: str) -> str:
    """One line about what the application raised, with the innermost line of its own code."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(root + os.sep)]
    own = [frame for frame in frames if "site-packages" not in frame.filename]
    place = f" ({os.path.relpath(own[-1].filename, root)}:{own[-1].lineno})" if own else ""
    if isinstance(error, ProbeError):
        return str(error)
    if isinstance(error, SystemExit):
        return f"exits while it is loaded, with {error.code!r}{place}"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}{place}" if text else type(error).__name__ + place


def limit_memory(size: int) -> None:
    """Let an allocation fail rather than the machine."""
    try:
        import resource
    except ImportError:  # there is no such thing on Windows
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


def answer(options: Any) -> dict[str, Any]:
    """The contract, or ``error`` and why there is none."""
    root = os.path.realpath(options.root)
    describe = Describer(
        {root: "<project>", os.path.realpath(sys.prefix): "<environment>", sys.prefix: "<environment>"}
    )
    try:
        if options.memory_limit:
            limit_memory(options.memory_limit)
        return contract(load(options.app), describe)
    except BaseException as error:  # noqa: BLE001 (whatever the application does is the answer)
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        return {"error": describe.text(why(error, root)), "traceback": describe.text("".join(lines))}


def main() -> None:
    """Answer on standard output; what the application prints goes to standard error."""
    parser = argparse.ArgumentParser(description="Print the contract of a Litestar application as JSON.")
    parser.add_argument("app", help="module:attribute; the attribute is an application or makes one")
    parser.add_argument("--root", default=".", help="the project; its folder is written as <project>")
    parser.add_argument("--memory-limit", type=int, default=0, metavar="BYTES")
    options = parser.parse_args()
    out = os.dup(1)
    os.dup2(2, 1)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.getcwd()] + [path for path in sys.path if os.path.abspath(path) != here]
    sys.argv[1:] = []
    warnings.simplefilter("ignore")
    found = answer(options)
    with os.fdopen(out, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(found, sort_keys=True, indent=1, default=str) + "\n")
    redirect: Any = sys.modules.get("sitecustomize")
    if hasattr(redirect, "note_leaks"):
        redirect.note_leaks()
    # threads and handlers of the application must not keep this process
    os._exit(2 if "error" in found else 0)


if __name__ == "__main__":
    main()
