"""How a text becomes a file: tabs, line endings, a byte order mark."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass

from tests.properties.layout import is_same
from tests.properties.tokens import lines_of


def comments(source: bytes) -> list[str]:
    """All comments of a file, sorted."""
    tokens = tokenize.tokenize(io.BytesIO(source).readline)
    return sorted(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)


@dataclass(frozen=True)
class Bytes:
    """How a text becomes a file.

    Args:
        tabs: whether it is indented with tabs.
        endings: the line endings, used in turn.
        mark: whether it begins with a byte order mark.
        ends: whether its last line ends.
    """

    tabs: bool = False
    endings: tuple[str, ...] = ("\n",)
    mark: bool = False
    ends: bool = True

    def of(self, source: str) -> bytes:
        """Return the file."""
        tree = ast.dump(ast.parse(source))
        if self.tabs:
            source = _with_tabs(source)
        lines = lines_of(source if self.ends else source.rstrip("\n"))
        written = "".join(
            line.removesuffix("\n") + self.endings[index % len(self.endings)] if line.endswith("\n") else line
            for index, line in enumerate(lines)
        )
        if not is_same(written, tree):
            written = source
        return b"\xef\xbb\xbf" * self.mark + written.encode()


def _with_tabs(source: str) -> str:
    tree = ast.dump(ast.parse(source))
    changed = "".join(
        re.sub(r"^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), line) for line in lines_of(source)
    )
    return changed if is_same(changed, tree) else source
