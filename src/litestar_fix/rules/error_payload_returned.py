"""LSF601 error-payload-returned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.catching import protected
from litestar_fix.model.dict_answers import is_about_itself
from litestar_fix.model.error_payloads import ErrorPayload, error_payloads
from litestar_fix.model.facts import Call, Const, Expr, Op, Span
from litestar_fix.model.graph import show
from litestar_fix.model.project import Project
from litestar_fix.model.reach import Reach
from litestar_fix.model.status_classes import COMMON, GENERIC, HOME, STATUS_CLASSES
from litestar_fix.model.swallowed import swallowed

_CLASSES = {status: (name, bases) for status, name, bases in STATUS_CLASSES}
_SHOWN = 4
_HIDDEN = 500


class Refused(msgspec.Struct, frozen=True):
    """What is raised in the place of a payload.

    Args:
        path, scope: the handler.
        statement: the return.
        name: the class of Litestar's.
        code: the key of the payload that holds the status, '' where the class says it.
        detail: the key that holds the text, '' where there is none.
    """

    path: str
    scope: str
    statement: Span
    name: str
    code: str
    detail: str


class ErrorPayloadReturned(practice.PracticeRule):
    """A handler returns a dict that tells of an error, with the status of success.

    ## Why

    The client gets 200 or 201 and has to look into every body; caches, monitoring and generated clients see a success.
    For Litestar it is one, too: sessions commit, `after_request` hooks and background tasks run. An exception has a
    status, one body for the whole application, and a handler in `exception_handlers` that can change it.

    ## When it is quiet

    The handler or the response has a status from 400 on, or one that is not known. Statuses of the domain
    (`{"status": job.status}`, `{"status": "failed"}`), results of a validation (`valid`), counts and lists of errors
    beside other data, JSON-RPC, GraphQL; an error of which nothing is known, returned in every case. Health checks.
    Dicts in variables, those that other functions make, and contexts of templates. A clause that catches everything is
    LSF602's; tests.

    ## Fix safety

    Unsafe: status and body of the response change, and what waits for an exception, such as a session, rolls back.
    Where the payload names a status, its text becomes the `detail` of the exception for that status. Refused where the
    payload says more than that, or the response has more than a content; where its text is not known to be one; where
    Litestar would not send it (500); and where something around it may catch the exception. Without a status there is
    no fix.

    ## Source

    `HTTPRouteHandler.to_response` in `litestar/handlers/http_handlers/base.py` and `create_exception_response` in
    `litestar/exceptions/responses/__init__.py`, Litestar 2.25.
    """

    code = "LSF601"
    name = "error-payload-returned"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.UNSAFE
    guide = "6: inconsistent error response formats"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get
            from litestar.exceptions import NotFoundException

            @get("/hives/{number:int}")
            async def read_hive(number: int) -> dict[str, object]:
                if number > 3:
                    raise NotFoundException("there is no such hive")
                return {"hive": number}
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            @get("/hives/{number:int}")
            async def read_hive(number: int) -> dict[str, object]:
                if number > 3:
                    return {"error": "there is no such hive"}
                return {"hive": number}
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the payloads that are sent with a status of success."""
        found = error_payloads(project)
        shapes = _shapes(found)
        for payload in found:
            if payload.sent.is_success and not is_about_itself(payload.handler) and not _is_in_clause(project, payload):
                yield cls._of_payload(project, payload, shapes)

    @classmethod
    def _of_payload(cls, project: Project, payload: ErrorPayload, shapes: str) -> practice.Finding:
        handler, code = payload.handler, payload.code
        who = handler.function.readable_name
        name, _ = _CLASSES.get(code or 0, ("HTTPException", ()))
        advice = "raise an HTTP exception"
        if code:
            advice = f"raise {name}, at which sessions roll back instead of committing"
        return cls.finding(
            handler.path,
            payload.display.span,
            f"{who} returns an error with the status of success; {advice} (the handlers tell of errors as {shapes})",
            applicability=None if code else practice.Applicability.NONE,
            refusal=_refusal(project, payload) if code else "",
            data=Refused(
                handler.path,
                handler.function.qualname,
                payload.stmt.span,
                name,
                "" if code in _CLASSES else payload.code_key,
                payload.text,
            ),
        )


def _shapes(found: tuple[ErrorPayload, ...]) -> str:
    """The shapes of all payloads, the most frequent first."""
    counted = sorted(Counter(payload.shape for payload in found).items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{number} x {shape}" for shape, number in counted[:_SHOWN]]
    others = len(counted) - len(shown)
    return ", ".join([*shown, f"{others} more"] if others else shown)


def _is_in_clause(project: Project, payload: ErrorPayload) -> bool:
    """Whether LSF602 reports the clause that the return stands in."""
    return any(found.clause.span.contains(payload.stmt.span) for found in swallowed(project, payload.handler))


# ------------------------------------------------------------------------------------------------------------- refusals
def _refusal(project: Project, payload: ErrorPayload) -> str:
    if payload.code == _HIDDEN:
        return "Litestar does not send the text of a 500"
    if payload.kept:
        return f"the payload also says {payload.kept[0]}"
    match payload.stmt.value:
        case Op(op="if"):
            return "it is one side of a conditional expression"
        case Call(args=(_, second, *_)):
            return f"the response also has {show(second)}"
        case Call(keywords=keywords):
            other = next((item.name for item in keywords if item.name not in ("content", "status_code")), None)
            if other is not None:
                return f"the response also has {other}"
    text = payload.value(payload.text)
    if text is not None and not _is_text(text):
        return f"whether {show(text)} is a text is not known"
    if not payload.handler.is_plain:
        return "another decorator may catch the exception"
    return _catching(project, payload)


def _is_text(value: Expr) -> bool:
    match value:
        case Const(value=str()) | Op(op="f") | Call(callee="str"):
            return True
        case Op(op="+" | "%", operands=(first, *_)):
            return _is_text(first)
    return False


def _catching(project: Project, payload: ErrorPayload) -> str:
    """What stands around the return and may catch what is raised in its place, in words."""
    handler = payload.handler
    name, bases = _CLASSES.get(payload.code or 0, ("HTTPException", ()))
    names = {*COMMON, GENERIC, f"{HOME}.{name}", *bases}
    for part in protected(project, Reach(project).connected_with(handler.path)):
        if part.holds(handler.path, handler.function.qualname, payload.stmt.span):
            for clause in part.clauses:
                if not clause.classes.known or not names.isdisjoint(clause.classes.names):
                    return f"{clause.text} around it may catch the exception"
    return ""
