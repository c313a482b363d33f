"""Moving an option from all that a router or an application registers onto it, and what speaks against it.

Source: ``litestar/router.py``, ``litestar/app.py``, ``litestar/_openapi/plugin.py`` (``create_openapi_router``) and
``litestar/_asgi/asgi_router.py`` (exception handlers of the application), Litestar 2.25.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.carrying import carry
from litestar_fix.model.class_bodies import attribute_user, derived_by
from litestar_fix.model.class_options import Join, added, too_old
from litestar_fix.model.facts import Const
from litestar_fix.model.layer_users import attributes_used, other_user, reader_of, router_user
from litestar_fix.model.layers import Controller, Layer
from litestar_fix.model.members import Member
from litestar_fix.model.options import why_no_shared_provider, why_not_shared
from litestar_fix.model.project import Project
from litestar_fix.model.redundancy import Declaration, declaration_of, is_entangled
from litestar_fix.model.repetition import Repetition
from litestar_fix.model.routes import Route
from litestar_fix.model.sites import CallSite

#: What an application does with an option where no route is involved: not found, not allowed, an exception of its own.
_BEYOND_ROUTES = frozenset({"exception_handlers", "request_class", "response_class", "type_encoders"})


class Outer(msgspec.Struct, frozen=True):
    """A router or an application, and what all that it registers says."""

    site: CallSite
    layer: Layer
    members: tuple[Member, ...]
    found: Repetition

    @property
    def is_application(self) -> bool:
        """Whether it is an application."""
        return self.layer.kind == "application"


def declarations(project: Project, outer: Outer) -> tuple[Declaration | None, ...]:
    """Return where the option is set now; None for each place that is not spelled out."""
    return tuple(declared for _, declared in _declared(project, outer))


def _declared(project: Project, outer: Outer) -> Iterator[tuple[Member, Declaration | None]]:
    for member in outer.members:
        handlers = member.handlers or (None,) * len(member.layers)
        for layer, handler in zip(member.layers, handlers, strict=True):
            for option in outer.found.values:
                yield member, declaration_of(project, layer, option, handler)


# ----------------------------------------------------------------------------------------------------------- placement
def join(project: Project, outer: Outer) -> tuple[Join, str]:
    """Return how the option gets onto the router, and why it cannot ('' where it can)."""
    for option in outer.found.values:
        if option in outer.layer.changed or option in outer.layer.unsure:
            return Join.SET, f"hooks of the application change {option}"
        said = outer.layer.options.get(option)
        if said is not None:
            return added(project, outer.found, option, said, f"the {outer.layer.kind}")
    partner = next((option for option in outer.found.unit.options if option in outer.layer.options), "")
    return Join.SET, f"the {outer.layer.kind} sets {partner}" if partner else ""


# ----------------------------------------------------------------------------------------------------------- obstacles
def obstacle(project: Project, outer: Outer) -> str:
    """Say why what all members repeat cannot be said on the router or application instead; '' where it can."""
    return next((reason for reason in _reasons(project, outer) if reason), "")


def _reasons(project: Project, outer: Outer) -> Iterator[str]:
    yield too_old(project, outer.found, f"{outer.layer.kind}s")
    if outer.site.call.has_unpacking:
        yield f"the options of the {outer.layer.kind} are not spelled out"
    used = attributes_used(project, outer.site)
    yield from (f"{outer.site.target}.{option} is used" for option in outer.found.values if option in used)
    yield from _of_application(outer) if outer.is_application else ()
    for member, declared in _declared(project, outer):
        yield from _of_member(project, member, declared)
    yield from _of_users(project, outer)
    yield from _of_values(project, outer)


def _of_member(project: Project, member: Member, declared: Declaration | None) -> Iterator[str]:
    if declared is None:
        yield f"the options of {member.name} are not spelled out"
        return
    controller = declared.controller
    if controller is None:
        return
    option = declared.option
    if controller.layer not in member.layers:
        yield f"{member.name} inherits {option} from {controller.class_.name}"
    if is_entangled(declared) or option in controller.layer.unsure:
        yield f"{member.name} sets {option} in a way that cannot be taken back"
    yield from _of_subclasses(project, controller, option)
    by = derived_by(project, controller.symbol)
    yield f"{by} derives classes from {member.name} at run time" if by else ""
    reader = reader_of(project, controller, option)
    yield f"{reader} reads {option}" if reader else ""
    user = attribute_user(project, controller.symbol, option)
    yield f"{user} uses {member.name}.{option}" if user else ""


def _of_subclasses(project: Project, controller: Controller, option: str) -> Iterator[str]:
    own = controller.layer.options[option]
    for symbol in project.subclasses(controller.symbol):
        subclass = project.layers.controllers.get(symbol)
        if subclass is not None and subclass.layer.options.get(option) == own:
            yield f"{subclass.class_.name} in {symbol.path} inherits {option} from {controller.class_.name}"


def _of_users(project: Project, outer: Outer) -> Iterator[str]:
    routers = {layer: site for site, layer in project.layers.routers}
    for member in outer.members:
        if member.symbol is not None:
            yield other_user(project, member.symbol)
        elif member.layers[0] in routers:
            yield router_user(project, routers[member.layers[0]])


def _of_values(project: Project, outer: Outer) -> Iterator[str]:
    for option, values in outer.found.values.items():
        for value in values:
            yield why_not_shared(project, value)
            if option == "dependencies":
                yield why_no_shared_provider(project, value, _routes(project, outer))
            yield carry(project, value, outer.site.path, outer.site.scope)[1]


def _routes(project: Project, outer: Outer) -> Iterator[Route]:
    return (route for route in project.layers.routes if outer.layer in route.layers)


def _of_application(outer: Outer) -> Iterator[str]:
    for option in outer.found.values:
        if option in _BEYOND_ROUTES:
            yield f"an application uses its {option} for what no route answers, too"
    if "static_files_config" in outer.layer.names:
        yield "the static files would gain it"
    config = outer.layer.options.get("openapi_config")
    if config is None or not isinstance(config.expr, Const) or config.expr.value is not None:
        yield "the routes of the OpenAPI schema would gain it"
    if not outer.layer.complete:
        yield "its plugins or hooks may add routes, which would gain it"
