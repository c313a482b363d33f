"""LSF603 generic-http-exception."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.exception_handlers import status_code
from litestar_fix.model.expectations import waits_for_error
from litestar_fix.model.facts import Call, Expr, Module, Raise, Ref, Span
from litestar_fix.model.observers import Exchange, Observer, Observers, Place
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.sites import calls_of
from litestar_fix.model.status_classes import COMMON, GENERIC, HOME, STATUS_CLASSES
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import statements


def _exchange(new: str, status: int, bases: Iterable[str] = ()) -> Exchange:
    added = frozenset({new, *bases})
    return Exchange(old=GENERIC, new=new, common=COMMON, added=added, status=status, old_status=500)


_EXCHANGES = {status: _exchange(f"{HOME}.{name}", status, bases) for status, name, bases in STATUS_CLASSES}


class GenericRaise(msgspec.Struct, frozen=True):
    """A raise of the generic class: the call that makes the exception, and the class that it is to make instead.

    ``own`` is that class, where the settings name one of the project.
    """

    path: str
    scope: str
    call: Call
    exchange: Exchange
    own: str = ""

    @property
    def specific(self) -> str:
        """The plain name of the class for its status."""
        return self.exchange.new.rpartition(".")[2]


class GenericHttpException(practice.PracticeRule):
    """An exception is raised as HTTPException with a status for which Litestar has a class of its own.

    ## Why
    `NotFoundException` says in one word what `HTTPException(status_code=404)` says in two places. Exception handlers,
    `except` clauses, tests and the `raises` of a handler can name it, and a mistyped number is no longer possible.

    ## When it is quiet
    The class is not Litestar's (FastAPI and Starlette have one of that name, and so may the project); the status is
    computed, or taken from a constant of the project or from `http.HTTPStatus`; Litestar has no class for the status
    (409, 410, 422 ...); the first positional argument is a number, which is not the status at all (LSF604); the
    exception is built, but not raised there; a test raises it and waits for it with `pytest.raises`.

    ## Fix safety
    Status, body and headers of the response stay the same. But the specific classes are more than an `HTTPException`: a
    `ClientException` or an `InternalServerException`, and `NotFoundException` is a `ValueError` as well. The fix is
    unsafe, and the message says why, where the project can tell the difference: an exception handler is registered
    for such a class, or handlers are only known at run time; an `except` clause, `suppress` or a validator around the
    raise or around a caller would catch it; the class of an exception is compared, asked for or answered; `raises=`
    names the generic class. Where only `disable_stack_trace` of the log settings can tell, no response changes: the fix
    is safe, and the message says what happens to the stack trace.

    Classes that the project names in `extend-status-classes` are only reported: what they are made with is not known.

    ## Source
    `litestar/exceptions/http_exceptions.py`; exception handlers are looked up along the bases of the class in
    `litestar/middleware/_internal/exceptions/middleware.py`.
    """

    code = "LSF603"
    name = "generic-http-exception"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.SAFE
    cost = 58
    guide = "6; checklist: No custom exceptions (generic HTTPException everywhere)"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar.exceptions import NotFoundException

            def find_hive(number: int) -> str:
                raise NotFoundException(f"there is no hive {number}")
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar.exceptions import HTTPException

            def find_hive(number: int) -> str:
                raise HTTPException(f"there is no hive {number}", status_code=404)
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the raises; a fix is unsafe where something in the project can tell the classes apart."""
        observers = Observers(project, _EXCHANGES.values())
        for found in _raises(project):
            who = readable(found.scope) or "the module"
            status = found.exchange.status
            home = f" of {found.own.rpartition('.')[0]}" if found.own else ""
            message = f"{who} raises HTTPException with status_code={status}; raise {found.specific}{home} instead"
            if found.own:
                yield cls.finding(
                    found.path, found.call.span, message, applicability=practice.Applicability.NONE, data=found
                )
                continue
            place = Place(found.path, found.scope, found.call.span)
            observer = observers.first(place, found.exchange)
            if observer is None:
                log = observers.log_settings(place, found.exchange)
                note = f" ({log.text})" if log is not None else ""
                yield cls.finding(found.path, found.call.span, f"{message}{note}", related=_related(log), data=found)
                continue
            yield cls.finding(
                found.path,
                found.call.span,
                f"{message}, though {observer.text}",
                applicability=practice.Applicability.UNSAFE,
                related=_related(observer),
                data=found,
            )


def _related(observer: Observer | None) -> list[practice.Related]:
    return [practice.Related(observer.path, observer.span, observer.text)] if observer is not None else []


def _raises(project: Project) -> Iterator[GenericRaise]:
    by_body: dict[tuple[str, str], dict[Span, Call]] = {}
    for site in calls_of(project, GENERIC):
        by_body.setdefault((site.path, site.scope), {})[site.call.span] = site.call
    for (path, scope), calls in by_body.items():
        if waits_for_error(project, path, scope):
            continue
        function = project.function(Local(path, scope))
        body = function.body if function is not None else project.modules[path].body
        for stmt in statements(body):
            call = calls.get(stmt.exc.span) if isinstance(stmt, Raise) and stmt.exc is not None else None
            if call is None or _has_stand_in(project.modules[path], call):
                continue
            status = _status(project, path, scope, call)
            own = project.settings.extend_status_classes.get(str(status), "")
            exchange = _exchange(own, status) if own and status is not None else _EXCHANGES.get(status or 0)
            if exchange is not None:
                yield GenericRaise(path, scope, call, exchange, own)


def _has_stand_in(module: Module, call: Call) -> bool:
    """Whether the name may mean another class: ``except ImportError: from starlette.exceptions import ...``."""
    root = call.callee.partition(".")[0]
    homes = {(item.module, item.name, item.scope) for item in module.imports if item.local == root and not item.guarded}
    return len(homes) > len({scope for _, _, scope in homes})


def _status(project: Project, path: str, scope: str, call: Call) -> int | None:
    value = call.keyword("status_code")
    if value is None or not _is_spelled_out(project.modules[path], value):
        return None
    if call.args and status_code(project, Located(path, scope, call.args[0])) is not None:
        return None
    return status_code(project, Located(path, scope, value))


def _is_spelled_out(module: Module, value: Expr) -> bool:
    """Whether a status is no constant of the project, which would have its own reason to exist."""
    if not isinstance(value, Ref) or value.name.rpartition(".")[2].startswith("HTTP_"):
        return True
    return any(item.local == value.name and item.module == "litestar.status_codes" for item in module.imports)
