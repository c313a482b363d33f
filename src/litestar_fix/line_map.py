"""Where lines come from."""

from __future__ import annotations

from difflib import SequenceMatcher


def line_map(old: bytes, new: bytes) -> dict[int, int]:
    """Return for each line of the new content the line of the old one that it is, or stands in the place of."""
    lines: dict[int, int] = {}
    for tag, first, last, start, end in SequenceMatcher(
        None, old.splitlines(), new.splitlines(), autojunk=False
    ).get_opcodes():
        for offset, line in enumerate(range(start, end)):
            lines[line + 1] = first + 1 + (offset if tag == "equal" else min(offset, max(last - first - 1, 0)))
    return lines
