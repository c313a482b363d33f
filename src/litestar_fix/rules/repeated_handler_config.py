"""LSF101: what all handlers of a controller repeat belongs on the class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.class_bodies import leading_attributes
from litestar_fix.model.class_options import Join, is_said, join, obstacle
from litestar_fix.model.facts import Const, Span
from litestar_fix.model.layers import Controller, Handler, Layer
from litestar_fix.model.members import registered, repeats
from litestar_fix.model.options import SHARED_OPTIONS
from litestar_fix.model.project import Project
from litestar_fix.model.repetition import UNITS, Repetition, key_of, reached, repetitions, with_partner
from litestar_fix.model.repetition_text import it, options_note, shortened, what
from litestar_fix.model.sites import CallSite

_FEW = 2


class Source(msgspec.Struct, frozen=True):
    """A handler that repeats the option: its name, the place of its route decorator, the elements that stay with it."""

    name: str
    decorator: int
    rest: int


class Hoist(msgspec.Struct, frozen=True):
    """What moves from the handlers of a class onto the class.

    Args:
        path, span: the class.
        options: the options, in the order in which they are set.
        sources: all handlers that repeat them.
        model: the name of the handler of which the text is taken.
        length: how many leading elements move; None for the whole value.
        join: how they get onto the class.
        below: the attributes that a new one stands below.
    """

    path: str
    span: Span
    options: tuple[str, ...]
    sources: tuple[Source, ...]
    model: str
    length: int | None
    join: Join
    below: frozenset[str]


class RepeatedHandlerConfig(practice.PracticeRule):
    """Handlers of one controller, or of one router, repeat an option that can be said once for all of them.

    ## Why

    An option that stands on every handler has to be remembered for the next one. A forgotten `guards=` leaves a route
    open and nothing warns; on the class it holds for every handler, and the class says at a glance what it is.

    ## When it is quiet

    Options that only handlers have (`cache`, `status_code`, `media_type`, ...): as class attributes they would silently
    do nothing. Values that are already on the class. Fewer handlers than `min-repeats`, which is 3. Values that are not
    equal; only of `guards` and `middleware` a common beginning is enough. Function handlers that all repeat an option
    are the business of the rule about controllers and routers.

    Where some handlers repeat an option and others do not, that is reported without a fix: the others would gain it. A
    DTO is enough on the class where the others have one of their own or send nothing, and the message says so.

    ## Fix safety

    Safe: each handler keeps what it has. Guards and middleware of a class run before those of a handler, so only what
    all lists begin with moves; `dto` and `return_dto` move as an identical pair. Refused where something else would
    gain, lose or share more than before: inherited handlers, subclasses in any module, sockets without the option,
    attributes of base classes, values that a call makes for each handler anew, names of the class body.

    Until Litestar 3 the OPTIONS route that is added to each path gets what the class has, and the finding says so. With
    guards on the class a bare OPTIONS request, which used to be answered 204, is denied as any other request is, with
    401 or whatever else the guard raises. The preflight requests of browsers are answered by the CORS middleware before
    that, if the application has a `cors_config`.

    ## Source

    `litestar/handlers/base.py` (`resolve_guards`, `resolve_dependencies`, ...), `litestar/controller.py` and
    `litestar/routes/http.py` (`create_options_handler`), Litestar 2.25.
    """

    code = "LSF101"
    name = "repeated-handler-config"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.SAFE
    cost = 20
    changes = ("options",)  # until Litestar 3 that route belongs to the controller
    guide = (
        "1: controllers with >3 handlers repeating the same guards, dto, or dependencies; "
        "checklist: Repetitive controller config"
    )

    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Controller, get

            class MoonController(Controller):
                path = "/moons"
                tags = ["moons"]

                @get("/io")
                async def read_io(self) -> str:
                    return "sulphur"

                @get("/europa")
                async def read_europa(self) -> str:
                    return "ice"

                @get("/titan")
                async def read_titan(self) -> str:
                    return "methane"
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Controller, get

            class MoonController(Controller):
                path = "/moons"

                @get("/io", tags=["moons"])
                async def read_io(self) -> str:
                    return "sulphur"

                @get("/europa", tags=["moons"])
                async def read_europa(self) -> str:
                    return "ice"

                @get("/titan", tags=["moons"])
                async def read_titan(self) -> str:
                    return "methane"
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield what handlers of controllers repeat, then what function handlers of routers repeat."""
        for controller in project.layers.controllers.values():
            handlers = tuple(dict.fromkeys(controller.own_handlers))
            for unit in UNITS:
                layers = reached(handlers, unit)
                for found in repetitions(project, unit, layers, project.settings.min_repeats):
                    if not is_said(project, controller.layer, found):
                        yield cls._of_controller(project, controller, found)
        for site, layer in project.layers.routers:
            yield from cls._of_router(project, site, layer)

    @classmethod
    def _of_controller(cls, project: Project, controller: Controller, found: Repetition) -> practice.Finding:
        hidden = [layer for layer in found.others if not layer.complete and not found.unit.set_on(layer)]
        who = f"{_share(found)} handlers of {controller.class_.name} {what(found)}"
        where = controller.path, controller.class_.span
        if len(hidden) < len(found.others):
            more = with_partner(project, found)
            others = [layer for layer in found.others if layer not in more]
            own = [_short(layer) for layer in others if _sets_its_own(found, layer)]
            if all(_sets_its_own(found, layer) or _sends_nothing(controller, found, layer) for layer in others):
                but, cure = "", f"set {it(found)} once on the class{_overridden(own)}"
            else:
                but, cure = _but([_short(layer) for layer in others]), _grouped(found, "controller")
            message = f"{who}{_more(found, more)}{but}; {cure}"
            return cls.finding(*where, message, applicability=practice.Applicability.NONE)
        way, reason = join(project, controller, found)
        if hidden:
            reason = f"the options of {_short(hidden[0])} are not spelled out"
        note = options_note(project, found, has_routes=any(handler.is_http for handler in controller.own_handlers))
        cure = f"set {it(found)} once" if way is Join.SET else f"add {it(found)} to {found.unit.options[0]}"
        return cls.finding(
            *where,
            f"{who}; {cure} on the class{note}",
            refusal=reason or obstacle(project, controller, found),
            data=_hoist(project, controller, found, way),
        )

    @classmethod
    def _of_router(cls, project: Project, site: CallSite, layer: Layer) -> Iterator[practice.Finding]:
        below = registered(project, layer)
        if below is None:
            return
        for unit in UNITS:
            layers = reached(below.handlers, unit)
            total = len(layers) + len(below.controllers) + len(below.routers)
            for found in repetitions(project, unit, layers, project.settings.min_repeats):
                more = with_partner(project, found)
                others = [_short(other) for other in found.others if other not in more]
                others += [item.class_.name for item in below.controllers if not repeats(project, item, found)]
                key = key_of(project, unit, found.layers[0])
                others += [item.name for item in below.routers if key_of(project, unit, item.layer) != key]
                if (others or more) and not is_said(project, layer, found):
                    name = site.target or "this Router"
                    who = f"{len(found.layers)} of {total} route handlers of {name} {what(found)}{_more(found, more)}"
                    message = f"{who}{_but(others)}; {_grouped(found, 'router')}"
                    yield cls.finding(site.path, site.call.span, message, applicability=practice.Applicability.NONE)


def _hoist(project: Project, controller: Controller, found: Repetition, way: Join) -> Hoist:
    by_layer = {handler.layer: handler for handler in controller.own_handlers}
    sources = tuple(_source(by_layer[layer], found.rest(layer)) for layer in found.layers)
    return Hoist(
        controller.path,
        controller.class_.span,
        tuple(found.values),
        sources,
        _short(found.model),
        found.length,
        way,
        # what other hoists of the class add stands there as well
        leading_attributes(project, controller.path, controller.class_) | _unset(controller),
    )


def _unset(controller: Controller) -> frozenset[str]:
    return frozenset(option for option in SHARED_OPTIONS if controller.class_.attribute(option) is None)


def _sets_its_own(found: Repetition, layer: Layer) -> bool:
    """Whether a handler would override what the class sets; guards and the like add up instead."""
    return _is_about_dtos(found) and all(option in layer.options for option in found.values)


def _sends_nothing(controller: Controller, found: Repetition, layer: Layer) -> bool:
    """Whether a ``return_dto`` of the class would find nothing to do on a handler."""
    returns = [handler.function.returns for handler in controller.own_handlers if handler.layer.name == layer.name]
    return list(found.values) == ["return_dto"] and any(
        isinstance(kind, Const) and kind.value is None for kind in returns
    )


def _is_about_dtos(found: Repetition) -> bool:
    return "return_dto" in found.unit.options


def _source(handler: Handler, rest: int) -> Source:
    return Source(handler.function.name, handler.function.decorators.index(handler.decorator), rest)


# ------------------------------------------------------------------------------------------------------------ messages
def _share(found: Repetition) -> str:
    count, total = len(found.layers), len(found.layers) + len(found.others)
    return f"all {count}" if count == total else f"{count} of {total}"


def _grouped(found: Repetition, kind: str) -> str:
    return f"group them in a {kind} that sets {it(found)} once"


def _short(layer: Layer) -> str:
    return layer.name.rpartition(".")[2]


def _overridden(own: Sequence[str]) -> str:
    names = " and ".join(own) if len(own) <= _FEW else f"{len(own)} others"
    return f", which {names} {'overrides' if len(own) == 1 else 'override'}" if own else ""


def _but(others: list[str]) -> str:
    return f", but not {shortened(' and '.join(others), 'others')}" if 0 < len(others) <= _FEW else ""


def _more(found: Repetition, more: Sequence[Layer]) -> str:
    absent = [option for option in found.unit.options if option not in found.values]
    return f" with no {absent[0]}, and {len(more)} more with one" if more else ""
