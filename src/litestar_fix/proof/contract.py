"""The static contract of an application: what it promises on every route, read from its text, none of it run.

What a contract cannot tell: what the bodies of handlers, providers and guards do, and what plugins and calls at run
time add. That is noted as a field of its own, so that a change of it shows.

Source: facts of Litestar 2.25; ``litestar/routes/http.py`` for the automatic OPTIONS route, which belongs to the layer
that the first handler of its path belongs to, until Litestar 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from litestar_fix.model.facts import Call, Const, Function, Span
from litestar_fix.model.layers import Layer
from litestar_fix.model.options import SHARED_OPTIONS
from litestar_fix.model.project import Project
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import Local, Located
from litestar_fix.proof.effective import Options, counting, extra
from litestar_fix.proof.hiding import Hiding
from litestar_fix.proof.others import made_in, others
from litestar_fix.proof.payloads import Payloads
from litestar_fix.proof.signatures import Signatures
from litestar_fix.proof.values import Place, Value, Values, joined, opaque

_DEFAULT_STATUS = {"POST": "201", "DELETE": "204"}
#: Options that no request to an automatic route can tell.
_SILENT = frozenset(
    [
        *["dependencies", "dto", "include_in_schema", "return_dto", "security", "signature_namespace"],
        *["signature_types", "tags", "type_decoders", "websocket_class"],
    ]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What holds for one route, or for an application as a whole.

    Args:
        label: how it is called in messages.
        origin: the application, or other outermost layer, that it belongs to.
        handler: what answers.
        where: methods and paths.
        fields: the contract, field by field.
        places: where it is declared.
        about: what the fields that begin alike are about; a declared change counts only where that is edited.
    """

    label: str
    origin: str
    handler: str
    where: str
    fields: Mapping[str, Value]
    places: tuple[Place, ...] = ()
    about: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contract:
    """The entries of all routes and applications of a project, in the order in which they are declared."""

    entries: tuple[Entry, ...]


_contracts: WeakKeyDictionary[Project, Contract] = WeakKeyDictionary()


def contract_of(project: Project) -> Contract:
    """Return the contract of a project, worked out once."""
    if project not in _contracts:
        _contracts[project] = Contract(tuple(_Reader(project).entries()))
    return _contracts[project]


class _Reader:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.values = Values(project)
        self.options = Options(self.values)
        self.signatures = Signatures(self.options)
        self.payloads = Payloads(self.values)
        self.hiding = Hiding(self.values)
        self._sharing: dict[object, list[str]] = {}

    def entries(self) -> Iterator[Entry]:
        found = [(route, *self._route(route)) for route in self.project.layers.routes]
        for _, entry, cached in found:
            fields = dict(entry.fields)
            for key, provided in cached.items():
                users = ", ".join(sorted(self._sharing[provided]))
                fields[f"dependencies[{key}].cache"] = Value(f"one value for {users}")
            yield replace(entry, fields=fields)
        for site, layer in self.project.layers.applications:
            yield self._application(layer, site.call)
        for controller in self.project.layers.controllers.values():
            made = made_in(self.values, controller)
            if made:
                layer = controller.layer
                fields = {f"attributes[{name}]": value for name, value in made.items()}
                origin, place = self._origin(layer), (layer.path, layer.span)
                yield Entry(f"controller {layer.name}", origin, "", "controller", fields, (place,))
        yield from self._automatic()

    # ---------------------------------------------------------------------------------------------------------- routes
    def _route(self, route: Route) -> tuple[Entry, dict[str, object]]:
        handler = route.handler
        name = f"{handler.path}::{handler.function.qualname}"
        methods = " ".join(handler.methods) if handler.methods is not None else "?"
        paths = ", ".join(route.paths) if route.paths is not None else ""
        label = f"{methods} {paths}" if paths and route.rooted else f"{name.partition('::')[2]} ({handler.path})"
        dependencies, about, cached = self.signatures.dependencies(route)
        fields = {
            "handler": Value(name),
            "methods": self._methods(route),
            "path": Value(paths) if paths else self._unknown_path(route),
            "application": Value(self._origin(route.layers[0]) if route.rooted else "none"),
            **self.payloads.fields(route),
            **self.options.held(counting(handler, route.layers)),
            **extra(handler, self.values),
            **self.signatures.handler(route),
            **dependencies,
        }
        if handler.is_http:
            fields.setdefault("status_code", Value(_status(handler.methods)))
        fields |= self.hiding.field("options that are not seen", route.layers)
        provided = {key: self._shared(route, key, label) for key in cached}
        written = ((handler.path, _decorated(handler.function)),)
        entry = Entry(label, self._origin(route.layers[0]), name, f"{methods} {paths}", fields, written, about)
        return entry, provided

    def _shared(self, route: Route, key: str, label: str) -> object:
        value = route.dependencies()[key].value
        place = (value.path, value.expr.span)
        self._sharing.setdefault(place, []).append(label)
        return place

    def _methods(self, route: Route) -> Value:
        if route.handler.methods is not None:
            return Value(" ".join(route.handler.methods))
        located = route.handler.layer.options.get("http_method")
        return opaque(self.values.of(located)) if located is not None else Value("?", ("the methods",))

    def _unknown_path(self, route: Route) -> Value:
        parts = [part for layer in route.layers for part in layer.values("path")]
        handler = route.handler
        if isinstance(handler.decorator, Call) and handler.decorator.args:
            path = handler.applied.path if handler.applied is not None else handler.path
            parts.append(Located(path, handler.layer.scope, handler.decorator.args[0]))
        return opaque(joined(map(self.values.of, parts)))

    def _origin(self, layer: Layer) -> str:
        return f"{layer.kind} {layer.path}::{layer.name}"

    # ---------------------------------------------------------------------------------------------------- applications
    def _application(self, layer: Layer, call: Call) -> Entry:
        """What belongs to no route in the text: options of the application alone, and routes that it adds itself."""
        fields = {
            name: self.values.of(located)
            for name, located in layer.options.items()
            if name not in SHARED_OPTIONS and name not in ("route_handlers", "parameters")
        }
        if call.has_unpacking:
            fields |= self.hiding.field("options that are not seen", (layer,))
        added = [value for part in layer.values("route_handlers") for value in others(self.values, part)]
        if added:
            fields["other routes"] = joined(sorted(added, key=lambda value: value.text))
        if added or self._adds_routes(layer):
            held = self.options.held([(layer, lambda option: option in SHARED_OPTIONS - _SILENT)])
            fields |= {f"other routes.{name}": value for name, value in held.items()}
        name = layer.name if layer.name != "Litestar" else "Litestar(...)"
        return Entry(f"application {name}", self._origin(layer), "", "application", fields, ((layer.path, layer.span),))

    def _adds_routes(self, layer: Layer) -> bool:
        """Whether an application has routes that no handler of the project answers: those of OpenAPI, for one."""
        openapi = layer.options.get("openapi_config")
        is_silent = openapi is not None and isinstance(openapi.expr, Const) and openapi.expr.value is None
        return not is_silent or any(name in layer.options for name in ("plugins", "on_app_init", "static_files_config"))

    # ------------------------------------------------------------------------------------------------ automatic routes
    def _automatic(self) -> Iterator[Entry]:
        """The OPTIONS routes that Litestar 2 adds to every path."""
        version = self.project.litestar_version
        if version is not None and version >= (3,):
            return
        first: dict[tuple[Layer, str], Route] = {}
        answered: set[tuple[Layer, str]] = set()
        for route in self.project.layers.routes:
            if not route.handler.is_http or not route.rooted:
                continue
            for path in route.paths or ():
                first.setdefault((route.layers[0], path), route)
                if "OPTIONS" in (route.handler.methods or ()):
                    answered.add((route.layers[0], path))
        for (application, path), route in first.items():
            if (application, path) not in answered:
                yield self._options_route(route, path)

    def _options_route(self, route: Route, path: str) -> Entry:
        owners = route.layers[:-1]
        held = self.options.held((layer, lambda option: option in SHARED_OPTIONS - _SILENT) for layer in owners)
        fields = {"options": Value("automatic"), **{f"options.{name}": value for name, value in held.items()}}
        fields |= self.hiding.field("options.not seen", owners)
        about = tuple((layer.path, layer.span) for layer in owners)
        for layer in owners:
            if layer.kind == "controller":
                above = self.project.ancestry(Local(layer.path, layer.scope)).classes
                about += tuple((path, class_.span) for path, class_ in above)
        label, origin = f"OPTIONS {path}", self._origin(owners[0])
        return Entry(label, origin, "automatic", label, fields, about, {"options": about})


def _status(methods: tuple[str, ...] | None) -> str:
    """The status of a handler that names none: ``get_default_status_code`` in ``litestar/handlers``."""
    return next((code for method, code in _DEFAULT_STATUS.items() if method in (methods or ())), "200")


def _decorated(function: Function) -> Span:
    """Where a function is written, with its decorators."""
    first = min([function.span, *[item.span for item in function.decorators]])
    return Span(first.line, 0, function.span.end_line, function.span.end_column)
