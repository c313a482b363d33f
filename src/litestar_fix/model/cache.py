"""What an earlier run found out, kept on disk outside the scanned tree.

Per project there are two files: the facts by content hash, so that one changed file costs one collection, and whole
results by everything they depend on. A cache is only ever a saving: what is damaged, foreign, a link or made by another
version is ignored.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TypeAlias
from zlib import crc32

import msgspec

try:  # hashlib loads OpenSSL for a hash that Python has itself
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

FOLDER_VARIABLE = "LITESTAR_FIX_CACHE_DIR"

#: What the results of one project may take together; a warm run reads them all.
_MAX_RESULT_BYTES = 4_000_000
_MAGIC = b"litestar-fix cache 2\n"
_DIGEST_SIZE = 16
#: Where the parts of a file begin.
_IDENTITY = len(_MAGIC)
_CHECKSUM = _IDENTITY + _DIGEST_SIZE
_PAYLOAD = _CHECKSUM + 4
Encoded: TypeAlias = bytes | memoryview
_decode = msgspec.msgpack.Decoder(dict[bytes, memoryview]).decode


def digest(content: bytes) -> bytes:
    """Return the hash that stands for a content."""
    return blake2b(content, digest_size=_DIGEST_SIZE).digest()


def _checked(payload: Encoded) -> bytes:
    """Return what tells a payload from a damaged one: nobody but us can have written it."""
    return crc32(payload).to_bytes(4, "big")


def cache_folder() -> Path | None:
    """Return the folder for caches, None where the environment names none."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(os.path.abspath(named))
    for base in (os.environ.get("XDG_CACHE_HOME", ""), os.path.expanduser("~/.cache")):
        if os.path.isabs(base):
            return Path(base, "litestar-fix")
    return None


def tool_identity() -> bytes:
    """Return the hash of everything that makes two runs of the tool differ: its own files and the interpreter."""
    parts = [repr(sys.version_info), sys.implementation.name]
    package = Path(__file__).parents[1]
    for folder in (package, *_codemods(package)):
        parts += sorted(_files(str(folder)))
    return digest("\n".join(parts).encode("utf-8", "surrogateescape"))


def _codemods(package: Path) -> Iterator[Path]:
    """The folder of the codemods: beside the package when installed, in a source root of its own in a checkout."""
    for candidate in (package.parent / "litestar_codemods", package.parents[1] / "codemods" / "litestar_codemods"):
        if candidate.is_dir():
            yield candidate


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _files(entry.path)


class Store:
    """The cache of one project.

    Args:
        root: the project's root.
        folder: the folder for caches; None for a store that keeps nothing.
    """

    def __init__(self, root: Path, folder: Path | None) -> None:
        self._folder = folder if folder is not None and not _is_within(folder, root) else None
        self._name = digest(os.fsencode(root)).hex()

    @cached_property
    def identity(self) -> bytes:
        """What the tool was when this store was first asked: a run that keeps nothing never looks."""
        return tool_identity()

    @classmethod
    def of(cls, root: Path, *, enabled: bool = True) -> Store:
        """Return the store of a project where the environment wants it."""
        return cls(root, cache_folder() if enabled else None)

    def forget(self) -> None:
        """Take away what is kept of a project that will not be seen again."""
        if self._folder is not None:
            for kind in ("facts", "results"):
                with suppress(OSError):
                    os.unlink(self._path(kind))

    def facts(self) -> Mapping[bytes, Encoded]:
        """Return the encoded facts that are known, by the hash of the content that they are of."""
        return self._read("facts") or {}

    def save_facts(self, facts: Mapping[bytes, Encoded]) -> None:
        """Keep encoded facts, and forget all others."""
        self._write("facts", facts)

    def result(self, key: bytes) -> Encoded | None:
        """Return the encoded result of an equal run, None where there is none."""
        return (self._read("results") or {}).get(key)

    def save_result(self, key: bytes, encoded: bytes) -> None:
        """Keep the result of a run, and forget the oldest ones."""
        kept: dict[bytes, Encoded] = {key: encoded}
        size = len(encoded)
        for older, result in (self._read("results") or {}).items():
            size += len(result)
            if older != key and size <= _MAX_RESULT_BYTES:
                kept[older] = result
        self._write("results", kept)

    def _read(self, kind: str) -> dict[bytes, memoryview] | None:
        content = read_own(self._path(kind)) if self._folder is not None else None
        if content is None or not content.startswith(_MAGIC):
            return None
        identity, checksum, payload = (
            memoryview(content)[start:end]
            for start, end in ((_IDENTITY, _CHECKSUM), (_CHECKSUM, _PAYLOAD), (_PAYLOAD, None))
        )
        if identity != self.identity or checksum != _checked(payload):
            return None
        try:
            # values that stay encoded: to look for the end of each takes longer than all else here
            return _decode(payload)
        except msgspec.DecodeError:
            return None

    def _write(self, kind: str, value: Mapping[bytes, Encoded]) -> None:
        if self._folder is None or not own_folder(self._folder):
            return
        payload = msgspec.msgpack.encode(value)
        path = self._path(kind)
        temporary = f"{path}.{os.getpid()}"
        # a full disk or a read-only home must not stop an audit
        with suppress(OSError):
            _write_new(temporary, _MAGIC + self.identity + _checked(payload), payload)
            os.replace(temporary, path)

    def _path(self, kind: str) -> str:
        return f"{self._folder}/{self._name}.{kind}"


def _is_within(folder: Path, root: Path) -> bool:
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root))


def own_folder(folder: Path) -> bool:
    """Make a folder where it is missing; tell whether it is one that nobody but us can write into."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and _is_private(status)


def _is_private(status: os.stat_result) -> bool:
    """Tell whether nobody but us could have written it."""
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def read_own(path: str) -> bytes | None:
    """Read a regular file that nobody but us can have written; None where there is no such file."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            return file.read() if stat.S_ISREG(status.st_mode) and _is_private(status) else None
    except OSError:
        return None


def _write_new(path: str, header: bytes, payload: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with suppress(FileNotFoundError):
        os.unlink(path)
    with open(os.open(path, flags, 0o600), "wb") as file:
        file.write(header)
        file.write(payload)
