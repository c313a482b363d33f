"""Coroutine functions that run in an event loop of their own: commands and scripts, no part of the server."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.facts import Call, Expr, Ref
from litestar_fix.model.project import Project
from litestar_fix.model.sites import calls_of, mentions_of
from litestar_fix.model.symbols import Local

_RUNNERS = ("asyncio.run", "anyio.run", "anyio.from_thread.run", "uvloop.run", "trio.run")
_COMMANDS = frozenset({"command", "callback"})


def run_apart(project: Project) -> frozenset[Local]:
    """Return the coroutine functions that only ``asyncio.run`` and its like, or a command line, are seen to start.

    One that something else awaits or mentions, too, does not count.
    """
    started = set(_started(project)) | set(_commands(project))
    found = set(started)
    todo = [*started]
    while todo:
        current = todo.pop()
        for _, callee in project.callgraph.callees(current):
            function = project.function(callee)
            if isinstance(callee, Local) and function is not None and function.is_async and callee not in found:
                found.add(callee)
                todo.append(callee)
    shared = {symbol for symbol in found if symbol not in started and _is_handed_on(project, symbol)}
    while True:
        shared |= {s for s in found if any(_awaits(project, caller, found) for caller in project.callgraph.callers(s))}
        if not shared & found:
            return frozenset(found)
        found -= shared


def _started(project: Project) -> Iterator[Local]:
    for site in calls_of(project, *_RUNNERS):
        for argument in site.call.args[:1]:
            name = _named(argument)
            found = project.callgraph.target(Local(site.path, site.scope), name) if name else None
            if isinstance(found, Local):
                yield found


def _named(argument: Expr) -> str:
    match argument:
        case Call(func=Ref(name=name)) | Ref(name=name):
            return name
    return ""


def _commands(project: Project) -> Iterator[Local]:
    for module, function in project.functions():
        for decorator in function.decorators if function.is_async else ():
            name = _named(decorator)
            if name.rpartition(".")[2] in _COMMANDS:
                yield Local(module.path, function.qualname)


def _awaits(project: Project, caller: Local, found: set[Local]) -> bool:
    function = project.function(caller)
    return function is not None and function.is_async and caller not in found


def _is_handed_on(project: Project, symbol: Local) -> bool:
    return symbol in project.layers.handlers or any(not mention.called for mention in mentions_of(project, symbol))
