"""What stands in the files of a project, and the hashes of that."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from litestar_fix.model.cache import digest

CHANGED = "changed while it was read"


class Sources(msgspec.Struct, frozen=True):
    """The hashes of all files that could be read, and why the others could not."""

    digests: dict[str, bytes]
    unreadable: dict[str, str]


def hash_files(root: Path, files: Iterable[str]) -> Sources:
    """Read all files once and hash them."""
    digests: dict[str, bytes] = {}
    unreadable: dict[str, str] = {}
    for path in files:
        try:
            digests[path] = digest(content_of(f"{root}/{path}"))
        except OSError as error:
            unreadable[path] = f"cannot be read: {error.strerror}"
    return Sources(digests, unreadable)


_buffers: dict[str, bytes] = {}


@contextmanager
def buffer(path: str, content: bytes) -> Iterator[None]:
    """Take a content for that of a file, whatever stands on disk: an editor has not saved it yet."""
    full = os.path.realpath(path)
    _buffers[full] = content
    try:
        yield
    finally:
        del _buffers[full]


def content_of(path: str) -> bytes:
    """Read a file that may be something else by now: no link is followed, and no pipe waited for.

    Raises:
        OSError: it cannot be read.
    """
    if path in _buffers:
        return _buffers[path]
    with open(path, "rb", buffering=0, opener=_opened) as file:
        return file.read() or b""


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
