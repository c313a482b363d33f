"""LSF606 tuple-status-return."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.annotations import Step, held
from litestar_fix.model.evaluate import value_of
from litestar_fix.model.exception_handlers import status_code
from litestar_fix.model.facts import Call, Const, Dict, Expr, Op, Return, Seq, Span
from litestar_fix.model.graph import show
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.sent import sides
from litestar_fix.model.symbols import Located
from litestar_fix.model.walk import statements

_STATUSES = range(100, 600)
_PLAIN = frozenset(["bool", "dict", "float", "int", "len", "list", "repr", "sorted", "str", "sum"])
_DEPTH = 4
_SIZES = (2, 3)  # content, status, headers
_AROUND = frozenset({Step.OPTIONAL, Step.UNION, Step.RESPONSE})
_SEVERAL = frozenset({Step.COLLECTION, Step.TUPLE, Step.OTHER})
_SEQUENCES = frozenset(f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "object"))


class Answers(msgspec.Struct, frozen=True):
    """The returns of a handler that answers with tuples.

    Args:
        handler: the handler.
        tuples: where its tuples stand.
        others: where the other values stand that are to be responses, too.
        annotation: where the type stands that is to become that of a response; None where it stays as it is.
    """

    handler: Handler
    tuples: tuple[Span, ...]
    others: tuple[Span, ...]
    annotation: Span | None


class TupleStatusReturn(practice.PracticeRule):
    """A handler returns its content and a status as a tuple, which Litestar sends as a JSON array.

    ## Why

    Flask takes `return {"error": "sold out"}, 404` for content and status. Litestar knows no such tuple: the client
    gets `[{"error": "sold out"}, 404]` with the status of success, and never learns that something failed.

    ## When it is quiet

    Handlers that are annotated to return a tuple, list or other sequence; second elements that are no literal status
    from 100 to 599 and no `HTTP_*` constant; tests.

    ## Fix safety

    Unsafe: status and body of the response change to what is meant. Each tuple becomes a `Response`, and so does what
    the handler returns elsewhere, that its annotation can say `Response[...]`; a third element that is a dict literal
    becomes the headers. Refused where a value may be a response already.

    ## Source

    `HTTPRouteHandler.to_response` in `litestar/handlers/http_handlers/base.py`: whatever is no response is the content.
    """

    code = "LSF606"
    name = "tuple-status-return"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Response, get

            @get("/hives")
            async def count_hives() -> Response[str]:
                return Response("there are none", status_code=404)
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            @get("/hives")
            async def count_hives() -> str:
                return "there are none", 404
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the tuples that handlers return."""
        for handler in project.layers.every_handler():
            if handler.is_http and project.role(handler.path) is not Role.TEST:
                yield from cls._of_handler(project, handler)

    @classmethod
    def _of_handler(cls, project: Project, handler: Handler) -> Iterator[practice.Finding]:
        returns = [stmt for stmt in statements(handler.function.body) if isinstance(stmt, Return)]
        values = [value for stmt in returns for value in _values(stmt.value)]
        tuples = [value for value in values if isinstance(value, Seq) and _is_answer(project, handler, value)]
        if not tuples or _returns_sequence(project, handler):
            return
        annotation = _annotation(project, handler)
        others = [value for value in values if value not in tuples] if annotation is not None else []
        wrapped = [item.span for item in others if item is not None and not _is_response(project, handler, item)]
        reasons = [_of_tuple(project, handler, found) for found in tuples]
        shared = _of_others(project, handler, others) or next(filter(None, reasons), "")
        who = handler.function.readable_name
        answers = Answers(handler, tuple(item.span for item in tuples), tuple(wrapped), annotation)
        for found, reason in zip(tuples, reasons, strict=True):
            status = show(found.items[1]).rpartition(".")[2]
            yield cls.finding(
                handler.path,
                found.span,
                f"{who} returns a tuple with {status}, which is sent as a JSON array with the status of success; "
                f"return Response(..., status_code={status})",
                refusal=reason or shared,
                data=answers,
                bundle=f"{handler.path}:{handler.function.qualname}",
            )


def _values(value: Expr | None) -> list[Expr | None]:
    """What a return statement says: the sides of a conditional expression where one of them is a tuple."""
    found = list(sides(value))
    return found if any(isinstance(side, Seq) and side.kind == "tuple" for side in found) else [value]


def _is_answer(project: Project, handler: Handler, value: Seq) -> bool:
    if value.kind != "tuple" or len(value.items) not in _SIZES:
        return False
    return status_code(project, _at(handler, value.items[1])) in _STATUSES


def _returns_sequence(project: Project, handler: Handler) -> bool:
    returns = handler.function.returns
    for found in held(project, Located(handler.path, handler.layer.scope, returns) if returns is not None else None):
        inner = next((step for step in found.steps if step not in _AROUND), None)
        if inner in _SEVERAL or (inner is None and found.name in _SEQUENCES):
            return True
    return False


def _annotation(project: Project, handler: Handler) -> Span | None:
    """Where the type stands that is to become ``Response[...]``; None where it may stay, or where there is none."""
    returns = handler.function.returns
    if returns is None:
        return None
    for found in held(project, Located(handler.path, handler.layer.scope, returns)):
        is_open = found.name == "typing.Any" and _AROUND.issuperset(found.steps)
        if is_open or Step.RESPONSE in found.steps or _is_response_class(found.name):
            return None
    return returns.span


# ------------------------------------------------------------------------------------------------------------- refusals
def _of_tuple(project: Project, handler: Handler, found: Seq) -> str:
    match handler.function.returns:
        case Const(value=None):
            return "it is annotated to return None"
    if _is_response(project, handler, found.items[0]):
        return "its content is a response already"
    if len(found.items) > 2 and not isinstance(found.items[2], Dict):
        return f"what {show(found.items[2])} is meant for is not known"
    return ""


def _of_others(project: Project, handler: Handler, others: list[Expr | None]) -> str:
    for value in others:
        if value is None:
            return "it returns nothing in another place"
        if _is_response(project, handler, value) is None:
            return f"whether {show(value)} is a response already is not known"
    return ""


def _is_response(project: Project, handler: Handler, value: Expr) -> bool | None:
    return _kind(project, _at(handler, value), 0)


def _kind(project: Project, located: Located, depth: int) -> bool | None:
    """Whether a value is a response; None where that is not known."""
    match located.expr:
        case Const() | Dict() | Seq():
            return False
        case Op(op="if" | "and" | "or", operands=operands):
            kinds = {_kind(project, Located(located.path, located.scope, item), depth + 1) for item in operands}
            return kinds.pop() if len(kinds) == 1 else None
        case Op():
            return False
        case Call() as call:
            name = project.external(located.path, call, located.scope)
            if _is_response_class(name):
                return True
            if call.callee in _PLAIN and project.resolve(located.path, call.callee, located.scope) is None:
                return False
    followed = value_of(project, located) if depth < _DEPTH else None
    return _kind(project, followed, depth + 1) if followed is not None else None


def _is_response_class(name: str) -> bool:
    return name == "litestar.Response" or name.startswith("litestar.response.")


def _at(handler: Handler, value: Expr) -> Located:
    return Located(handler.path, handler.function.qualname, value)
