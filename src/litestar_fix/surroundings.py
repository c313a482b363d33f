"""What a project knows about the names of one file: needed to place new imports and to remove old ones."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from litestar_fix.model.code_style import code_style, line_length
from litestar_fix.model.facts import Module
from litestar_fix.model.lookups import BY_TEXT, looked_up
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import ModuleRef


class Surroundings:
    """The names of one file within its project.

    Args:
        project: the project as it was when the edits were made.
        path: the file.
    """

    def __init__(self, project: Project, path: str) -> None:
        self.project = project
        self.path = path

    @cached_property
    def line_length(self) -> int:
        """How long a line may be."""
        return line_length(self.project, self.path)

    @cached_property
    def quote(self) -> str | None:
        """The quotes that settings ask for."""
        return code_style(self.project.root, self.path).quote

    def own_packages(self, new: Iterable[tuple[str, str]] = ()) -> frozenset[str]:
        """Return the first parts of the modules that are imported here and belong to the project.

        Args:
            new: what will be imported here: modules, and the names that are taken from them.
        """
        imports = [(item.module, item.name) for item in self.project.modules[self.path].imports]
        found = {
            module.partition(".")[0]
            for module, name in (*imports, *new)
            if not module.startswith(".") and self.project.module_path(self.path, module, name)
        }
        return frozenset(found)

    @cached_property
    def exported(self) -> frozenset[str] | None:
        """The names that other modules take from this one; None where one takes them all."""
        names: set[str] = set()
        for module in self.project.modules.values():
            if module.path == self.path:
                continue
            taken = self._taken_by(module)
            if "*" in taken:
                return None
            names |= taken
        return frozenset(names)

    def is_looked_up(self, name: str) -> bool:
        """Whether a name may be looked up in this module by text, as ``mock.patch("shop.Client")`` does."""
        texts = [(path, text) for path, callee, text in looked_up(self.project, name) if callee in BY_TEXT]
        return any(self._knows(path) if text == name else text.split(".")[-2] == self._stem for path, text in texts)

    def _knows(self, path: str) -> bool:
        """Whether a module has a name for this one, or is it."""
        imports = self.project.modules[path].imports
        here = ModuleRef(self.path)
        return path == self.path or any(self.project.resolve(path, item.local, item.scope) == here for item in imports)

    @property
    def _stem(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]

    def _taken_by(self, module: Module) -> set[str]:
        taken: set[str] = set()
        for item in module.imports:
            if self._stem not in (item.name, *item.module.split(".")) and not item.module.startswith("."):
                continue
            if item.name and self.project.module_path(module.path, item.module, item.name) == self.path:
                taken.add(item.name)
            if self.project.resolve(module.path, item.local, item.scope) == ModuleRef(self.path):
                taken |= _attributes(module, item.local)
            elif not item.name and "." in item.module:
                taken |= _attributes(module, item.module)
        return taken


def _attributes(module: Module, prefix: str) -> set[str]:
    """The attributes of a name that a module reads."""
    read = {name for function in module.functions for name in function.names} | set(module.names)
    start = f"{prefix}."
    return {name.removeprefix(start).partition(".")[0] for name in read if name.startswith(start)}
