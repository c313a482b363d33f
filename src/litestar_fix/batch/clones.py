"""A clone of a repository, apart from everything that its owner has, and the files of a commit.

The repository is not trusted. Its own configuration stays behind, a clone has no hooks, and its attributes are
overruled: no filter runs, and a file on disk has the bytes that git has.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from litestar_fix import git
from litestar_fix.batch.repository import Repository
from litestar_fix.errors import LitestarFixError

_ATTRIBUTES = "* -text -ident -filter !eol !diff !working-tree-encoding !export-subst\n"
_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_POINTER_BYTES = 1024
#: What a work tree may hold: beyond that nobody wants it copied in passing.
_MAX_BYTES = 2_000_000_000
#: No code, no manifest and no lock file is as large: only tests may want such a file.
_LARGE_BYTES = 50_000_000


class Unusable(LitestarFixError):
    """Nothing can be done with a repository, and why."""


def clone(repository: Repository, folder: Path) -> None:
    """Clone the current commit of a repository; a clone that is there already stays as it is.

    Args:
        repository: what to clone.
        folder: where it will lie.

    Raises:
        Unusable: it cannot be cloned.
    """
    if folder.exists():
        return
    if not repository.is_remote:
        _must_be_top(repository.source)
        with suppress(subprocess.SubprocessError, git.NoRepository):  # the clone says better what is wrong
            _must_fit(_entries(repository.source, "HEAD"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f"{glob.escape(folder.name)}.part-*"):
        shutil.rmtree(left, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
    # with --no-local git reads the other repository as it would over a network: no link of it is followed
    words = ["clone", "--quiet", "--no-local", "--depth=1", "--single-branch", "--no-tags", "--no-checkout"]
    words += ["--no-recurse-submodules", "--template=", "--", repository.source, os.fspath(part.resolve())]
    try:
        git.reach(os.fspath(folder.parent.resolve()), *words)
    except (OSError, subprocess.SubprocessError, git.NoRepository) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise Unusable(f"it cannot be cloned: {_said(error)}") from None
    (part / ".git" / "info").mkdir(exist_ok=True)
    (part / ".git" / "info" / "attributes").write_text(_ATTRIBUTES)
    os.rename(part, folder)


def unlock(folder: Path) -> None:
    """Take away the locks of git in a clone, which one that was killed has left: nobody else works there."""
    for lock in (*(folder / ".git").glob("*.lock"), *(folder / ".git" / "refs").rglob("*.lock")):
        lock.unlink(missing_ok=True)


def _must_be_top(source: str) -> None:
    """Tell what a folder is instead of a repository.

    Raises:
        Unusable: it is none.
    """
    if not os.path.isdir(source):
        raise Unusable("there is no such folder")
    if not os.access(source, os.R_OK | os.X_OK):
        raise Unusable("it cannot be read: Permission denied")
    is_bare = os.path.isfile(f"{source}/HEAD") and os.path.isdir(f"{source}/objects")
    if os.path.exists(f"{source}/.git") or is_bare:
        return
    above = git.work_tree(source)
    raise Unusable(f"it lies within the repository {above}; name that" if above else "it is no git repository")


def _said(error: Exception) -> str:
    match error:
        case git.NoRepository():
            return "there is no git repository"
        case subprocess.TimeoutExpired():
            return "it takes too long"
        case OSError():
            return error.strerror or str(error)
    return str(error).removeprefix("fatal: ").removeprefix("error: ") or "git does not say why"


def head(folder: Path) -> tuple[str, str]:
    """Return the commit that a clone was made at, and its branch, '' where that was none.

    Raises:
        Unusable: there is no commit.
    """
    try:
        told = git.ask(os.fspath(folder), "rev-parse", "HEAD^{commit}", "--symbolic-full-name", "HEAD")
    except subprocess.SubprocessError:
        raise Unusable("it has no commit") from None
    commit, name = told.decode("utf-8", "replace").split()
    return commit, name.removeprefix("refs/heads/") if name != "HEAD" else ""


class _Entry(msgspec.Struct, frozen=True):
    """A file of a commit; the size of a submodule is 0."""

    mode: bytes
    path: bytes
    size: int


def _entries(tree: str, commit: str) -> list[_Entry]:
    """Return what a commit consists of.

    Raises:
        NoRepository: there is no repository.
        subprocess.SubprocessError: git says that it cannot.
    """
    found = []
    for line in git.ask(tree, "ls-tree", "-r", "-l", "-z", commit).split(b"\0"):
        if line:
            head, _, path = line.partition(b"\t")
            mode, _, _, size = head.split()
            found.append(_Entry(mode, path, int(size) if size.isdigit() else 0))
    return found


def _must_fit(entries: Iterable[_Entry]) -> None:
    if sum(entry.size for entry in entries) > _MAX_BYTES:
        raise Unusable(f"its files are larger than {_MAX_BYTES // 1_000_000_000} GB")


def check_out(folder: Path, commit: str, target: Path, *, with_large: bool) -> tuple[str, ...]:
    """Write the files of a commit into a folder of their own.

    Args:
        folder: of the clone.
        commit: its name.
        target: an empty folder.
        with_large: whether large files that are no code are needed, too.

    Returns:
        What of the repository is not part of it: submodules, and contents that Git LFS keeps elsewhere.

    Raises:
        Unusable: it is too large.
    """
    tree = os.fspath(folder)
    entries = _entries(tree, commit)
    _must_fit(entries)
    large = [entry.path for entry in entries if entry.size > _LARGE_BYTES and not entry.path.endswith(b".py")]
    index = f"{target}.index"
    if large and not with_large:
        git.ask(tree, "read-tree", commit, index=index)
        git.ask(tree, "update-index", "--force-remove", "-z", "--stdin", given=b"\0".join(large), index=index)
        git.ask(tree, "checkout-index", "--all", "--force", f"--prefix={target}/", index=index, isolated=True)
    else:
        words = ("--work-tree", os.fspath(target), "read-tree", "--reset", "-u", commit)
        git.ask(tree, *words, index=index, isolated=True)
    modules = sum(entry.mode == b"160000" for entry in entries)
    pointers = sum(_is_pointer(target, entry) for entry in entries)
    notes = []
    if modules:
        notes.append(f"{modules} submodule{'' if modules == 1 else 's'} left alone")
    if pointers:
        notes.append(f"{pointers} file{' is a pointer' if pointers == 1 else 's are pointers'} of Git LFS, left alone")
    return tuple(notes)


def _is_pointer(target: Path, entry: _Entry) -> bool:
    if not len(_POINTER) < entry.size < _POINTER_BYTES:
        return False
    file = os.path.join(os.fsencode(target), entry.path)
    if os.path.islink(file):
        return False
    try:
        with open(file, "rb") as content:
            return content.read(len(_POINTER)) == _POINTER
    except OSError:
        return False
