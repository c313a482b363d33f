"""Under which other names the modules of a project know something."""

from __future__ import annotations

from collections.abc import Iterable

from litestar_fix.model.facts import Ref
from litestar_fix.model.project import Project


class Aliases:
    """The names that imports (``import a as b``) and assignments (``b = a``) of a project give to names."""

    def __init__(self, project: Project) -> None:
        self._given: dict[str, set[str]] = {}
        for module in project.modules.values():
            for imported in module.imports:
                if imported.name not in ("", "*", imported.local):
                    self._given.setdefault(imported.name, set()).add(imported.local)
            for item in module.assignments:
                if isinstance(item.value, Ref):
                    self._given.setdefault(item.value.name.rpartition(".")[2], set()).add(item.name)

    def of(self, names: Iterable[str]) -> frozenset[str]:
        """Return plain names and all names that any module gives to what has one of them, whatever it is."""
        found: set[str] = set()
        todo = [*names]
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self._given.get(name, ())
        return frozenset(found)
