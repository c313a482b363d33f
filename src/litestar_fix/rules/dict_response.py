"""LSF304: a response has a type, instead of a dict that picks attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.dict_answers import DictAnswer, dict_answer
from litestar_fix.model.graph import show
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Refusal
from litestar_fix.model.roles import Role
from litestar_fix.model.typed_answers import TypedAnswer, TypedAnswers

_SHOWN = 4


class DictResponse(practice.PracticeRule):
    """A handler picks the attributes of an object by hand and answers with a dict of them.

    ## Why

    A handler that is annotated `-> dict` has no schema: the OpenAPI document says `object`, clients cannot be
    generated, and no type checker compares the keys with what other handlers send. Which fields leave the application
    is decided anew wherever such a dict is written.

    ## When it is quiet

    Fewer than three attributes of one object; dicts with values of one type, such as the counters of
    `dict[str, int]`; handlers that tell about the application itself (health, ping, status, version); what is read of
    modules, constants, requests and the answers of HTTP clients; templates, `Response[...]`, TypedDicts, and dicts
    that a function or a method makes.

    ## Fix safety

    Unsafe: the OpenAPI document gets a schema, and whoever calls the function itself gets another object. The JSON
    stays the same, byte for byte: Litestar encodes a dataclass field by field in the order of its fields, and each
    value as in a dict. The fix writes a dataclass above the handler, one for all handlers of a module that answer
    alike, returns that, and corrects the annotation. It is refused where the type of a value is not known from
    annotations, where a key is no name, for dicts within dicts, where a handler also returns something else, and where
    something looks at the returned dict: `after_request`, `response_class`, a DTO, another decorator, or a call of
    `handler.fn`. What is cached is encoded already, and type encoders see each value as before.

    ## Source

    `litestar/handlers/http_handlers/_utils.py` (`create_data_handler`) and
    `litestar/serialization/msgspec_hooks.py` (`encode_json`), Litestar 2.25.
    """

    code = "LSF304"
    name = "dict-response"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.UNSAFE
    guide = "3: handlers returning dict instead of typed objects with DTOs"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from dataclasses import dataclass
            from litestar import get

            @dataclass
            class Ferry:
                name: str
                seats: int
                port: str

            @get("/ferry")
            async def show_ferry() -> Ferry:
                return Ferry("Odin", 200, "Bergen")
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from dataclasses import dataclass
            from litestar import get

            @dataclass
            class Ferry:
                name: str
                seats: int
                port: str

            @get("/ferry")
            async def show_ferry() -> dict:
                ferry = Ferry("Odin", 200, "Bergen")
                return {"name": ferry.name, "seats": ferry.seats, "port": ferry.port}
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the handlers that answer with a dict of at least three attributes of one object."""
        typed = TypedAnswers(project)
        by_module: dict[str, list[TypedAnswer]] = {}
        for handler, answer in _answers(project):
            fix, refusal = _fix(typed, handler, answer)
            fixes = by_module.setdefault(handler.path, [])
            if fix is not None and not practice.is_suppressed(cls, project, handler.path, handler.function.span):
                fixes.append(fix)
            yield cls.finding(
                handler.path,
                handler.function.span,
                _message(handler, answer, fix),
                refusal=refusal,
                data=fixes,
                # handlers of a module may share a dataclass
                bundle=handler.path,
            )


def _answers(project: Project) -> Iterator[tuple[Handler, DictAnswer]]:
    """The handlers in question, in the order in which they are written."""
    handlers = [
        handler
        for handler in project.layers.every_handler()
        if handler.is_http and project.role(handler.path) is not Role.TEST
    ]
    for handler in sorted(handlers, key=lambda item: (item.path, item.function.span)):
        answer = dict_answer(project, handler)
        if answer is not None:
            yield handler, answer


def _fix(typed: TypedAnswers, handler: Handler, answer: DictAnswer) -> tuple[TypedAnswer | None, str]:
    try:
        return typed.of(handler, answer), ""
    except Refusal as reason:
        return None, str(reason)


def _message(handler: Handler, answer: DictAnswer, fix: TypedAnswer | None) -> str:
    picked = answer.picked
    names = list(dict.fromkeys(picked.attributes))
    more = len(names) - _SHOWN
    shown = [*names[:_SHOWN], f"{more} more"] if more > 0 else names
    listed = f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]
    advice = f"return a dataclass, {fix.model.name}" if fix is not None else "return a typed object"
    returns = show(handler.function.returns) if handler.function.returns is not None else "dict"
    return f"{handler.function.name} is annotated -> {returns} and picks {listed} of {picked.owner} by hand; {advice}"
