"""One dependency in a list of them: how it is read, where a new one goes, how that is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

_REQUIREMENT = re.compile(r"\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?(?P<specifier>[^;#@)]*)")
_VERSION = re.compile(r"(?P<operator>===?|>=|<=|~=|!=|\^|~|>|<|)\s*(?P<release>\d+(?:\.\d+)*)")
_KEPT_OPERATORS = frozenset({"", "==", "~=", "^", "~"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A dependency as declared; ``at`` is its line or its place in the list."""

    at: int
    name: str
    specifier: str


@dataclass(frozen=True, slots=True)
class Change:
    """What is added, with a release that is known to do, and what is removed, by normalised name."""

    add: Mapping[str, str]
    remove: frozenset[str]

    def leaving(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries that go."""
        return [entry for entry in entries if entry.name in self.remove]

    def missing(self, entries: Sequence[Entry]) -> list[tuple[str, str]]:
        """What is added and not there yet."""
        known = {entry.name for entry in entries}
        return [(name, release) for name, release in self.add.items() if normalized(name) not in known]


def normalized(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entry_of(at: int, text: str) -> Entry | None:
    """Read a PEP 508 requirement; None where the text is none."""
    match = _REQUIREMENT.match(text)
    return Entry(at, normalized(match["name"]), match["specifier"].strip(" \t\\")) if match else None


def place(entries: Sequence[Entry], name: str, leaving: Collection[Entry]) -> int:
    """Return the place of the entry before which a new one is put, or the place behind the last.

    Args:
        entries: at least one.
        name: the new one.
        leaving: those of them that go.
    """
    names = [entry.name for entry in entries]
    if names != sorted(names):
        return min((entry.at for entry in leaving), default=entries[-1].at + 1)
    before = [entry.at for entry in entries if entry.name < normalized(name)]
    return before[-1] + 1 if before else entries[0].at


def specifier(release: str, entries: Sequence[Entry], leaving: Sequence[Entry]) -> str:
    """Return a release as a version specifier in the style of the entry that goes, or of most entries.

    ``>=2.31`` makes ``>=0.28`` of 0.28.1, ``==2.32.3`` makes ``==0.28.1``, ``~= 2.32`` makes `` ~= 0.28``, and a bare
    neighbour makes it bare.
    """
    own = _VERSION.match(release)
    models = [_VERSION.match(entry.specifier) for entry in leaving or entries]
    styles = Counter(model["operator"] if model else None for model in models)
    style = styles.most_common(1)[0][0] if styles else ">="
    if own is None or style is None:
        return ""
    lengths = [len(model["release"].split(".")) for model in models if model and model["operator"] == style]
    parts = own["release"].split(".")[: max(2, *lengths, 2)]
    spaced = any(model and style and model[0].startswith(f"{style} ") for model in models)
    gap = " " if spaced else ""
    return f"{gap}{style if style in _KEPT_OPERATORS else '>='}{gap}{'.'.join(parts)}"
