"""A project: the linked facts of all its modules, and what is asked of it as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from litestar_fix.model.facts import Module
from litestar_fix.model.linking import Linked
from litestar_fix.model.roles import PACKAGES_TOO, Role, doubtful_folder, role_of
from litestar_fix.model.symbols import Local, ModuleRef

if TYPE_CHECKING:
    from litestar_fix.model.callgraph import CallGraph
    from litestar_fix.model.layers import Layers
    from litestar_fix.model.words import Words
    from litestar_fix.settings import Settings


class Project(Linked):
    """The linked facts of one project.

    Args:
        root: the project's root; all paths are relative to it, with ``/``.
        modules: facts by path.
        settings: thresholds and tables for the rules.
        writable: the files that this run may change; None for all of them.
    """

    def __init__(
        self, root: Path, modules: Mapping[str, Module], settings: Settings, writable: frozenset[str] | None = None
    ) -> None:
        super().__init__(modules)
        self.root = root
        self.settings = settings
        self.writable = writable

    def replace(self, modules: Iterable[Module]) -> Project:
        """Return a project in which these modules stand for the ones at their paths."""
        changed = {module.path: module for module in modules}
        return Project(self.root, {**self.modules, **changed}, self.settings, self.writable)

    def is_writable(self, path: str) -> bool:
        """Whether this run may change a file."""
        return self.writable is None or path in self.writable

    def role(self, path: str) -> Role:
        """What a file is for: application code, test, migration, script, example or documentation."""
        role = role_of(path)
        if role in (Role.SCRIPT, Role.DOCUMENTATION) and doubtful_folder(path) in self._imported_folders:
            return Role.APPLICATION
        return role

    @cached_property
    def _imported_folders(self) -> frozenset[str]:
        """The folders named as those of scripts from which the application itself imports."""
        if not any(map(doubtful_folder, self.modules)):
            return frozenset()
        found = set()
        for path, module in self.modules.items():
            for item in module.imports if role_of(path) is Role.APPLICATION else ():
                if not PACKAGES_TOO.isdisjoint((*item.module.split("."), item.name)):
                    target = self._import(path, item)
                    found.add(doubtful_folder(target.path) if isinstance(target, Local | ModuleRef) else "")
        return frozenset(found - {""})

    @cached_property
    def layers(self) -> Layers:
        """The resolved layers of all applications of the project."""
        from litestar_fix.model.layers import Layers

        return Layers(self)

    @cached_property
    def callgraph(self) -> CallGraph:
        """Who calls whom."""
        from litestar_fix.model.callgraph import CallGraph

        return CallGraph(self)

    @cached_property
    def words(self) -> Words:
        """Which modules may read a name."""
        from litestar_fix.model.words import Words

        return Words(self.modules.values())

    @cached_property
    def litestar_version(self) -> tuple[int, ...] | None:
        """The target's Litestar version, as far as the project's files tell."""
        from litestar_fix.model.version import litestar_version

        return litestar_version(self.root, self.settings.target_version)
