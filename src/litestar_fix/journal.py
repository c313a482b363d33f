"""What a run keeps about its writing, outside every scanned tree: the journal of what it is about to rename.

It is there for the case that the run is killed. Folder and files are the user's alone, and what others could have
written is not read.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from litestar_fix.model.cache import digest, own_folder, read_own


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
    ready: bool
    entries: list[Entry]


def state_folder(root: Path) -> Path:
    """The folder for what is kept about a project: outside of it, wherever the environment points to."""
    top = os.path.realpath(root)
    for base in (os.environ.get("XDG_STATE_HOME", ""), os.path.expanduser("~/.local/state")):
        is_outside = os.path.isabs(base) and not f"{os.path.realpath(base)}/".startswith(f"{top}/")
        if is_outside and _can_be_made(base):
            return Path(base, "litestar-fix")
    return Path(tempfile.gettempdir(), f"litestar-fix-{os.getuid() if hasattr(os, 'getuid') else 'state'}")


def _can_be_made(folder: str) -> bool:
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK)


def name_of(root: Path) -> str:
    """The name of a project in the state folder."""
    return digest(os.fsencode(os.path.realpath(root))).hex()


def keep(file: Path, content: bytes) -> None:
    """Put a file of ours on the disk, whole or not at all.

    Raises:
        OSError: it cannot be written, or others may write into the folder.
    """
    for folder in (file.parent.parent, file.parent):
        if not own_folder(folder):
            raise PermissionError(13, f"{folder} is not a folder of ours alone")
    descriptor, temporary = tempfile.mkstemp(".part", "", file.parent)
    try:
        with open(descriptor, "wb") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        os.replace(temporary, file)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    sync_folder(str(file.parent))


def record(root: Path, entries: Iterable[Entry], *, ready: bool) -> Path:
    """Keep a journal; return its file.

    Raises:
        OSError: it cannot be written.
    """
    file = state_folder(root) / "journal" / f"{name_of(root)}.{os.urandom(6).hex()}.journal"
    payload = msgspec.msgpack.encode(Journal(os.path.realpath(root), ready, list(entries)))
    keep(file, digest(payload) + payload)
    return file


def journals(root: Path) -> Iterator[tuple[Path, Journal]]:
    """The journals that runs in this project left behind; asked by who has the project's lock.

    A damaged journal tells nothing, and is removed.
    """
    for file in (state_folder(root) / "journal").glob(f"{name_of(root)}.*.journal"):
        payload = checked(read_own(str(file)))
        try:
            journal = msgspec.msgpack.decode(payload or b"", type=Journal)
        except msgspec.DecodeError:
            with suppress(OSError):
                file.unlink()
            continue
        if journal.root == os.path.realpath(root):
            yield file, journal


def checked(content: bytes | None) -> bytes | None:
    """What was kept, without the hash in front of it; None where that does not fit."""
    size = len(digest(b""))
    if content is None or digest(content[size:]) != content[:size]:
        return None
    return content[size:]


def sync_folder(folder: str) -> None:
    """Flush the names in a folder to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
