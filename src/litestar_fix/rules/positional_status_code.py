"""LSF604 positional-status-code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.exception_handlers import status_code
from litestar_fix.model.facts import Call, Const, Expr, Ref, Span
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.sites import CallSite, calls_of, calls_of_class
from litestar_fix.model.symbols import Local, Located

_HOME = "litestar.exceptions"
_GENERIC = f"{_HOME}.HTTPException"
# The classes that take what HTTPException takes. Source: litestar/exceptions/http_exceptions.py, the same in 2.0.1 and
# 2.25.0; TemplateNotFoundException has a constructor of its own.
_CLASSES = (
    _GENERIC,
    *(
        f"{_HOME}.{name}"
        for name in (
            "ClientException",
            "ImproperlyConfiguredException",
            "InternalServerException",
            "MethodNotAllowedException",
            "NoRouteMatchFoundException",
            "NotAuthorizedException",
            "NotFoundException",
            "PermissionDeniedException",
            "ServiceUnavailableException",
            "TooManyRequestsException",
            "ValidationException",
        )
    ),
)
_STATUSES = range(100, 600)
_MAKERS = ("__init__", "__new__")


class Positional(msgspec.Struct, frozen=True):
    """A call that passes a status in the place of the detail; ``has_detail`` tells that a second argument follows."""

    path: str
    call: Span
    has_detail: bool


class PositionalStatusCode(practice.PracticeRule):
    """A status code is passed to an HTTP exception as the first argument, where Litestar takes the detail.

    ## Why

    FastAPI and Starlette take the status first; Litestar takes the detail there. `HTTPException(404, "no hive")` is
    an exception with the status 500 and the detail "404": the client is told that the server failed, and not why.

    ## When it is quiet

    The class is not Litestar's, or a subclass that has a constructor of its own; what stands first is no number and no
    `HTTP_*` constant, or is unpacked.

    ## Fix safety

    Unsafe: the response gets the status and the detail that are meant. The arguments get their keywords. Refused where
    one of them is given as a keyword, too, where there are more than two, and where some are unpacked.

    ## Source

    `HTTPException.__init__` in `litestar/exceptions/http_exceptions.py`: `*args, detail="", status_code=None, ...`, the
    first of `args` is the detail where `detail` is empty.
    """

    code = "LSF604"
    name = "positional-status-code"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    cost = 14
    guide = "6: custom exceptions; HTTPException(404, 'x') answers 500"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar.exceptions import HTTPException

            def find_hive(number: int) -> str:
                raise HTTPException(status_code=404, detail=f"there is no hive {number}")
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar.exceptions import HTTPException

            def find_hive(number: int) -> str:
                raise HTTPException(404, f"there is no hive {number}")
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the calls whose first argument is a status."""
        for site in _calls(project):
            first = site.call.args[0] if site.call.args else None
            status = status_code(project, Located(site.path, site.scope, first)) if first is not None else None
            if first is None or status not in _STATUSES:
                continue
            written = _written(first)
            name = site.call.callee.rpartition(".")[2]
            is_generic = project.external(site.path, site.call, site.scope) == _GENERIC
            keywords = {keyword.name for keyword in site.call.keywords}
            effect = " and answers 500" if is_generic and keywords.isdisjoint({"status_code", None}) else ""
            has_detail = len(site.call.args) > 1
            place = "beside its detail" if "detail" in keywords else "as its detail"
            who = readable(site.scope) or "the module"
            yield cls.finding(
                site.path,
                site.call.span,
                f"{who} passes {written} to {name} {place}{effect}; "
                f"write status_code={written}{' and detail=' if has_detail else ''}",
                refusal=_refusal(site.call),
                data=Positional(site.path, site.call.span, has_detail),
            )


def _calls(project: Project) -> Iterator[CallSite]:
    yield from calls_of(project, *_CLASSES)
    for module, class_ in project.classes():
        symbol = Local(module.path, class_.qualname)
        ancestry = project.ancestry(symbol)
        if not ancestry.known or set(_CLASSES).isdisjoint(ancestry.externals):
            continue
        if all(project.member(symbol, maker) is None for maker in _MAKERS):
            yield from calls_of_class(project, symbol)


def _written(status: Expr) -> str:
    match status:
        case Const(value=value):
            return str(value)
        case Ref(name=name):
            return name.rpartition(".")[2]
    raise AssertionError(status)


def _refusal(call: Call) -> str:
    if call.has_unpacking:
        return "some of the arguments are unpacked"
    if len(call.args) > 2:
        return "what the other arguments are meant for is not known"
    if call.keyword("status_code") is not None:
        return "status_code is given as a keyword, too"
    if len(call.args) > 1 and call.keyword("detail") is not None:
        return "detail is given as a keyword, too"
    return ""
