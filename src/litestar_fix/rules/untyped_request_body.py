"""LSF305: what a client sends has a type, and is checked before a handler works with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.facts import Expr, Param
from litestar_fix.model.graph import show
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Refusal
from litestar_fix.model.roles import Role
from litestar_fix.model.typed_bodies import TypedBodies, TypedBody
from litestar_fix.model.untyped_bodies import untyped_body


class UntypedRequestBody(practice.PracticeRule):
    """A handler takes the request body as a dict of anything, so nothing of it is checked.

    ## Why

    Litestar checks a body against its type before the handler runs, and answers with 400 and the name of the field
    where it does not fit. Of a `dict`, a `dict[str, Any]` or an `Any` there is nothing to check: a body without a key
    that the handler reads ends in a `KeyError`, which is a 500; a number where text is meant comes as far as the
    database; and the OpenAPI document does not say what may be sent.

    ## When it is quiet

    Dicts with values of one type (`dict[str, float]`); bodies with a `dto`; forms and other media types
    (`Annotated[..., Body(media_type=...)]`, `URLEncodedBody`, `MultipartBody`); webhooks, where a name, a header, a
    guard or a dependency tells that a signature is verified; and handlers that do nothing with the body but hand it on
    as a whole: to another server, a queue, a function of a library, or back to the client. What the project's own
    functions are given is reported, unless they are called `forward`, `proxy` or `relay`. TypedDicts, DTOData and
    everything else that says what is expected are no finding.

    ## Fix safety

    Unsafe, because it changes which requests are answered, on purpose. The fix writes a dataclass above the handler,
    with a field for each key that the handler reads: `data["name"]` becomes a required field, `data.get("name")` one
    that may be left out, with the default that is written there. Then

    - a body without a required key is answered with 400; until now the `KeyError` was a 500, or whatever an exception
      handler made of it; and so is an `Any` that is no object;
    - a value of another type is answered with 400 where the field has a type. It has one where the handler says which:
      a parameter or a field that it hands the value to, an annotation, a method of text, a default that is text, a
      boolean, a list or a dict. Only types that JSON has are written, and `Any` where nothing is known. `null` counts
      as another type unless the field may be None, and a default is not taken in its place;
    - numbers that come as text become numbers, and whole numbers become floats where a float is meant;
    - the OpenAPI document describes the body.

    Other keys are ignored, as before. The fix is refused where that would not be all: the body is also handed on,
    unpacked, iterated over, changed or asked for its keys; a key that must be there is not read on every path, or where
    an error may be caught; defaults are computed; a key is no name for a field; a dependency takes the body as well; or
    the function is called directly.

    ## Source

    `litestar/params.py`, `litestar/_signature/model.py` and `litestar/_kwargs/extractors.py`, Litestar 2.25.
    """

    code = "LSF305"
    name = "untyped-request-body"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    guide = "checklist: No input validation"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from dataclasses import dataclass
            from litestar import post

            @dataclass
            class TicketCreate:
                seat: str

            @post("/tickets")
            async def create_ticket(data: TicketCreate) -> str:
                return data.seat
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from typing import Any
            from litestar import post

            @post("/tickets")
            async def create_ticket(data: dict[str, Any]) -> str:
                return data["seat"]
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the bodies that may be anything."""
        typed = TypedBodies(project)
        by_place: dict[str, list[TypedBody]] = {}
        for handler, param, annotation in _bodies(project):
            fix, refusal = _fix(typed, handler, annotation)
            fixes: list[TypedBody] = []
            place = ""
            if fix is not None:
                # dataclasses above one controller are written together
                anchor = fix.model.anchor
                place = f"{anchor.path}:{anchor.span.line}"
                fixes = by_place.setdefault(place, fixes)
                if not practice.is_suppressed(cls, project, handler.path, param.span):
                    fixes.append(fix)
            message = _message(handler, annotation, fix)
            yield cls.finding(handler.path, param.span, message, refusal=refusal, data=fixes, bundle=place)


def _bodies(project: Project) -> Iterator[tuple[Handler, Param, Expr]]:
    """The bodies in question, in the order in which they are written."""
    handlers = [item for item in project.layers.every_handler() if project.role(item.path) is not Role.TEST]
    for handler in sorted(handlers, key=lambda item: (item.path, item.function.span)):
        found = untyped_body(project, handler)
        if found is not None:
            yield handler, *found


def _fix(typed: TypedBodies, handler: Handler, annotation: Expr) -> tuple[TypedBody | None, str]:
    try:
        return typed.of(handler, annotation), ""
    except Refusal as reason:
        return None, str(reason)


def _message(handler: Handler, annotation: Expr, fix: TypedBody | None) -> str:
    takes = f"{handler.function.name} takes its body as {show(annotation)}: nothing of it is checked"
    if fix is None:
        return f"{takes}; describe it in a dataclass, a Struct or a DTO"
    required = [field.name for field in fix.model.fields if field.default is None]
    fails = f", and one without {required[0]} raises KeyError" if required else ""
    return f"{takes}{fails}; describe it in a dataclass, {fix.model.name}"
