"""Handlers of one resource: functions of one module whose paths begin alike, and that are registered together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from litestar_fix.model.evaluate import items
from litestar_fix.model.facts import Expr, Ref, Seq
from litestar_fix.model.handlers import Handler
from litestar_fix.model.layers import Layer
from litestar_fix.model.paths import segments
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import enclosing
from litestar_fix.model.roles import Role
from litestar_fix.model.sites import roots
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import subexpressions

_AT_LEAST = 3
# a name for all that a service offers, or for its age, is no resource
_NAMESPACE = regex(r"api|rest|v\d+(\.\d+)*", re.IGNORECASE)
_WORD = regex(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


class Group(msgspec.Struct, frozen=True):
    """Handlers of one resource.

    Args:
        path: their module.
        prefix: the segments that all their paths begin with.
        handlers: in the order in which they are written.
        places: where each of them is registered, in the same order.
    """

    path: str
    prefix: tuple[str, ...]
    handlers: tuple[Handler, ...]
    places: tuple[Located, ...]

    def names(self) -> Iterator[str]:
        """Yield what a controller of the resource may be called: after its last segment, then after more of them.

        In the singular if one of its handlers says that.
        """
        said = {word.lower() for handler in self.handlers for word in _WORD.findall(handler.function.name)}
        literals = [segment.text for segment in segments("/".join(self.prefix)) if not segment.written]
        *before, last = _WORD.findall(literals[-1]) or [""]
        last = next((one for one in _singulars(last) if one.lower() in said), last)
        for start in reversed(range(len(literals))):
            above = [word for segment in literals[start:-1] for word in _WORD.findall(segment)]
            name = "".join(word[:1].upper() + word[1:] for word in (*above, *before, last))
            if name.isidentifier():
                yield f"{name}Controller"


def _singulars(word: str) -> Iterator[str]:
    if word.endswith("ies"):
        yield f"{word[:-3]}y"
    if word.endswith("s"):
        yield word[:-1]
    if word.endswith("es"):
        yield word[:-2]


def groups(project: Project) -> Iterator[Group]:
    """Yield the groups that routers and applications register, each once."""
    seen: set[Handler] = set()
    for site, layer in (*project.layers.routers, *project.layers.applications):
        if project.role(site.path) is Role.TEST:
            continue
        for path, places in _functions(project, layer).items():
            if project.role(path) is Role.TEST or len(places) < _AT_LEAST:
                continue
            for prefix, handlers in _alike(sorted(places, key=lambda handler: handler.function.span), ()):
                if seen.isdisjoint(handlers):
                    whole = _whole_prefix(handlers, prefix)
                    yield Group(path, whole, handlers, tuple(places[handler] for handler in handlers))
                seen.update(handlers)


def _functions(project: Project, layer: Layer) -> dict[str, dict[Handler, Located]]:
    """The HTTP handlers at the top of modules that a layer registers, with the place where it does, by module."""
    found: dict[str, dict[Handler, Located]] = {}
    for item in (item for value in layer.values("route_handlers") for item in items(project, value).items):
        symbol = project.resolve_expr(item)
        handler = project.layers.handlers.get(symbol) if isinstance(symbol, Local) else None
        if handler is not None and handler.is_http and not handler.function.parent and handler.paths is not None:
            found.setdefault(handler.path, {}).setdefault(handler, item)
    return found


def _alike(found: Sequence[Handler], prefix: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[Handler, ...]]]:
    """Yield the resources below a prefix that enough of the handlers belong to; what is left counts for outer ones."""
    below: dict[str, list[Handler]] = {}
    for handler in found:
        begin = beginning(handler)
        if len(begin) > len(prefix):
            below.setdefault(begin[len(prefix)], []).append(handler)
    for segment, handlers in below.items():
        inner = (*prefix, segment)
        if len(handlers) < _AT_LEAST:
            continue
        if _serves_itself(handlers, inner):
            yield inner, tuple(handlers)
            continue
        nested = list(_alike(handlers, inner))
        yield from nested
        grouped = {handler for _, members in nested for handler in members}
        others = tuple(handler for handler in handlers if handler not in grouped)
        if len(others) >= _AT_LEAST and not _NAMESPACE.fullmatch(segment):
            yield inner, others


def _whole_prefix(handlers: Sequence[Handler], prefix: tuple[str, ...]) -> tuple[str, ...]:
    """Return a prefix, or that of a resource below a parameter, where all have it: ``/decks/{deck:int}/cards``."""
    first, *others = [segments(path) for handler in handlers for path in handler.paths or ()]
    shared = len(prefix)
    while shared < len(first) and all(other[shared : shared + 1] == (first[shared],) for other in others):
        shared += 1
    while shared > len(prefix) and (first[shared - 1].written or _NAMESPACE.fullmatch(first[shared - 1].text)):
        shared -= 1
    return tuple(segment.text for segment in first[:shared])


def beginning(handler: Handler) -> tuple[str, ...]:
    """Return the segments before the first parameter that all paths of a handler begin with."""
    first, *others = [_literals(path) for path in handler.paths or ("",)]
    for other in others:
        same = [left == right for left, right in zip(first, other, strict=False)]
        first = first[: same.index(False) if False in same else len(same)]
    return first


def _literals(path: str) -> tuple[str, ...]:
    found = []
    for segment in segments(path):
        if segment.written:
            break
        found.append(segment.text)
    return tuple(found)


def _serves_itself(handlers: Sequence[Handler], prefix: tuple[str, ...]) -> bool:
    """Whether there is a resource at a prefix: something is served there, or below it by a parameter."""
    is_name = not _NAMESPACE.fullmatch(prefix[-1])
    return is_name and any(_literals(path) == prefix for handler in handlers for path in handler.paths or ())


# --------------------------------------------------------------------------------------------------------------- lists
class Listing(msgspec.Struct, frozen=True):
    """The list that handlers are registered by.

    Args:
        path, scope: where it stands.
        display: the list.
        indexes: their places in it.
        imported: the module that the first of them is imported from by its name, as written; '' where it is not.
    """

    path: str
    scope: str
    display: Seq
    indexes: tuple[int, ...]
    imported: str

    @property
    def first(self) -> Ref | None:
        """The element that comes first, None where that is no name."""
        element = self.display.items[self.indexes[0]]
        return element if isinstance(element, Ref) else None


def listing(project: Project, group: Group) -> Listing | None:
    """Return the one list that registers a group, None where there are several."""
    paths = {place.path for place in group.places}
    spans = {place.expr.span for place in group.places}
    names = {place.expr.name for place in group.places if isinstance(place.expr, Ref)}
    for scope, _, root in roots(project.modules[min(paths)], names) if len(paths) == 1 else ():
        for expr in subexpressions(root):
            if isinstance(expr, Seq):
                indexes = tuple(index for index, item in enumerate(expr.items) if item.span in spans)
                if len(indexes) == len(spans):
                    source = _imported(project, min(paths), scope, expr.items[indexes[0]])
                    return Listing(min(paths), scope, expr, indexes, source)
    return None


def _imported(project: Project, path: str, scope: str, name: Expr) -> str:
    imports = project.table(path).imports
    while isinstance(name, Ref):
        item = imports.get((f"{scope}.<locals>" if scope else "", name.name))
        if item is not None or not scope:
            return item.module if item is not None else ""
        scope = enclosing(scope)
    return ""
