"""The golden cases: a project before, what is found in it, and the project after."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from litestar_fix import registry
from litestar_fix.model.cache import Encoded, Store
from litestar_fix.settings import Settings, load

ROOT = Path(__file__).parent.parent
BEFORE = ROOT / "fixtures" / "before"
AFTER = ROOT / "fixtures" / "after"
_FINDINGS = "findings.txt"


@dataclass(frozen=True)
class Case:
    """One case of one practice."""

    stem: str
    name: str

    def __str__(self) -> str:
        return f"{self.stem}/{self.name}"

    @property
    def before(self) -> Path:
        """The project as it is found."""
        return BEFORE / self.stem / self.name

    @property
    def after(self) -> Path:
        """The project after the fix; the same as before where nothing is fixed."""
        folder = AFTER / self.stem / self.name
        return folder if folder.is_dir() else self.before

    @cached_property
    def code(self) -> str:
        """The code of the practice."""
        return next(info.code for info in registry.rules() if info.stem == self.stem)

    @cached_property
    def _lines(self) -> list[str]:
        file = self.before / _FINDINGS
        return file.read_text("utf-8").splitlines() if file.exists() else []

    @property
    def findings(self) -> list[str]:
        """The lines of findings.txt that are findings."""
        return [line for line in self._lines if line and not line.startswith("#")]

    def header(self, name: str) -> str:
        """A line ``# name: value`` of findings.txt, '' where there is none."""
        start = f"# {name}"
        return next((line.removeprefix(start).strip(": ") for line in self._lines if line.startswith(start)), "")

    @property
    def settings(self) -> Settings:
        """The settings of the case's project, with this practice alone selected, and those that ``# selects`` names."""
        select = (self.code, *self.header("selects").split())
        return registry.override(load(self.before), select=select, extend_select=(), ignore=())

    def copy(self, folder: Path) -> Path:
        """Copy the project to a folder of its own."""
        target = folder / self.name
        ignore = shutil.ignore_patterns(_FINDINGS, "__pycache__")
        shutil.copytree(self.before, target, ignore=ignore)
        return target


class FactsAtHand(Store):
    """The facts of every content that this process has seen; no results, so that everything else is done every time."""

    known: ClassVar[dict[bytes, Encoded]] = {}

    def __init__(self, root: Path, folder: Path | None = None) -> None:  # noqa: ARG002 (whatever the folder is)
        super().__init__(root, None)

    def facts(self) -> dict[bytes, Encoded]:
        """Return the facts of all projects."""
        return self.known

    def save_facts(self, facts: Any) -> None:
        """Forget none."""
        self.known.update(facts)


def cases() -> Iterator[Case]:
    """Yield all cases of all practices."""
    for folder in sorted(BEFORE.glob("*/*")):
        if folder.is_dir():
            yield Case(folder.parent.name, folder.name)


def tree(folder: Path) -> dict[str, bytes]:
    """The files of a project by relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _FINDINGS and "__pycache__" not in path.parts
    }
