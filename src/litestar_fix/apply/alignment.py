"""Continuation lines that are aligned with what follows an opening bracket, when the bracket moves."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_TEXTS = ('"""', "'''")
_NOTHING = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE})


def aligned(before: Sequence[str], after: Sequence[str], limit: int) -> Sequence[str]:
    """Return the lines of a rewritten file, those that were aligned with a bracket aligned with it still.

    Lines that would become too long stay where they are.

    Args:
        before: the lines of the file before.
        after: its lines now.
        limit: how long a line may be.
    """
    known = set(before)
    if not any(line not in known and _column(line) is not None for line in after):
        return after
    lines = list(after)
    for old, at in _pairs(before, after):
        start, end = _column(before[old]), _column(after[at])
        if start is None or end is None or start == end:
            continue
        first, last = at + 1, _end(lines, at, start)
        moved = [_moved(line, end - start) for line in lines[first:last]]
        if first < last and _indent(lines[first]) == start and all(len(line.rstrip("\r\n")) <= limit for line in moved):
            lines[first:last] = moved
    return lines


def _pairs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places of lines that were edited."""
    for tag, first, last, start, end in SequenceMatcher(None, before, after).get_opcodes():
        if tag == "replace" and last - first == end - start:
            yield from zip(range(first, last), range(start, end), strict=True)


def _column(line: str) -> int | None:
    """Where the text behind the one bracket starts that a line leaves open; None where there is none."""
    if sum(map(line.count, _CLOSING)) <= sum(map(line.count, _CLOSING.values())):
        return None
    opened: list[int] = []
    end = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(line).readline):
            if token.string in _CLOSING:
                opened.append(token.end[1])
            elif token.string in _CLOSING.values() and opened:
                opened.pop()
            end = end if token.type in _NOTHING else token.end[1]
    except (tokenize.TokenError, SyntaxError) as error:
        if "string" in str(error):
            return None
    return opened[0] if len(opened) == 1 and opened[0] < end else None


def _end(lines: Sequence[str], head: int, column: int) -> int:
    """The place behind the line that closes the bracket which one leaves open; the next one's where nothing can move.

    Nothing can where a line is indented less than what stands behind the bracket, or a text goes over several lines.
    """
    depth = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO("".join(lines[head:])).readline):
            depth += token.string in _CLOSING
            depth -= token.string in _CLOSING.values() and depth > 0
            if token.start[0] > 1 and not depth:
                end = head + token.end[0]
                inner = lines[head + 1 : end]
                is_movable = all(_indent(line) >= column and not any(map(line.count, _TEXTS)) for line in inner)
                return end if is_movable else head + 1
    except (tokenize.TokenError, SyntaxError):
        pass
    return head + 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _moved(line: str, by: int) -> str:
    return " " * by + line if by > 0 else line[-by:]
