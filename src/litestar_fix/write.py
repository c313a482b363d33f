"""The only code that changes files of a scanned tree.

Every file is replaced as a whole: a new file beside it, flushed to the disk, with its mode and owner, then a rename. Files that belong to
one change set are staged together and named in a journal outside the tree before the first rename, so that a run that is killed in
between is completed by the next one: all of them or none.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from litestar_fix.errors import WriteError
from litestar_fix.model.cache import digest
from litestar_fix.result import Change, Problem

_SUFFIX = ".litestar-fix-new"


class _Entry(msgspec.Struct, array_like=True):
    path: str
    staged: str
    old: bytes
    new: bytes


class _Journal(msgspec.Struct, array_like=True):
    """What a run is about to rename; it is written when everything is staged and removed when everything is renamed."""

    root: str
    pid: int
    entries: list[_Entry]


def write(root: Path, changes: Iterable[Change], linked: Iterable[Collection[str]] = ()) -> tuple[Problem, ...]:
    """Write the new content of files, all of a change set or none of it.

    Args:
        root: the project's root.
        changes: what was analysed and what is to stand there instead.
        linked: paths that must be written together; sets that share a path are one change set.

    Returns:
        The files that were left as they are, with the reason; the others of their change set are named, too.
    """
    by_path = {change.path: change for change in changes}
    problems: list[Problem] = []
    for paths in _change_sets(by_path, linked):
        problems += _write_set(root, [by_path[path] for path in paths])
    return tuple(problems)


def _change_sets(paths: Iterable[str], linked: Iterable[Collection[str]]) -> list[list[str]]:
    """Partition the paths so that linked ones stand together."""
    sets = {path: {path} for path in paths}
    for group in linked:
        present = [path for path in group if path in sets]
        merged = set().union(*(sets[path] for path in present)) if present else set()
        for path in merged:
            sets[path] = merged
    unique = {id(group): group for group in sets.values()}
    return sorted(sorted(group) for group in unique.values())


def _write_set(root: Path, changes: Sequence[Change]) -> list[Problem]:
    staged: list[_Entry] = []
    try:
        for change in changes:
            staged.append(_stage(root, change))
    except WriteError as error:
        _unstage(staged)
        path = changes[len(staged)].path
        others = [change.path for change in changes if change.path != path]
        return [Problem(path, str(error)), *[Problem(other, f"left alone, because {path} was") for other in others]]
    journal = _record(root, staged) if len(staged) > 1 else None
    problems = _rename(root, staged, changes)
    if journal is not None:
        with suppress(OSError):
            journal.unlink()
    return problems


def _stage(root: Path, change: Change) -> _Entry:
    """Write the new content beside the file.

    Raises:
        WriteError: the file cannot be replaced, or is not what was analysed.
    """
    target = f"{root}/{change.path}"
    status = _replaceable(root, change.path)
    if _read(target) != change.old:
        raise WriteError("changed since it was analysed; run again")
    folder, name = os.path.split(target)
    try:
        descriptor, temporary = tempfile.mkstemp(_SUFFIX, f".{name}.", folder)
    except OSError as error:
        raise WriteError(f"cannot be written: {error.strerror}") from None
    try:
        with open(descriptor, "wb") as file:
            file.write(change.new)
            file.flush()
            _dress(file.fileno(), target, status)
            os.fsync(file.fileno())
        if _read(temporary) != change.new:
            raise WriteError("cannot be written: the disk does not give back what was written")
    except (OSError, WriteError) as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise WriteError(f"cannot be written: {error.strerror}" if isinstance(error, OSError) else str(error)) from None
    return _Entry(change.path, temporary, digest(change.old), digest(change.new))


def _replaceable(root: Path, path: str) -> os.stat_result:
    """Return the status of a file that a rename may replace.

    Raises:
        WriteError: it is a link, has other names, is read-only, or a folder on the way is a link.
    """
    folder = str(root)
    for part in path.split("/")[:-1]:
        folder = f"{folder}/{part}"
        if os.path.islink(folder):
            raise WriteError(f"left alone: {os.path.relpath(folder, root)} is a symbolic link")
    try:
        status = os.lstat(f"{root}/{path}")
    except OSError as error:
        raise WriteError(f"cannot be written: {error.strerror}") from None
    if stat.S_ISLNK(status.st_mode):
        raise WriteError("left alone: it is a symbolic link")
    if not stat.S_ISREG(status.st_mode):
        raise WriteError("left alone: it is no regular file")
    if status.st_nlink > 1:
        raise WriteError("left alone: it is a hard link, and its other names would keep the old content")
    if not status.st_mode & 0o222 or not os.access(f"{root}/{path}", os.W_OK):
        raise WriteError("left alone: it is read-only")
    return status


def _dress(descriptor: int, target: str, status: os.stat_result) -> None:
    """Give the new file the mode, owner and extended attributes of the old one."""
    if hasattr(os, "fchown"):
        with suppress(PermissionError):
            os.fchown(descriptor, status.st_uid, status.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(target, follow_symlinks=False):
                os.setxattr(descriptor, name, os.getxattr(target, name, follow_symlinks=False))


def _rename(root: Path, staged: Sequence[_Entry], changes: Sequence[Change]) -> list[Problem]:
    done: list[Change] = []
    for entry, change in zip(staged, changes, strict=True):
        target = f"{root}/{entry.path}"
        reason = ""
        try:
            if _read(target) != change.old:
                reason = "changed since it was analysed; run again"
            else:
                os.replace(entry.staged, target)
                _sync_folder(os.path.dirname(target))
        except OSError as error:
            reason = f"cannot be written: {error.strerror}"
        if reason:
            _unstage(staged)
            _restore(root, done)
            others = [other.path for other in changes if other is not change]
            return [
                Problem(change.path, reason),
                *[Problem(p, f"left alone, because {change.path} was") for p in others],
            ]
        done.append(change)
    return []


def _restore(root: Path, done: Sequence[Change]) -> None:
    """Put back what was renamed already; a file that somebody changed in the meantime is theirs."""
    for change in done:
        with suppress(OSError, WriteError):
            entry = _stage(root, Change(change.path, change.new, change.old))
            os.replace(entry.staged, f"{root}/{change.path}")


def _unstage(staged: Iterable[_Entry]) -> None:
    for entry in staged:
        with suppress(OSError):
            os.unlink(entry.staged)


def _read(path: str) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            return file.read()
    except OSError as error:
        raise WriteError(f"cannot be read: {error.strerror}") from None


def _sync_folder(folder: str) -> None:
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# ---------------------------------------------------------------------------------------------------------- journal
def state_folder() -> Path:
    """The folder for journals, outside every scanned tree."""
    for base in (os.environ.get("XDG_STATE_HOME", ""), os.path.expanduser("~/.local/state")):
        if os.path.isabs(base) and os.access(base if os.path.isdir(base) else os.path.dirname(base), os.W_OK):
            return Path(base, "litestar-fix")
    return Path(tempfile.gettempdir(), f"litestar-fix-{os.getuid() if hasattr(os, 'getuid') else 'state'}")


def _record(root: Path, staged: list[_Entry]) -> Path:
    folder = state_folder() / "journal"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = msgspec.msgpack.encode(_Journal(os.path.realpath(root), os.getpid(), staged))
    descriptor, temporary = tempfile.mkstemp(".part", "", folder)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    final = Path(temporary).with_suffix(".journal")
    os.replace(temporary, final)
    _sync_folder(str(folder))
    return final


def recover(root: Path) -> tuple[str, ...]:
    """Complete what a killed run had staged and journaled in this project.

    Returns:
        The paths that were renamed now.
    """
    completed: list[str] = []
    for file in sorted((state_folder() / "journal").glob("*.journal")):
        try:
            journal = msgspec.msgpack.decode(file.read_bytes(), type=_Journal)
        except (OSError, msgspec.DecodeError):
            continue
        if journal.root != os.path.realpath(root) or _is_running(journal.pid):
            continue
        for entry in journal.entries:
            completed += _complete(root, entry)
        with suppress(OSError):
            file.unlink()
    return tuple(completed)


def _complete(root: Path, entry: _Entry) -> list[str]:
    """Rename one staged file, if both it and its target still are what the journal says."""
    target = os.path.realpath(f"{root}/{entry.path}")
    if os.path.dirname(target) != os.path.dirname(entry.staged) or not entry.staged.endswith(_SUFFIX):
        return []
    try:
        if digest(_read(entry.staged)) == entry.new and digest(_read(target)) == entry.old:
            os.replace(entry.staged, target)
            return [entry.path]
        os.unlink(entry.staged)
    except (OSError, WriteError):
        return []
    return []


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return pid != os.getpid()
