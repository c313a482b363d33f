"""What git could give back: asked before files are written.

Contents are compared with the index here, by their hashes, because git would run the filters of a repository for that.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from litestar_fix import git
from litestar_fix.model.cache import digest
from litestar_fix.result import Change

UNTRACKED = "left alone: git does not track it; `git add` it first, or give --allow-dirty"
UNSTAGED = "left alone: it has changes that git does not have; `git add` them first, or give --allow-dirty"
CONFLICT = "left alone: it is in a merge conflict; `git add` it when that is resolved, or give --allow-dirty"

_MANY = 500


def unsaved(root: Path, changes: Iterable[Change], own: Mapping[str, bytes]) -> dict[str, str]:
    """Return the files that nobody could get back once they are written, with the reason.

    Outside of a work tree there are none: `undo` is all there is, and was all there was.

    Args:
        root: the project's root.
        changes: what is to be written, with the contents that stand there now.
        own: the hashes of what earlier runs of ours wrote, by path; that is ours to change again.
    """
    by_tree: dict[str, dict[str, Change]] = {}
    for change in changes:
        full = f"{os.path.realpath(root)}/{change.path}"
        tree = git.work_tree(os.path.dirname(full))
        if tree and digest(change.old) != own.get(change.path):
            by_tree.setdefault(tree, {})[os.path.relpath(full, tree).replace(os.sep, "/")] = change
    found: dict[str, str] = {}
    for tree, files in by_tree.items():
        found |= _unsaved_in(tree, files)
    return found


def _unsaved_in(tree: str, files: Mapping[str, Change]) -> dict[str, str]:
    try:
        index = _index(tree, files)
    except (OSError, subprocess.SubprocessError) as error:
        reason = f"left alone: git cannot be asked whether its changes are staged ({error}); --allow-dirty writes it"
        return {change.path: reason for change in files.values()}
    if index is None:
        return {}
    reasons = {change.path: _reason(index.get(path, ()), change.old) for path, change in files.items()}
    return {path: reason for path, reason in reasons.items() if reason}


def _reason(staged: Iterable[str], content: bytes) -> str:
    match list(staged):
        case []:
            return UNTRACKED
        case [name]:
            same = name in git.blob_names(content, name)
            return "" if same else UNSTAGED
    return CONFLICT


def _index(tree: str, paths: Iterable[str]) -> dict[str, list[str]] | None:
    """The names of the contents that are staged, by path; None where git knows no repository here.

    Raises:
        OSError: git cannot be run.
        subprocess.SubprocessError: it does not answer, or not with the index.
    """
    wanted = list(paths)
    # a long list is no command line
    words = ["ls-files", "--stage", "-z", "--", *(wanted if len(wanted) <= _MANY else [])]
    try:
        answer = git.ask(tree, *words)
    except git.NoRepository:
        return None
    index: dict[str, list[str]] = {}
    for line in filter(None, answer.split(b"\0")):
        about, _, path = line.partition(b"\t")
        index.setdefault(os.fsdecode(path), []).append(about.split()[1].decode("ascii"))
    return index
