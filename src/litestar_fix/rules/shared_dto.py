"""LSF301: requests and responses have a DTO each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.dto_splits import Splitting
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.shared_dtos import TwoWayDto, shared_dtos


class SharedDto(practice.PracticeRule):
    """One DTO serves requests and responses, and lets through what only one of them should have.

    ## Why

    What clients read is more than what they may write: `id`, `created_at` and the like are the server's, and a DTO that
    shows them takes them from a `POST` as well. And what they write is not always what they should read: a DTO that
    takes a password sends it back. `dto=` alone is the DTO of the response, too.

    ## When it is quiet

    DTOs that serve only one direction, as one for `POST` and `PUT` does; DTOs that leave such fields out by `exclude`,
    `include` or marks; models without them. A handler may well take an `id` that it sets itself (`data.id = ...`,
    `create_instance(id=...)`), ignores, or reads, because then it is the client that chooses it, and so may one that
    replaces a thing at a path without parameters. Secrets that a login or a masking function puts into a response are
    not counted, nor is a `return_dto` that Litestar does not apply, or one that a serialization plugin comes before.

    ## Fix safety

    Unsafe: requests no longer take the fields, and responses no longer send the secrets. Requests get a DTO called
    after what they do (`BookingCreateDTO`), responses that send secrets get a `BookingReadDTO`, next to the original,
    and the layers that name it say which is which. A `PATCH` whose handler does no more with its `DTOData` than
    `update_instance` gets a partial one. A DTO that nothing names any more goes, unless its class says more than its
    configuration. Where requests cannot do without a field (it has no default and there is no
    `DTOData`, a `PUT` would give the thing another identity), only the responses are split; the fix is refused where
    there is nothing to do for them, where a DTO on an outer layer would reach other handlers, and where the
    configuration is not written in the DTO itself.

    ## Source

    `litestar/handlers/base.py` (`resolve_data_dto`, `resolve_return_dto`), `litestar/dto/_backend.py` and
    `litestar/dto/data_structures.py`, Litestar 2.25: a model without an excluded required field answers with 500.
    """

    code = "LSF301"
    name = "shared-dto"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.UNSAFE
    guide = "3: DTOs used across multiple operation types"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from dataclasses import dataclass
            from litestar import get, post
            from litestar.dto import DataclassDTO, DTOConfig

            @dataclass
            class Booking:
                guest: str
                id: int = 0

            class BookingCreateDTO(DataclassDTO[Booking]):
                config = DTOConfig(exclude={"id"})

            class BookingDTO(DataclassDTO[Booking]): ...

            @post("/bookings", dto=BookingCreateDTO, return_dto=BookingDTO)
            async def book(data: Booking) -> Booking:
                return data

            @get("/bookings", return_dto=BookingDTO)
            async def list_bookings() -> list[Booking]:
                return []
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from dataclasses import dataclass
            from litestar import get, post
            from litestar.dto import DataclassDTO

            @dataclass
            class Booking:
                guest: str
                id: int = 0

            class BookingDTO(DataclassDTO[Booking]): ...

            @post("/bookings", dto=BookingDTO)
            async def book(data: Booking) -> Booking:
                return data

            @get("/bookings", return_dto=BookingDTO)
            async def list_bookings() -> list[Booking]:
                return []
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the DTOs that should be two."""
        splitting = Splitting(project)
        for shared in shared_dtos(project):
            symbol, argument = shared.dto.symbol, shared.dto.argument
            place = project.class_(symbol) or project.assignment(symbol)
            split, refusal = splitting.of(shared)
            if symbol is not None and place is not None:
                path, span = symbol.path, place.span
            elif argument is not None:
                path, span = argument.path, argument.expr.span
            else:
                continue
            yield cls.finding(path, span, _message(shared), refusal=refusal, related=_related(shared), data=split)


# ------------------------------------------------------------------------------------------------------------ message
def _message(shared: TwoWayDto) -> str:
    name = shared.dto.name or "the DTO"
    owned, secrets = shared.owned, tuple(".".join(item.sent.names) for item in shared.secrets)
    writers = [item.handler for item in shared.requests if item.owned or not owned]
    readers = [item.handler for item in shared.replies if item.is_read and (item.secrets or not secrets)]
    serves = f"{name} takes the data of {_handlers(writers)} and answers {_handlers(readers)}"
    them = "them" if len(owned) + len(secrets) > 1 else "it"
    if owned and secrets:
        wrong = f"clients may set {_listed(owned)} and are sent {_listed(secrets)}"
        return f"{serves}, so {wrong}; give requests and responses a DTO each"
    if owned:
        return f"{serves}, so clients may set {_listed(owned)}; give requests a DTO of their own that excludes {them}"
    return f"{serves}, so clients are sent {_listed(secrets)}; give responses a DTO of their own that excludes {them}"


def _handlers(handlers: Sequence[Handler]) -> str:
    names = list(dict.fromkeys(handler.function.name for handler in handlers))
    return _listed(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} others"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _related(shared: TwoWayDto) -> Iterable[practice.Related]:
    for handler in shared.handlers:
        yield practice.Related(handler.path, handler.function.span, f"{handler.function.name} has this DTO")
    schema = shared.requests[0].data.schema
    for field in schema.fields:
        if field.name in shared.owned:
            yield practice.Related(field.owner.path, field.span, f"{field.name} of {schema.name}")
    for item in shared.secrets:
        secret, model = item.sent.field, item.sent.schema
        yield practice.Related(secret.owner.path, secret.span, f"{secret.name} of {model.name}")
