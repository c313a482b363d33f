"""Who else uses what is registered: code that reads its options, or that may register it once more."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.evaluate import items
from litestar_fix.model.facts import Ref
from litestar_fix.model.layers import Controller
from litestar_fix.model.project import Local, Project
from litestar_fix.model.sites import CallSite, mentions_of
from litestar_fix.model.walk import expressions


def reader_of(project: Project, controller: Controller, option: str) -> str:
    """Return the method of a controller, or of a class around it in the hierarchy, that reads an attribute; or ''."""
    wanted = {f"{root}.{option}" for root in ("self", "cls", controller.class_.name)}
    for symbol in (controller.symbol, *project.subclasses(controller.symbol)):
        for path, class_ in project.ancestry(symbol).classes:
            for qualname in class_.methods:
                function = project.function(Local(path, qualname))
                if function is not None and not wanted.isdisjoint(function.names):
                    return qualname
    return ""


def other_user(project: Project, symbol: Local) -> str:
    """Say what uses a handler, controller or router and is no registration, so that it may register it; '' if nothing.

    A class that inherits from it is no use of this kind.
    """
    registered = {
        (item.path, item.expr.span)
        for layer in project.layers.declared()
        for item in items(project, layer.options.get("route_handlers")).items
    }
    for mention in mentions_of(project, symbol):
        is_base = any(
            base.span == mention.span for class_ in project.modules[mention.path].classes for base in class_.bases
        )
        if (mention.path, mention.span) not in registered and not is_base:
            name = symbol.qualname.rpartition(".")[2]
            return f"{mention.path}:{mention.span.line} uses {name}, too, and may register it elsewhere"
    return ""


def router_user(project: Project, site: CallSite) -> str:
    """Say the same of a router by the variable that holds it."""
    if not site.target:
        return ""
    function = project.function(Local(site.path, site.scope))
    if function is None:
        return other_user(project, Local(site.path, site.target))
    inner = f"{function.qualname}.<locals>."
    nested = [each for each in project.modules[site.path].functions if each.qualname.startswith(inner)]
    reads = [
        expr
        for body in (function.body, *[each.body for each in nested])
        for expr in expressions(body)
        if isinstance(expr, Ref) and expr.name.partition(".")[0] == site.target
    ]
    # it is assigned once and registered once
    return f"{function.name} uses {site.target} more than once" if len(reads) > 2 else ""


def attributes_used(project: Project, site: CallSite) -> frozenset[str]:
    """Return the attributes that code reads of the router or application that a call makes, through its variable."""
    if not site.target:
        return frozenset()
    return frozenset(_attributes(project, site))


def _attributes(project: Project, site: CallSite) -> Iterator[str]:
    symbol = Local(site.path, site.target)
    function = project.function(Local(site.path, site.scope))
    for path in [site.path] if function is not None else project.words.readers(site.target):
        module = project.modules[path]
        aliases = {site.target} | {item.local for item in module.imports if item.name == site.target}
        owners = [("", module.names), *[(each.qualname, each.names) for each in module.functions]]
        for scope, names in owners:
            for name in names:
                parts = name.split(".")
                for end in range(1, len(parts)):
                    if parts[end - 1] not in aliases:
                        continue
                    is_local = function is not None and end == 1 and scope.startswith(function.qualname)
                    if is_local or project.resolve(path, ".".join(parts[:end]), scope) == symbol:
                        yield parts[end]
