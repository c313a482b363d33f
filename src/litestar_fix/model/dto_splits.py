"""How a DTO that serves both directions is split: the classes to write, and who is to use which.

The DTO itself stays for the direction in which nothing has to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from litestar_fix.model.annotations import held
from litestar_fix.model.dto_places import NewDto
from litestar_fix.model.dto_variants import DtoNames, LayerChange, Variants
from litestar_fix.model.facts import Ref
from litestar_fix.model.graph import show
from litestar_fix.model.layers import Handler, Layer
from litestar_fix.model.owned_fields import is_identity, is_optional
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Definition, Refusal, narrower, without
from litestar_fix.model.responses import Cause, answer, closest
from litestar_fix.model.routes import Effective, Route
from litestar_fix.model.schemas import Kind
from litestar_fix.model.shared_dtos import Reply, Request, TwoWayDto
from litestar_fix.model.sites import mentions_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.transfers import filtered


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
        self._names = DtoNames(project)

    def of(self, shared: TwoWayDto) -> tuple[Split | None, str]:
        """Return how a DTO is split, or why it cannot be."""
        blocked = next(_blocked(self.project, shared), "") if shared.owned else ""
        try:
            if blocked and not shared.secrets:
                raise Refusal(blocked)
            plan = _Plan(Variants(self._names, shared.dto), shared, takes_less=bool(shared.owned) and not blocked)
            return plan.split(), ""
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
        is_made = not use.methods.isdisjoint({"create_instance", "as_builtins"})
        if is_made and name not in use.gives and not is_optional(project, schema, name):
            yield f"{name} has no default, and {handler} does not give it"
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

    def __init__(self, variants: Variants, shared: TwoWayDto, *, takes_less: bool) -> None:
        self.project = variants.project
        self.variants = variants
        self.shared = shared
        self.takes_less = takes_less

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
        return Split(
            tuple(self.variants.new), tuple(self.variants.changes.values()), self._unused() if is_unused else None
        )

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
                self.variants.set(request.site, "dto", wanted, request.handler)
                continue
            self._check_reach(request.site, "dto")
            self.variants.set(request.site, "dto", plain or wanted)
            if plain is not None and wanted is not plain:
                self.variants.own(request.handler, "dto", wanted)
        sites = [request.site.value for request in self.shared.requests]
        for reply in self.shared.replies:
            if reply.is_fallback and reply.site.value in sites and not reply.secrets:
                self._answer_with(reply, None)
        self._check_answers()

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
            raise Refusal(f"{definition.keyword} of {self.variants.name} does not tell its fields apart")
        other = next((reply for reply in self.shared.replies if not reply.secrets), None)
        if other is not None:
            raise Refusal(f"{other.handler.function.name} answers with {self.variants.name} and may send these fields")
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
        change = self.variants.change(reply.site, handler)
        takes_none = handler is not None and all(param.name != "data" for param in handler.function.params)
        option = "dto" if reply.is_fallback and takes_none else "return_dto"
        change.options[option] = (
            self.variants.named(change.home.path, dto) if dto is not None else show(reply.site.value.expr)
        )

    # ---------------------------------------------------------------------------------------------------------- layers
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
                raise Refusal(f"{self.variants.name} is for {name}, too, which is no HTTP handler")
            if option == "dto":
                self._check_data(route, site)
                continue
            explicit, own = closest(route, "return_dto"), closest(route, "dto")
            if explicit is None or own is None:
                raise Refusal(f"it is not known which DTOs {name} has")
            if explicit.layer in route.layers[at:]:
                continue
            if explicit.layer is not None or own.value != site.value or not self._is_indifferent(route):
                raise Refusal(f"a return_dto beside dto={self.variants.name} would reach {name}")

    def _check_data(self, route: Route, site: Effective) -> None:
        takes_data = any(param.name == "data" for param in route.handler.function.params)
        known = any(route is request.route for request in self.shared.requests)
        own = closest(route, "dto")
        if takes_data and not known and (own is None or own.value == site.value):
            raise Refusal(f"it is not known what {route.handler.function.name} takes")

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
    def _class(self, users: Sequence[Request | Reply], definition: Definition, purpose: str) -> Local:
        handlers = list(dict.fromkeys(item.route.handler for item in users))
        paths = dict.fromkeys(item.site.value.path for item in users if item.site.value is not None)
        return self.variants.like(handlers, tuple(paths), definition, purpose)

    def _unused(self) -> Local | None:
        """The DTO itself, where nothing but the changed layers names it."""
        symbol = self.shared.dto.symbol
        if symbol is None or self.project.class_(symbol) is None or not self.variants.new:
            return None
        gone = {
            (value.path, value.expr.span)
            for change in self.variants.changes.values()
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


def _sets(layer: Layer, site: Effective) -> bool:
    return site.value is not None and site.value in layer.values("dto")


def _is_partial(request: Request) -> bool:
    """Whether the fields that a request leaves out can stay as they are: then its DTO may be partial."""
    if request.handler.methods != ("PATCH",) or not request.data.is_dto_data:
        return False
    return not request.use.is_passed and request.use.methods == {"update_instance"}


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
