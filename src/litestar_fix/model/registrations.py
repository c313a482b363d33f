"""Bare registrations: callables that stand in a ``dependencies`` mapping without ``Provide``.

Source: ``litestar/handlers/base.py`` (``_resolve_dependency``), Litestar 2.25: each handler makes its own ``Provide``.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.callables import KnownCallable
from litestar_fix.model.evaluate import mapping
from litestar_fix.model.facts import Assign, Function, Ref, Span
from litestar_fix.model.layers import Layer
from litestar_fix.model.project import Project
from litestar_fix.model.providers import provider_of
from litestar_fix.model.sites import mentions_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import expressions, statements

_SIGNATURE_OPTIONS = frozenset({"signature_namespace", "signature_types", "type_decoders"})


class Registration(msgspec.Struct, frozen=True):
    """A bare value of a ``dependencies`` mapping.

    Args:
        key: the dependency key, '' where it is no literal.
        value: the value as it stands in the mapping.
        layers: the layers that declare it.
        is_read_elsewhere: whether the mapping has a name that is read for anything but ``dependencies``.
    """

    key: str
    value: Located
    layers: tuple[Layer, ...]
    is_read_elsewhere: bool


def bare_registrations(project: Project) -> Iterator[Registration]:
    """Yield every value of a ``dependencies`` mapping that is no ``Provide``, once, with all layers that declare it."""
    declared = [(layer, value) for layer in project.layers.declared() for value in layer.values("dependencies")]
    options = [value for _, value in declared]
    found: dict[tuple[str, Span], Registration] = {}
    for layer, option in declared:
        for entry in mapping(project, option).entries:
            key = (entry.value.path, entry.value.expr.span)
            if key in found:
                layers = (*found[key].layers, layer)
                found[key] = Registration(
                    entry.name, entry.value, tuple(dict.fromkeys(layers)), found[key].is_read_elsewhere
                )
            elif provider_of(project, entry, ()).call is None:
                elsewhere = not _holds(option, entry.value) and _is_read_elsewhere(project, entry.value, options)
                found[key] = Registration(entry.name, entry.value, (layer,), elsewhere)
    yield from found.values()


def _holds(outer: Located, inner: Located) -> bool:
    return outer.path == inner.path and outer.expr.span.contains(inner.expr.span)


def _is_read_elsewhere(project: Project, value: Located, options: list[Located]) -> bool:
    """Whether the mapping that a value stands in has a name that is read outside of these expressions."""
    module = project.modules[value.path]
    span = value.expr.span
    for item in module.assignments:
        if item.span.contains(span):
            return _symbol_is_read(project, Local(value.path, item.name), options)
    for class_ in module.classes:
        for item in class_.attributes:
            if item.span.contains(span):
                return _symbol_is_read(project, Local(value.path, f"{class_.qualname}.{item.name}"), options)
    holders = [function for function in module.functions if function.span.contains(span)]
    return len(holders) != 1 or _variable_is_read(project, value, holders[0], options)


def _symbol_is_read(project: Project, symbol: Local, options: list[Located]) -> bool:
    last = symbol.qualname.rpartition(".")[2]
    for module in project.modules.values():
        for scope, names in (
            ("", module.names),
            *[(function.qualname, function.names) for function in module.functions],
        ):
            for name in names:
                owner, _, attribute = name.rpartition(".")
                if (
                    owner.rpartition(".")[2] == last
                    and project.resolve(module.path, owner, scope) == symbol
                    and attribute
                ):
                    return True
    return not all(_within(mention.path, mention.span, options) for mention in mentions_of(project, symbol))


def _variable_is_read(project: Project, value: Located, function: Function, options: list[Located]) -> bool:
    names = {
        target.name
        for stmt in statements(function.body)
        if isinstance(stmt, Assign) and stmt.span.contains(value.expr.span)
        for target in stmt.targets
        if isinstance(target, Ref)
    }
    if len(names) != 1:
        return True
    name = names.pop()
    inner = f"{function.qualname}.<locals>."
    nested = [item for item in project.modules[value.path].functions if item.qualname.startswith(inner)]
    if any(name in item.names for item in nested):
        return True
    if any(read.startswith(f"{name}.") for item in (function, *nested) for read in item.names):
        return True
    reads = [expr.span for expr in expressions(function.body) if isinstance(expr, Ref) and expr.name == name]
    assigned = [
        target.span for stmt in statements(function.body) if isinstance(stmt, Assign) for target in stmt.targets
    ]
    return not all(span in assigned or _within(value.path, span, options) for span in reads)


def _within(path: str, span: Span, options: list[Located]) -> bool:
    return any(option.path == path and option.expr.span.contains(span) for option in options)


# ------------------------------------------------------------------------------------------- what tells handlers apart
def _below(project: Project, layer: Layer) -> Iterator[tuple[Layer, ...]]:
    """The layers below a layer, one tuple a route."""
    for route in project.layers.routes:
        if layer in route.layers:
            yield route.layers[route.layers.index(layer) + 1 :]


def have_own_rules(project: Project, shared: list[Layer]) -> bool:
    """Tell whether handlers below some layers may parse parameters by rules of their own: type decoders, say.

    Args:
        project: what they belong to.
        shared: the layers.
    """
    inner = (item for layer in shared for part in _below(project, layer) for item in part)
    return any(not item.complete or not _SIGNATURE_OPTIONS.isdisjoint(item.options) for item in inner)


def is_divided(project: Project, shared: list[Layer], param: str) -> bool:
    """Tell whether a name is a dependency key for some of the handlers below some layers, and not for others."""
    routes = [route for route in project.layers.routes if any(layer in route.layers for layer in shared)]
    return len({param in route.dependencies() for route in routes}) > 1


def why_no_shared_provide(project: Project, registration: Registration, known: KnownCallable) -> str:
    """Say why one ``Provide`` for all handlers is not what they have now; '' where it is.

    A ``Provide`` keeps the signature model that the first handler makes for it, and the model depends on the handler:
    on its dependency keys (a bad value is the client's fault, or the server's), its type decoders and its DTO.
    """
    if registration.is_read_elsewhere:
        return "its mapping is read elsewhere, too, and whoever reads it may call it"
    shared = [layer for layer in registration.layers if layer.kind != "handler"]
    if not shared or known.params == ():
        return ""
    if known.params is None:
        return "its parameters are not known"
    for param in known.params:
        what = f"its parameter {param} is"
        if param == "data" or have_own_rules(project, shared):
            return f"{what} read by the rules of each handler, which one shared Provide cannot tell apart"
        if is_divided(project, shared, param):
            return f"{what} a dependency of some handlers only, which one shared Provide cannot tell apart"
    return ""
