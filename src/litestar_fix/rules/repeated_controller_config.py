"""LSF102: what all that a router or an application registers repeats belongs there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.carrying import Carried, carry
from litestar_fix.model.class_options import Join, is_said
from litestar_fix.model.facts import Expr, Span
from litestar_fix.model.layer_users import attributes_used
from litestar_fix.model.layers import Layer
from litestar_fix.model.members import Registered, registered, saying, ways
from litestar_fix.model.options import elements
from litestar_fix.model.outer_options import Outer, declarations, join, obstacle
from litestar_fix.model.project import Project
from litestar_fix.model.redundancy import Declaration, Drop
from litestar_fix.model.repetition import UNITS, Repetition, repetitions
from litestar_fix.model.repetition_text import it, options_note, what
from litestar_fix.model.roles import Role
from litestar_fix.model.sites import CallSite

_TWO = 2
_NOUNS = {"handler": "handlers", "controller": "controllers", "router": "routers"}


class Moved(msgspec.Struct, frozen=True):
    """An option as the router gets it.

    Args:
        option: its name.
        values: the elements of a list, or the one value.
        is_list: whether ``values`` are elements.
        names: what is read in them, and how it is imported.
        display: the list or mapping that they are added to; None where the option is set.
    """

    option: str
    values: tuple[Expr, ...]
    is_list: bool
    names: tuple[Carried, ...]
    display: Span | None


class Lift(msgspec.Struct, frozen=True):
    """What moves onto a router or an application.

    Args:
        path, scope, span: the call that makes it, and where it stands.
        moved: the options.
        drops: where they go away.
    """

    path: str
    scope: str
    span: Span
    moved: tuple[Moved, ...]
    drops: tuple[Drop, ...]


class RepeatedControllerConfig(practice.PracticeRule):
    """All controllers and handlers of a router, or of the application, repeat an option that can be said once for all.

    ## Why

    A router or an application says what holds for everything below it. Where each of its controllers says that again,
    in a module of its own, the next one has to remember it: a forgotten `guards=` leaves all routes of a controller
    open, and nothing warns.

    ## When it is quiet

    Where one of them does not repeat the option, or where not all that is registered is known: lists that are built at
    run time, `router.register(...)`. Routers below two parents; controllers, handlers and routers that are also
    registered elsewhere, in tests too. What a layer around already says, which is redundant. Controllers that get the
    value from one base class: there it is said once. Controllers with so many handlers repeating it that it belongs
    on the class first (`min-repeats`). Routers and applications of tests.

    ## Fix safety

    Safe: each route keeps what it has. Guards and middleware of a router run before those of what it registers, so
    only what all lists begin with moves; `dto` and `return_dto` move as an identical pair. The router's module imports
    what the value needs, and what nobody uses any more is no longer imported.

    Refused where something else would gain, lose or share more than before: subclasses that inherit the attribute,
    methods that read it, anything else that uses a controller and may register it elsewhere, values that a call makes
    anew, names that the router's module cannot import without a circle. An application adds routes of its own for the
    OpenAPI schema, plugins and static files, which would gain it, too: onto an application options move only where it
    has `openapi_config=None` and no plugins or hooks that may add routes. Its exception handlers, type encoders,
    request and response classes hold for what no route answers as well, and never move there.

    Until Litestar 3 the OPTIONS route that is added to each path of a function handler gets what the router has, and
    the finding says so: see LSF101.

    ## Source

    `litestar/router.py`, `litestar/handlers/base.py` (`resolve_guards`, `resolve_dependencies`, ...) and
    `litestar/routes/http.py` (`create_options_handler`), Litestar 2.25.
    """

    code = "LSF102"
    name = "repeated-controller-config"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.SAFE
    cost = 22
    changes = ("options",)  # until Litestar 3 that route belongs to the router of a function handler
    guide = "1: define common configuration at the highest relevant layer"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Controller, Router, get

            class MoonController(Controller):
                path = "/moons"

                @get()
                async def list_moons(self) -> str:
                    return "Io"

            class CometController(Controller):
                path = "/comets"

                @get()
                async def list_comets(self) -> str:
                    return "Halley"

            router = Router("/", route_handlers=[MoonController, CometController], tags=["sky"])
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Controller, Router, get

            class MoonController(Controller):
                path = "/moons"
                tags = ["sky"]

                @get()
                async def list_moons(self) -> str:
                    return "Io"

            class CometController(Controller):
                path = "/comets"
                tags = ["sky"]

                @get()
                async def list_comets(self) -> str:
                    return "Halley"

            router = Router("/", route_handlers=[MoonController, CometController])
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield what all members of routers repeat, then what all members of applications repeat."""
        around = ways(project)
        for site, layer in (*project.layers.routers, *project.layers.applications):
            below = registered(project, layer) if project.role(site.path) is not Role.TEST else None
            if below is None or "route_handlers" in (layer.changed.keys() | layer.unsure):
                continue
            for outer in _repeated(project, site, layer, below):
                if _is_alone(project, outer, around) and "register" not in attributes_used(project, site):
                    yield cls._of(project, outer)

    @classmethod
    def _of(cls, project: Project, outer: Outer) -> practice.Finding:
        site, found, noun = outer.site, outer.found, outer.layer.kind
        way, reason = join(project, outer)
        declared = declarations(project, outer)
        reason = reason or obstacle(project, outer)
        has_routes = any(handler.is_http for member in outer.members for handler in member.handlers)
        cure = f"set {it(found)} once" if way is Join.SET else f"add {it(found)} to {found.unit.options[0]}"
        note = options_note(project, found, has_routes=has_routes)
        return cls.finding(
            site.path,
            site.call.span,
            f"{_who(outer)} of {site.target or f'this {noun}'} {what(found)}; {cure} on the {noun}{note}",
            refusal=reason,
            related=[practice.Related(each.value.path, each.span, "repeats it") for each in declared if each],
            data=None if reason else _lift(project, outer, declared, way),
        )


def _repeated(project: Project, site: CallSite, layer: Layer, below: Registered) -> Iterator[Outer]:
    if len(below.handlers) + len(below.controllers) + len(below.routers) < _TWO:
        return
    for unit in UNITS:
        members = tuple(saying(project, below, unit, project.settings.min_repeats))
        layers = [each for member in members for each in member.layers]
        if len(members) < _TWO:
            continue
        for found in repetitions(project, unit, layers, len(layers)):
            values = [each.options[option] for each in layers for option in found.values]
            if len({(value.path, value.expr.span) for value in values}) > len(found.values):
                yield Outer(site, layer, members, found)


def _is_alone(project: Project, outer: Outer, around: Mapping[Layer, frozenset[tuple[Layer, ...]]]) -> bool:
    """Whether there is one way to each member, and no layer on it says the same."""
    found = [around.get(layer, frozenset()) for member in outer.members for layer in member.layers]
    if any(len(each) != 1 for each in found):
        return False
    outside = {layer for each in found for way in each for layer in way}
    return not any(is_said(project, layer, outer.found) for layer in outside)


def _who(outer: Outer) -> str:
    kinds = {member.kind for member in outer.members}
    noun = _NOUNS[kinds.pop()] if len(kinds) == 1 else "route handlers"
    count = len(outer.members)
    return f"both {noun}" if count == _TWO else f"all {count} {noun}"


# --------------------------------------------------------------------------------------------------------------- moving
def _lift(project: Project, outer: Outer, declared: Sequence[Declaration | None], way: Join) -> Lift:
    site, found = outer.site, outer.found
    moved = []
    for option, values in found.values.items():
        names = {name.written: name for value in values for name in carry(project, value, site.path, site.scope)[0]}
        said = outer.layer.options[option].expr.span if way is not Join.SET else None
        exprs = tuple(value.expr for value in values)
        moved.append(Moved(option, exprs, found.length is not None, tuple(names.values()), said))
    drops = tuple(_drop(found, each) for each in declared if each is not None)
    return Lift(site.path, site.scope, site.call.span, tuple(moved), drops)


def _drop(found: Repetition, declared: Declaration) -> Drop:
    length = found.length
    is_whole = length is None or length == len(elements(declared.value) or ())
    return declared.drop(None if is_whole else tuple(range(length or 0)))
