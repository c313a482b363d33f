"""Manifests: the files that say what a project depends on, read and edited as bytes.

Known are pyproject.toml (PEP 621, PEP 735 groups, poetry's tables, the development lists of pdm and uv) and
requirements files. Comments, order and style stay. A requirements file that a tool compiled is a lock file, and is
never edited.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from litestar_fix.errors import EditError
from litestar_fix.manifest import lines, pyproject
from litestar_fix.manifest.entries import Change, normalized
from litestar_fix.manifest.locks import is_compiled, refresh_command

__all__ = ["edit", "is_compiled", "manifests", "normalized", "refresh_command", "requirements"]

_FOREIGN = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "env", "build", "dist"})
_MARK = "\ufeff"


def manifests(root: str | os.PathLike[str]) -> list[str]:
    """Return the manifests below a folder, relative to it and with ``/``, sorted; hidden folders are left out."""
    found = []
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if not name.startswith(".") and name not in _FOREIGN]
        base = Path(folder).relative_to(root)
        found += [(base / name).as_posix() for name in files if _is_manifest(base.name, name)]
    return sorted(found)


def _is_manifest(folder: str, name: str) -> bool:
    stem, _, suffix = name.rpartition(".")
    words = (folder, *re.split(r"[-_.]", stem))
    return name == "pyproject.toml" or (suffix in ("txt", "in") and "requirements" in words)


def requirements(path_name: str, content: bytes) -> tuple[tuple[str, str], ...]:
    """Return the declared dependencies, (normalised name, specifier) each, in the order in which they are declared.

    In pyproject.toml those of the running application come first, then extras and groups.

    Raises:
        EditError: the manifest cannot be read.
    """
    text = _decoded(path_name, content)
    read = pyproject.declared if _is_toml(path_name) else lines.declared
    return tuple((entry.name, entry.specifier) for entry in read(text))


def edit(path_name: str, content: bytes, *, add: Mapping[str, str], remove: Collection[str]) -> bytes:
    """Return a manifest with dependencies added and removed.

    A new one goes to the list that loses one, else to the application's own: to its place where the list is sorted,
    else to the place of the one that goes, else to the end. It is written as that one was, or as its neighbours are:
    bare, pinned, with a lower bound, with a caret.

    Args:
        path_name: the manifest, for its kind and for messages.
        content: its bytes.
        add: a release that is known to do ("0.28.1"), by distribution; '' for any. What a list has stays as it is.
        remove: distributions that go from every list.

    Raises:
        EditError: the manifest cannot be read, or not be edited without harm.
    """
    text = _decoded(path_name, content)
    if not _is_toml(path_name) and is_compiled(content):
        return content
    change = Change(dict(add), frozenset(map(normalized, remove)))
    changed = pyproject.edit(text, change) if _is_toml(path_name) else lines.edit(text, change)
    new = (_MARK if content.startswith(_MARK.encode()) else "") + changed
    if "\r\n" in text:
        new = re.sub(r"(?<!\r)\n", "\r\n", new)
    _check(path_name, content, new.encode(), change)
    return new.encode()


def _check(path_name: str, old: bytes, new: bytes, change: Change) -> None:
    """Compare what is declared before and after: everything else stays, in its order."""
    wanted = {normalized(name) for name in change.add}
    kept = [item for item in requirements(path_name, old) if item[0] not in change.remove]
    added = []
    for item in requirements(path_name, new):
        if kept and item == kept[0]:
            kept.pop(0)
        else:
            added.append(item[0])
    if kept or not wanted.issuperset(added):
        raise EditError(f"{path_name} is laid out in a way that cannot be edited")


def _is_toml(path_name: str) -> bool:
    return path_name.endswith(".toml")


def _decoded(path_name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8").removeprefix(_MARK)
    except UnicodeDecodeError as error:
        raise EditError(f"{path_name} is not UTF-8") from error
