"""Resources that handlers are given: by which provider, and who closes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from litestar_fix.model.callables import Kind, function_callable
from litestar_fix.model.closings import Closings, closings
from litestar_fix.model.conversions import bound_to_thread, is_plain
from litestar_fix.model.creations import CLOSING_METHODS, Fresh, creation, fresh_return
from litestar_fix.model.facts import Assign, Call, Expr, For, Function, Ref, Stmt, Try, With, Yield
from litestar_fix.model.generators import manager_decorator
from litestar_fix.model.handlers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.resources import Closing, Resource, first_resource, resource
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import expressions, statements, subexpressions

_NOT_SEEN = "is not seen to close it"


class Given(msgspec.Struct, frozen=True):
    """A resource that a handler is given and closes itself.

    Args:
        handler: the handler.
        param: the parameter that it is given as.
        resource: what it is.
        closings: how it is closed.
        providers: the functions that it may come from; None stands for one that is not known.
    """

    handler: Handler
    param: str
    resource: Resource
    closings: Closings
    providers: tuple[Local | None, ...]


def closed_by_handlers(project: Project, handlers: Iterable[Handler]) -> Iterator[Given]:
    """Yield what each of these handlers is given and closes; once where a function is several handlers."""
    found: dict[tuple[Local, str], Given] = {}
    for handler in handlers:
        for given in _closed_by(project, handler):
            other = found.setdefault((handler.symbol, given.param), given)
            providers = tuple(dict.fromkeys((*other.providers, *given.providers)))
            found[handler.symbol, given.param] = Given(handler, given.param, given.resource, given.closings, providers)
    yield from found.values()


def _closed_by(project: Project, handler: Handler) -> Iterator[Given]:
    names = frozenset(handler.function.names)
    for param in handler.function.params:
        if not _may_close(project, handler, param.name, names) or _is_assigned(handler.function, param.name):
            continue
        providers = _providers(project, handler, param.name)
        found = _resource(project, handler, param.name, providers)
        closed = closings(project, handler.symbol, param.name, found) if found is not None else None
        if found is not None and closed is not None and closed.places:
            yield Given(handler, param.name, found, closed, providers)


def _may_close(project: Project, handler: Handler, param: str, names: Collection[str]) -> bool:
    if any(f"{param}.{method}" in names for method in CLOSING_METHODS):
        return True
    # what is put under with is entered and left, if it is such a resource at all
    return param in names and _annotated(project, handler, param) is not None


def _is_assigned(function: Function, name: str) -> bool:
    for stmt in statements(function.body):
        match stmt:
            case Assign(targets=targets):
                assigned = targets
            case For(target=target):
                assigned = (target,)
            case With(items=items):
                assigned = tuple(item.target for item in items if item.target is not None)
            case _:
                continue
        if any(isinstance(expr, Ref) and expr.name == name for item in assigned for expr in subexpressions(item)):
            return True
    return False


def _annotated(project: Project, handler: Handler, param: str) -> Resource | None:
    match project.callgraph.type_of(handler.symbol, param):
        case External(name=name):
            return resource(name)
        case Local() as class_:
            return first_resource(project.ancestry(class_).externals)
    return None


def _resource(project: Project, handler: Handler, param: str, providers: Iterable[Local | None]) -> Resource | None:
    made = [fresh_of(project, symbol) for symbol in providers if symbol is not None]
    fresh = next((item for item in made if item is not None), None)
    return fresh.creation.resource if fresh is not None else _annotated(project, handler, param)


def _providers(project: Project, handler: Handler, key: str) -> tuple[Local | None, ...]:
    found: dict[Local | None, None] = {}
    for route in project.layers.served(handler):
        provider = route.dependencies().get(key)
        target = provider.target if provider is not None else None
        if provider is None and not route.rooted:
            # the layers around it are not seen: whoever is registered under its name counts, as for ``consumers``
            named = {other.target for other in project.layers.providers if other.key == key}
            target = named.pop() if len(named) == 1 else None
        found[target if isinstance(target, Local) else None] = None
    return tuple(found)


def fresh_of(project: Project, symbol: Local) -> Fresh | None:
    """Return the resource that a provider makes and returns, None where it is a generator or does not."""
    function = project.function(symbol)
    known = function_callable(project, symbol, function.qualname) if function is not None else None
    if function is None or known is None or known.kind is Kind.GENERATOR or not is_plain(function):
        return None
    return fresh_return(project, symbol, function)


# --------------------------------------------------------------------------------------------------------- generators
def why_not_closed(project: Project, symbol: Local, held: Resource) -> str:
    """Return why it is not certain that a generator provider may close what it yields, '' where it does.

    Args:
        project: what it belongs to.
        symbol: the provider.
        held: what it yields.
    """
    function, name = project.function(symbol), symbol.qualname.rpartition("<locals>.")[2]
    if function is None or not is_plain(function):
        return f"{name} {_NOT_SEEN}"
    if held.is_thread_bound and not function.is_async:
        return bound_to_thread(held, held.shown)
    reason = _why_left_open(project, symbol, function)
    return reason and f"{name} {reason}"


def _why_left_open(project: Project, symbol: Local, function: Function) -> str:
    yields = [expr for expr in expressions(function.body) if isinstance(expr, Yield)]
    if not yields:
        return _NOT_SEEN
    names = frozenset(function.names)
    for item in yields:
        variable = item.value.name if isinstance(item.value, Ref) else ""
        if not any(_closes_around(project, symbol, stmt, item, variable) for stmt in statements(function.body)):
            return _NOT_SEEN
        if not names.isdisjoint({f"{variable}.begin", f"{variable}.commit"}):
            return "commits after its yield, and would commit what the close rolls back"
    return ""


def _closes_around(project: Project, symbol: Local, stmt: Stmt, yielded: Yield, variable: str) -> bool:
    if not stmt.span.contains(yielded.span):
        return False
    match stmt:
        case With(items=items):
            return any(
                isinstance(item.target, Ref)
                and item.target.name == variable
                and _is_closing(project, symbol, item.context)
                for item in items
            )
        case Try(final=final):
            calls = [expr.callee for expr in expressions(final) if isinstance(expr, Call)]
            return not {f"{variable}.{method}" for method in CLOSING_METHODS}.isdisjoint(calls)
    return False


def _is_closing(project: Project, symbol: Local, context: Expr) -> bool:
    made = creation(project, symbol, context)
    if made is not None:
        return made.resource.closing is Closing.CONTEXT
    target = project.callgraph.target(symbol, context.callee) if isinstance(context, Call) and context.callee else None
    function = project.function(target)
    if not isinstance(target, Local) or function is None or not manager_decorator(project, target, function):
        return False
    return target != symbol and not _why_left_open(project, target, function)
