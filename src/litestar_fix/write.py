"""The only code that changes files of a scanned tree.

Every file is replaced as a whole: a new file beside it, flushed to the disk, with its mode and owner, then a rename.
Files that belong to one change set are staged together and named in a journal outside the tree before the first rename.
What a killed run leaves behind is put in order by the next one: a change set is completed or dropped, never half of it.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from litestar_fix.errors import WriteError
from litestar_fix.journal import Entry, journals, record, state_folder, sync_folder
from litestar_fix.model.cache import digest
from litestar_fix.result import Change, Problem

_SUFFIX = ".litestar-fix-new"


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
    if not by_path:
        return ()
    token = secrets.token_hex(6)
    entries = {path: _entry(root, change, token) for path, change in by_path.items()}
    try:
        intent = record(root, entries.values(), ready=False)
    except OSError as error:
        reason = f"left alone, because no journal can be kept in {state_folder()}: {error.strerror}"
        return tuple(Problem(path, reason) for path in sorted(by_path))
    problems: list[Problem] = []
    for paths in _change_sets(by_path, linked):
        problems += _write_set(root, [by_path[path] for path in paths], [entries[path] for path in paths])
    with suppress(OSError):
        intent.unlink()
    return tuple(problems)


def obstacles(root: Path, paths: Iterable[str], linked: Iterable[Collection[str]] = ()) -> tuple[Problem, ...]:
    """Say, before anything is written, which files `write` would leave as they are because of what and where they are.

    Args:
        root: the project's root.
        paths: the files that are to be changed.
        linked: as for `write`.
    """
    problems: list[Problem] = []
    for change_set in _change_sets(paths, linked):
        reasons = {path: reason for path in change_set if (reason := _obstacle(root, path))}
        if reasons:
            others = f"left alone, because {min(reasons)} was"
            problems += [Problem(path, reasons.get(path, others)) for path in change_set]
    return tuple(problems)


def _obstacle(root: Path, path: str) -> str:
    try:
        _replaceable(root, path)
    except WriteError as error:
        return str(error)
    folder = os.path.dirname(f"{root}/{path}")
    is_open = os.access(folder, os.W_OK | os.X_OK)
    return "" if is_open else f"cannot be written: {os.strerror(errno.EACCES)}"


def _entry(root: Path, change: Change, token: str) -> Entry:
    folder, name = os.path.split(f"{root}/{change.path}")
    return Entry(change.path, f"{folder}/.{name}.{token}{_SUFFIX}", digest(change.old), digest(change.new))


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


def _write_set(root: Path, changes: Sequence[Change], entries: Sequence[Entry]) -> list[Problem]:
    path = changes[0].path
    try:
        for change, entry in zip(changes, entries, strict=True):
            path = change.path
            _stage(root, change, entry.staged)
        journal = record(root, entries, ready=True) if len(entries) > 1 else None
    except (WriteError, OSError) as error:
        _unstage(entries)
        return _all_left(changes, path, str(error))
    problems = _rename(root, entries, changes)
    if journal is not None:
        with suppress(OSError):
            journal.unlink()
    return problems


def _all_left(changes: Iterable[Change], path: str, reason: str) -> list[Problem]:
    others = [change.path for change in changes if change.path != path]
    return [Problem(path, reason), *[Problem(other, f"left alone, because {path} was") for other in others]]


def _stage(root: Path, change: Change, temporary: str) -> None:
    """Write the new content beside the file.

    Raises:
        WriteError: the file cannot be replaced, or is not what was analysed.
    """
    target = f"{root}/{change.path}"
    status = _replaceable(root, change.path)
    if _read(target) != change.old:
        raise WriteError("changed since it was analysed; run again")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(temporary, flags, 0o600), "wb") as file:
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


def _rename(root: Path, staged: Sequence[Entry], changes: Sequence[Change]) -> list[Problem]:
    done: list[Change] = []
    for entry, change in zip(staged, changes, strict=True):
        target = f"{root}/{entry.path}"
        reason = ""
        try:
            if _read(target) != change.old:
                reason = "changed since it was analysed; run again"
            else:
                os.replace(entry.staged, target)
                sync_folder(os.path.dirname(target))
        except OSError as error:
            reason = f"cannot be written: {error.strerror}"
        if reason:
            _unstage(staged)
            _restore(root, done)
            return _all_left(changes, change.path, reason)
        done.append(change)
    return []


def _restore(root: Path, done: Sequence[Change]) -> None:
    """Put back what was renamed already; a file that somebody changed in the meantime is theirs."""
    for change in done:
        back = Change(change.path, change.new, change.old)
        entry = _entry(root, back, secrets.token_hex(6))
        with suppress(OSError, WriteError):
            _stage(root, back, entry.staged)
            os.replace(entry.staged, f"{root}/{change.path}")


def _unstage(staged: Iterable[Entry]) -> None:
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


# --------------------------------------------------------------------------------------------------------- recovery
def recover(root: Path) -> tuple[str, ...]:
    """Put in order what a killed run left behind: complete the change sets that were staged, remove other new files.

    Returns:
        The paths that were renamed now.
    """
    completed: list[str] = []
    for file, journal in sorted(journals(root), key=lambda item: not item[1].ready):
        ours = [entry for entry in journal.entries if _is_ours(root, entry)]
        stages = [_stage_of(root, entry) for entry in ours]
        # once a file of the set is renamed the others follow; before that, one that cannot follow stops them all
        if journal.ready and ("renamed" in stages or "" not in stages):
            completed += [
                entry.path for entry, stage in zip(ours, stages, strict=True) if _complete(root, entry, stage)
            ]
        _unstage(ours)
        with suppress(OSError):
            file.unlink()
    return tuple(completed)


def _is_ours(root: Path, entry: Entry) -> bool:
    """Whether the staged file stands beside its target, in the project: a journal is not trusted blindly."""
    folder, name = os.path.split(os.path.normpath(f"{os.path.realpath(root)}/{entry.path}"))
    beside, staged = os.path.split(os.path.normpath(entry.staged))
    is_within = f"{folder}/".startswith(f"{os.path.realpath(root)}/") and os.path.realpath(folder) == folder
    return (
        is_within and os.path.realpath(beside) == folder and staged.startswith(f".{name}.") and staged.endswith(_SUFFIX)
    )


def _stage_of(root: Path, entry: Entry) -> str:
    """How far a file came: 'staged' beside what was analysed, 'renamed', or '' where somebody changed it since."""
    try:
        content = digest(_read(f"{root}/{entry.path}"))
        if content == entry.new:
            return "renamed"
        return "staged" if content == entry.old and digest(_read(entry.staged)) == entry.new else ""
    except WriteError:
        return ""


def _complete(root: Path, entry: Entry, stage: str) -> bool:
    with suppress(OSError):
        if stage == "staged":
            os.replace(entry.staged, f"{root}/{entry.path}")
            return True
    return False
