"""LSF607 broken-exception-handler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.callables import Kind, callable_of
from litestar_fix.model.exception_handlers import HandlerEntry, handler_entries
from litestar_fix.model.facts import Await, For, Function, Op, With
from litestar_fix.model.project import Project
from litestar_fix.model.sites import other_use
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import expressions, statements

_HOME = "litestar.exceptions"
_VALIDATION = f"{_HOME}.ValidationException"
# What a request that does not validate is an instance of. Source: litestar/exceptions/http_exceptions.py, 2.25; the
# handler of the nearest class is asked.
_CATCHES_IT = frozenset({_VALIDATION, *[f"{_HOME}.{name}" for name in ("ClientException", "HTTPException")]})
_BAD_REQUEST = 400


class BrokenExceptionHandler(practice.PracticeRule):
    """An exception handler is a coroutine function, or is registered for a namesake of Litestar's ValidationException.

    ## Why

    Exception handlers are called, not awaited. What an `async def` returns is a coroutine and no response, so that
    every error it is registered for is answered with 500.

    A class of the project that is called `ValidationException` is not the one that Litestar raises where a request does
    not validate. The handler that is registered for it never sees such a request, and the answer keeps the form that
    the handler was written to replace.

    ## When it is quiet

    Handlers that are plain functions, lambdas, partials or instances; functions of which a decorator may make anything.
    A `ValidationException` of the project that inherits from Litestar's, that is not registered, or that is registered
    beside Litestar's class, one of its bases that are HTTP exceptions, or 400.

    ## Fix safety

    Safe, since the handler could never answer: `async def` becomes `def`. Refused where the function awaits something,
    or is called or handed on elsewhere. A namesake has no fix.

    ## Source

    `ExceptionHandlerMiddleware.handle_request_exception` in `litestar/middleware/_internal/exceptions/middleware.py`,
    Litestar 2.25.
    """

    code = "LSF607"
    name = "broken-exception-handler"
    severity = practice.Severity.CRITICAL
    applicability = practice.Applicability.SAFE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Litestar, Request, Response

            def stung(request: Request, error: RuntimeError) -> Response[str]:
                return Response("stung", status_code=409)

            app = Litestar(exception_handlers={RuntimeError: stung})
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Litestar, Request, Response

            async def stung(request: Request, error: RuntimeError) -> Response[str]:
                return Response("stung", status_code=409)

            app = Litestar(exception_handlers={RuntimeError: stung})
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the coroutine functions, then the namesakes."""
        entries = [*handler_entries(project)]
        registered: dict[Local, list[Located]] = {}
        for entry in entries:
            known = callable_of(project, entry.handler) if entry.handler is not None else None
            if known is not None and known.kind is Kind.ASYNC and entry.handler is not None:
                for body in known.bodies:
                    registered.setdefault(body, []).append(entry.handler)
        for symbol, places in registered.items():
            function = project.function(symbol)
            if function is not None and function.is_async:
                yield cls._coroutine(project, symbol, function, places)
        yield from cls._namesakes(project, entries)

    @classmethod
    def _coroutine(cls, project: Project, symbol: Local, function: Function, places: list[Located]) -> practice.Finding:
        who = function.readable_name
        return cls.finding(
            symbol.path,
            function.span,
            f"{who} is a coroutine function, but Litestar does not await exception handlers and answers 500; write def",
            refusal="it awaits something" if _awaits(function) else other_use(project, symbol, places),
            data=function.span,
        )

    @classmethod
    def _namesakes(cls, project: Project, entries: list[HandlerEntry]) -> Iterator[practice.Finding]:
        known = {name for entry in entries for name in entry.classes.names}
        if known & _CATCHES_IT or any(entry.status == _BAD_REQUEST for entry in entries):
            return
        for entry in entries:
            for name in sorted(entry.classes.names):
                path, is_own, qualname = name.partition("::")
                symbol = Local(path, qualname)
                class_ = project.class_(symbol) if is_own else None
                if class_ is None or class_.name != "ValidationException":
                    continue
                ancestry = project.ancestry(symbol)
                if not ancestry.known or _VALIDATION in ancestry.externals:
                    continue
                handler = callable_of(project, entry.handler) if entry.handler is not None else None
                who = f"its handler {handler.name}" if handler is not None else "its handler"
                yield cls.finding(
                    path,
                    class_.span,
                    f"{class_.name} is not {_VALIDATION}, so that {who} never sees a request that does not validate; "
                    "register Litestar's class, too, or give this one another name",
                    applicability=practice.Applicability.NONE,
                    related=[practice.Related(entry.path, entry.span, "registered here")],
                )


def _awaits(function: Function) -> bool:
    for expr in expressions(function.body):
        match expr:
            case Await():
                return True
            case Op(operands=operands) if any(isinstance(item, Op) and item.op == "async for" for item in operands):
                return True
    return any(isinstance(stmt, With | For) and stmt.is_async for stmt in statements(function.body))
