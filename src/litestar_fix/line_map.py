"""What changed between two lists of lines, and where lines come from."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

#: Comparing every line with every other takes seconds beyond that; then lines that stand everywhere say nothing.
_LARGE = 200_000

#: As `difflib.SequenceMatcher` names them: what is done, and the first and last line of both.
Opcode = tuple[str, int, int, int, int]


def opcodes(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[Opcode]:
    """Yield how to make the new lines of the old ones; what is equal at both ends is not compared."""
    from difflib import SequenceMatcher  # a check compares nothing

    shortest = min(len(old), len(new))
    head = next((at for at in range(shortest) if old[at] != new[at]), shortest)
    tail = next((at for at in range(shortest - head) if old[-1 - at] != new[-1 - at]), shortest - head)
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    if head:
        yield "equal", 0, head, 0, head
    matcher = SequenceMatcher(None, before, after, autojunk=len(before) * len(after) > _LARGE)
    for tag, first, last, start, end in matcher.get_opcodes():
        yield tag, first + head, last + head, start + head, end + head
    if tail:
        yield "equal", len(old) - tail, len(old), len(new) - tail, len(new)


def line_map(old: bytes, new: bytes) -> dict[int, int]:
    """Return for each line of the new content the line of the old one that it is, or stands in the place of."""
    lines: dict[int, int] = {}
    for tag, first, last, start, end in opcodes(old.splitlines(), new.splitlines()):
        for offset, line in enumerate(range(start, end)):
            lines[line + 1] = first + 1 + (offset if tag == "equal" else min(offset, max(last - first - 1, 0)))
    return lines
