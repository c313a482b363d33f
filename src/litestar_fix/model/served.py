"""Functions that Litestar runs for requests: handlers, providers, guards, hooks, middleware, listeners.

Source: the options of ``litestar/app.py``, ``litestar/handlers`` and ``litestar/events/listener.py``, Litestar 2.25.
What runs once, at start-up or for the whole life of the application, is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from litestar_fix.model.evaluate import items
from litestar_fix.model.facts import Call, Ref
from litestar_fix.model.names import PROVIDE, WEBSOCKET_LISTENER
from litestar_fix.model.project import Project
from litestar_fix.model.provide_calls import is_cached
from litestar_fix.model.registrations import bare_registrations
from litestar_fix.model.sites import calls_of
from litestar_fix.model.symbols import Local, Located

_ROLES = {
    "guards": "guard",
    "middleware": "middleware",
    "before_request": "hook",
    "after_request": "hook",
    "after_response": "hook",
    "before_send": "hook",
    "after_exception": "hook",
    "on_accept": "hook",
    "on_disconnect": "hook",
    "connection_accept_handler": "hook",
}
_MIDDLEWARE_METHODS = ("__call__", "handle", "authenticate_request")
_LISTENER_METHODS = ("on_receive", "on_accept", "on_disconnect")
_EVENT_LISTENER = ("litestar.events.listener", "litestar.events.listener.listener")


def served(project: Project) -> Mapping[Local, str]:
    """Return the coroutine functions that run for requests, each with its role.

    Args:
        project: what they belong to.
    """
    found = {}
    for symbol, role in all_served(project).items():
        function = project.function(symbol)
        if function is not None and function.is_async:
            found[symbol] = role
    return found


def all_served(project: Project) -> Mapping[Local, str]:
    """Return the functions that run for requests, coroutine functions or not, each with its role.

    Args:
        project: what they belong to.
    """
    found: dict[Local, str] = {}
    for symbol, role in (*_handlers(project), *_providers(project), *_options(project), *_listeners(project)):
        found.setdefault(symbol, role)
    return found


def _handlers(project: Project) -> Iterator[tuple[Local, str]]:
    for handler in project.layers.every_handler():
        yield handler.symbol, "handler"
    if project.words.readers(WEBSOCKET_LISTENER.rpartition(".")[2]):
        for module, class_ in project.classes():
            symbol = Local(module.path, class_.qualname)
            if class_.bases and project.inherits(symbol, WEBSOCKET_LISTENER):
                members = (project.member(symbol, method) for method in _LISTENER_METHODS)
                yield from ((member, "handler") for member in members if member is not None)


def _providers(project: Project) -> Iterator[tuple[Local, str]]:
    for site in calls_of(project, PROVIDE):
        inner = site.call.args[0] if site.call.args else site.call.keyword("dependency")
        if inner is not None and not is_cached(site.call):
            yield from _functions(project, Located(site.path, site.scope, inner), "provider")
    for registration in bare_registrations(project):
        yield from _functions(project, registration.value, "provider")


def _options(project: Project) -> Iterator[tuple[Local, str]]:
    for layer in project.layers.declared():
        for option in layer.names & _ROLES.keys():
            for value in layer.values(option):
                listed = items(project, value).items or (value,)
                for item in listed:
                    yield from _functions(project, item, _ROLES[option])


def _listeners(project: Project) -> Iterator[tuple[Local, str]]:
    for path in project.words.readers("listener"):
        module = project.modules[path]
        for function in module.functions:
            names = (project.external(path, item, function.parent) for item in function.decorators)
            if any(name in _EVENT_LISTENER for name in names):
                yield Local(path, function.qualname), "listener"


def _functions(project: Project, located: Located, role: str) -> Iterator[tuple[Local, str]]:
    """The functions that run when a value of an option is called; of middleware, the methods that serve."""
    match located.expr:
        case Call(args=(first, *_)) if role == "middleware":
            yield from _functions(project, Located(located.path, located.scope, first), role)
            yield from _functions(project, Located(located.path, located.scope, located.expr.func), role)
        case Call(func=func):
            yield from _methods(project, project.resolve_expr(Located(located.path, located.scope, func)), role)
        case Ref(name=name):
            symbol = project.resolve_expr(located)
            if isinstance(symbol, Local) and project.function(symbol) is not None:
                yield symbol, role
            elif isinstance(symbol, Local) and project.class_(symbol) is not None:
                yield from _methods(project, symbol, role) if role == "middleware" else ()
            else:
                scope = Local(located.path, located.scope)
                found = project.callgraph.target(scope, name)
                if isinstance(found, Local):
                    yield found, role


def _methods(project: Project, owner: object, role: str) -> Iterator[tuple[Local, str]]:
    if isinstance(owner, Local):
        for method in _MIDDLEWARE_METHODS if role == "middleware" else ("__call__",):
            member = project.member(owner, method)
            if member is not None:
                yield member, role
