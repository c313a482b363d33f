"""Settings that extend others: which files these are, and what holds together.

A repository is not trusted, and an error quotes what it is about: no file outside of the repository is read.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from litestar_fix.errors import SettingsError

KEY = "extend"

Table: TypeAlias = dict[str, Any]
#: Returns the content of a file by its path from the top of the repository; None where no file, or a link, is there.
Read: TypeAlias = Callable[[str], bytes | None]


def extended(path: str, table: Table, read: Read, parse: Callable[[str, bytes], Table | None]) -> Table:
    """Return the settings of a file together with those that it extends.

    Args:
        path: of the file, from the top of its repository.
        table: what it says itself.
        read: reads the other files.
        parse: checks the content of a file of this name; None where it says nothing about us.

    Raises:
        SettingsError: naming the file that cannot be used, or the one that extends it.
    """
    chain = [path]
    while KEY in table:
        own = dict(table)
        path = _named(chain, own.pop(KEY))
        content = read(path) if "\0" not in path else None
        if content is None:
            raise SettingsError(f"{chain[-1]}: {KEY}: the repository has no file {path!r}; a link is not followed")
        base = parse(path, content)
        if base is None:
            raise SettingsError(f"{chain[-1]}: {KEY}: there is no [tool.litestar-fix] table in {path!r}")
        table = _together(base, own)
        chain.append(path)
    return table


def _named(chain: Sequence[str], word: str) -> str:
    """The file that the last one of a chain extends."""
    last = chain[-1]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(last), word))
    if path == ".." or path.startswith(("/", "../")):
        raise SettingsError(f"{last}: {KEY}: {word!r} is outside of the repository; copy it there, or use --config")
    if path in chain:
        circle = " extends ".join([*chain[chain.index(path) :], path])
        raise SettingsError(f"{last}: {KEY}: a circle, {circle}; one of them must extend nothing")
    return path


def _together(base: Table, own: Table) -> Table:
    both = {key: _sum(base[key], own[key]) for key in own if key in base and key.startswith(f"{KEY}-")}
    return base | own | both


def _sum(base: Any, own: Any) -> Any:
    return base | own if isinstance(base, dict) else [*base, *own]


def reader(top: Path) -> Read:
    """Return what reads files of a repository on disk; to its top no link leads."""

    def read(path: str) -> bytes | None:
        file = top / path
        real = Path(os.path.realpath(file))
        # on Windows a path may name another drive
        if real != file or not real.is_relative_to(top) or not os.path.isfile(file):
            return None
        try:
            return file.read_bytes()
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}") from None

    return read
