"""Which repositories are meant: folders and URLs, from the command line and from lists in files."""

from __future__ import annotations

import csv
import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from litestar_fix.errors import UsageError

_URL = re.compile(r"(?:https?|ssh|git|file)://.+|[\w.-]+@[\w.-]+:[^:].*")
_COLUMN = "repository"
_LISTS = (".toml", ".txt", ".csv")


class Repository(msgspec.Struct, frozen=True):
    """A repository: what it is called in reports and on disk, and where it comes from."""

    name: str
    source: str

    @property
    def is_remote(self) -> bool:
        """Whether it is reached by a URL."""
        return _is_url(self.source)


def repositories(words: Iterable[str], lists: Iterable[Path] = ()) -> tuple[Repository, ...]:
    """Return the repositories that are named, each of them once.

    Args:
        words: folders and URLs.
        lists: files that name more of them; folders in them are relative to the file.

    Raises:
        UsageError: a list cannot be read, or nothing is named at all.
    """
    sources = [_source(word, Path()) for word in words]
    for file in lists:
        sources += [_source(word, file.parent) for word in _listed(file)]
    unique = list(dict.fromkeys(sources))
    if not unique:
        raise UsageError("name repositories: folders, URLs, or a list of them with --from-file")
    names = [_name(source) for source in unique]
    return tuple(
        # of two with one name each gets what only it has, whatever else is in the list
        Repository(name if names.count(name) == 1 else f"{name}-{_hash(source)}", source)
        for name, source in zip(names, unique, strict=True)
    )


def without_credentials(text: str) -> str:
    """Return a text for everybody to read: what a URL says before its host may be a token."""
    return re.sub(r"(?i)(https?://)[^/@\s]+@", r"\1***@", text)


def _is_url(word: str) -> bool:
    return _URL.fullmatch(word) is not None and not os.path.exists(word)


def _source(word: str, folder: Path) -> str:
    if _is_url(word):
        return word
    return os.path.realpath(folder / word)


def _name(source: str) -> str:
    last = re.split(r"[/:]", source.rstrip("/"))[-1].removesuffix(".git")
    return re.sub(r"[^\w.-]", "_", last, flags=re.ASCII).strip(".") or "repository"


def _hash(source: str) -> str:
    return blake2b(os.fsencode(source), digest_size=4).hexdigest()


def _listed(file: Path) -> list[str]:
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"{file}: cannot be read: {reason}") from None
    match file.suffix.lower():
        case ".toml":
            return _from_toml(file, text)
        case ".csv":
            return list(_from_csv(file, text))
        case ".txt":
            lines = (line.strip() for line in text.splitlines())
            return [line for line in lines if line and not line.startswith("#")]
    raise UsageError(f"{file}: a list of repositories ends in {', '.join(_LISTS)}")


def _from_toml(file: Path, text: str) -> list[str]:
    try:
        named = tomllib.loads(text).get("repositories")
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: not valid TOML: {error}") from None
    if not isinstance(named, list) or not all(isinstance(item, str) for item in named):
        raise UsageError(f'{file}: write the folders and URLs as `repositories = ["...", "..."]`')
    return named


def _from_csv(file: Path, text: str) -> Iterator[str]:
    rows = csv.DictReader(text.splitlines())
    if _COLUMN not in (rows.fieldnames or ()):
        raise UsageError(f"{file}: the column with the folders and URLs is called {_COLUMN!r}; there is none")
    yield from (row[_COLUMN].strip() for row in rows if (row[_COLUMN] or "").strip())
