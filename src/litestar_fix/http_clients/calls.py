"""The calls of requests, of its sessions and of urlopen, and the functions that make them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.http_clients.table import VERBS, canonical
from litestar_fix.model.entry_points import run_apart
from litestar_fix.model.facts import Attr, Call, Function, Lambda, Module, Ref
from litestar_fix.model.nesting import Nested, nested
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import External, Local, Symbol

URLOPEN = "urllib.request.urlopen"
_WANTED = frozenset({URLOPEN, *[f"requests.{verb}" for verb in VERBS], *[f"requests.Session.{verb}" for verb in VERBS]})
_ROOTS = frozenset({"requests", "urllib"})


class Caller(msgspec.Struct, frozen=True):
    """A function that calls requests."""

    module: Module
    function: Function

    @property
    def symbol(self) -> Local:
        """The function, as a symbol."""
        return Local(self.module.path, self.function.qualname)

    @property
    def name(self) -> str:
        """The function, as a reader calls it."""
        return self.function.readable_name


class HttpCall(msgspec.Struct, frozen=True):
    """A call that waits for a server.

    Args:
        place: the call and what it stands in.
        call: the same call.
        name: canonical, with ``requests.Session`` for every way to write that.
        session: the variable or attribute that holds the session, '' where there is none.
    """

    place: Nested
    call: Call
    name: str
    session: str

    @property
    def verb(self) -> str:
        """The method: ``get``, ``request``, ``urlopen`` ..."""
        return self.name.rpartition(".")[2]

    @property
    def is_session(self) -> bool:
        """Whether it is made through a session."""
        return self.name.startswith("requests.Session.")


def callers(project: Project) -> Iterator[Caller]:
    """Yield the functions of the application that are to be looked at: coroutines, by a setting all of them."""
    if not any(
        item.module.partition(".")[0] in _ROOTS for module in project.modules.values() for item in module.imports
    ):
        return
    apart: frozenset[Local] | None = None
    for module, function in project.functions():
        if not (function.is_async or project.settings.rewrite_sync_requests):
            continue
        if project.role(module.path) is not Role.APPLICATION or not _calls_any(project, module, function):
            continue
        caller = Caller(module, function)
        apart = run_apart(project) if apart is None else apart
        if caller.symbol not in apart:
            yield caller


def _calls_any(project: Project, module: Module, function: Function) -> bool:
    symbol = Local(module.path, function.qualname)
    for name in function.calls:
        last = name.rpartition(".")[2]
        if last in VERBS or last in ("urlopen", "Session", "session") or "." not in name:
            found = _canonical(project.callgraph.target(symbol, name))
            if found in _WANTED or found == "requests.Session":
                return True
    return False


def _canonical(symbol: Symbol | None) -> str:
    return canonical(symbol.name) if isinstance(symbol, External) else ""


def calls_in(project: Project, caller: Caller) -> list[HttpCall]:
    """Return the calls that a function makes itself, in order; what a lambda calls runs elsewhere."""
    found = []
    for place in nested(caller.function.body):
        if not isinstance(place.expr, Call) or any(isinstance(outer, Lambda) for outer in place.above):
            continue
        name = _name(project, caller.symbol, place.expr)
        if name in _WANTED and (caller.function.is_async or name != URLOPEN):
            written = place.expr.callee
            session = written.rpartition(".")[0] if name.startswith("requests.Session.") else ""
            found.append(HttpCall(place, place.expr, name, session))
    return found


def _name(project: Project, caller: Local, call: Call) -> str:
    match call.func:
        case Ref(name=name):
            return _canonical(project.callgraph.target(caller, name))
        case Attr(value=value, attr=attr) if attr in VERBS:
            owner = _canonical(project.callgraph.type_of_expr(caller, value))
            return f"{owner}.{attr}" if owner == "requests.Session" else ""
    return ""
