"""How a DTO that serves both directions is split: the classes to write, and who is to use which.

The DTO itself stays for the direction in which nothing has to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import msgspec
from msgspec.structs import replace

from litestar_fix.model.annotations import held
from litestar_fix.model.dto_places import Named, Names, NewDto, is_usable, names_for, new_dto
from litestar_fix.model.dtos import Dto, dtos
from litestar_fix.model.facts import Const, Ref, Sub
from litestar_fix.model.graph import show
from litestar_fix.model.import_names import module_name
from litestar_fix.model.layers import Handler, Layer
from litestar_fix.model.owned_fields import is_identity, is_optional
from litestar_fix.model.project import Local, Located, Project
from litestar_fix.model.read_dtos import Definition, Refusal, narrower, without
from litestar_fix.model.responses import Cause, Payload, answer, closest
from litestar_fix.model.routes import Effective, Route
from litestar_fix.model.schemas import Kind, Schema, schema_of
from litestar_fix.model.shared_dtos import Reply, Request, TwoWayDto
from litestar_fix.model.sites import mentions_of
from litestar_fix.model.transfers import Transfer, filtered

_OF_PARTIAL = frozenset({"update_instance", "as_builtins"})


class LayerChange(msgspec.Struct):
    """DTOs that a layer is to have.

    Args:
        layer: the layer; of a controller, one that has the class as its own or as a base.
        handler: the handler whose own layer it is, None for another.
        home: where the layer is written: the value of an option that it has.
        options: the DTOs by option.
    """

    layer: Layer
    handler: Handler | None
    home: Located
    options: dict[str, str | Named] = msgspec.field(default_factory=dict)


class Split(msgspec.Struct, frozen=True):
    """What is to be done.

    Args:
        new: the classes that are to be written.
        changes: the layers that change.
        unused: the class that nothing names any more, None where it stays.
    """

    new: tuple[NewDto, ...]
    changes: tuple[LayerChange, ...]
    unused: Local | None


class Splitting:
    """Decides for the DTOs of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.names = Names(project)

    @cached_property
    def known(self) -> list[Dto]:
        """The DTOs of the project."""
        return list(dtos(self.project))

    def of(self, shared: TwoWayDto) -> tuple[Split | None, str]:
        """Return how a DTO is split, or why it cannot be."""
        blocked = next(_blocked(self.project, shared), "") if shared.owned else ""
        try:
            if blocked and not shared.secrets:
                raise Refusal(blocked)
            return _Plan(self, shared, takes_less=bool(shared.owned) and not blocked).split(), ""
        except Refusal as reason:
            return None, str(reason)


def _blocked(project: Project, shared: TwoWayDto) -> Iterator[str]:
    """Why the requests cannot do without the fields that the server fills."""
    for request in shared.requests:
        for name in shared.owned:
            yield from _needed(project, request, name)


def _needed(project: Project, request: Request, name: str) -> Iterator[str]:
    handler, use, schema = request.handler.function.name, request.use, request.data.schema
    if name in use.reads:
        yield f"{handler} reads {name}"
    if request.data.is_dto_data:
        is_made = "create_instance" in use.methods
        if is_made and name not in use.gives and not is_optional(project, schema, name):
            yield f"{name} has no default, and {handler} does not give it to create_instance"
        if use.is_passed:
            yield f"{handler} hands its DTOData on"
        return
    if not is_optional(project, schema, name):
        yield f"{name} of {schema.name} has no default, and {handler} does not take DTOData"
    if request.handler.methods == ("POST",) or name in use.gives or not use.is_passed:
        return
    if schema.kind is not Kind.SQLALCHEMY:
        yield f"{handler} replaces the whole {schema.name}, and its {name} would be a new one"
    elif is_identity(schema, name):
        yield f"{handler} may find the {schema.name} by its {name}"


class _Plan:
    """Works out one split."""

    def __init__(self, splitting: Splitting, shared: TwoWayDto, *, takes_less: bool) -> None:
        self.splitting = splitting
        self.project = splitting.project
        self.shared = shared
        self.takes_less = takes_less
        self.new: list[NewDto] = []
        self.changes: dict[tuple[str, object], LayerChange] = {}

    def split(self) -> Split:
        """Return the split.

        Raises:
            Refusal: there is none that changes nothing else.
        """
        for handler in self.shared.handlers:
            if handler.applied is not None:
                raise Refusal(f"the decorator of {handler.function.name} is applied by a call")
        if self.takes_less:
            self._requests()
        if self.shared.secrets:
            self._replies()
        is_unused = self.takes_less and bool(self.shared.secrets)
        return Split(tuple(self.new), tuple(self.changes.values()), self._unused() if is_unused else None)

    # -------------------------------------------------------------------------------------------------------- requests
    def _requests(self) -> None:
        is_partial = any(name == "partial" for name, _ in without(self.shared.dto, ()).options)
        partial = {id(item) for item in self.shared.requests if not is_partial and _is_partial(item)}
        whole = [item for item in self.shared.requests if id(item) not in partial]
        rest = [item for item in self.shared.requests if id(item) in partial]
        definition = without(self.shared.dto, self.shared.owned)
        purpose = _purpose(whole)
        plain = self._class(whole, definition, purpose) if whole else None
        with_partial = replace(definition, options=(*definition.options, ("partial", "True")))
        less = self._class(rest, with_partial, "Patch" if purpose == "Update" else "Update") if rest else None
        for request in self.shared.requests:
            layer = request.site.layer
            wanted = less if id(request) in partial else plain
            if wanted is None or layer is None:
                continue
            if layer.kind == "handler":
                self._set(request.site, "dto", wanted, request.handler)
                continue
            self._check_reach(request.site, "dto")
            self._set(request.site, "dto", plain or wanted)
            if plain is not None and wanted is not plain:
                self._own(request, wanted)
        sites = [request.site.value for request in self.shared.requests]
        for reply in self.shared.replies:
            if reply.is_fallback and reply.site.value in sites and not reply.secrets:
                self._answer_with(reply, None)
        self._check_answers()

    def _own(self, request: Request, dto: Local) -> None:
        """Give a handler below a layer a DTO of its own."""
        handler = request.handler
        if len({route.layers[:-1] for route in self.project.layers.routes_of(handler)}) > 1:
            raise Refusal(f"{handler.function.name} is served below different layers")
        where = Located(handler.layer.path, handler.layer.scope, Const(None, handler.function.span))
        site = Effective(handler.layer, where, known=True)
        self._set(site, "dto", dto, handler)

    def _check_answers(self) -> None:
        """A handler that answers with the DTO's model in a way that is not known may do so through ``dto``."""
        known = {id(reply.route) for reply in self.shared.replies}
        for request in self.shared.requests:
            explicit = closest(request.route, "return_dto")
            is_silent = answer(self.project, request.route) is None and _holds_models(self.project, request.handler)
            if id(request.route) not in known and (explicit is None or (explicit.value is None and is_silent)):
                raise Refusal(f"it is not known what {request.handler.function.name} answers with")

    # --------------------------------------------------------------------------------------------------------- replies
    def _replies(self) -> None:
        sending = [reply for reply in self.shared.replies if reply.secrets]
        fields = [item.sent for item in self.shared.secrets]
        payload = sending[0].answer.payloads[0]
        definition = narrower(self.shared.dto, fields)
        left = {item.path for item in filtered(self.project, payload.schema, definition.selection).sent}
        if any(item.path in left for item in fields):
            raise Refusal(f"{definition.keyword} of {self._name} does not tell its fields apart")
        other = next((reply for reply in self.shared.replies if not reply.secrets), None)
        if other is not None:
            raise Refusal(f"{other.handler.function.name} answers with {self._name} and may send these fields")
        dto = self._class(sending, definition, "Read")
        for reply in sending:
            self._answer_with(reply, dto)

    def _answer_with(self, reply: Reply, dto: Local | None) -> None:
        """Let a route answer through a DTO; None for the one that it has now, but said explicitly."""
        layer = reply.site.layer
        if layer is None or reply.site.value is None:
            raise Refusal(f"it is not known where {reply.handler.function.name} has its DTO from")
        handler = reply.handler if layer.kind == "handler" else None
        if reply.is_fallback:
            self._check_reach(reply.site, "return_dto")
        change = self._change(reply.site, handler)
        takes_none = handler is not None and all(param.name != "data" for param in handler.function.params)
        option = "dto" if reply.is_fallback and takes_none else "return_dto"
        change.options[option] = self._named(change.home.path, dto) if dto is not None else show(reply.site.value.expr)

    # ---------------------------------------------------------------------------------------------------------- layers
    def _set(self, site: Effective, option: str, dto: Local, handler: Handler | None = None) -> None:
        change = self._change(site, handler)
        change.options[option] = self._named(change.home.path, dto)

    def _change(self, site: Effective, handler: Handler | None = None) -> LayerChange:
        layer, value = site.layer, site.value
        if layer is None or value is None:
            raise Refusal(f"it is not known where {self._name} is set")
        if any(option in layer.changed for option in ("dto", "return_dto")):
            raise Refusal(f"a hook of the application sets {self._name}")
        key = (layer.path, layer.span) if layer.kind != "controller" else (value.path, value.scope)
        return self.changes.setdefault(key, LayerChange(layer, handler, value))

    def _check_reach(self, site: Effective, option: str) -> None:
        """Whether an option can be set where ``dto`` stands, and reaches nothing but what has this DTO from there.

        Raises:
            Refusal: it reaches others.
        """
        for route in self.project.layers.routes:
            at = next((index for index, layer in enumerate(route.layers) if _sets(layer, site)), None)
            if at is None:
                continue
            name = route.handler.function.name
            if not route.handler.is_http:
                raise Refusal(f"{self._name} is for {name}, too, which is no HTTP handler")
            if option == "dto":
                continue
            explicit, own = closest(route, "return_dto"), closest(route, "dto")
            if explicit is None or own is None:
                raise Refusal(f"it is not known which DTOs {name} has")
            if explicit.layer is not None and explicit.layer in route.layers[at:]:
                continue
            if explicit.layer is not None:
                raise Refusal(f"{name} has its return_dto from an outer layer")
            if own.value != site.value or not self._is_indifferent(route):
                raise Refusal(f"a return_dto beside dto={self._name} would reach {name}")

    def _is_indifferent(self, route: Route) -> bool:
        """Whether a route answers through the DTO, or with nothing that any DTO is for."""
        found = answer(self.project, route)
        if found is not None and found.cause is Cause.FALLBACK:
            return True
        return not _holds_models(self.project, route.handler) and not self._holds_unknown(route.handler)

    def _holds_unknown(self, handler: Handler) -> bool:
        returns = handler.function.returns
        located = Located(handler.path, handler.layer.scope, returns) if returns is not None else None
        names = [item.name for item in held(self.project, located)]
        return not names or any(name != "None" and not name.startswith("builtins.") for name in names)

    # --------------------------------------------------------------------------------------------------------- classes
    @property
    def _name(self) -> str:
        return self.shared.dto.name or "the DTO"

    def _class(self, users: Sequence[Request | Reply], definition: Definition, purpose: str) -> Local:
        """A DTO with a definition: one that there is, or a new one."""
        dto, handler = self.shared.dto, users[0].handler
        paths = tuple(dict.fromkeys(item.site.value.path for item in users if item.site.value is not None))
        for other in self.splitting.known:
            is_like = other.model == dto.model and other.kind is dto.kind and other.known
            if is_like and definition.is_that_of(other) and is_usable(self.project, handler, other) and other.symbol:
                return other.symbol
        schema = schema_of(self.project, dto.model) if dto.model is not None else None
        if schema is None or dto.argument is None:
            raise Refusal(f"the model of {self._name} is not known")
        payload = _payload(self.project, dto.argument, schema)
        wanted = names_for(schema, dto, purpose)
        made = new_dto(
            self.splitting.names, handler, payload, definition, dto, self.splitting.known, wanted=wanted, users=paths
        )
        if dto.symbol is not None and made.anchor.path != dto.symbol.path:
            raise Refusal(f"{handler.function.name} cannot import what stands beside {self._name}")
        if dto.symbol is None and set(paths) != {made.anchor.path}:
            raise Refusal("its DTO has no name, and stands in another file")
        self.new.append(made)
        return Local(made.anchor.path, made.name)

    def _named(self, path: str, symbol: Local) -> str | Named:
        if symbol.path == path:
            return symbol.qualname
        module = module_name(self.project, path, symbol.path)
        if module is None:
            raise Refusal(f"it is not known how {path} imports {symbol.path}")
        return Named(module, symbol.qualname)

    def _unused(self) -> Local | None:
        """The DTO itself, where nothing but the changed layers names it."""
        symbol = self.shared.dto.symbol
        if symbol is None or self.project.class_(symbol) is None or not self.new:
            return None
        gone = {
            (value.path, value.expr.span)
            for change in self.changes.values()
            for option in change.options
            for value in change.layer.values(option)
            if isinstance(value.expr, Ref)
        }
        places = {(item.path, item.span) for item in mentions_of(self.project, symbol)}
        users = {path for path, _ in gone} | {symbol.path}
        return None if places - gone or any(_imports(self.project, symbol, users)) else symbol


def _imports(project: Project, symbol: Local, users: Iterable[str]) -> Iterator[str]:
    """The modules that import or export a class and are none of its users."""
    for path, module in project.modules.items():
        is_named = any(item.name in (symbol.qualname, "*") for item in module.imports)
        if (is_named and path not in users and path in project.words.readers(symbol.qualname)) or (
            symbol.qualname in (module.exports or ())
        ):
            yield path


def _payload(project: Project, argument: Located, schema: Schema) -> Payload:
    """The model, as the DTO names it."""
    index = argument.expr.index if isinstance(argument.expr, Sub) else argument.expr
    places = held(project, Located(argument.path, argument.scope, index))
    return Payload(next(item for item in places if item.symbol == schema.symbol), schema, Transfer())


def _sets(layer: Layer, site: Effective) -> bool:
    return site.value is not None and site.value in layer.values("dto")


def _is_partial(request: Request) -> bool:
    """Whether the fields that a request leaves out can stay as they are: then its DTO may be partial."""
    if request.handler.methods != ("PATCH",) or not request.data.is_dto_data:
        return False
    return not request.use.is_passed and request.use.methods <= _OF_PARTIAL


def _holds_models(project: Project, handler: Handler) -> bool:
    returns = handler.function.returns
    located = Located(handler.path, handler.layer.scope, returns) if returns is not None else None
    return any(item.symbol is not None for item in held(project, located))


def _purpose(requests: Iterable[Request]) -> str:
    """What a DTO of requests is called for."""
    methods = {method for request in requests for method in request.handler.methods or ()}
    if methods == {"POST"}:
        return "Create"
    return "Update" if "POST" not in methods else "Write"
