"""LSF401: a path names a resource; what is done with it is said by the HTTP method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.action_paths import METHODS, Action, action_in, instead, last_literal, segments
from litestar_fix.model.evaluate import items, string, strings
from litestar_fix.model.facts import Call, Span
from litestar_fix.model.layers import Handler, Layer
from litestar_fix.model.pages import is_page
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import Located

_FOREIGN = ("webhook", "callback")


class RpcStyleRoute(practice.PracticeRule):
    """A path names an action, which the HTTP method says already, instead of a resource.

    ## Why

    `POST /createUser`, `POST /getUserById` and `POST /deleteUser` are three paths for one resource, each with a name
    to be remembered. With `POST /users`, `GET /users/{id}` and `DELETE /users/{id}` the path says what, the method
    says what is done with it, and caches, proxies, clients and browsers know what they may repeat or keep.

    ## When it is quiet

    Only a verb of create, read, update and delete (get, fetch, list, create, add, set, update, delete, remove) with a
    noun behind it, in the last segment that is no parameter, is reported. A verb alone (`/create`), or one that is
    followed by other words (`/get-all`, `/add-to-cart`, `/get-started`, `/add-ons`), is not; words that are run
    together in small letters (`/createuser`) cannot be told apart. Other verbs name what is no plain change of a
    resource: login, refresh, search, export, sync, cancel, approve.

    Pages and forms of a site, which answer with a template or a redirect: a browser's form knows GET and POST only.
    Webhooks and callbacks, of which somebody else chose the path. File names, sockets, mounted ASGI applications,
    handlers in tests, paths that are only known at run time.

    There is no fix: clients know the path.

    ## Source

    `litestar/handlers/base.py` (paths of a handler) and `litestar/routes/base.py` (how those of the layers are joined),
    Litestar 2.25.
    """

    code = "LSF401"
    name = "rpc-style-route"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.NONE
    guide = "4: POST endpoints with action names; checklist: RPC-style routes"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import post

            @post("/moons")
            async def create_moon() -> str:
                return "Io"
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import post

            @post("/createMoon")
            async def create_moon() -> str:
                return "Io"
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the paths of handlers, then those of the layers around handlers that have no words of their own."""
        outer: dict[tuple[str, Span], tuple[Layer, Action, Located]] = {}
        for handler in project.layers.every_handler():
            if not handler.is_http or handler.paths is None or project.role(handler.path) is Role.TEST:
                continue
            if any(action_in(last_literal(path)) for path in handler.paths):
                yield from cls._of_handler(project, handler)
            if not all(last_literal(path) for path in handler.paths):
                for route in project.layers.served(handler):
                    found = _around(project, route)
                    if found is not None and not is_page(project, handler) and not _is_foreign(found[1].segment):
                        outer[found[2].path, found[2].expr.span] = found
        for layer, action, value in outer.values():
            yield cls._of_layer(project, layer, action, value)

    @classmethod
    def _of_handler(cls, project: Project, handler: Handler) -> Iterator[practice.Finding]:
        routes = project.layers.served(handler)
        for place, path in _places(project, handler):
            action = action_in(last_literal(path))
            full = _full(routes, handler, path)
            if action is None or _is_foreign(full) or is_page(project, handler):
                continue
            served = f"{', '.join(handler.methods or ())} {full}".lstrip()
            better = f"{METHODS[action.verb]} {instead(full, action)}"
            message = f"{handler.function.name} serves {served}, which names an action; serve {better} instead"
            yield cls.finding(place.path, place.expr.span, message)

    @classmethod
    def _of_layer(cls, project: Project, layer: Layer, action: Action, value: Located) -> practice.Finding:
        who = f"controller {layer.name}" if layer.kind == "controller" else f"the {layer.kind}"
        text = "/" + "/".join(segments(string(project, value) or ""))
        better = instead(text, action)
        return cls.finding(
            value.path, value.expr.span, f"{who} is at {text}, which names an action; name the resource, {better}"
        )


def _places(project: Project, handler: Handler) -> Iterator[tuple[Located, str]]:
    """Yield the paths of a decorator and where each of them is written, or the name that stands for it there."""
    call = handler.decorator
    expr = (call.args[0] if call.args else call.keyword("path")) if isinstance(call, Call) else None
    if expr is None:
        return
    where = handler.applied.path if handler.applied is not None else handler.path
    routed = Located(where, handler.layer.scope, expr)
    single = string(project, routed)
    if single is not None:
        yield routed, single
        return
    for item in items(project, routed).items:
        is_here = item.path == where and expr.span.contains(item.expr.span)
        text = string(project, item)
        if text is not None:
            yield item if is_here else routed, text


def _full(routes: tuple[Route, ...], handler: Handler, path: str) -> str:
    """The path with those of the layers around it, where there is one way to it."""
    known = routes[0].paths if len(routes) == 1 else None
    if known is not None and handler.paths is not None and len(known) == len(handler.paths):
        return known[handler.paths.index(path)]
    return "/" + "/".join(segments(path))


def _around(project: Project, route: Route) -> tuple[Layer, Action, Located] | None:
    """The nearest layer around a handler with a segment that is no parameter, if that names an action."""
    for layer in reversed(route.layers[:-1]):
        values = layer.values("path")
        if "path" in layer.unsure or (not values and not layer.complete and layer.kind != "application"):
            return None
        found = strings(project, values[-1]) if values else ("",)
        if found is None or len(found) != 1:
            return None
        literal = last_literal(found[0])
        if literal:
            action = action_in(literal)
            return (layer, action, values[-1]) if action is not None else None
    return None


def _is_foreign(path: str) -> bool:
    return any(word in path.lower() for word in _FOREIGN)
