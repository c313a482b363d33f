"""LSF201: services take what they need of a request, not the request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.connection_calls import Passed, calls_with, why_signature_stays
from litestar_fix.model.connection_reads import Value, reads_of
from litestar_fix.model.facts import Param, Span
from litestar_fix.model.project import Project
from litestar_fix.model.services import Taken, taking_connections
from litestar_fix.model.usages import Kind, Usage, usages

#: A function given under these names is called by Litestar: keyword arguments, class attributes, calls.
_HOOKS = re.compile(
    r"Provide|DefineMiddleware|guards|middleware|dependencies|exception_handlers|listeners|lifespan|connection_lifespan"
    r"|(before|after)_(request|response|send|exception)|on_(startup|shutdown|app_init|accept|disconnect)"
    r"|(\w*_)?key_builder|identifier_for_request|check_throttle_handler|retrieve_user_handler"
    r"|connection_accept_handler|exception_to_problem_detail_map"
)


class Fix(msgspec.Struct, frozen=True):
    """A service that is handed values: the parameter that goes, what comes instead, and who calls it.

    ``dropped`` are the statements that did nothing but name a value.
    """

    path: str
    param: Param
    values: tuple[Value, ...]
    dropped: tuple[Span, ...]
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
    classes that keep WebSockets or talk through them; parameters that are merely called `request`; tests. A method that
    inherits from a class of another library, which may say what it takes. A method that overrides one of the project:
    that one is reported. A service is told by its name, that of its class (`AuditService`, `UserRepository`), its
    module or the folder of its module (`services/audit.py`): what is called otherwise is not reported.

    ## Fix safety

    Unsafe, and one change of all files or none: the parameter gives way to the values that the body reads, headers,
    cookies and query parameters that it gets by a literal name, `client`, `user`, `url`, `base_url`, `method` and
    `cookies`, and every call reads them of the request that it passed. Responses stay as they were. The values are read
    before the service begins, whether it comes to need them or not: none of them can raise but `user`, which does where
    no authentication is installed, and is taken only where the service reads it in any case and before anything else.
    Where one service hands the request on to another, the inner one is changed first, and the outer one in the next
    pass of the same run. Refused where the body does anything else with the request; where a call is not known, unpacks
    arguments, is not awaited at once, or passes anything but the name of a request; where the method is overridden, is
    asked for by a protocol, looked up by its name or handed around; and where the project has no application: then
    others may call it. Callers outside of the project are not seen.

    ## Source

    `litestar/connection/base.py` and `litestar/connection/request.py`, Litestar 2.25.
    """

    code = "LSF201"
    name = "request-in-service"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
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
        for taken in taking_connections(project):
            found = tuple(usages(project, taken[0].symbol))
            if not any(map(_is_hook, found)):
                yield cls._service(project, taken, found)

    @classmethod
    def _service(cls, project: Project, all_taken: tuple[Taken, ...], found: tuple[Usage, ...]) -> practice.Finding:
        taken = all_taken[0]
        reads = reads_of(project, taken)
        refusal = why_signature_stays(project, all_taken) or reads.refusal
        calls = calls_with(project, taken, found)
        refusal = refusal or calls.refusal
        values = ", ".join(value.name for value in reads.values)
        if refusal:
            cure = "hand it the values that it needs"
        elif values:
            cure = f"hand it what it reads: {values}"
        else:
            cure = f"it does not read it: drop {taken.param.name}"
        return cls.finding(
            taken.symbol.path,
            taken.function.span,
            f"service {taken.name} takes the whole {taken.noun}; {cure}",
            refusal=refusal,
            related=[
                practice.Related(usage.path, usage.span, f"{taken.name} is called here")
                for usage in found
                if usage.kind is Kind.CALL
            ],
            data=Fix(taken.symbol.path, taken.param, reads.values, reads.dropped, calls.passed),
        )


def _is_hook(usage: Usage) -> bool:
    return usage.kind is Kind.MENTION and any(_HOOKS.fullmatch(name) is not None for name in usage.within)
