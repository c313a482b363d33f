"""Who else uses what is registered: code that reads its options, or that may register it once more."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from litestar_fix.model.class_bodies import read_names
from litestar_fix.model.evaluate import items
from litestar_fix.model.facts import Ref, Span
from litestar_fix.model.layers import Controller
from litestar_fix.model.project import Project
from litestar_fix.model.sites import CallSite, mentions_of
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import expressions


def reader_of(project: Project, controller: Controller, option: str) -> str:
    """Return what reads an attribute: the body of the controller, a method of it, of a base or of a subclass; or ''."""
    if option in read_names(project, controller.path, controller.class_):
        return f"the body of {controller.class_.name}"
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
    registered = _registered(project)
    for mention in mentions_of(project, symbol):
        is_base = any(
            base.span == mention.span for class_ in project.modules[mention.path].classes for base in class_.bases
        )
        if (mention.path, mention.span) not in registered and not is_base:
            name = symbol.qualname.rpartition(".")[2]
            return f"{mention.path}:{mention.span.line} uses {name}, too, and may register it elsewhere"
    return ""


_known: WeakKeyDictionary[Project, frozenset[tuple[str, Span]]] = WeakKeyDictionary()


def _registered(project: Project) -> frozenset[tuple[str, Span]]:
    """Where something is registered on a layer; searched once for a project."""
    if project not in _known:
        _known[project] = frozenset(
            (item.path, item.expr.span)
            for layer in project.layers.declared()
            for item in items(project, layer.options.get("route_handlers")).items
        )
    return _known[project]


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
    return frozenset(_attributes(project, site)) if site.target else frozenset()


def _attributes(project: Project, site: CallSite) -> Iterator[str]:
    variable = site.target.rpartition(".")[2]
    for path in project.words.readers(variable):
        module = project.modules[path]
        aliases = {variable} | {item.local for item in module.imports if item.name == variable}
        owners = [("", module.names), *[(each.qualname, each.names) for each in module.functions]]
        for scope, names in owners:
            for name in names:
                parts = name.split(".")
                for end in range(1, len(parts)):
                    if parts[end - 1] in aliases and _may_be(project, site, path, scope, ".".join(parts[:end])):
                        yield parts[end]


def _may_be(project: Project, site: CallSite, path: str, scope: str, name: str) -> bool:
    """Whether a name means the variable of a router; of an attribute, ``self.router``, that cannot be told."""
    if "." in site.target or project.function(Local(site.path, site.scope)) is not None:
        return path == site.path or "." in site.target
    return project.resolve(path, name, scope) == Local(site.path, site.target)
