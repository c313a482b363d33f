"""Requests that tests send to an address of this very machine, where a route of the project would answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from litestar_fix.http_clients.calls import Caller
from litestar_fix.http_clients.live_servers import is_deliberate
from litestar_fix.http_clients.table import VERBS, canonical
from litestar_fix.model.facts import Assign, Call, Expr, Function, Module, Ref, Return, With, Yield
from litestar_fix.model.nesting import Nested, nested
from litestar_fix.model.project import Project
from litestar_fix.model.requested_paths import routes_for
from litestar_fix.model.roles import Role, is_test_module
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import Located
from litestar_fix.model.urls import Pieces, has_origin, local_origin, path_of, pieces

_LIBRARIES = frozenset({"httpx", "requests", "aiohttp"})
_VERBS = VERBS | {"stream"}
_FUNCTIONS = frozenset(f"{library}.{verb}" for library in _LIBRARIES for verb in _VERBS)
#: Clients -> the place of the base URL among their arguments, None where only a keyword gives it.
_CLIENTS = {"httpx.Client": None, "httpx.AsyncClient": None, "requests.Session": None, "aiohttp.ClientSession": 0}
#: What a client is given that needs no server.
_IN_PROCESS = frozenset({"app", "connector", "mounts", "transport"})


class Client(msgspec.Struct, frozen=True, eq=False):
    """A client that a function makes.

    Args:
        name: its variable, '' where it has none.
        library: its class, canonical.
        call: the call that makes it.
        base: what its requests begin with, empty where they say it themselves.
        is_entered: whether a ``with`` statement opens it.
    """

    name: str
    library: str
    call: Call
    base: Pieces
    is_entered: bool


class Sent(msgspec.Struct, frozen=True, eq=False):
    """A request that a function sends.

    Args:
        place: the call, and what it stands in.
        call: the call.
        library: the function or the method, canonical.
        client: what it is sent through, None for a function of the library.
        url: where the address stands, None where there is none.
        address: the address, without what the client puts before it.
    """

    place: Nested
    call: Call
    library: str
    client: Client | None
    url: Expr | None
    address: Pieces

    @property
    def verb(self) -> str:
        """The method: ``get``, ``request``, ``stream`` ..."""
        return self.library.rpartition(".")[2]

    @property
    def origin(self) -> str:
        """The local server that the address names, '' where it names none."""
        return local_origin(self.address)


class Exchange(msgspec.Struct, frozen=True, eq=False):
    """What a function of a test says to a local server.

    Args:
        caller: the function.
        sent: the requests with a local address.
        clients: the clients with a local base URL.
        others: the requests that go elsewhere, or perhaps do.
        strays: those of the clients that send requests to other servers, too.
        users: the functions to which it hands a client.
        routes: for each request, and each client's requests, the routes that may answer.
    """

    caller: Caller
    sent: tuple[Sent, ...]
    clients: tuple[Client, ...]
    others: tuple[Sent, ...]
    strays: tuple[Client, ...]
    users: tuple[Caller, ...]
    routes: tuple[tuple[Route, ...], ...]


def exchanges(project: Project) -> Iterator[Exchange]:
    """Yield the functions of tests that speak to a local server, and do not do that on purpose."""
    modules = [module for module in project.modules.values() if is_test_module(module.path) and _imports_any(module)]
    if not modules:
        return
    routes = [route for route in project.layers.routes if project.role(route.handler.path) is Role.APPLICATION]
    for module in modules:
        for function in module.functions:
            found = _exchange(project, routes, Caller(module, function))
            if found is not None and not is_deliberate(project, module, function):
                yield found


def _imports_any(module: Module) -> bool:
    return any(item.module.partition(".")[0] in _LIBRARIES for item in module.imports)


def _exchange(project: Project, routes: Sequence[Route], caller: Caller) -> Exchange | None:
    if not any(name.rpartition(".")[2] in _NAMES for name in caller.function.calls):
        return None
    places = list(nested(caller.function.body))
    clients = {client.name: client for client in _clients(project, caller, places)}
    sent = list(_sent(project, caller, places, clients))
    local: list[Sent] = []
    own: list[Client] = []
    strays: list[Client] = []
    using: list[Caller] = []
    answering: list[tuple[Route, ...]] = []
    for item in sent:
        found = tuple(routes_for(routes, path_of(item.address))) if item.origin else ()
        if found and not (item.client is not None and _is_local(item.client)):
            local.append(item)
            answering.append(found)
    for client in clients.values():
        if _is_local(client):
            users = list(_users(project, caller, client))
            asked = [url for user in users for url in _requested_through(project, user, caller.function.name)]
            paths = [*_paths(sent, client), *[(*_prefix(client), *path_of(url)) for url in asked]]
            reached = [tuple(routes_for(routes, path)) for path in paths]
            if any(reached):
                own.append(client)
                addresses = [*asked, *[item.address for item in sent if item.client is client]]
                strays += [client] if any(has_origin(a) and not local_origin(a) for a in addresses) else []
                using += users
                answering += [found for found in reached if found]
    if not local and not own:
        return None
    others = [item for item in sent if item not in local and item.client not in own]
    return Exchange(caller, tuple(local), tuple(own), tuple(others), tuple(strays), tuple(using), tuple(answering))


_NAMES = _VERBS | {name.rpartition(".")[2] for name in _CLIENTS} | {"session"}


def _is_local(client: Client) -> bool:
    return bool(local_origin(client.base))


# ------------------------------------------------------------------------------------------------------------ clients
def _clients(project: Project, caller: Caller, places: Sequence[Nested]) -> Iterator[Client]:
    for place in places:
        call = place.expr
        name = _library(project, caller, call.func) if isinstance(call, Call) else ""
        if not isinstance(call, Call) or name not in _CLIENTS or call.has_unpacking:
            continue
        if any(keyword.name in _IN_PROCESS for keyword in call.keywords):
            continue
        variable, is_entered = _variable(place)
        yield Client(variable, name, call, _base(project, caller, call, _CLIENTS[name]), is_entered)


def _library(project: Project, caller: Caller, expr: Expr) -> str:
    return canonical(project.external(caller.module.path, expr, caller.function.qualname))


def _variable(place: Nested) -> tuple[str, bool]:
    match place.stmt:
        case With(items=items):
            for item in items:
                if item.context is place.expr and isinstance(item.target, Ref):
                    return item.target.name, True
        case Assign(targets=(Ref(name=name),), value=value) if value is place.expr:
            return name, False
    return "", False


def _base(project: Project, caller: Caller, call: Call, position: int | None) -> Pieces:
    given = call.keyword("base_url")
    if given is None and position is not None and len(call.args) > position:
        given = call.args[position]
    return () if given is None else pieces(project, Located(caller.module.path, caller.function.qualname, given))


# ----------------------------------------------------------------------------------------------------------- requests
def _sent(project: Project, caller: Caller, places: Sequence[Nested], clients: dict[str, Client]) -> Iterator[Sent]:
    for place in places:
        call = place.expr
        if not isinstance(call, Call) or call.callee.rpartition(".")[2] not in _VERBS:
            continue
        owner, _, verb = call.callee.rpartition(".")
        client = clients.get(owner)
        library = f"{client.library}.{verb}" if client is not None else _library(project, caller, call.func)
        if client is None and library not in _FUNCTIONS:
            continue
        url = url_of(call, verb)
        scope = caller.function.qualname
        address = () if url is None else pieces(project, Located(caller.module.path, scope, url))
        yield Sent(place, call, library, client, url, address)


def url_of(call: Call, verb: str) -> Expr | None:
    """Return the argument that is the address of a request."""
    position = 1 if verb in ("request", "stream") else 0
    return call.args[position] if len(call.args) > position else call.keyword("url")


def _paths(sent: Sequence[Sent], client: Client) -> Iterator[Pieces]:
    for item in sent:
        if item.client is client and item.address:
            yield path_of(item.address) if has_origin(item.address) else (*_prefix(client), *path_of(item.address))


def _prefix(client: Client) -> Pieces:
    found = path_of(client.base)
    return () if found == ("/",) else found


def _users(project: Project, caller: Caller, client: Client) -> Iterator[Caller]:
    """The functions that take a client which a fixture hands to them."""
    name, folder = caller.function.name, caller.module.path.rpartition("/")[0]
    if not _hands_out(caller.function, client):
        return
    for path in project.words.readers(name):
        module = project.modules[path]
        if module is caller.module or folder == "" or path.startswith(f"{folder}/"):
            for function in module.functions:
                is_used = any(called.startswith(f"{name}.") for called in function.calls)
                if is_used and any(param.name == name for param in function.params):
                    yield Caller(module, function)


def _hands_out(function: Function, client: Client) -> bool:
    for place in nested(function.body):
        value = place.expr.value if isinstance(place.expr, Yield) else None
        if isinstance(place.stmt, Return):
            value = place.stmt.value
        if value is client.call or (isinstance(value, Ref) and value.name == client.name and client.name):
            return True
    return False


def _requested_through(project: Project, user: Caller, name: str) -> Iterator[Pieces]:
    for place in nested(user.function.body):
        call = place.expr
        owner, _, verb = call.callee.rpartition(".") if isinstance(call, Call) else ("", "", "")
        if isinstance(call, Call) and owner == name and verb in _VERBS:
            url = url_of(call, verb)
            if url is not None:
                yield pieces(project, Located(user.module.path, user.function.qualname, url))
