"""LSF307: a response DTO is for the model that a handler returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.graph import show
from litestar_fix.model.inert_dtos import InertDto, inert_dto
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.returned_models import Annotation, returned_annotation
from litestar_fix.model.roles import Role
from litestar_fix.model.schemas import Kind


class Annotate(msgspec.Struct, frozen=True):
    """A handler that is to say what it returns."""

    handler: Handler
    annotation: Annotation


class InertReturnDto(practice.PracticeRule):
    """A return_dto is for another model than the one the handler is annotated with, and is not applied.

    ## Why

    Litestar compares the model of a `return_dto` with the return annotation. Where the annotated class is neither that
    model nor a class below it, the DTO is dropped without a word, and the response has every field of what the handler
    returns: `return_dto = UserReadDTO`, which is for `UserRead`, does nothing for handlers that return a `User`. The
    same goes for `dict`, `Any`, and a base class of the model.

    ## When it is quiet

    The model itself and classes below it, in any container; None, redirects, files, templates, streams, text and other
    responses without a model; `return_dto=None`; a `dto` that is only the fallback. A `return_dto` of a controller, a
    router or the application is for several handlers: it is reported where the annotated class has the name of the
    DTO's model, but for words such as `Read` or `Response`, most of the fields that the DTO sends, and some that it
    does not send; or where the handler is seen to return that model. Quiet too is what cannot be known: models made at
    run time, DTOs made by functions, unions, containers of libraries. Containers into which a DTO does not reach, such
    as `Response[Page[User]]`, are not reported yet.

    ## Fix safety

    Mostly there is none: whether the DTO or the handler is wrong is for its owner to say. Where everything that the
    handler returns is known to be the DTO's model, the annotation is changed to say so, which is unsafe: the DTO then
    applies, on purpose, and the OpenAPI schema is that of the model.

    ## Source

    `litestar/handlers/base.py` (`resolve_return_dto`) and `litestar/dto/base_dto.py`
    (`is_supported_model_type_field`), Litestar 2.25.
    """

    code = "LSF307"
    name = "inert-return-dto"
    severity = practice.Severity.CRITICAL
    applicability = practice.Applicability.NONE
    guide = "3: DTOs for responses; the guide's own good controller leaks the password this way"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from dataclasses import dataclass
            from litestar import get
            from litestar.dto import DataclassDTO, DTOConfig

            @dataclass
            class Member:
                name: str
                notes: str

            class MemberReadDTO(DataclassDTO[Member]):
                config = DTOConfig(exclude={"notes"})

            @get("/me", return_dto=MemberReadDTO)
            async def show_me() -> Member:
                return Member("Ada", "late again")
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from dataclasses import dataclass
            from litestar import get
            from litestar.dto import DataclassDTO

            @dataclass
            class Member:
                name: str
                notes: str

            @dataclass
            class MemberRead:
                name: str

            class MemberReadDTO(DataclassDTO[MemberRead]): ...

            @get("/me", return_dto=MemberReadDTO)
            async def show_me() -> Member:
                return Member("Ada", "late again")
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the handlers that have a response DTO without effect on one of their routes."""
        for handler in project.layers.handlers.values():
            if not handler.is_http or project.role(handler.path) is Role.TEST:
                continue
            found = [inert for route in project.layers.routes_of(handler) if (inert := inert_dto(project, route))]
            for inert in found:
                annotation = returned_annotation(project, handler, inert.dto, inert.model)
                if not inert.is_meant and annotation is None:
                    continue
                level = practice.Applicability.UNSAFE if annotation is not None else practice.Applicability.NONE
                yield cls.finding(
                    handler.path,
                    handler.function.span,
                    _message(handler, inert, annotation),
                    applicability=level,
                    related=_related(project, inert),
                    data=Annotate(handler, annotation) if annotation is not None else None,
                )
                break


def _message(handler: Handler, inert: InertDto, annotation: Annotation | None) -> str:
    returns = handler.function.returns
    shown = show(returns) if returns is not None else "?"
    model = inert.model.qualname.rpartition(".")[2]
    answered = inert.answered
    sends = " and sends every field" if answered is not None and answered.kind is not Kind.SQLALCHEMY else ""
    if annotation is not None:
        advice = f"annotate -> {annotation.text}, which it returns"
    elif answered is not None:
        advice = f"return {model}, or use a DTO for {answered.name}"
    else:
        advice = f"return {model} and say so, or remove the DTO"
    is_about = f"is annotated -> {shown}, but {_dto(handler, inert)} is for {model}"
    return f"{handler.function.name} {is_about}, so Litestar applies no DTO{sends}; {advice}"


def _dto(handler: Handler, inert: InertDto) -> str:
    is_own = inert.layer is handler.layer
    if not inert.dto.name:
        return "its return_dto" if is_own else f"the return_dto of {_owner(inert)}"
    return f"return_dto={inert.dto.name}{'' if is_own else f' of {_owner(inert)}'}"


def _owner(inert: InertDto) -> str:
    match inert.layer.kind:
        case "application":
            return "the application"
        case "router":
            return "its router"
    return inert.layer.name


def _related(project: Project, inert: InertDto) -> list[practice.Related]:
    symbol = inert.dto.symbol
    class_ = project.class_(symbol)
    if symbol is None or class_ is None:
        return []
    return [practice.Related(symbol.path, class_.span, f"{inert.dto.name} is for {inert.model.qualname}")]
