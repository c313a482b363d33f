"""No comment is lost, doubled or moved away from the code that it suppresses something in."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator

from litestar_fix.errors import EditError, RefusedEdit

#: Comments that tools obey: where they stand is what they mean.
_PRAGMA = re.compile(
    r"#+\s*(?:noqa|type:\s*ignore|litestar-fix:|lint-(?:ignore|fixme)|pyright:|mypy:|pyre-|pylint:|ruff:|flake8:|fmt:|"
    r"yapf:|isort:|nosec|nosemgrep|pragma:|noinspection|codespell:)",
    re.IGNORECASE,
)


def check_comments(old: bytes, new: bytes, named: Iterable[str] = ()) -> None:
    """Check the comments of a rewritten file.

    Args:
        old: its content before.
        new: its content after.
        named: the comments that an edit was meant to change.

    Raises:
        EditError: one is gone or is there twice.
        RefusedEdit: one is a suppression that would not stand behind code any more.
    """
    if _lines(old) == _lines(new):
        return
    before, after = list(_comments(old)), list(_comments(new))
    had, has = Counter(text for text, _ in before), Counter(text for text, _ in after)
    lost = had - has - Counter(named)
    if lost:
        raise EditError(f"a comment would be lost: {min(lost)}")
    doubled = {text for text in has - had if text in had}
    if doubled:
        raise EditError(f"a comment would be doubled: {min(doubled)}")
    moved = _pragmas(before) - _pragmas(after) - _pragmas((text, True) for text in named)
    moved -= _pragmas((text, False) for text in named)
    if moved:
        raise RefusedEdit(f"a suppression would lose the code that it is for: {min(moved)[0]}")


def _lines(source: bytes) -> Counter[bytes]:
    """The lines that may hold a comment: where they are the same nothing needs to be tokenized, which takes long."""
    return Counter(line.strip() for line in source.splitlines() if b"#" in line)


def _pragmas(comments: Iterable[tuple[str, bool]]) -> Counter[tuple[str, bool]]:
    return Counter(comment for comment in comments if _PRAGMA.match(comment[0]))


def _comments(source: bytes) -> Iterator[tuple[str, bool]]:
    """All comments, each with whether it stands behind code; none where the source cannot be tokenized."""
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    for token in tokens:
        if token.type == tokenize.COMMENT:
            yield token.string.rstrip(), not token.line[: token.start[1]].isspace() and token.start[1] > 0
