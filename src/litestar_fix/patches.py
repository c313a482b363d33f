"""What one fix alone does to the files as they are, line by line: for documents that tell fixes apart."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from litestar_fix.errors import LitestarFixError
from litestar_fix.finding import Finding
from litestar_fix.line_map import opcodes
from litestar_fix.outcome import identity
from litestar_fix.result import Change, Patch

if TYPE_CHECKING:
    from litestar_fix.files import Files
    from litestar_fix.plan import Group


class Patches:
    """What each of some fixes does to the files as they are; one that is made only later, too.

    Args:
        groups: all that the first pass could make; those that wait for a later pass are found again there.
        files: before any fix.
        alone: makes the new contents of some groups.
    """

    def __init__(
        self, groups: Iterable[Group], files: Files, alone: Callable[[Sequence[Group]], Mapping[str, bytes]]
    ) -> None:
        self._left: dict[tuple[str, str, str], list[tuple[Patch, ...]]] = {}
        for group in groups:
            try:
                made = tuple(_patches(group, files, alone([group])))
            except LitestarFixError:
                made = ()  # it needs the others
            for finding in group.findings:
                self._left.setdefault(identity(finding), []).append(made)

    def take(self, finding: Finding) -> tuple[Patch, ...]:
        """Return what the fix of a finding does, nothing where only a fix led to it; asked once for each."""
        left = self._left.get(identity(finding))
        return left.pop(0) if left else ()


def _patches(group: Group, files: Files, contents: Mapping[str, bytes]) -> Iterator[Patch]:
    for path in sorted(group.paths & contents.keys()):
        yield from _hunks(path, files.content(path), contents[path])


def _hunks(path: str, old: bytes, new: bytes) -> Iterator[Patch]:
    before, after = (lines_of(_text(old, content)) for content in (old, new))
    for tag, first, last, start, end in opcodes(before, after):
        if tag != "equal":
            yield Patch(path, first + 1, last + 1, "".join(after[start:end]))


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends, as the numbers of patches count them."""
    # as the facts count lines: neither a form feed nor a separator of Unicode ends one
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def _text(old: bytes, content: bytes) -> str:
    return content.decode(_encoding(old), "backslashreplace")


def _encoding(content: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
    except SyntaxError:
        return "utf-8"


def with_some(change: Change, some: Iterable[Patch]) -> Change:
    """Return the change of a file with some of its fixes only."""
    text = patched(_text(change.old, change.old), some)
    return Change(change.path, change.old, text.encode(_encoding(change.old)), change.secrets)


def patched(text: str, some: Iterable[Patch]) -> str:
    """Return the text of a file with some fixes of it."""
    lines = lines_of(text)
    for patch in sorted(some, key=lambda item: item.line, reverse=True):
        lines[patch.line - 1 : patch.end_line - 1] = [patch.text]
    return "".join(lines)
