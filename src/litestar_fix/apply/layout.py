"""Laying out what was rewritten as the file around it is: long lines are broken, strings have its quotes."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher

from litestar_fix.apply.alignment import aligned
from litestar_fix.apply.breaking import fitted
from litestar_fix.apply.source_text import content_of, length, lines_of, tokens_of
from litestar_fix.surroundings import Surroundings

#: A string without a prefix, and nothing in it that would have to be escaped.
_PLAIN = re.compile(r"\"[^\"'\\\r\n]*\"")
#: That much of a line tells that it is the same one, edited.
_ALIKE = 12


def laid_out(old: bytes, new: bytes, surroundings: Surroundings) -> bytes:
    """Return a rewritten file, its new lines laid out like the others.

    Args:
        old: the file before.
        new: its content after; what is returned reads as the same code.
        surroundings: of the file.
    """
    before, after = lines_of(old), lines_of(new)
    known, limit = set(before), surroundings.line_length
    changed = [index for index, line in enumerate(after) if line not in known]
    lines: Sequence[str] = after
    if any('"' in after[index] for index in changed):
        lines = _in_quotes("".join(before), after, changed, surroundings.quote)
    lines = aligned(before, lines, limit)
    if any(length(lines[index]) > limit for index in changed):
        kept = _long_before(before, lines, limit)
        lines = [*fitted(lines, {index for index in changed if index not in kept}, limit)]
    return content_of(lines, new)


def _long_before(before: Sequence[str], after: Sequence[str], limit: int) -> set[int]:
    """The places of edited lines that were too long before and have not grown: their owner lets them be."""
    found: set[int] = set()
    for tag, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "replace":
            long = {line.strip()[:_ALIKE]: length(line) for line in before[first:last] if length(line) > limit}
            found |= {at for at in range(start, end) if length(after[at]) <= long.get(after[at].strip()[:_ALIKE], 0)}
    return found


def _in_quotes(old: str, lines: Sequence[str], changed: Collection[int], quote: str | None) -> Sequence[str]:
    """The lines, and what is written anew in them in the quotes of the file."""
    if (quote or (_quote_of(old) if "'" in old else '"')) == '"':
        return lines
    found, new = list(lines), set(changed)
    moved = {token.string for token in tokens_of([old]) if token.type == tokenize.STRING}
    for token in reversed([*tokens_of(lines)]):
        at = token.start[0] - 1
        if token.type == tokenize.STRING and at in new and _PLAIN.fullmatch(token.string) and token.string not in moved:
            found[at] = f"{found[at][: token.start[1]]}'{token.string[1:-1]}'{found[at][token.end[1] :]}"
    return found


def _quote_of(text: str) -> str:
    """The quotes of most strings."""
    strings = [token.string.lstrip("rRbBuUfF") for token in tokens_of([text]) if token.type == tokenize.STRING]
    quotes = [string[0] for string in strings if not string.startswith(('"""', "'''"))]
    return "'" if quotes.count("'") > quotes.count('"') else '"'
