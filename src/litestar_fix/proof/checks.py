"""What a rewritten file must pass before it may be written: the result is checked, not the rewriter."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Collection

from litestar_fix.errors import EditError, UnreadableFile
from litestar_fix.model import collect


def check_output(path: str, old: bytes, new: bytes, named: Collection[str] = ()) -> None:
    """Check a rewritten file.

    Args:
        path: the file.
        old: its content before.
        new: its content after.
        named: the comments that an edit was meant to change.

    Raises:
        EditError: it is no Python any more, or a comment is gone.
    """
    try:
        collect.parse(path, new)
    except UnreadableFile as error:
        raise EditError(f"the result is {error.reason}") from None
    lost = _comments(old) - _comments(new) - Counter(named)
    if lost:
        raise EditError(f"a comment would be lost: {min(lost)}")


def _comments(source: bytes) -> Counter[str]:
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return Counter()
    return Counter(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)
