"""Closing up brackets that a rewritten file no longer has to break."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from litestar_fix.apply.source_text import CLOSING, content_of, length, lines_of
from litestar_fix.surroundings import Surroundings

_FROM = re.compile(r"\s*from\b")
_DEF = re.compile(r"\s*(?:async\s+)?def\b")
#: The brackets of a call or definition, which formatters let share a line; those of others have one for each item.
_CALL = re.compile(r"[\w)\]]\($")


def closed_up(original: bytes, new: bytes, surroundings: Surroundings) -> bytes:
    """Return a rewritten file, and on one line again what an earlier pass had to break, if there is room for it now.

    Args:
        original: the file before all passes: what its owner laid out stays.
        new: its content after the last one; what is returned reads as the same code.
        surroundings: of the file.
    """
    known = {line.strip() for line in lines_of(original)}
    lines, limit = lines_of(new), surroundings.line_length
    for at in reversed(range(len(lines))):
        end = _end_of_items(lines, at, known)
        items = " ".join(line.strip() for line in lines[at + 1 : end]).removesuffix(",")
        head, tail = lines[at].rstrip(), lines[end].lstrip()
        if _FROM.match(head):
            head, tail = head.removesuffix("("), tail.removeprefix(")")
        whole = f"{head}{items}{tail}"
        if items and length(whole) <= limit:
            lines[at : end + 1] = [whole]
        elif items and _CALL.search(head) and not (_DEF.match(head) and end - at == 2):
            first = lines[at + 1]
            inner = f"{first[: _indent(first)]}{items}{first[len(first.rstrip()) :]}"
            lines[at + 1 : end] = [inner] if length(inner) <= limit else lines[at + 1 : end]
    return content_of(lines, new)


def _end_of_items(lines: Sequence[str], start: int, known: Collection[str]) -> int:
    """The line of the closing bracket, where a new line opens one and each line within is new and one item."""
    if lines[start].strip() in known or not lines[start].rstrip().endswith(tuple(CLOSING)):
        return start
    indent = _indent(lines[start])
    for at in range(start + 1, len(lines)):
        text = lines[at].strip()
        if _indent(lines[at]) <= indent:
            return at if text.startswith(tuple(CLOSING.values())) else start
        if text in known or "#" in text or not text.endswith(","):
            return start
    return start


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
