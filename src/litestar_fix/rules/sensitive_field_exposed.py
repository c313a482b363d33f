"""LSF302: no response contains a secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.exposure import exposed
from litestar_fix.model.hiding import Exposed, Hiding
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.responses import Answer, Cause, answer
from litestar_fix.model.roles import Role


class SensitiveFieldExposed(practice.PracticeRule):
    """A response contains a field that holds a secret.

    ## Why

    What Litestar encodes is the model that a handler returns, with every field it has. A password hash, an API key or
    an internal note leaves the application unless something says that it does not: the `exclude` of the response's
    DTO, a mark on the field, or a model that does not have it.

    ## When it is quiet

    Fields that the DTO in effect leaves out, by `exclude`, by an `include` without them, by depth, or by a private or
    write-only mark; pydantic's `Field(exclude=True)`; fields that only tell about a secret (`has_password`,
    `password_policy`, dates, enumerations, counters) and masked types such as `SecretStr`; fields that a function
    called `mask...` or `redact...` fills, that a copy of the model replaces by a constant, or that the handler leaves
    at None; secrets that the handler draws by lot (`secrets.token_urlsafe()`) and puts by name into each of its
    answers, since nobody else has them yet, but for passwords, what an e-mail is for and what it writes to somebody; a
    `salt` without a hash or password beside it, with which a client derives its own key; tokens that an endpoint for
    signing in or a controller for OAuth hands out or the handler signs with `litestar.security.jwt`, that are in the
    `...Credentials` of a POST handler's answer, and what a POST handler says by its name that it makes
    (`create_api_key`, `create_invite`, the set-up of a second factor; `create_password_reset` where its name, its path
    or a parameter says that it is for an administrator); the words of a language (the `token` of a `SyntaxToken`).
    Quiet too is what cannot be known: annotations without a model, DTOs that override how fields are found, and
    configurations that are computed.

    ## Fix safety

    Unsafe: the response loses the fields, on purpose. Nothing else changes. A DTO that serves responses alone gets
    the fields into its `exclude`. Where there is no DTO, or it serves requests as well, the handler gets a `return_dto`
    of its own. The fix is refused where a DTO would change more than these fields, or cannot be had: attrs classes,
    containers that DTOs do not reach into, Structs with a tag, pydantic serializers, models that contain themselves,
    configurations that other DTOs share, or that a function of the project makes.

    ## Source

    `litestar/handlers/base.py` (`resolve_return_dto`), `litestar/dto/_backend.py` (`_should_exclude_field`,
    `_create_transfer_type`) and `litestar/dto/base_dto.py`, Litestar 2.25: a DTO for another model than the annotated
    one is not applied, `dto=` alone is the DTO of the response as well, and until Litestar 3 the serialization plugin
    of SQLAlchemy answers before it.
    """

    code = "LSF302"
    name = "sensitive-field-exposed"
    severity = practice.Severity.CRITICAL
    applicability = practice.Applicability.UNSAFE
    cost = 14
    guide = "3: never expose password_hash; DTOConfig for field control"

    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from dataclasses import dataclass
            from litestar import get
            from litestar.dto import DataclassDTO, DTOConfig

            @dataclass
            class Reader:
                name: str
                password_hash: str

            class ReaderReadDTO(DataclassDTO[Reader]):
                config = DTOConfig(exclude={"password_hash"})

            @get("/me", return_dto=ReaderReadDTO)
            async def show_me() -> Reader:
                return Reader("Ada", "$argon2id$")
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from dataclasses import dataclass
            from litestar import get

            @dataclass
            class Reader:
                name: str
                password_hash: str

            @get("/me")
            async def show_me() -> Reader:
                return Reader("Ada", "$argon2id$")
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the handlers that send a secret on one of their routes."""
        hiding = Hiding(project)
        for handler in project.layers.every_handler():
            if not handler.is_http or project.role(handler.path) is Role.TEST:
                continue
            answers = [found for route in project.layers.routes_of(handler) if (found := answer(project, route))]
            sending = [(found, secrets) for found in answers if (secrets := exposed(project, handler, found))]
            if not sending:
                continue
            found, secrets = sending[0]
            fix, refusal = hiding.of(handler, answers, found, secrets)
            yield cls.finding(
                handler.path,
                handler.function.span,
                _message(handler, found, secrets, hiding, is_uniform=hiding.is_uniform(answers)),
                refusal=refusal,
                related=[_related(item) for item in secrets],
                data=fix,
            )


# ------------------------------------------------------------------------------------------------------------ message
def _message(handler: Handler, found: Answer, secrets: Sequence[Exposed], hiding: Hiding, *, is_uniform: bool) -> str:
    them = "them" if len(secrets) > 1 else "it"
    sends = f"{handler.function.name} sends {_fields(secrets)} to the client"
    name = found.dto.name if found.dto is not None and found.dto.name else "its return_dto"
    if is_uniform and found.dto is not None and hiding.is_extendable(found):
        verb = f"take {them} out of include" if found.dto.config.selection.include else f"exclude {them}"
        return f"{sends}; {verb} in {name}"
    because = _because(found, name) if is_uniform else ""
    return f"{sends}{because}; give it a return_dto that excludes {them}"


def _because(found: Answer, name: str) -> str:
    shown = f"dto={name}" if found.dto is not None and found.dto.name else "its dto"
    match found.cause:
        case Cause.DTO:
            return f", because {name} serves requests, too"
        case Cause.FALLBACK:
            return f", because {shown} is its response DTO, too"
        case Cause.PLUGIN:
            return f", because the serialization plugin answers before {shown} does"
        case Cause.OTHER_MODEL if found.dto is not None and found.dto.model is not None:
            model = found.dto.model.qualname.rpartition(".")[2]
            return f", because {name} is for {model} and does not apply"
        case Cause.SHAPE:
            return f", because {name} does not reach into its return annotation"
    return ""


def _fields(secrets: Sequence[Exposed]) -> str:
    by_model: dict[str, list[str]] = {}
    for item in secrets:
        names = by_model.setdefault(item.payload.schema.name, [])
        if ".".join(item.sent.names) not in names:
            names.append(".".join(item.sent.names))
    return " and ".join(f"{_listed(names)} of {model}" for model, names in by_model.items())


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _related(item: Exposed) -> practice.Related:
    field, model = item.sent.field, item.sent.schema
    owner = field.owner.qualname.rpartition(".")[2]
    inherited = "" if field.owner == model.symbol else f", inherited from {owner}"
    return practice.Related(field.owner.path, field.span, f"{field.name} of {model.name}{inherited}")
