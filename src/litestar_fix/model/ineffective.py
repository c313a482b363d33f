"""Options that Litestar does not read where they stand: misspelt ones of decorators, handlers' own ones on classes.

Source: ``litestar/handlers/base.py`` (unknown keyword arguments are put into ``opt``) and ``litestar/controller.py``
(``as_router`` copies known attributes only), Litestar 2.25.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from litestar_fix.model.class_bodies import read_names
from litestar_fix.model.facts import Attribute, Call, Class, Const, Expr, Keyword, Module, Ref
from litestar_fix.model.layers import Controller, Handler
from litestar_fix.model.names import (
    ASGI_OPTIONS,
    HTTP_HANDLER_OPTIONS,
    LAYERED_OPTIONS,
    LISTENER_OPTIONS,
    LISTENERS,
    WEBSOCKET_DECORATORS,
    WEBSOCKET_OPTIONS,
)
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import expressions, subexpressions

_EVERYWHERE = frozenset({"path", "handler_class"})
_STREAM_OPTIONS = frozenset({"mode", "listen_for_disconnect", "warn_on_data_discard"})
_HTTP_OPTIONS = LAYERED_OPTIONS | HTTP_HANDLER_OPTIONS | _EVERYWHERE
_KNOWN = _HTTP_OPTIONS | WEBSOCKET_OPTIONS | LISTENER_OPTIONS | ASGI_OPTIONS | _STREAM_OPTIONS
#: What Litestar and plugins of it read from ``opt``.
_OF_PLUGINS = frozenset(
    ["component", "components", "page", "rate_limit", "rate_limits", "template", "template_name", "user_load_options"]
)
_SHORT = 4  # of such a name one slip is as much as two of a longer one
_CONTROLLERS = frozenset({"c", "cls", "class_", "controller", "controller_class", "ctrl", "klass", "owner"})


class Misspelling(msgspec.Struct, frozen=True):
    """A keyword of a route decorator that is no option, and the options that it may mean."""

    handler: Handler
    keyword: Keyword
    meant: tuple[str, ...]


class Misplaced(msgspec.Struct, frozen=True):
    """An attribute of a controller that only handlers have.

    Args:
        controller: the class.
        attribute: the attribute.
        affected: the controllers that have it: the class and its subclasses.
        handlers: their handlers that take such an option and do not set it.
    """

    controller: Controller
    attribute: Attribute
    affected: tuple[Controller, ...]
    handlers: tuple[Handler, ...]


# --------------------------------------------------------------------------------------------------------- misspelling
def misspellings(project: Project) -> Iterator[Misspelling]:
    """Yield the unknown keywords of route decorators that are nearly an option, and that nobody reads from ``opt``."""
    for handler in project.layers.handlers.values():
        for keyword in handler.decorator.keywords if isinstance(handler.decorator, Call) else ():
            name = keyword.name
            if name is None or name in _KNOWN or name in _OF_PLUGINS or name.startswith("exclude_from_"):
                continue
            meant = _nearest(name, _options(handler))
            if meant and not _is_read_from_opt(project, name):
                yield Misspelling(handler, keyword, meant)


def _options(handler: Handler) -> frozenset[str]:
    if handler.is_http:
        return _HTTP_OPTIONS
    if handler.kind in LISTENERS:
        return LISTENER_OPTIONS
    return WEBSOCKET_OPTIONS if handler.kind in WEBSOCKET_DECORATORS else ASGI_OPTIONS


@lru_cache(maxsize=1024)
def _nearest(name: str, options: frozenset[str]) -> tuple[str, ...]:
    limit = 1 if len(name) <= _SHORT else 2
    near = {option: _distance(name, option) for option in options if abs(len(option) - len(name)) <= limit}
    least = min(near.values(), default=limit + 1)
    return tuple(sorted(option for option, far in near.items() if far == least)) if least <= limit else ()


def _distance(left: str, right: str) -> int:
    """How many letters are to be added, taken out, replaced or swapped with their neighbour."""
    before: list[int] = []
    above = list(range(len(right) + 1))
    for i, one in enumerate(left, 1):
        row = [i]
        for j, other in enumerate(right, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (one != other))
            if i > 1 and j > 1 and one == right[j - 2] and left[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]


def _is_read_from_opt(project: Project, name: str) -> bool:
    """Whether a module that works with ``opt`` has the name as a string, or some constant is that string."""
    for module in project.modules.values():
        held = (*module.assignments, *[item for class_ in module.classes for item in class_.attributes])
        if any(isinstance(item.value, Const) and item.value.value == name for item in held):
            return True
    return any(_has_string(project.modules[path], name) for path in project.words.readers("opt"))


def _has_string(module: Module, name: str) -> bool:
    near = [item for item in module.functions if _works_with_opt(item.names_text, item.attributes_text)]
    bodies = [module.body, *[item.body for item in near]]
    return any(isinstance(expr, Const) and expr.value == name for body in bodies for expr in expressions(body))


def _works_with_opt(*texts: str) -> bool:
    return any("opt" in text.replace(".", " ").split() for text in texts)


# ----------------------------------------------------------------------------------------------------------- misplaced
def misplaced(project: Project) -> Iterator[Misplaced]:
    """Yield the attributes of controllers that only handlers have, and that nothing of the project reads."""
    for controller in project.layers.controllers.values():
        for attribute in controller.class_.attributes:
            if attribute.name in HTTP_HANDLER_OPTIONS and _is_set(controller, attribute):
                affected = _affected(project, controller)
                if affected and not _is_read(project, affected, attribute.name):
                    yield Misplaced(controller, attribute, affected, tuple(_takers(affected, attribute.name)))


def _is_set(controller: Controller, attribute: Attribute) -> bool:
    value = attribute.value
    if value is None or (isinstance(value, Const) and value.value is None):
        return False
    own = [item for item in controller.class_.attributes if item.name == attribute.name]
    return len(own) == 1 and attribute.op == "=" and not attribute.conditional


def _affected(project: Project, controller: Controller) -> tuple[Controller, ...]:
    """The class and its subclasses; nothing where one of them has bases that are not known."""
    found = [controller]
    for symbol in project.subclasses(controller.symbol):
        subclass = project.layers.controllers.get(symbol)
        if subclass is not None:
            found.append(subclass)
    return tuple(found) if all(item.complete for item in found) else ()


def _takers(affected: tuple[Controller, ...], option: str) -> Iterator[Handler]:
    seen = set()
    for controller in affected:
        for handler in controller.handlers:
            if handler in seen or not handler.is_http or handler.keyword(option) is not None:
                continue
            seen.add(handler)
            function = handler.function
            if option == "sync_to_thread" and (function.is_async or function.is_generator):
                continue
            if option != "http_method" or handler.kind == "litestar.route":
                yield handler


def _is_read(project: Project, affected: tuple[Controller, ...], option: str) -> bool:
    classes = dict.fromkeys((path, class_) for item in affected for path, class_ in item.ancestry.classes)
    names = {class_.name for _, class_ in classes}
    own = {f"self.{option}", f"cls.{option}"}
    for path, class_ in classes:
        if _is_declared(project, path, class_, option) or option in read_names(project, path, class_):
            return True
        functions = (project.function(Local(path, qualname)) for qualname in class_.methods)
        if any(item is not None and not own.isdisjoint(item.names) for item in functions):
            return True
    return any(_reads(project.modules[path], option, names) for path in project.words.readers(option)) or any(
        _asks_for(project.modules[path], option) for path in project.words.readers("getattr")
    )


def _is_declared(project: Project, path: str, class_: Class, option: str) -> bool:
    """Whether a class declares the attribute for a purpose of its own: without a value, or as no controller."""
    attribute = class_.attribute(option)
    if attribute is None:
        return False
    return attribute.value is None or Local(path, class_.qualname) not in project.layers.controllers


def _reads(module: Module, option: str, names: set[str]) -> bool:
    for text in (module.names_text, *[function.names_text for function in module.functions]):
        if f".{option}" not in text:
            continue
        for dotted in text.split():
            owner, _, last = dotted.rpartition(".")
            plain = owner.rpartition(".")[2]
            if last == option and (plain in names or plain.lower() in _CONTROLLERS):
                return True
    return False


def _asks_for(module: Module, option: str) -> bool:
    bodies = [module.body, *[item.body for item in module.functions if "getattr" in item.calls]]
    return any(_is_getattr(expr, option) for body in bodies for expr in expressions(body))


def _is_getattr(expr: Expr, option: str) -> bool:
    match expr:
        case Call(func=Ref(name="getattr"), args=(_, Const(value=name), *_)):
            return name == option
    return False


def is_plain(expr: Expr) -> bool:
    """Whether an expression means the same in every module, and is written with literals only."""
    return all(isinstance(item, Const) for item in subexpressions(expr))
