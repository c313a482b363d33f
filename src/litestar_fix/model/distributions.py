"""Folders of a repository that are installed on their own, and what they may import."""

from __future__ import annotations

from pathlib import PurePosixPath
from weakref import WeakKeyDictionary

from litestar_fix.model.project import Project

_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")

_without: WeakKeyDictionary[Project, dict[str, str]] = WeakKeyDictionary()


def distribution_without_litestar(project: Project, path: str) -> str:
    """Return the folder of a file that is installed on its own and imports nothing of Litestar, '' for other files.

    Args:
        project: what the file belongs to.
        path: the file.
    """
    folder = str(PurePosixPath(path).parent)
    known = _without.setdefault(project, {})
    if folder not in known:
        known[folder] = _found(project, folder)
    return known[folder]


def _found(project: Project, folder: str) -> str:
    above = (str(item) for item in (PurePosixPath(folder), *PurePosixPath(folder).parents) if item.name)
    own = next((item for item in above if any((project.root / item / name).is_file() for name in _MANIFESTS)), "")
    return "" if not own or _imports_litestar(project, f"{own}/") else own


def _imports_litestar(project: Project, folder: str) -> bool:
    return any(
        item.module.partition(".")[0] == "litestar"
        for path, module in project.modules.items()
        if path.startswith(folder)
        for item in module.imports
    )
