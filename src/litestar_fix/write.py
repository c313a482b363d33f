"""The only code that changes files of a scanned tree.

Every file is replaced as a whole: a new file beside it, flushed to the disk, with its mode and owner, then a rename.
Files that belong to one change set are staged together and named in a journal outside the tree before the first rename.
An interrupt waits until the change set that is being written is. What a killed run leaves behind is put in order by the
next one: a change set is completed or dropped, never half of it.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from litestar_fix import last_run, worktree
from litestar_fix.errors import WriteError
from litestar_fix.interruption import Interruption
from litestar_fix.journal import Entry, record, state_folder, sync_folder
from litestar_fix.last_run import Written
from litestar_fix.model.cache import digest
from litestar_fix.result import Change, Problem

SUFFIX = ".litestar-fix-new"


def write(
    root: Path, changes: Iterable[Change], linked: Iterable[Collection[str]] = (), *, allow_dirty: bool = False
) -> tuple[Problem, ...]:
    """Write the new content of files, all of a change set or none of it.

    Args:
        root: the project's root.
        changes: what was analysed and what is to stand there instead.
        linked: paths that must be written together; sets that share a path are one change set.
        allow_dirty: also write files whose present content git does not have, and nobody could get back.

    Returns:
        The files that were left as they are, with the reason; the others of their change set are named, too.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; the change sets that were begun are written, the others are not.
    """
    by_path = {change.path: change for change in changes}
    if not by_path:
        return ()
    problems: list[Problem] = []
    change_sets = []
    lost = {} if allow_dirty else worktree.unsaved(root, by_path.values(), _own_work(root))
    for paths in _change_sets(by_path, linked):
        dirty = [path for path in paths if path in lost]
        change_sets += [] if dirty else [paths]
        problems += _left([by_path[path] for path in paths], {path: lost[path] for path in dirty}) if dirty else []
    if not change_sets:
        return tuple(problems)
    kept = {path: by_path[path] for paths in change_sets for path in paths}
    try:
        last_run.announce(root, _written(root, change_sets, kept))
        return *problems, *write_sets(root, change_sets, kept)
    except OSError as error:
        reason = f"left alone, because no journal can be kept in {state_folder(root)}: {error.strerror}"
        return *problems, *(Problem(path, reason) for path in sorted(kept))


def create(root: Path, path: str, content: bytes) -> None:
    """Write a new file, where there is none.

    Raises:
        WriteError: there is one, it cannot be written, or a folder on the way is a link.
    """
    _check_folders(root, path)
    target = root / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "xb") as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                target.unlink()
                raise
    except FileExistsError:
        raise WriteError(f"{path} is there already, and is left as it is") from None
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror}") from None


def write_sets(
    root: Path,
    change_sets: Sequence[Sequence[str]],
    by_path: Mapping[str, Change],
    modes: Mapping[str, int] | None = None,
) -> list[Problem]:
    """Write change sets, and conclude the run.

    Args:
        root: the project's root.
        change_sets: the paths that are written together.
        by_path: the change of each.
        modes: where the mode is not to stay as it is.

    Raises:
        OSError: no journal can be kept; nothing is written.
        KeyboardInterrupt: as in `write`.
    """
    token = secrets.token_hex(6)
    entries = {path: _entry(root, change, token) for path, change in by_path.items()}
    problems: list[Problem] = []
    left: set[str] = set(by_path)
    with Interruption() as interruption:
        intent = record(root, entries.values(), ready=False)
        for paths in change_sets:
            if interruption.came:
                break
            failed = _write_set(root, [by_path[path] for path in paths], [entries[path] for path in paths], modes or {})
            left -= set(paths) - {problem.path for problem in failed}
            problems += failed
        written = by_path.keys() - left
        # what is written is written, whether or not it can be remembered
        with suppress(OSError):
            last_run.conclude(root, written)
        with suppress(OSError):
            intent.unlink()
        interruption.message = f"interrupted; {len(written)} of {len(by_path)} files are written" if written else ""
    return problems


def _own_work(root: Path) -> Mapping[str, bytes]:
    last = last_run.last_run(root)
    return last.contents if last is not None else {}


def _written(root: Path, change_sets: Iterable[Iterable[str]], by_path: Mapping[str, Change]) -> list[Written]:
    files = []
    for number, paths in enumerate(change_sets):
        for change in (by_path[path] for path in paths):
            mode = 0
            with suppress(OSError):  # staging says why
                mode = stat.S_IMODE(os.lstat(root / change.path).st_mode)
            files.append(Written(change.path, change.old, mode, digest(change.new), number))
    return files


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
    return Entry(change.path, f"{folder}/.{name}.{token}{SUFFIX}", digest(change.old), digest(change.new))


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


def _write_set(
    root: Path, changes: Sequence[Change], entries: Sequence[Entry], modes: Mapping[str, int]
) -> list[Problem]:
    path = changes[0].path
    try:
        for change, entry in zip(changes, entries, strict=True):
            path = change.path
            _stage(root, change, entry.staged, modes.get(path))
        journal = record(root, entries, ready=True) if len(entries) > 1 else None
    except (WriteError, OSError) as error:
        unstage(entries)
        return _left(changes, {path: str(error)})
    problems = _rename(root, entries, changes)
    if journal is not None:
        with suppress(OSError):
            journal.unlink()
    return problems


def _left(changes: Iterable[Change], reasons: Mapping[str, str]) -> list[Problem]:
    """Name the files of a change set that is not written: those that are the reason, and those that go with them."""
    others = f"left alone, because {min(reasons)} was"
    return [Problem(change.path, reasons.get(change.path, others)) for change in changes]


def _stage(root: Path, change: Change, temporary: str, mode: int | None = None) -> None:
    """Write the new content beside the file, with its mode unless another one is given.

    Raises:
        WriteError: the file cannot be replaced, or is not what was analysed.
    """
    target = f"{root}/{change.path}"
    status = _replaceable(root, change.path)
    if read(target) != change.old:
        raise WriteError("changed since it was analysed; run again")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(change.new)
            file.flush()
            _dress(file.fileno(), target, status, stat.S_IMODE(status.st_mode) if mode is None else mode)
            os.fsync(file.fileno())
        if read(temporary) != change.new:
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
    if ".." in path.split("/") or os.path.isabs(path):
        raise WriteError("left alone: it lies outside the project")
    _check_folders(root, path)
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


def _check_folders(root: Path, path: str) -> None:
    """Check the folders between the root and a file.

    Raises:
        WriteError: one of them is a link.
    """
    folder = str(root)
    for part in path.split("/")[:-1]:
        folder = f"{folder}/{part}"
        if os.path.islink(folder):
            raise WriteError(f"left alone: {os.path.relpath(folder, root)} is a symbolic link")


def _dress(descriptor: int, target: str, status: os.stat_result, mode: int) -> None:
    """Give the new file a mode, and the owner and extended attributes of the old one."""
    if hasattr(os, "fchown"):
        with suppress(PermissionError):
            os.fchown(descriptor, status.st_uid, status.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)
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
            if read(target) != change.old:
                reason = "changed since it was analysed; run again"
            else:
                os.replace(entry.staged, target)
                sync_folder(os.path.dirname(target))
        except OSError as error:
            reason = f"cannot be written: {error.strerror}"
        if reason:
            unstage(staged)
            _restore(root, done)
            return _left(changes, {change.path: reason})
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


def unstage(staged: Iterable[Entry]) -> None:
    """Remove the new files that are not renamed."""
    for entry in staged:
        with suppress(OSError):
            os.unlink(entry.staged)


def read(path: str) -> bytes:
    """Read a file that is no link, and wait for nobody.

    Raises:
        WriteError: it cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            return file.read()
    except OSError as error:
        raise WriteError(f"cannot be read: {error.strerror}") from None
