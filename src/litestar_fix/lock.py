"""One run at a time writes to a project."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from litestar_fix.errors import LitestarFixError
from litestar_fix.journal import name_of, state_folder
from litestar_fix.model.cache import own_folder

_HELD: set[str] = set()


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the lock of a project.

    It is a lock of the process, so that it ends with it, however that ends, and is not inherited by its children.
    Where no lock can be kept no journal can be kept either, and `write` writes nothing.

    Raises:
        LitestarFixError: another run has it.
    """
    name = name_of(root)
    if name in _HELD:
        raise LitestarFixError(_taken(root))
    descriptor = _descriptor(state_folder(root) / "locks", name)
    try:
        if descriptor is not None and not _lock(descriptor):
            raise LitestarFixError(_taken(root))
        _HELD.add(name)
        try:
            yield
        finally:
            _HELD.discard(name)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _taken(root: Path) -> str:
    return f"{os.path.realpath(root)}: another run of litestar-fix is writing here; run again when it has ended"


def _descriptor(folder: Path, name: str) -> int | None:
    if not (own_folder(folder.parent) and own_folder(folder)):
        return None
    try:
        return os.open(folder / name, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError:
        return None


def _lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(descriptor)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:  # what some systems say instead
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _lock_on_windows(descriptor: int) -> bool:
    import msvcrt

    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True
