"""What one fix alone does to the files as they are, line by line: for documents that tell fixes apart."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from litestar_fix.errors import LitestarFixError
from litestar_fix.files import Files
from litestar_fix.plan import Group
from litestar_fix.result import Change, Patch


def patches(
    groups: Sequence[Group],
    together: Mapping[str, bytes],
    files: Files,
    alone: Callable[[Sequence[Group]], Mapping[str, bytes]],
) -> dict[int, tuple[Patch, ...]]:
    """Return what each group does, by the identity of its findings; nothing of those that edit what a fix made.

    Args:
        groups: those of a pass.
        together: the files that they change, afterwards.
        files: as they are before the pass.
        alone: makes the new contents of some groups.
    """
    owners: dict[str, int] = {}
    for path in (path for group in groups for path in group.paths):
        owners[path] = owners.get(path, 0) + 1
    found: dict[int, tuple[Patch, ...]] = {}
    for group in groups:
        if any(path in files.contents for path in group.paths):
            continue
        is_single = all(owners[path] == 1 for path in group.paths)
        try:
            contents = together if is_single else alone([group])
        except LitestarFixError:
            continue  # it needs the others
        made = tuple(
            patch
            for path in sorted(group.paths & contents.keys())
            for patch in _hunks(path, files.content(path), contents[path])
        )
        found |= {id(finding): made for finding in group.findings}
    return found


def _hunks(path: str, old: bytes, new: bytes) -> Iterator[Patch]:
    before, after = (_lines(_text(old, content)) for content in (old, new))
    for tag, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield Patch(path, first + 1, last + 1, "".join(after[start:end]))


def _lines(text: str) -> list[str]:
    # as the facts count lines: neither a form feed nor a separator of Unicode ends one
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def _text(old: bytes, content: bytes) -> str:
    return content.decode(_encoding(old), "backslashreplace")


def _encoding(content: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
    except SyntaxError:
        return "utf-8"


def patched(change: Change, patches: Iterable[Patch]) -> Change:
    """Return the change of a file with some of its fixes only."""
    lines = _lines(_text(change.old, change.old))
    for patch in sorted(patches, key=lambda item: item.line, reverse=True):
        lines[patch.line - 1 : patch.end_line - 1] = [patch.text]
    return Change(change.path, change.old, "".join(lines).encode(_encoding(change.old)))
