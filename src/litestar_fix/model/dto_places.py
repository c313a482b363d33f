"""New DTO classes: where they go, what they are called, and which base class they have.

A new DTO goes below one that the project has for the same model, else above the handler that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from litestar_fix.model.dtos import KINDS, Dto, dtos
from litestar_fix.model.facts import Class, Function, Ref, Span, Sub
from litestar_fix.model.import_names import imported_by, module_name
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import External, Local, Located, Project
from litestar_fix.model.read_dtos import Definition, Refusal
from litestar_fix.model.responses import Payload
from litestar_fix.model.roles import Role
from litestar_fix.model.schemas import Kind, Schema
from litestar_fix.model.source import source

_PLUGINS_PYDANTIC = (2, 13)
_PLUGINS_SQLALCHEMY = (2, 12)
_CORE = {Kind.DATACLASS: "DataclassDTO", Kind.MSGSPEC: "MsgspecDTO"}


@dataclass(frozen=True, slots=True)
class Named:
    """An object by its module and name; ``attribute`` is what is read of it."""

    module: str
    name: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The statement that a new class stands above, or below.

    ``node`` is 'class', 'function' or 'assignment'.
    """

    path: str
    span: Span
    node: str
    is_below: bool


@dataclass(frozen=True, slots=True)
class NewDto:
    """A DTO class that is to be written.

    Args:
        anchor: where.
        name: of the class.
        bases: source of its base classes, or the base class that takes ``model`` as its argument.
        model: source of the model, or the model.
        config: how ``DTOConfig`` is called, or the class.
        definition: its configuration.
    """

    anchor: Anchor
    name: str
    bases: str | Named
    model: str | Named
    config: str | Named
    definition: Definition


def base_of(project: Project, path: str, kind: Kind) -> Named:
    """Return the DTO base class for a kind of model, by the import that suits the target's Litestar.

    What the project imports already is taken again, the module itself first. Since when there are
    ``litestar.plugins.pydantic`` (2.13) and ``litestar.plugins.sqlalchemy`` (2.12): Litestar's changelog.
    """
    name = next(name for name, known in KINDS.items() if known is kind)
    if kind in _CORE:
        return Named("litestar.dto", name)
    used = _home_in_use(project, path, name)
    version = project.litestar_version
    if used:
        return Named(used, name)
    if kind is Kind.PYDANTIC:
        is_old = version is not None and version < _PLUGINS_PYDANTIC
        return Named("litestar.contrib.pydantic" if is_old else "litestar.plugins.pydantic", name)
    if _imports_advanced_alchemy(project) or (version is not None and version >= (3,)):
        return Named("advanced_alchemy.extensions.litestar", name)
    is_old = version is not None and version < _PLUGINS_SQLALCHEMY
    return Named("litestar.contrib.sqlalchemy.dto" if is_old else "litestar.plugins.sqlalchemy", name)


def _home_in_use(project: Project, path: str, name: str) -> str:
    modules = [project.modules[path], *project.modules.values()]
    homes = (item.module for module in modules for item in module.imports if item.name == name and not item.guarded)
    return next((home for home in homes if home.startswith(("litestar.", "advanced_alchemy."))), "")


def _imports_advanced_alchemy(project: Project) -> bool:
    return any(
        item.module.partition(".")[0] == "advanced_alchemy"
        for module in project.modules.values()
        for item in module.imports
    )


# -------------------------------------------------------------------------------------------------------------- names
class Names:
    """Hands out names for new classes, each once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._given: dict[tuple[str, str], set[str]] = {}

    def free(self, paths: tuple[str, ...], *wanted: str) -> str:
        """Return the first wanted name that means nothing in these files; numbered where all are taken."""
        taken = set().union(*(self._bound(path) for path in paths), *(self._given.get((p, ""), set()) for p in paths))
        numbered = (f"{wanted[0]}{number}" for number in range(2, len(taken) + 3))
        name = next(name for name in (*wanted, *numbered) if name not in taken)
        for path in paths:
            self._given.setdefault((path, ""), set()).add(name)
        return name

    def _bound(self, path: str) -> Iterator[str]:
        module = self.project.modules[path]
        yield from (item.local for item in module.imports)
        yield from (item.name for item in module.assignments)
        yield from (item.qualname for item in (*module.classes, *module.functions))


def wanted_names(schema: Schema, like: Dto | None) -> tuple[str, ...]:
    """Return what a DTO for responses may be called, best first."""
    names = [f"{schema.name}ReadDTO"]
    if like is not None and like.name:
        names.append(f"{re.sub('_?DTO$', '', like.name, flags=re.IGNORECASE)}ReadDTO")
    return *names, f"{schema.name}ResponseDTO"
