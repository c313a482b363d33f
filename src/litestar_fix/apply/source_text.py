"""The text of a file as lines and tokens, and back into bytes that read as the same code."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from tokenize import TokenInfo

from litestar_fix.apply.depth import with_room

CLOSING = {"(": ")", "[": "]", "{": "}"}
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def lines_of(content: bytes) -> list[str]:
    """Return the lines of a file, with their ends."""
    return _LINES.findall(content.decode(_encoding(content)))


def content_of(lines: Iterable[str], new: bytes) -> bytes:
    """Return lines as the content of a file, or what they were made of where they do not read as the same code.

    Args:
        lines: with their ends.
        new: the content that they were made of.
    """
    result = "".join(lines).encode(_encoding(new))
    return result if result == new or with_room(_read_alike, new, result) else new


def _encoding(content: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(content).readline)[0]


def _read_alike(new: bytes, result: bytes) -> bool:
    try:
        return ast.dump(ast.parse(new)) == ast.dump(ast.parse(result))
    except (SyntaxError, ValueError):
        return False


def length(line: str) -> int:
    """Return how long a line is without its end."""
    return len(line.rstrip("\r\n"))


def tokens_of(lines: Sequence[str]) -> Iterator[TokenInfo]:
    """The tokens of some lines; a formatted string is one token, as it was before Python 3.12."""
    depth, first = 0, None
    for token in tokenize.generate_tokens(io.StringIO("".join(lines), newline="").readline):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):
            depth, first = depth + 1, first or token
        elif kind.endswith("STRING_END") and first is not None:
            depth -= 1
            if not depth:
                is_one_line = first.start[0] == token.end[0]
                text = token.line[first.start[1] : token.end[1]] if is_one_line else first.string
                yield TokenInfo(tokenize.STRING, text, first.start, token.end, first.line)
                first = None
        elif not depth:
            yield token
