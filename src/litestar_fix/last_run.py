"""What the last run of a project wrote, with what stood there before: for ``undo``, and to know our own work again."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from litestar_fix.journal import checked, keep, name_of, state_folder
from litestar_fix.model.cache import digest, read_own
from litestar_fix.model.contents import content_of


class Written(msgspec.Struct, frozen=True, array_like=True):
    """A file: its content and mode before the run, and the hash of what was written.

    ``change_set`` is the number of the change set that it belongs to.
    """

    path: str
    old: bytes
    mode: int
    new: bytes
    change_set: int


class LastRun(msgspec.Struct, frozen=True, array_like=True):
    """The files of the last run that wrote any, and by path what runs before it wrote."""

    root: str
    files: tuple[Written, ...]
    earlier: dict[str, bytes]

    @property
    def contents(self) -> Mapping[str, bytes]:
        """The hashes of what we wrote, in this run or before it, by path."""
        return {**self.earlier, **{file.path: file.new for file in self.files}}


def announce(root: Path, files: Iterable[Written]) -> None:
    """Keep what a run is about to write; it becomes the last run when it is concluded.

    Raises:
        OSError: it cannot be kept.
    """
    last = last_run(root)
    _keep(_file(root, "next"), LastRun(os.path.realpath(root), tuple(files), dict(last.contents) if last else {}))


def conclude(root: Path, written: Collection[str]) -> None:
    """Make the announced run the last one, with the files that it wrote indeed; one that wrote none does not count."""
    announced = _read(root, "next")
    if announced is not None and written:
        files = tuple(file for file in announced.files if file.path in written)
        _keep(_file(root, "last"), msgspec.structs.replace(announced, files=files))
    with suppress(OSError):
        _file(root, "next").unlink()


def conclude_killed(root: Path) -> None:
    """Conclude the run that was killed, if there is one, by what stands in its files now."""
    announced = _read(root, "next")
    if announced is not None:
        with suppress(OSError):
            conclude(root, [file.path for file in announced.files if _digest(root, file.path) == file.new])


def last_run(root: Path) -> LastRun | None:
    """Return the last run that wrote something, None where there is none or its record is damaged."""
    return _read(root, "last")


def forget(root: Path, undone: Collection[str]) -> None:
    """Take the files that are as they were before out of the last run."""
    last = last_run(root)
    if last is not None:
        left = tuple(file for file in last.files if file.path not in undone)
        _keep(_file(root, "last"), msgspec.structs.replace(last, files=left))


def _file(root: Path, kind: str) -> Path:
    return state_folder(root) / "runs" / f"{name_of(root)}.{kind}"


def _keep(file: Path, run: LastRun) -> None:
    payload = msgspec.msgpack.encode(run)
    keep(file, digest(payload) + payload)


def _read(root: Path, kind: str) -> LastRun | None:
    payload = checked(read_own(str(_file(root, kind))))
    try:
        run = msgspec.msgpack.decode(payload or b"", type=LastRun)
    except msgspec.DecodeError:
        return None
    return run if run.root == os.path.realpath(root) else None


def _digest(root: Path, path: str) -> bytes:
    try:
        return digest(content_of(f"{root}/{path}"))
    except OSError:
        return b""
