"""LSF303: a PATCH takes what is to be changed, and no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.partial_dtos import Completing
from litestar_fix.model.patches import Patch, patches
from litestar_fix.model.project import Project


class PatchWithoutPartial(practice.PracticeRule):
    """A PATCH handler asks for fields that a client may not want to change.

    ## Why

    `PATCH` changes a part of a thing. A model with required fields makes clients send the whole of it, as `PUT` does,
    and answers with 400 to those who do not. `DTOConfig(partial=True)` makes every field optional, and `DTOData` tells
    which ones came.

    ## When it is quiet

    Models whose fields all have defaults, or that have only one; what tells a thing or its version (`id`, `version`)
    may be required. Paths that do not end in a parameter, because `/{id}/password` is an action with fields of its own.
    JSON Patch and lists; models with unknown base classes, metaclasses or decorators, and those whose validators may
    fill in what is missing; DTOs that are not known, or computed.

    ## Fix safety

    Unsafe: requests may leave fields out, and the thing keeps what it had. The DTO gets `partial=True` if it serves
    this handler alone; otherwise the handler gets one of its own (`BookUpdateDTO`), and keeps the one of its response.
    A handler that copies the fields of its data, one after the other, takes `DTOData` and calls `update_instance`. The
    fix is refused where the body does anything else with its data, where the model validates what it is made of,
    where nothing but a new model could be made of it, and where a function makes the DTO's configuration. There is none
    for a handler without a DTO.

    ## Source

    `litestar/dto/config.py` (`partial`) and `litestar/dto/data_structures.py` (`DTOData`), Litestar 2.25. One without
    the other does not work: a model cannot be made of some of its fields, and answers with 500.
    """

    code = "LSF303"
    name = "patch-without-partial"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.UNSAFE
    guide = "3: PATCH requires all fields"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from dataclasses import dataclass
            from litestar import patch
            from litestar.dto import DataclassDTO, DTOConfig, DTOData

            @dataclass
            class Book:
                title: str
                pages: int

            BOOKS = {1: Book("Emma", 474)}

            class BookUpdateDTO(DataclassDTO[Book]):
                config = DTOConfig(partial=True)

            @patch("/books/{number:int}", dto=BookUpdateDTO, return_dto=None)
            async def change_book(number: int, data: DTOData[Book]) -> Book:
                return data.update_instance(BOOKS[number])
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from dataclasses import dataclass
            from litestar import patch
            from litestar.dto import DataclassDTO, DTOData

            @dataclass
            class Book:
                title: str
                pages: int

            BOOKS = {1: Book("Emma", 474)}

            class BookUpdateDTO(DataclassDTO[Book]): ...

            @patch("/books/{number:int}", dto=BookUpdateDTO, return_dto=None)
            async def change_book(number: int, data: DTOData[Book]) -> Book:
                return data.update_instance(BOOKS[number])
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the PATCH handlers that ask for more than what is to be changed."""
        completing = Completing(project)
        for patch in patches(project):
            where, message, related = (
                (patch.handler.path, patch.handler.function.span),
                _message(patch),
                _related(patch),
            )
            if patch.dto is None:
                yield cls.finding(*where, message, applicability=practice.Applicability.NONE, related=related)
                continue
            fix, refusal = completing.of(patch)
            yield cls.finding(*where, message, refusal=refusal, related=related, data=fix)


def _message(patch: Patch) -> str:
    schema, dto = patch.data.schema, patch.dto
    asks = f"{patch.handler.function.name} is a PATCH, but every request has to have {_listed(patch.required)} of"
    if dto is None:
        return f"{asks} {schema.name}; take DTOData[{schema.name}] through a partial DTO, or give the fields defaults"
    advice = "partial=True" if patch.data.is_dto_data else f"partial=True and take DTOData[{schema.name}]"
    name = f"{dto.name} is" if dto.name else "its DTO is"
    return f"{asks} {schema.name}, because {name} not partial; set {advice}"


def _listed(names: Sequence[str]) -> str:
    shown = [*names[:3], f"{len(names) - 3} more"] if len(names) > 4 else list(names)
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]


def _related(patch: Patch) -> list[practice.Related]:
    fields = [item for item in patch.accepted if item.name in patch.required]
    return [
        practice.Related(item.owner.path, item.span, f"{item.name} of {patch.data.schema.name} is required")
        for item in fields
    ]
