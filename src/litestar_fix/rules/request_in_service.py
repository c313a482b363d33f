"""LSF201: services take what they need of a request, not the request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.connection_calls import Passed, is_only_handed_around
from litestar_fix.model.connection_values import Values
from litestar_fix.model.handing_on import Change, Service, changes, together
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.services import Taken, taking_connections
from litestar_fix.model.usages import Kind, Usage, usages

#: A function given under these names is called by Litestar: keyword arguments, class attributes, calls.
_HOOKS = regex(
    r"Provide|DefineMiddleware|guards|middleware|dependencies|exception_handlers|listeners|lifespan|connection_lifespan"
    r"|(before|after)_(request|response|send|exception)|on_(startup|shutdown|app_init|accept|disconnect)"
    r"|(\w*_)?key_builder|identifier_for_request|check_throttle_handler|retrieve_user_handler"
    r"|connection_accept_handler|exception_to_problem_detail_map"
)


class Fix(msgspec.Struct, frozen=True):
    """A service that is handed values: the parameter that goes, what comes instead, and who calls it."""

    taken: Taken
    values: Values
    calls: tuple[Passed, ...]


class RequestInService(practice.PracticeRule):
    """A service takes the whole request.

    ## Why

    A function that takes a `Request` says nothing of what it needs: it can be called, tested and reused only where
    there is a request, not from a command, a worker or a test of its own, and whatever it reads of the request is an
    input that no signature shows. A handler is the place that knows HTTP; it hands on the values.

    ## When it is quiet

    Handlers, providers, guards, hooks, exception handlers, middleware, listeners, plugins and whatever else Litestar
    calls or inherits from a class of Litestar; objects that are called themselves; functions that return responses;
    classes that keep WebSockets or talk through them; parameters that are merely called `request`; tests. A function
    that is called nowhere by its name, and handed on where there is no request, as the default of a field: whoever
    calls it says what it takes. A method that inherits from a class of another library, which may say what it takes. A
    method that overrides one of the project: that one is reported. Hooks that are there to be overridden
    (`post_login_hook`, `on_departure`), as long as they do nothing. A service is told by its name, that of its class
    (`AuditService`, `UserRepository`), its module or the folder of its module (`services/audit.py`): what is called
    otherwise is not reported.

    ## Fix safety

    Unsafe, and one change of all files or none: the parameter gives way to the values that the body reads, headers,
    cookies and query parameters that it gets by a literal name, `client`, `user`, `url`, `base_url`, `method` and
    `cookies`, and every call reads them of the request that it passed. Responses stay as they were. The values are read
    before the service begins, whether it comes to need them or not: none of them can raise but `user`, which does where
    no authentication is installed, and is taken only where the service reads it in any case and before anything else.
    Services that hand the request on to one another change together.

    Refused where the body does anything else with the request; where a call is not known, unpacks arguments, is not
    awaited at once, or passes anything but the name of a request; where the method is overridden, asked for by a
    protocol, looked up by its name or handed around; and where the project has no application, because then others
    may call it. Callers outside of the project are not seen.

    ## Source

    `litestar/connection/base.py` and `litestar/connection/request.py`, Litestar 2.25.
    """

    code = "LSF201"
    name = "request-in-service"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    cost = 17
    guide = "2: flag service methods accepting Request; checklist: Request objects passed to services"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            class AuditService:
                async def record(self, user_agent: str | None) -> None:
                    print(user_agent)
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Request

            class AuditService:
                async def record(self, request: Request) -> None:
                    print(request.headers.get("user-agent"))
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the services that take a connection."""
        services = list(_services(project))
        found = changes(project, [item for item in services if not cls._is_kept(project, item.taken)])
        groups = {symbol: group for group in together(found) for symbol in group}
        members = {item.taken.symbol: item.taken for item in services}
        for service in services:
            symbol = service.taken.symbol
            change = found.get(symbol) or Change(refusal="a comment keeps it")
            group = sorted(groups.get(symbol, ()), key=lambda item: (item.path, item.qualname))
            fixes = tuple(Fix(members[item], found[item].values, found[item].calls.passed) for item in group)
            bundle = f"{group[0].path}:{group[0].qualname}" if len(group) > 1 else ""
            yield cls._finding(service, change, fixes, bundle)

    @classmethod
    def _is_kept(cls, project: Project, taken: Taken) -> bool:
        return practice.is_suppressed(cls, project, taken.symbol.path, taken.function.span)

    @classmethod
    def _finding(cls, service: Service, change: Change, fixes: tuple[Fix, ...], bundle: str) -> practice.Finding:
        taken = service.taken
        names = ", ".join(value.name for value in change.values.values)
        if change.refusal:
            cure = "hand it the values that it needs"
        elif names:
            cure = f"hand it what it reads: {names}"
        else:
            cure = f"it does not read it: drop {taken.param.name}"
        return cls.finding(
            taken.symbol.path,
            taken.function.span,
            f"service {taken.name} takes the whole {taken.noun}; {cure}",
            refusal=change.refusal,
            related=[
                practice.Related(usage.path, usage.span, f"{taken.name} is called here")
                for usage in service.usages
                if usage.kind is Kind.CALL
            ],
            data=fixes,
            bundle=bundle,
        )


def _services(project: Project) -> Iterator[Service]:
    for taken in taking_connections(project):
        found = tuple(usages(project, taken[0].symbol))
        if not any(map(_is_hook, found)) and not is_only_handed_around(project, taken[0], found):
            yield Service(taken, found)


def _is_hook(usage: Usage) -> bool:
    return usage.kind is Kind.MENTION and any(_HOOKS.fullmatch(name) is not None for name in usage.within)
