"""Into which parts a migration is divided, so that each is small enough to be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from litestar_fix.errors import LitestarFixError
from litestar_fix.globs import Patterns

BY = ("rule", "dir", "codeowners")
_PLACES = ("CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS")
_NOBODY = "nobody"


class Sharding(msgspec.Struct, frozen=True):
    """By what parts are made, '' where by size alone, and how many files each may have at most, 0 for any number."""

    by: str
    max_files: int = 0


class Part(msgspec.Struct, frozen=True):
    """A part of the work: some rules in some files."""

    title: str
    codes: tuple[str, ...]
    paths: tuple[str, ...]


def parts(top: Path, files: dict[str, tuple[str, ...]], codes: Sequence[str], sharding: Sharding) -> tuple[Part, ...]:
    """Divide the work.

    Args:
        top: of the repository.
        files: what is to be changed, and the rules that change it.
        codes: all rules, in the order of their commits.
        sharding: how to divide.

    Raises:
        LitestarFixError: there is no CODEOWNERS.
    """
    found: list[Part] = []
    match sharding.by:
        case "rule":
            for code in codes:
                paths = [path for path in sorted(files) if code in files[path]]
                found += _chunks(code, (code,), paths, sharding.max_files)
        case "dir":
            for folder, paths in _grouped((path.rpartition("/")[0] or ".", path) for path in sorted(files)):
                found += _chunks(folder, codes, paths, sharding.max_files)
        case "codeowners":
            owner = owners(top)
            for name, paths in _grouped((owner(path), path) for path in sorted(files)):
                found += _chunks(name, codes, paths, sharding.max_files)
        case _:
            found += _chunks("files", codes, sorted(files), sharding.max_files)
    return tuple(found)


def _chunks(title: str, codes: Sequence[str], paths: Sequence[str], size: int) -> Iterator[Part]:
    step = size or len(paths) or 1
    count = -(-len(paths) // step)
    for number, at in enumerate(range(0, len(paths), step), 1):
        named = title if count == 1 else f"{title} ({number} of {count})"
        yield Part(named, tuple(codes), tuple(paths[at : at + step]))


def _grouped(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for key, path in pairs:
        found.setdefault(key, []).append(path)
    yield from sorted(found.items())


class _Owners:
    """Who owns which file: the last line that matches says so."""

    def __init__(self, text: str) -> None:
        self._lines: list[tuple[Patterns, str]] = []
        for line in text.splitlines():
            words = re.sub(r"(?<!\\)#.*", "", line).split()
            if words and not words[0].startswith("["):  # the head of a section of GitLab's
                self._lines.append((Patterns([words[0]]), " ".join(words[1:]) or _NOBODY))

    def __call__(self, path: str) -> str:
        folders = path.split("/")
        above = ["/".join(folders[:end]) for end in range(1, len(folders))]
        for patterns, owner in reversed(self._lines):
            if patterns.match(path, is_folder=False) or any(patterns.match(item, is_folder=True) for item in above):
                return owner
        return _NOBODY


def owners(top: Path) -> _Owners:
    """Return who owns which file.

    Raises:
        LitestarFixError: nothing says so.
    """
    for place in _PLACES:
        file = top / place
        if file.is_file() and not file.is_symlink():
            return _Owners(file.read_text("utf-8", "replace"))
    raise LitestarFixError(f"it has no {_PLACES[0]}, so nobody knows how to divide it")
