"""Moving an option of handlers onto their controller: how it is said there, and what speaks against it.

Source: ``litestar/controller.py`` and ``litestar/handlers/base.py``, Litestar 2.25. A class attribute replaces that of
a base class, and holds for inherited handlers and for sockets, too; a subclass inherits it unless it sets its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from litestar_fix.model.class_bodies import attribute_user, bound_names, derived_by, hidden_handler, read_names
from litestar_fix.model.evaluate import mapping
from litestar_fix.model.facts import Dict, Ref
from litestar_fix.model.graph import show
from litestar_fix.model.layers import Controller, Handler, Layer
from litestar_fix.model.names import MERGED
from litestar_fix.model.options import (
    CONCATENATED,
    LAYERED_SINCE,
    elements,
    identity,
    may_use,
    reaches,
    why_no_shared_provider,
    why_not_shared,
)
from litestar_fix.model.project import Project
from litestar_fix.model.repetition import Repetition
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import Located
from litestar_fix.model.walk import subexpressions


class Join(StrEnum):
    """How an option gets onto a class."""

    SET = "set"
    ELEMENTS = "add elements"
    ENTRIES = "add entries"


def is_said(project: Project, layer: Layer, repetition: Repetition) -> bool:
    """Tell whether a layer already sets what the layers below it repeat, or some of its elements."""
    return all(
        option in layer.options and _says(project, layer.options[option], values)
        for option, values in repetition.values.items()
    )


def _says(project: Project, said: Located, values: tuple[Located, ...]) -> bool:
    known = {identity(project, value) for value in values}
    if identity(project, said) in known:
        return True
    wanted = {identity(project, part) for value in values for part in elements(value) or (value,)}
    if any(identity(project, part) in wanted for part in elements(said) or ()):
        return True
    return any(_contains(project, said, value) for value in values)


def _contains(project: Project, outer: Located, inner: Located) -> bool:
    if not isinstance(outer.expr, Dict) or not isinstance(inner.expr, Dict):
        return False
    return _entries(project, inner) <= _entries(project, outer)


def _entries(project: Project, located: Located) -> set[object]:
    found = mapping(project, located).entries
    return {(identity(project, entry.key), identity(project, entry.value)) for entry in found}


# ----------------------------------------------------------------------------------------------------------- placement
def join(project: Project, controller: Controller, repetition: Repetition) -> tuple[Join, str]:
    """Return how an option gets onto a class, and why it cannot ('' where it can)."""
    class_ = controller.class_
    for option in repetition.values:
        own = [item for item in class_.attributes if item.name == option]
        if not own:
            continue
        said = own[0].value
        if len(own) > 1 or own[0].op != "=" or own[0].conditional or said is None:
            return Join.SET, f"the class sets {option} in a way that cannot be added to"
        return added(project, repetition, option, Located(controller.path, class_.qualname, said), "the class")
    for option in repetition.unit.options:
        for _, base in controller.ancestry.classes[1:]:
            if any(item.name == option and item.value is not None for item in base.attributes):
                return Join.SET, f"{base.name} sets {option}, which the class attribute would replace"
    return Join.SET, ""


def added(project: Project, repetition: Repetition, option: str, said: Located, who: str) -> tuple[Join, str]:
    """Return how what layers repeat is added to what the layer around sets, and why it cannot ('' where it can).

    Args:
        project: what they belong to.
        repetition: what the layers repeat.
        option: one of the options.
        said: the value that the layer around has.
        who: how it is called.
    """
    values = repetition.values[option]
    if option in CONCATENATED:
        if elements(said) is None:
            return Join.ELEMENTS, f"{who} sets {option} to {show(said.expr)}, which is no list to append to"
        for value in values if repetition.length is None else ():
            if elements(value) is None:
                return Join.ELEMENTS, f"{who} sets {option} to another value"
        return Join.ELEMENTS, ""
    if option in MERGED and isinstance(said.expr, Dict) and all(isinstance(value.expr, Dict) for value in values):
        keys = [_keys(project, value) for value in (said, *values)]
        if None not in set().union(*keys) and keys[0].isdisjoint(*keys[1:]):
            return Join.ENTRIES, ""
    return Join.SET, f"{who} sets {option} to another value"


def _keys(project: Project, located: Located) -> set[object]:
    keys = located.expr.keys if isinstance(located.expr, Dict) else ()
    return {identity(project, Located(located.path, located.scope, key)) if key else None for key in keys}


# ----------------------------------------------------------------------------------------------------------- obstacles
def obstacle(project: Project, controller: Controller, repetition: Repetition) -> str:
    """Say why what all handlers of a class repeat cannot be said on the class instead; '' where it can.

    Args:
        project: what they belong to.
        controller: the class.
        repetition: what its own handlers repeat.
    """
    reasons = (
        too_old(project, repetition, "controllers"),
        _of_names(project, controller, repetition),
        _of_values(project, controller, repetition),
        *_of_bases(project, controller, repetition),
        *_of_subclasses(project, controller, repetition),
        *_of_users(project, controller, repetition),
    )
    return next((reason for reason in reasons if reason), "")


def too_old(project: Project, repetition: Repetition, layers: str) -> str:
    """Say that layers of a kind do not have the option in the project's Litestar; '' where they do."""
    version = project.litestar_version
    for option in repetition.values:
        since = LAYERED_SINCE.get(option)
        if since is not None and version is not None and version < since:
            return f"{layers} have no {option} before Litestar {'.'.join(map(str, since))}"
    return ""


def _of_names(project: Project, controller: Controller, repetition: Repetition) -> str:
    class_ = controller.class_
    twice = next((name for name in class_.methods if class_.methods.count(name) > 1), "")
    if twice:
        return f"it defines {twice.rpartition('.')[2]} more than once"
    read = read_names(project, controller.path, class_)
    for option in repetition.values:
        if option in read and class_.attribute(option) is None:
            return f"its class body reads the name {option}, which the attribute would hide"
    bound = bound_names(project, controller.path, class_)
    values = [value for found in repetition.values.values() for value in found]
    names = [e.name.partition(".")[0] for value in values for e in subexpressions(value.expr) if isinstance(e, Ref)]
    return next((f"{name} is a name of the class body" for name in names if name in bound), "")


def _of_values(project: Project, controller: Controller, repetition: Repetition) -> str:
    for option, values in repetition.values.items():
        for value in values:
            reason = why_not_shared(project, value)
            if not reason and option == "dependencies":
                reason = why_no_shared_provider(project, value, _routes(project, controller.handlers))
            if reason:
                return reason
    return ""


def _routes(project: Project, handlers: Iterable[Handler]) -> Iterator[Route]:
    for handler in handlers:
        yield from project.layers.routes_of(handler)


def _of_bases(project: Project, controller: Controller, repetition: Repetition) -> Iterator[str]:
    if not controller.complete:
        yield f"a base class of {controller.class_.name} is not known"
    for path, class_ in controller.ancestry.classes:
        yield hidden_handler(project, path, class_)
    own = controller.own_handlers
    for handler in controller.handlers:
        if handler not in own:
            owner = handler.function.owner.rpartition(".")[2]
            yield _gain(project, handler, repetition, f"{handler.function.name} inherited from {owner}")


def _gain(project: Project, handler: Handler, repetition: Repetition, called: str) -> str:
    """Why a handler that does not repeat the option must not get it."""
    for option, values in repetition.values.items():
        if not reaches(option, handler):
            continue
        if option != "dependencies":
            return f"{called} would gain it"
        found = mapping(project, values[0])
        if not found.known or not all(entry.name for entry in found.entries):
            return f"{called} would gain dependencies of which the keys are not known"
        for entry in found.entries:
            if may_use(project, handler, entry.name):
                return f"{entry.name} may mean something else to {called}"
    return ""


def _of_subclasses(project: Project, controller: Controller, repetition: Repetition) -> Iterator[str]:
    above = [class_ for _, class_ in controller.ancestry.classes]
    for symbol in project.subclasses(controller.symbol):
        subclass = project.layers.controllers.get(symbol)
        if subclass is None:
            continue
        called = f"{subclass.class_.name} in {subclass.path}"
        between = [(path, class_) for path, class_ in subclass.ancestry.classes if class_ not in above]
        for option in repetition.unit.options:
            if any(class_.attribute(option) is not None for _, class_ in between):
                yield f"{called} inherits its handlers and sets its own {option}"
        if not subclass.complete:
            yield f"a base class of {called} is not known"
        if any(hidden_handler(project, path, class_) for path, class_ in between):
            yield f"{called} may add handlers of its own"
        for handler in subclass.handlers:
            if handler not in controller.handlers and _gain(project, handler, repetition, handler.function.name):
                yield f"{called} adds handlers of its own"


def _of_users(project: Project, controller: Controller, repetition: Repetition) -> Iterator[str]:
    by = derived_by(project, controller.symbol)
    yield f"{by} derives classes from it at run time" if by else ""
    for option in repetition.values:
        user = attribute_user(project, controller.symbol, option)
        yield f"{user} uses {controller.class_.name}.{option}" if user else ""
