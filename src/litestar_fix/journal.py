"""The journal of a run: what it is about to rename, kept outside every scanned tree for the case that it is killed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec


class Entry(msgspec.Struct, array_like=True):
    """A file: where its new content is staged, and the hashes of the old and the new content."""

    path: str
    staged: str
    old: bytes
    new: bytes


class Journal(msgspec.Struct, array_like=True):
    """What a run is about to do.

    A journal that is not ``ready`` names the files that may be lying about, until all is written. A ready one is
    recorded when a change set is staged, and removed when it is renamed.
    """

    root: str
    pid: int
    ready: bool
    entries: list[Entry]


def state_folder() -> Path:
    """The folder for journals, outside every scanned tree."""
    for base in (os.environ.get("XDG_STATE_HOME", ""), os.path.expanduser("~/.local/state")):
        if os.path.isabs(base) and os.access(base if os.path.isdir(base) else os.path.dirname(base), os.W_OK):
            return Path(base, "litestar-fix")
    return Path(tempfile.gettempdir(), f"litestar-fix-{os.getuid() if hasattr(os, 'getuid') else 'state'}")


def record(root: Path, entries: Iterable[Entry], *, ready: bool) -> Path:
    """Keep a journal; return its file.

    Raises:
        OSError: it cannot be written.
    """
    folder = state_folder() / "journal"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = msgspec.msgpack.encode(Journal(os.path.realpath(root), os.getpid(), ready, list(entries)))
    descriptor, temporary = tempfile.mkstemp(".part", "", folder)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    final = Path(temporary).with_suffix(".journal")
    os.replace(temporary, final)
    sync_folder(str(folder))
    return final


def journals(root: Path) -> Iterator[tuple[Path, Journal]]:
    """The journals of runs in this project that are not running any more."""
    for file in (state_folder() / "journal").glob("*.journal"):
        try:
            journal = msgspec.msgpack.decode(file.read_bytes(), type=Journal)
        except (OSError, msgspec.DecodeError):
            continue
        if journal.root == os.path.realpath(root) and not _is_running(journal.pid):
            yield file, journal


def sync_folder(folder: str) -> None:
    """Flush the names in a folder to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return pid != os.getpid()
