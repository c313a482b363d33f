"""Which file of a project an import means."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from litestar_fix.model.facts import Import, Module

_ALWAYS_EXTERNAL = frozenset({"litestar", "starlite"}) | sys.stdlib_module_names


class ImportRoots:
    """Answers for the modules of one project.

    Args:
        modules: facts by path.
        binds: tells whether a module, given by its path, binds a name.
    """

    def __init__(self, modules: Mapping[str, Module], binds: Callable[[str, str], bool]) -> None:
        self._modules = modules
        self._binds = binds
        self._imported: dict[tuple[str, str, str], str | None] = {}
        self._ending: dict[str, dict[str, list[str]]] = {}
        self._packages: dict[str, bool] = {}

    def find(self, importer: str, dotted: str, name: str = "") -> str | None:
        """The file of an imported module as seen from another file, None for libraries and where two are equally near.

        Import roots are not configured in most applications: an absolute import is the one file below the root whose
        path ends in it, the nearest first. A folder of a package is an import root only for the files in it, and for
        ``import x`` never: there a library of that name is meant.

        Args:
            importer: the importing file.
            dotted: the module as written, with its leading dots.
            name: what is imported from it, '' for ``import module``.
        """
        folder = importer.rpartition("/")[0]
        # what is imported tells something only of a module at the top of a package, see `_find_module`
        key = (folder, dotted, name if "." not in dotted else "")
        if key not in self._imported:
            self._imported[key] = self._find_module(folder, dotted, name)
        return self._imported[key]

    def may_hold(self, item: Import) -> bool:
        """Whether what an import names may be part of the project; tells libraries apart without looking closely."""
        top = item.module.partition(".")[0]
        if not top or top in _ALWAYS_EXTERNAL:
            return not top
        return self.is_stem(item.module.rpartition(".")[2]) or self.is_stem(item.name)

    def is_stem(self, name: str) -> bool:
        """Whether any module of the project has this name, so that ``from x import name`` may import a module."""
        return name in self._by_stem

    def _find_module(self, folder: str, dotted: str, name: str) -> str | None:
        if dotted.startswith("."):
            return self._relative_module(folder, dotted)
        if dotted.partition(".")[0] in _ALWAYS_EXTERNAL:
            return None
        ending = self._ending_in(dotted)
        for root in _above(folder) if ending else ():
            if root in ending and not self._in_package(root):
                return ending[root][0] if len(ending[root]) == 1 else None
        candidates: list[tuple[bool, tuple[int, int], str]] = []
        for root, paths in ending.items():
            is_package = self._in_package(root)
            above = f"{folder}/".startswith(f"{root}/") or not root
            fitting = (
                path for path in paths if not is_package or (above and ("." in dotted or self._binds(path, name)))
            )
            candidates += [(is_package, _distance(folder, root), path) for path in fitting]
        candidates.sort()
        if not candidates or (len(candidates) > 1 and candidates[0][:2] == candidates[1][:2]):
            return None
        return candidates[0][2]

    def _ending_in(self, dotted: str) -> dict[str, list[str]]:
        """The files whose path ends in an absolute import, by the root that it would have."""
        found = self._ending.get(dotted)
        if found is None:
            found = self._ending[dotted] = {}
            tail = dotted.replace(".", "/")
            for path, top in self._by_stem.get(dotted.rpartition(".")[2], ()):
                if top == tail or top.endswith(f"/{tail}"):
                    found.setdefault(top.removesuffix(tail).rstrip("/"), []).append(path)
        return found

    def _in_package(self, folder: str) -> bool:
        """Whether a folder is a package, or lies in one (that of a whole repository does not count)."""
        found = self._packages.get(folder)
        if found is None:
            levels = [level for level in _above(folder) if level or not folder]
            found = any(f"{level}/__init__.py".lstrip("/") in self._modules for level in levels)
            self._packages[folder] = found
        return found

    def _relative_module(self, folder: str, dotted: str) -> str | None:
        name = dotted.lstrip(".")
        parts = folder.split("/") if folder else []
        up = len(dotted) - len(name) - 1
        if up > len(parts):
            return None
        base = [*parts[: len(parts) - up], *(name.split(".") if name else [])]
        stem = "/".join(base)
        for candidate in (f"{stem}.py", f"{stem}/__init__.py".lstrip("/")):
            if candidate in self._modules:
                return candidate
        return None

    @cached_property
    def _by_stem(self) -> dict[str, list[tuple[str, str]]]:
        """Last dotted part of a module's name -> (file, file without suffix), for every module."""
        index: dict[str, list[tuple[str, str]]] = {}
        for path in self._modules:
            top = path.removesuffix(".py").removesuffix("/__init__")
            index.setdefault(top.rpartition("/")[2], []).append((path, top))
        return index


def _above(folder: str) -> Iterator[str]:
    """Yield a folder and those that it lies in, the project's root last."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _distance(folder: str, root: str) -> tuple[int, int]:
    """How far an import root is from the importing folder: roots above it first, the deepest of them nearest."""
    here = folder.split("/") if folder else []
    there = root.split("/") if root else []
    shared = 0
    for left, right in zip(here, there, strict=False):
        if left != right:
            break
        shared += 1
    return len(there) - shared, len(here) - shared
