"""The findings that a project has agreed to live with: kept in a file, told by their code, never by their line.

A finding is known by its rule, the function or class around it and its code. It stays known where lines come and go,
where its function moves to another file and where its file is renamed. It is not known where another one like it was
fixed: an entry of a file counts elsewhere only if what it speaks of is gone from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from litestar_fix.errors import LitestarFixError
from litestar_fix.identity import Identity

#: Where it lies if nobody says otherwise.
NAME = "litestar-fix-baseline.json"
_FORMAT = 1


class Entry(msgspec.Struct, frozen=True, order=True, kw_only=True, forbid_unknown_fields=True):
    """Findings of one rule with the same code in the same place; ``snippet`` is the hash of that code."""

    rule: str
    path: str
    scope: str
    snippet: str
    count: int = 1


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The known findings of a project."""

    format: int = _FORMAT
    findings: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, identities: Iterable[Identity]) -> Baseline:
        """Make a baseline of findings."""
        count = Counter((item.code, item.path, item.scope, item.snippet) for item in identities)
        entries = [
            Entry(rule=rule, path=path, scope=scope, snippet=snippet, count=number)
            for (rule, path, scope, snippet), number in count.items()
        ]
        return cls(findings=tuple(sorted(entries)))

    def match(self, identities: Sequence[Identity], is_gone: Callable[[str, str], bool]) -> Match:
        """Tell which findings are known, and which entries stand for nothing any more.

        Args:
            identities: of all findings.
            is_gone: whether a file no longer has a function or class of some name; '' is the file itself.
        """
        left = Counter({_key(entry): entry.count for entry in self.findings})
        known = [False] * len(identities)
        for number, item in enumerate(identities):
            known[number] = _take(left, (item.code, item.path, item.scope, item.snippet))
        elsewhere: dict[tuple[str, str, str], list[Entry]] = {}
        for entry in self.findings:
            if is_gone(entry.path, entry.scope):
                elsewhere.setdefault((entry.rule, entry.scope, entry.snippet), []).append(entry)
        for number, item in enumerate(identities):
            if not known[number]:
                moved = elsewhere.get((item.code, item.scope, item.snippet), ())
                known[number] = any(_take(left, _key(entry)) for entry in moved)
        stale = [
            msgspec.structs.replace(entry, count=left[_key(entry)]) for entry in self.findings if left[_key(entry)] > 0
        ]
        return Match(tuple(known), tuple(stale))

    def without(self, entries: Iterable[Entry]) -> Baseline:
        """Return the baseline less some of its findings, as many as these entries count."""
        gone = {_key(entry): entry.count for entry in entries}
        left = (msgspec.structs.replace(entry, count=entry.count - gone.get(_key(entry), 0)) for entry in self.findings)
        return Baseline(findings=tuple(entry for entry in left if entry.count > 0))

    def additions_to(self, other: Baseline, is_gone: Callable[[str, str], bool]) -> tuple[Entry, ...]:
        """Return what this baseline knows and another one does not: what somebody added to it.

        Args:
            other: the baseline before.
            is_gone: as for `match`: what has moved is not new.
        """
        ours = [
            Identity(entry.rule, entry.path, entry.scope, entry.snippet)
            for entry in self.findings
            for _ in range(entry.count)
        ]
        known = other.match(ours, is_gone).known
        return Baseline.of(item for item, is_known in zip(ours, known, strict=True) if not is_known).findings


class Match(msgspec.Struct, frozen=True):
    """Which findings are known, in their order, and the entries (with how many of them) that match none."""

    known: tuple[bool, ...]
    stale: tuple[Entry, ...]


def _key(entry: Entry) -> tuple[str, str, str, str]:
    return entry.rule, entry.path, entry.scope, entry.snippet


def _take(left: Counter[tuple[str, str, str, str]], key: tuple[str, str, str, str]) -> bool:
    if left[key] <= 0:
        return False
    left[key] -= 1
    return True


def read(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        LitestarFixError: it cannot be read, or is none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LitestarFixError(f"{path}: the baseline cannot be read: {error.strerror}") from None
    return decode(content, str(path))


def decode(content: bytes, name: str) -> Baseline:
    """Decode a baseline.

    Raises:
        LitestarFixError: it is none.
    """
    cure = "mend it, or make it anew with `litestar-fix baseline create --force`"
    try:
        found = msgspec.json.decode(content, type=Baseline)
    except msgspec.MsgspecError as error:
        reason = str(error)
        raise LitestarFixError(f"{name}: no baseline: {reason[:1].lower()}{reason[1:]}; {cure}") from None
    if found.format != _FORMAT:
        raise LitestarFixError(f"{name}: a baseline of format {found.format}, and this version knows {_FORMAT}; {cure}")
    return found


def encode(baseline: Baseline) -> bytes:
    """Encode a baseline: one entry a line, so that two branches can be merged."""
    entries = ",\n".join(f"    {msgspec.json.encode(entry).decode()}" for entry in baseline.findings)
    body = f"[\n{entries}\n  ]" if entries else "[]"
    return f'{{\n  "format": {baseline.format},\n  "findings": {body}\n}}\n'.encode()
