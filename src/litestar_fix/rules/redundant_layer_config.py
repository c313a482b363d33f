"""LSF103: what a layer around says already need not be said again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.facts import Expr
from litestar_fix.model.graph import show
from litestar_fix.model.layer_users import other_user, reader_of
from litestar_fix.model.layers import Layer
from litestar_fix.model.project import Project
from litestar_fix.model.redundancy import RUN_BY_EACH, Declaration, Redundancy, redundancies
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import Local

_LONG = 60


class RedundantLayerConfig(practice.PracticeRule):
    """A handler, controller or router sets again what a layer around it already sets to the same value.

    ## Why

    Guards and middleware add up from layer to layer: one that two layers name runs twice for every request. Options of
    which the closest layer counts, and entries that merge by key, do nothing the second time, until somebody changes
    the outer one and wonders why a route does not follow. A provider that is set again under the same key keeps the
    application from starting.

    ## When it is quiet

    Values that differ, or that a call makes for each layer anew; a subclass that restates an attribute of its base
    class, which it replaces; a value that an outer layer sets and a nearer one overrides; layers that are put together
    at run time, or unpacked from a mapping; controllers, handlers and routers that are registered a second time where
    nothing around them says the same; tests. Of the options that add up, only guards, middleware and tags are looked
    at.

    ## Fix safety

    Safe for options of which the closest layer counts, entries that merge by key, and tags: the route keeps what it
    has. Unsafe for guards and middleware, which run once instead of twice. Refused where methods of the class read the
    attribute, and where something else uses what is registered and may register it under other layers.

    ## Source

    `litestar/handlers/base.py` (`resolve_guards`, `resolve_dependencies`, `_validate_dependency_is_unique`, ...),
    Litestar 2.25.
    """

    code = "LSF103"
    name = "redundant-layer-config"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.SAFE
    guide = "1 (guards are cumulative, facts 1.1)"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Controller, get

            class ComputerController(Controller):
                path = "/computers"
                tags = ["computers"]

                @get()
                async def list_computers(self) -> str:
                    return "Z3"
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Controller, get

            class ComputerController(Controller):
                path = "/computers"
                tags = ["computers"]

                @get(tags=["computers"])
                async def list_computers(self) -> str:
                    return "Z3"
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield each option that is set again, wholly or in part."""
        names = _names(project)
        for found in redundancies(project):
            declaration = found.declaration
            if project.role(declaration.value.path) is Role.TEST:
                continue
            shown = found.shown
            runs_twice = declaration.option in RUN_BY_EACH
            yield cls.finding(
                declaration.value.path,
                shown[0].span if shown else declaration.span,
                _message(found, shown, names),
                applicability=practice.Applicability.UNSAFE if runs_twice else None,
                refusal=_read_by(project, declaration) or _used_by(project, found),
                related=[practice.Related(layer.path, layer.span, "sets it already") for layer in found.outer],
                data=declaration.drop(found.parts),
            )


# ------------------------------------------------------------------------------------------------------------ messages
def _message(found: Redundancy, shown: Sequence[Expr], names: Mapping[Layer, str]) -> str:
    option = found.declaration.option
    value = show(found.declaration.value.expr)
    what = f"{_listed([show(part) for part in shown])} of {option}" if shown else f"{option}={value}"
    if len(what) > _LONG and not shown:
        what = option
    are_many = len(shown) > 1 or (option in RUN_BY_EACH and not shown and len(_parts(found)) > 1)
    it, runs = ("them", "they run") if are_many else ("it", "it runs")
    twice = f", so that {runs} twice" if option in RUN_BY_EACH else ""
    if option == "dependencies":
        twice = ", so that the application does not start"
    sets = "sets" if len(found.outer) == 1 else "set"
    outer = _listed([names.get(layer, layer.name) for layer in found.outer])
    return f"{_who(found.declaration)} repeats {what}, which {outer} already {sets}{twice}; drop {it}"


def _parts(found: Redundancy) -> Sequence[object]:
    return getattr(found.declaration.value.expr, "items", ())


def _who(declaration: Declaration) -> str:
    if declaration.handler is not None:
        return declaration.handler.function.name
    if declaration.controller is not None:
        return declaration.controller.class_.name
    return (declaration.site.target if declaration.site is not None else "") or "the router"


def _names(project: Project) -> dict[Layer, str]:
    found = {layer: "the application" for _, layer in project.layers.applications}
    return found | {layer: site.target or "the router" for site, layer in project.layers.routers}


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


# ------------------------------------------------------------------------------------------------------------ refusals
def _read_by(project: Project, declaration: Declaration) -> str:
    """Why the attribute of a class has to stay: methods read it."""
    controller = declaration.controller
    reader = reader_of(project, controller, declaration.option) if controller is not None else ""
    return f"{reader} reads it" if reader else ""


def _registered(declaration: Declaration) -> Local | None:
    """What is registered: the function, or the class that a method belongs to."""
    handler, controller = declaration.handler, declaration.controller
    if handler is None:
        return controller.symbol if controller is not None else None
    return Local(handler.path, handler.function.owner) if handler.function.owner else handler.symbol


def _used_by(project: Project, found: Redundancy) -> str:
    """Why layers further out cannot be relied on: what is registered below them is used elsewhere, too."""
    handler = found.declaration.handler
    symbol = _registered(found.declaration)
    is_method = handler is not None and bool(handler.function.owner)
    if symbol is None or (is_method and all(layer.kind == "controller" for layer in found.outer)):
        return ""
    return other_user(project, symbol)
