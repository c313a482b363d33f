"""LSF605 no-exception-handlers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.app_hooks import initialised
from litestar_fix.model.exception_handlers import handler_entries
from litestar_fix.model.layers import Layer
from litestar_fix.model.names import LITESTAR
from litestar_fix.model.project import Project
from litestar_fix.model.protections import maker_of
from litestar_fix.model.reach import Reach
from litestar_fix.model.roles import Role
from litestar_fix.model.sent import ErrorResponse, error_responses
from litestar_fix.model.sites import CallSite
from litestar_fix.model.walk import shape

_FEWEST = 5
_SHOWN = 5
_OPTION = "exception_handlers"
# What leaves the exception handlers of the application alone in Litestar 2.25.
_HARMLESS = (
    "litestar.channels.",
    "litestar.contrib.jwt.",
    "litestar.security.",
    *(
        f"litestar.plugins.{name}"
        for name in (
            "attrs.AttrsSchemaPlugin",
            "flash.FlashPlugin",
            "htmx.HTMXPlugin",
            "opentelemetry.OpenTelemetryPlugin",
            "pydantic.PydanticPlugin",
            "structlog.StructlogPlugin",
        )
    ),
)


class NoExceptionHandlers(practice.PracticeRule):
    """Many error responses of an application are written out in its handlers, and none is answered in one place.

    ## Why

    Each handler repeats what an error looks like, and sooner or later one of them differs. An exception says what went
    wrong; a function in `exception_handlers` says once what the client gets, and logs it.

    ## When it is quiet

    There are fewer than five different ones; the same status and body counts once. A layer registers exception
    handlers, or code adds them, in a module that imports connect with the application. Plugins of libraries may add
    them, as those of Advanced Alchemy and `ProblemDetailsPlugin` do: with one that is not known, nothing is reported.
    Responses with a status or a body that are not written out, and those that a function makes for several handlers;
    tests.

    ## Source

    `exception_handlers` in Litestar's documentation on exceptions; layers merge them by key, the closest wins.
    """

    code = "LSF605"
    name = "no-exception-handlers"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.NONE
    guide = "6: custom exceptions with centralized handlers"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Litestar, Response, get

            @get("/hives/{number:int}")
            async def read_hive(number: int) -> Response[dict[str, str]]:
                return Response({"error": "there are no hives"}, status_code=404)

            app = Litestar([read_hive])
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Litestar, Response, get

            @get("/hives/{number:int}")
            async def read_hive(number: int) -> Response[dict[str, str]]:
                if number == 1:
                    return Response({"error": "it is empty"}, status_code=404)
                if number == 2:
                    return Response({"error": "it is lent"}, status_code=409)
                if number == 3:
                    return Response({"error": "it is gone"}, status_code=410)
                if number == 4:
                    return Response({"error": "it is not yours"}, status_code=403)
                return Response({"error": "it is closed"}, status_code=503)

            app = Litestar([read_hive])
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the applications."""
        found = list(error_responses(project))
        if len(_different(found)) < _FEWEST:
            return
        registering = {entry.path for entry in handler_entries(project) if project.role(entry.path) is not Role.TEST}
        reach = Reach(project)
        for site, layer, responses in _by_application(project, found):
            different = _different(responses)
            if len(different) < _FEWEST or any(reach.connected(site.path, path) for path in registering):
                continue
            if not _may_gain_handlers(project, site, layer):
                shown = list(different.values())[:_SHOWN]
                yield cls.finding(
                    site.path,
                    site.call.span,
                    f"the handlers of {site.target or 'this application'} write out {len(different)} different error "
                    "responses, and no layer has exception_handlers; raise exceptions and answer them in one place",
                    related=[practice.Related(item.path, item.call.span, f"answers {item.status}") for item in shown],
                )


def _different(responses: list[ErrorResponse]) -> Mapping[object, ErrorResponse]:
    """The responses that differ in status or body, each with the first place where it is made."""
    return {(item.status, shape(item.content)): item for item in reversed(responses)}


def _may_gain_handlers(project: Project, site: CallSite, layer: Layer) -> bool:
    """Whether unseen code may add exception handlers: arguments that are unpacked, hooks, plugins."""
    if layer.complete:
        return False
    config = initialised(project, layer.options, frozenset({_OPTION}))
    if site.call.has_unpacking or config.is_opaque or _OPTION in config.unsure:
        return True
    return any(not maker_of(project, item).startswith(_HARMLESS) for item in config.foreign)


def _by_application(
    project: Project, responses: list[ErrorResponse]
) -> Iterator[tuple[CallSite, Layer, list[ErrorResponse]]]:
    """Yield each application with the responses of its handlers; unregistered handlers belong to the only one."""
    layers = project.layers
    applications = [
        (site, layer)
        for site, layer in layers.applications
        if project.external(site.path, site.call, site.scope) == LITESTAR and project.role(site.path) is not Role.TEST
    ]
    handlers = {(handler.path, handler.function.qualname): handler for handler in layers.every_handler()}
    for site, layer in applications:
        own = []
        for item in responses:
            handler = handlers.get((item.path, item.scope))
            roots = (
                [route.layers[0] for route in layers.routes_of(handler) if route.rooted] if handler is not None else []
            )
            if layer in roots or (handler is not None and not roots and len(applications) == 1):
                own.append(item)
        yield site, layer, own
