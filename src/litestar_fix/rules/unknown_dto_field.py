"""LSF309: a DTO's configuration names fields that there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.dto_paths import Miss, Naming, miss, namings
from litestar_fix.model.evaluate import items, string
from litestar_fix.model.facts import Const, Dict, Span
from litestar_fix.model.meant_names import meant
from litestar_fix.model.member_names import certain_names, wire_names
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Located


class Rename(msgspec.Struct, frozen=True):
    """A literal that is to say something else."""

    path: str
    span: Span
    text: str


class _Use(msgspec.Struct, frozen=True):
    """One DTO that a name leads nowhere for."""

    naming: Naming
    miss: Miss


class UnknownDtoField(practice.PracticeRule):
    """The exclude, include or rename_fields of a DTO names something that is no field of its model.

    ## Why

    Litestar ignores such a name silently. An `exclude` with the name that clients see (`internalNote`) or with a
    misspelling leaves the field in the response, and so does a path without the index of a container that it goes
    through: `pets.0.name` for `list[Pet]`, `home.0.street` for `Address | None`.

    ## When it is quiet

    Paths that lead to a field, an attribute or a property. Models with a base class, decorator or metaclass that may
    give them other fields; attributes that mapped classes get by `backref` or by assignment; parts of paths below
    fields whose type is not one model that the DTO reaches into; DTOs that override how fields are found, and names
    that are computed. A function that makes the configuration is followed where its return annotation says so and it
    hands the names on as they are. A name in a configuration or constant that several DTOs share is right if one of
    them knows it. Classes below `declarative_base()` are not known.

    ## Fix safety

    Unsafe: the DTO starts to do what its configuration says. The name becomes the field that has it as its alias or
    its name on the wire, that is written like it in another style, or the only one within two edits while no other has
    it as a word. The fix is refused where there is none or more than one, and where that field is named already.

    ## Source

    `litestar/dto/_backend.py` (`_should_exclude_field`, `_filter_nested_field` and the `_create_*_type` methods),
    Litestar 2.25: the names are those in Python, before any renaming.
    """

    code = "LSF309"
    name = "unknown-dto-field"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.UNSAFE
    cost = 8
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from dataclasses import dataclass
            from litestar.dto import DataclassDTO, DTOConfig

            @dataclass
            class Patient:
                name: str
                internal_note: str

            class PatientDTO(DataclassDTO[Patient]):
                config = DTOConfig(exclude={"internal_note"})
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from dataclasses import dataclass
            from litestar.dto import DataclassDTO, DTOConfig

            @dataclass
            class Patient:
                name: str
                internal_note: str

            class PatientDTO(DataclassDTO[Patient]):
                config = DTOConfig(exclude={"internalNote"})
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the names that lead nowhere for every DTO that reads them."""
        shared: dict[tuple[str, str, Span], dict[Naming, None]] = {}
        for naming in namings(project):
            key = (naming.option, naming.literal.path, naming.literal.expr.span)
            shared.setdefault(key, {})[naming] = None
        for group in shared.values():
            uses = [_Use(naming, found) for naming in group if (found := miss(project, naming.dto, naming.text))]
            if len(uses) == len(group):
                yield cls._finding(project, uses)

    @classmethod
    def _finding(cls, project: Project, uses: Sequence[_Use]) -> practice.Finding:
        naming = uses[0].naming
        right, refusal = _right(project, uses)
        advice = f"write {right}" if right else "remove it or name a field"
        named = right if right and any(right in _named(project, use.naming) for use in uses) else ""
        if named:
            advice, refusal = f"remove it, {named} is named there already", f"{named} is named there already"
        elif not refusal and not isinstance(naming.literal.expr, Const):
            refusal = "the name is put together, or stands elsewhere"
        message = f"{naming.option} of {_dtos(uses)} names {naming.text}, {_problem(uses)}; {advice}"
        call = naming.dto.config.call or naming.literal
        related = [] if call.expr.span.contains(naming.literal.expr.span) else [_related(naming)]
        fix = Rename(naming.literal.path, naming.literal.expr.span, right)
        return cls.finding(call.path, call.expr.span, message, refusal=refusal, related=related, data=fix)


def _related(naming: Naming) -> practice.Related:
    return practice.Related(naming.literal.path, naming.literal.expr.span, f"{naming.text} is written here")


# ------------------------------------------------------------------------------------------------------ the right name
def _right(project: Project, uses: Sequence[_Use]) -> tuple[str, str]:
    """The path that is meant, '' where there is no telling; and why."""
    answers = {path: None for use in uses for path in _meant(project, use)}
    if len(answers) == 1:
        return next(iter(answers)), ""
    if answers:
        return "", f"{' or '.join(sorted(answers))} may be meant"
    models = list(dict.fromkeys(use.miss.schema.name for use in uses))
    return "", f"{_listed(models)} {'has' if len(models) == 1 else 'have'} no field with a similar name"


def _meant(project: Project, use: _Use) -> list[str]:
    found, dto = use.miss, use.naming.dto
    if not found.name:
        return [".".join((*found.before, *found.after))]
    wire = dict(wire_names(project, found.schema))
    if not found.before:
        wire |= _renamed(use.naming)
    names = [wire[found.name]] if found.name in wire else meant(found.name, certain_names(found.schema))
    paths = [".".join((*found.before, name, *found.after)) for name in names]
    return [path for path in paths if miss(project, dto, path) is None]


def _renamed(naming: Naming) -> dict[str, str]:
    """The names on the wire that the configuration itself gives."""
    given = naming.dto.config.keyword("rename_fields")
    if given is None or not isinstance(given.expr, Dict) or naming.option == "rename_fields":
        return {}
    pairs = zip(given.expr.keys, given.expr.values, strict=True)
    return {
        value.value: key.value
        for key, value in pairs
        if isinstance(key, Const)
        and isinstance(value, Const)
        and isinstance(key.value, str)
        and isinstance(value.value, str)
    }


def _named(project: Project, naming: Naming) -> list[str | None]:
    given = naming.dto.config.keyword(naming.option)
    if given is None:
        return []
    if isinstance(given.expr, Dict):
        keys = [Located(given.path, given.scope, key) for key in given.expr.keys if key is not None]
        return [string(project, key) for key in keys]
    return [string(project, item) for item in items(project, given).items]


# ------------------------------------------------------------------------------------------------------------- message
def _dtos(uses: Sequence[_Use]) -> str:
    names = [use.naming.dto.name or f"a DTO for {_outer(use)}" for use in uses]
    return _listed(list(dict.fromkeys(names)))


def _outer(use: _Use) -> str:
    model = use.naming.dto.model
    return model.qualname.rpartition(".")[2] if model is not None else use.miss.schema.name


def _problem(uses: Sequence[_Use]) -> str:
    found, text = uses[0].miss, uses[0].naming.text
    if not found.name or ".".join((*found.before, found.name, *found.after)) != text:
        return "which leads nowhere"
    models = list(dict.fromkeys(use.miss.schema.name for use in uses))
    if len(models) > 2:
        return f"but none of {_listed(models)} has such a field"
    if len(models) == 2:
        return f"but neither {models[0]} nor {models[1]} has such a field"
    return f"but {models[0]} has no {'such field' if found.name == text else f'field {found.name}'}"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
