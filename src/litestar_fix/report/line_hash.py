"""GitHub's ``primaryLocationLineHash``: what code scanning recognises an alert by when lines move.

The algorithm is that of the action which uploads SARIF (github/codeql-action, src/fingerprints.ts): another one would
make it complain, and forget which alerts were dismissed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

_BLOCK = 100
_BASE = 37
_MASK = (1 << 64) - 1
_LEAVING = pow(_BASE, _BLOCK, 1 << 64)
_END_OF_FILE = 65535
_LINE_FEED, _CARRIAGE_RETURN, _BLANKS = 10, 13, frozenset((9, 32))


def line_hashes(text: str) -> list[str]:
    """Return the hash of each line of a file, and how many lines up to it have the same one.

    A line is hashed with what follows it, 100 units of UTF-16 in all, blanks and tabs left out.
    """
    units = [*_kept(text), _END_OF_FILE]
    starts = [0, *(at + 1 for at, unit in enumerate(units) if unit == _LINE_FEED)]
    padded = units + [0] * _BLOCK
    value = 0
    for unit in padded[:_BLOCK]:
        value = (value * _BASE + unit) & _MASK
    found, at = [], 0
    count: Counter[int] = Counter()
    for start in starts:
        while at < start:
            value = (value * _BASE + padded[at + _BLOCK] - _LEAVING * padded[at]) & _MASK
            at += 1
        count[value] += 1
        found.append(f"{value:x}:{count[value]}")
    return found


def _kept(text: str) -> Iterator[int]:
    encoded = text.encode("utf-16-le", "surrogatepass")
    was_return = False
    for low, high in zip(encoded[::2], encoded[1::2], strict=True):
        unit = low | high << 8
        if unit in _BLANKS or (was_return and unit == _LINE_FEED):
            was_return = False
            continue
        was_return = unit == _CARRIAGE_RETURN
        yield _LINE_FEED if was_return else unit
