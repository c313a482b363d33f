"""Where a project begins, and the repository that it lies in."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from litestar_fix.errors import UsageError

SETTINGS_FILE = "litestar-fix.toml"
MANIFEST = "pyproject.toml"
_MARKERS = (SETTINGS_FILE, MANIFEST, ".git")


def find_root(paths: Iterable[str | Path]) -> Path:
    """Return the root of the project that all paths lie in.

    That is the nearest folder at or above all of them that holds litestar-fix.toml, pyproject.toml or .git; where there
    is none, the deepest folder that holds them all.

    Raises:
        UsageError: the paths lie on different drives.
    """
    folders = [os.path.realpath(path) for path in paths] or [os.getcwd()]
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in folders]
    try:
        common = os.path.commonpath(folders)
    except ValueError:
        raise UsageError("the paths lie on different drives; run litestar-fix once for each") from None
    folder = common
    while True:
        if any(_is_marker(f"{folder}/{marker}", marker) for marker in _MARKERS):
            return Path(folder)
        above = os.path.dirname(folder)
        if above == folder:
            return Path(common)
        folder = above


def _is_marker(path: str, marker: str) -> bool:
    # in a worktree or submodule .git is a file
    return os.path.exists(path) if marker == ".git" else os.path.isfile(path)


def find_top(folder: Path) -> Path:
    """Return the top of the repository of a folder; outside of git, the outermost folder above it that has settings."""
    places = (folder, *folder.parents)
    for place in places:
        if (place / ".git").exists():
            return place
    marked = (place for place in reversed(places) for name in (SETTINGS_FILE, MANIFEST) if (place / name).is_file())
    return next(marked, folder)
