"""What git could give back: asked before files are written, and only to read.

The repository is not trusted. Its configuration may name programs (a file system monitor, hooks, filters, a pager); the
one command that is run needs none of them, and those that git would run for any command are switched off. Contents are
compared with the index here, by their hashes, because git would run filters for that.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from litestar_fix.model.cache import digest
from litestar_fix.result import Change

UNTRACKED = "left alone: git does not track it; `git add` it first, or give --allow-dirty"
UNSTAGED = "left alone: it has changes that git does not have; `git add` them first, or give --allow-dirty"
CONFLICT = "left alone: it is in a merge conflict; `git add` it when that is resolved, or give --allow-dirty"

_SECONDS = 60
_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH")
_MANY = 500
_OFF = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "core.untrackedCache=false",
    "core.pager=cat",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
)


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
        tree = _work_tree(os.path.dirname(full))
        if tree and digest(change.old) != own.get(change.path):
            by_tree.setdefault(tree, {})[os.path.relpath(full, tree).replace(os.sep, "/")] = change
    found: dict[str, str] = {}
    for tree, files in by_tree.items():
        found |= _unsaved_in(tree, files)
    return found


def _work_tree(folder: str) -> str:
    """The nearest folder at or above one that is the top of a work tree."""
    while not os.path.exists(f"{folder}/.git"):
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above
    return folder


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
            # a checkout may turn the newlines of the index into those of the system
            same = name in (_blob(name, content), _blob(name, content.replace(b"\r\n", b"\n")))
            return "" if same else UNSTAGED
    return CONFLICT


def _blob(name: str, content: bytes) -> str:
    """The name that git gives to a content; how long a name is tells which hash the repository uses."""
    new = hashlib.sha1 if len(name) == len(hashlib.sha1(usedforsecurity=False).hexdigest()) else hashlib.sha256
    return new(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def _index(tree: str, paths: Iterable[str]) -> dict[str, list[str]] | None:
    """The names of the contents that are staged, by path; None where git knows no repository here.

    Raises:
        OSError: git cannot be run.
        subprocess.SubprocessError: it does not answer, or not with the index.
    """
    wanted = list(paths)
    command = [_git(tree), "--no-pager", "--literal-pathspecs", "-C", tree]
    for setting in _OFF:
        command += ["-c", setting]
    # a long list is no command line
    command += ["ls-files", "--stage", "-z", "--", *(wanted if len(wanted) <= _MANY else [])]
    done = subprocess.run(
        command, env=_environment(tree), stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        if "not a git repository" in said:
            return None
        raise subprocess.SubprocessError(said or f"git ended with {done.returncode}")
    index: dict[str, list[str]] = {}
    for line in filter(None, done.stdout.split(b"\0")):
        about, _, path = line.partition(b"\t")
        index.setdefault(os.fsdecode(path), []).append(about.split()[1].decode("ascii"))
    return index


def _git(tree: str) -> str:
    """The program, never one that lies in the work tree.

    Raises:
        FileNotFoundError: there is none.
    """
    import shutil

    for folder in os.get_exec_path():
        found = shutil.which("git", path=folder) if os.path.isabs(folder) else None
        if found and not f"{os.path.realpath(found)}/".startswith(f"{tree}/"):
            return found
    raise FileNotFoundError("there is no git on the PATH")


def _repository(tree: str) -> str:
    """The folder in which the index of a work tree lies: `.git`, or what the file of that name points to."""
    try:
        with open(f"{tree}/.git", encoding="utf-8", errors="surrogateescape") as file:
            folder = file.readline().removeprefix("gitdir:").strip()
    except OSError:
        folder = ".git"
    return os.path.realpath(os.path.join(tree, folder))


def _environment(tree: str) -> dict[str, str]:
    """The caller's environment, in which a hook of another repository may have set what git takes for granted."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT}
    index = os.path.join(tree, os.environ.get("GIT_INDEX_FILE", ""))
    # `git commit FILE` runs the hooks with an index of its own
    if os.path.isfile(index) and os.path.realpath(index).startswith(f"{_repository(tree)}/"):
        kept["GIT_INDEX_FILE"] = index
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_CEILING_DIRECTORIES": os.path.dirname(tree),
        "LC_ALL": "C",
    }
