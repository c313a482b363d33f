"""Tokens of a source by their offsets."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

OPEN, CLOSE = frozenset("([{"), frozenset(")]}")
_SKIPPED = frozenset({tokenize.ENCODING, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})
_FSTRING_START = getattr(tokenize, "FSTRING_START", -1)
_FSTRING_END = getattr(tokenize, "FSTRING_END", -1)


@dataclass(frozen=True)
class Text:
    """A source and what is asked of it again and again."""

    source: str

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column

    @property
    def lines(self) -> list[str]:
        return self.source.splitlines(keepends=True) if "\f" not in self.source else lines_of(self.source)

    @property
    def starts(self) -> list[int]:
        starts = [0]
        for line in lines_of(self.source):
            starts.append(starts[-1] + len(line))
        return starts

    def tokens(self) -> list[Token]:
        """The tokens with what stands around them; those of a format string are one."""
        found: list[Token] = []
        starts = self.starts
        depth = nesting = 0
        for token in tokenize.generate_tokens(io.StringIO(self.source).readline):
            if token.type in _SKIPPED:
                continue
            start = starts[token.start[0] - 1] + token.start[1]
            end = starts[token.end[0] - 1] + token.end[1]
            nesting += (token.type == _FSTRING_START) - (token.type == _FSTRING_END)
            if nesting or token.type == _FSTRING_END:
                if token.type == _FSTRING_START and nesting == 1:
                    found.append(Token(tokenize.STRING, start, end, depth, token.string))
                else:
                    first = found.pop()
                    found.append(Token(first.type, first.start, end, depth, self.source[first.start : end]))
                continue
            depth -= token.type == tokenize.OP and token.string in CLOSE
            found.append(Token(token.type, start, end, depth, token.string))
            depth += token.type == tokenize.OP and token.string in OPEN
        return found


@dataclass(frozen=True)
class Token:
    """``depth`` counts the brackets that are open around it."""

    type: int
    start: int
    end: int
    depth: int
    string: str


def lines_of(source: str) -> list[str]:
    """The lines of a source with their ends; a form feed ends none."""
    return re.findall(r"[^\n]*\n|[^\n]+", source)
