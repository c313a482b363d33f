"""Requirements files: a dependency on each line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from litestar_fix.manifest.entries import Change, Entry, entry_of, place, specifier

#: Options, addresses, and paths to archives or folders.
_NO_NAME = re.compile(r"\s*(?:-|\S*/|\S+\.(?:whl|zip|tar\.gz)\b)")


def declared(text: str) -> list[Entry]:
    """The dependencies of a requirements file by line."""
    return _entries(text.splitlines())


def _entries(lines: Sequence[str]) -> list[Entry]:
    found = [entry_of(at, line) for at, line in enumerate(lines) if not _NO_NAME.match(line)]
    return [entry for entry in found if entry is not None]


def edit(text: str, change: Change) -> str:
    """Return the file with a change made."""
    lines = text.splitlines(keepends=True)
    for name, release in change.missing(_entries(lines)):
        entries = _entries(lines)
        leaving = change.leaving(entries)
        block = _block(entries, leaving)
        at = place(block, name, leaving) if block else len(lines)
        if lines[:at] and not lines[at - 1].endswith("\n"):
            lines[at - 1] += "\n"
        lines.insert(at, f"{name}{specifier(release, entries, leaving)}\n")
    gone = {entry.at for entry in change.leaving(_entries(lines))}
    return "".join(line for at, line in enumerate(lines) if at not in gone)


def _block(entries: Sequence[Entry], leaving: Sequence[Entry]) -> Sequence[Entry]:
    """The neighbours of the entry that goes, as far as no other line parts them; all entries where none goes."""
    if not leaving:
        return entries
    first = last = entries.index(leaving[0])
    while first > 0 and entries[first - 1].at == entries[first].at - 1:
        first -= 1
    while last + 1 < len(entries) and entries[last + 1].at == entries[last].at + 1:
        last += 1
    return entries[first : last + 1]
