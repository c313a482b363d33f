"""What a layer sets although a layer around it sets it already, on every way to it.

Source: ``litestar/handlers/base.py`` (the ``resolve_*`` methods), Litestar 2.25: guards and middleware add up, tags are
a set, mappings merge by key and the closest layer wins, of everything else the closest layer's value counts.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import msgspec

from litestar_fix.model.evaluate import items, mapping
from litestar_fix.model.facts import Dict, Expr, Seq, Span
from litestar_fix.model.layers import Controller, Handler, Layer
from litestar_fix.model.names import CUMULATIVE, MERGED
from litestar_fix.model.options import SHARED_OPTIONS, elements, identity, reaches, takes, why_not_shared
from litestar_fix.model.project import Project
from litestar_fix.model.routes import Route
from litestar_fix.model.sites import CallSite
from litestar_fix.model.symbols import Local, Located

#: What runs once for each layer that sets it.
RUN_BY_EACH = frozenset({"guards", "middleware"})
_ADDED_UP = RUN_BY_EACH | {"tags"}
# of the others that add up nobody is seen to tell whether a value twice is more than once
_OPTIONS = (SHARED_OPTIONS | {"parameters"}) - (CUMULATIVE - _ADDED_UP)


class Drop(msgspec.Struct, frozen=True):
    """What goes: an option of a call or class, or some elements of its value.

    Args:
        path: the file.
        owner: the call, or the class where ``is_class``.
        option: its name.
        display: the value of which elements go.
        parts: the places of these elements; None where the whole option goes.
        is_class: whether a class sets it.
    """

    path: str
    owner: Span
    option: str
    display: Span
    parts: tuple[int, ...] | None
    is_class: bool


class Declaration(msgspec.Struct, frozen=True):
    """An option where a layer sets it: in a decorator, in the body of a class, in the call of a router.

    Args:
        option: its name.
        value: its value.
        span: the keyword argument, or the assignment.
        owner: what is rewritten: the decorator's or router's call, or the class.
        handler, controller, site: what declares it; two of them are None.
    """

    option: str
    value: Located
    span: Span
    owner: Span
    handler: Handler | None = None
    controller: Controller | None = None
    site: CallSite | None = None

    def drop(self, parts: tuple[int, ...] | None = None) -> Drop:
        """Return what goes with the declaration, or with some of its elements."""
        value = self.value
        return Drop(value.path, self.owner, self.option, value.expr.span, parts, self.controller is not None)


class Redundancy(msgspec.Struct, frozen=True):
    """What of a declaration layers around it set already.

    Args:
        declaration: the inner one.
        parts: the places of elements or entries in their display; None for the whole value.
        outer: the layers that set them, on the first way.
    """

    declaration: Declaration
    parts: tuple[int, ...] | None
    outer: tuple[Layer, ...]

    @property
    def shown(self) -> tuple[Expr, ...]:
        """The elements, or the keys of the entries."""
        value = self.declaration.value.expr
        found = value.items if isinstance(value, Seq) else value.keys if isinstance(value, Dict) else ()
        return tuple(part for index in self.parts or () if (part := found[index]) is not None)


_Way = tuple[Layer, ...]  # the layers around one, outermost first


def redundancies(project: Project) -> Iterator[Redundancy]:
    """Yield what of the options of handlers, controllers and routers layers around them set already."""
    for declaration, ways in _enclosed(project):
        if not all(ways) or is_entangled(declaration):
            continue
        found = _redundant(project, declaration, ways)
        if found is not None:
            yield found


def _enclosed(project: Project) -> Iterator[tuple[Declaration, list[_Way]]]:
    """The declarations of options that some layer around them sets, too, and all the ways to them."""
    ways: dict[tuple[str, str, Span], list[_Way]] = {}
    shared: dict[tuple[str, str, Span], tuple[Layer, str, Route]] = {}
    for route in project.layers.routes:
        for depth, layer in enumerate(route.layers):
            around = route.layers[:depth]
            for option in _OPTIONS.intersection(layer.options):
                value = layer.options[option]
                key = (option, value.path, value.expr.span)
                ways.setdefault(key, []).append(around)
                if any(option in other.options for other in around):
                    shared.setdefault(key, (layer, option, route))
    for key, (layer, option, route) in shared.items():
        declaration = declaration_of(project, layer, option, route.handler)
        if declaration is not None:
            yield declaration, list(dict.fromkeys(ways[key]))


def declaration_of(project: Project, layer: Layer, option: str, handler: Handler | None = None) -> Declaration | None:
    """Return where a layer sets an option that it has in ``options``; None where that is no plain place.

    Args:
        project: what it belongs to.
        layer: the layer; the class of a controller may inherit from the one that sets it.
        option: the option.
        handler: the handler, if the layer is one.
    """
    value = layer.options[option]
    if handler is not None and layer is handler.layer:
        keyword = handler.keyword(option)
        if keyword is None or not takes(option, handler) or not reaches(option, handler) or handler.decorator is None:
            return None
        return Declaration(option, value, keyword.span, handler.decorator.span, handler=handler)
    if layer.kind == "controller":
        controller = project.layers.controllers.get(Local(value.path, value.scope))
        attribute = controller.class_.attribute(option) if controller is not None else None
        if controller is None or attribute is None or attribute.value is not value.expr:
            return None
        return Declaration(option, value, attribute.span, controller.class_.span, controller=controller)
    for site, router in project.layers.routers:
        if router is layer:
            word = next((keyword for keyword in site.call.keywords if keyword.name == option), None)
            return Declaration(option, value, word.span, site.call.span, site=site) if word is not None else None
    return None


def is_entangled(declaration: Declaration) -> bool:
    """Whether dropping the attribute of a class would uncover that of a base class, or it is set more than once."""
    controller = declaration.controller
    if controller is None:
        return False
    own = [item for item in controller.class_.attributes if item.name == declaration.option]
    if len(own) > 1 or own[0].op != "=" or own[0].conditional or not controller.complete:
        return True
    return any(base.attribute(declaration.option) is not None for _, base in controller.ancestry.classes[1:])


# -------------------------------------------------------------------------------------------------------- comparisons
def _redundant(project: Project, declaration: Declaration, ways: Sequence[_Way]) -> Redundancy | None:
    option, value = declaration.option, declaration.value
    if option in _ADDED_UP:
        parts = [(at, [_adding(project, option, part, way) for way in ways]) for at, part in _elements(value)]
    elif option in MERGED and isinstance(value.expr, Dict):
        parts = [(at, [_entered(project, option, key, part, way) for way in ways]) for at, key, part in _entries(value)]
    else:
        whole = [_closest(project, option, value, way) for way in ways]
        return Redundancy(declaration, None, _layers(whole[:1])) if None not in whole else None
    found = {at: layers for at, layers in parts if None not in layers}
    if not found:
        return None
    outer = _layers([layers[0] for layers in found.values()])
    is_whole = len(found) == len(parts) == _length(value.expr)
    return Redundancy(declaration, None if is_whole else tuple(found), outer)


def _layers(found: Sequence[Layer | None]) -> tuple[Layer, ...]:
    return tuple(dict.fromkeys(layer for layer in found if layer is not None))


def _length(expr: Expr) -> int:
    return len(expr.items) if isinstance(expr, Seq) else len(expr.keys) if isinstance(expr, Dict) else -1


def _elements(value: Located) -> Iterator[tuple[int, Located]]:
    yield from enumerate(elements(value) or ())


def _entries(value: Located) -> Iterator[tuple[int, Located, Located]]:
    if not isinstance(value.expr, Dict) or None in value.expr.keys:
        return
    for at, (key, part) in enumerate(zip(value.expr.keys, value.expr.values, strict=True)):
        if key is not None:
            yield at, Located(value.path, value.scope, key), Located(value.path, value.scope, part)


def _is_same(project: Project, option: str, left: Located, right: Located) -> bool:
    same = identity(project, left)
    if same is None or same != identity(project, right):
        return False
    # of two providers that are equal Litestar takes none
    return option == "dependencies" or not why_not_shared(project, left)


def _adding(project: Project, option: str, part: Located, way: _Way) -> Layer | None:
    for layer in way:
        found = items(project, layer.options.get(option))
        if found.known and any(_is_same(project, option, part, item) for item in found.items):
            return layer
    return None


def _entered(project: Project, option: str, key: Located, part: Located, way: _Way) -> Layer | None:
    """The closest layer around that has an entry of this key, if it is the same one."""
    wanted: Hashable = identity(project, key)
    for layer in reversed(way):
        found = mapping(project, layer.options.get(option))
        same = [entry for entry in found.entries if identity(project, entry.key) == wanted]
        if same and found.known and _is_settled(project, layer):
            return layer if _is_same(project, option, part, same[-1].value) else None
        if same or not found.known or not layer.complete:
            return None
    return None


def _closest(project: Project, option: str, value: Located, way: _Way) -> Layer | None:
    for layer in reversed(way):
        if option in layer.options:
            is_same = _is_settled(project, layer) and _is_same(project, option, value, layer.options[option])
            return layer if is_same else None
        if not layer.complete:
            return None
    return None


def _is_settled(project: Project, layer: Layer) -> bool:
    """Whether what a layer is seen to set is what it sets; plugins add to an application, they take nothing away."""
    if layer.kind != "application":
        return layer.complete
    return not any(site.call.has_unpacking for site, other in project.layers.applications if other is layer)
