"""LSF602 swallowed-exception."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.facts import Call, Expr, Ref, Span
from litestar_fix.model.graph import show
from litestar_fix.model.handlers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.swallowed import Fate, Swallowed, swallowed

_SHOWN = 40


class Needless(msgspec.Struct, frozen=True):
    """A try statement that is to go."""

    path: str
    statement: Span


class SwallowedException(practice.PracticeRule):
    """A handler catches every exception and answers all the same, or tells the client what it says.

    ## Why

    The text of an exception may hold an SQL statement, a path, a host, a token: it was written for the log. Litestar
    sends the text of its own HTTP exceptions only, and none with the status 500. A handler that catches everything and
    returns also catches the `NotFoundException` that was meant for the client, commits what was half done, because no
    session sees an exception, and tells of a success that monitoring counts as one.

    ## When it is quiet

    The clause raises again, or raises an exception without that text, or one with the status 500, whose detail Litestar
    does not send (`extra` it does). It returns a response with an error status and without the text; one with 500 or
    more also has to be logged. It gives a variable a fallback value, logs and goes on, or passes where what was tried
    cleans up or only takes a value. It returns a variable, what some function returns, a page, a piece of HTML or a
    redirect, without the text. What it does for some classes only (`isinstance`), or for debugging. A health check
    answers without the text. WebSocket handlers; tests.

    ## Fix safety

    Reported without a fix: which exceptions are expected is known to the owner alone. Only a `try` that the handler
    ends in, and whose clause does nothing but return the text, is removed: unsafe, because failures are answered with
    500, or with the status of an HTTP exception, and sessions roll back. A suppression behind the clause, such as
    `# noqa: BLE001`, would lose its code: then it is left to the owner.

    ## Source

    `create_exception_response` in `litestar/exceptions/responses/__init__.py`, Litestar 2.25.
    """

    code = "LSF602"
    name = "swallowed-exception"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.NONE
    guide = "6: generic errors"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import post
            from litestar.exceptions import ClientException

            @post("/hives")
            async def weigh_hive(data: dict[str, str]) -> dict[str, float]:
                try:
                    return {"weight": float(data["weight"])}
                except (KeyError, ValueError) as error:
                    raise ClientException("a weight is a number") from error
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import post

            @post("/hives")
            async def weigh_hive(data: dict[str, str]) -> dict[str, object]:
                try:
                    return {"weight": float(data["weight"])}
                except Exception as error:
                    return {"error": str(error)}
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the clauses of handlers that catch everything."""
        for handler in project.layers.every_handler():
            if handler.is_http and project.role(handler.path) is not Role.TEST:
                for found in swallowed(project, handler):
                    yield cls._of_clause(handler, found)

    @classmethod
    def _of_clause(cls, handler: Handler, found: Swallowed) -> practice.Finding:
        who = handler.function.readable_name
        caught = show(found.clause.type) if found.clause.type is not None else "every exception"
        return cls.finding(
            handler.path,
            found.clause.span,
            f"{who} catches {caught} and {_outcome(found)}",
            applicability=practice.Applicability.UNSAFE if found.whole is not None else None,
            related=_elsewhere(handler, found),
            data=Needless(handler.path, found.whole.span) if found.whole is not None else None,
        )


def _elsewhere(handler: Handler, found: Swallowed) -> list[practice.Related]:
    if found.place is None or found.clause.span.contains(found.place):
        return []
    return [practice.Related(handler.path, found.place, "sent here")]


def _outcome(found: Swallowed) -> str:
    match found.fate:
        case Fate.TOLD:
            told = "" if isinstance(found.text, Ref) and found.text.name == found.clause.name else _short(found.text)
            how = f"sends its text to the client ({told})" if told else "sends its text to the client"
            if found.whole is not None:
                return f"{how}; let it propagate, which Litestar answers with 500 and without the text"
            return f"{how}; catch what is expected, and write a text of your own"
        case Fate.SUCCESS:
            value = _short(found.text) or "a value"
            return f"returns {value} with the status of success; let it propagate, or raise an HTTP exception"
        case Fate.UNSEEN:
            return "answers without a trace of what failed; log it, or let it propagate, which answers 500"
    return "passes, so that no failure is ever seen; catch what is expected, and log the rest"


def _short(expr: Expr | None) -> str:
    """A value as text on a part of a line; '' where it is too long."""
    if expr is None:
        return "nothing"
    text = show(expr)
    if len(text) <= _SHOWN and "..." not in text:
        return text
    return f"{expr.callee}(...)" if isinstance(expr, Call) and expr.callee else ""
