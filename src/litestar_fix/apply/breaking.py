"""Breaking lines that are too long where formatters break them: at the last brackets, of a definition at the first.

What is in them goes on a line of its own, or each item does where that does not fit either.
"""

from __future__ import annotations

import keyword
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from tokenize import TokenInfo

from litestar_fix.apply.source_text import CLOSING, tokens_of

_LAYOUT = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})
_COMPOUND = frozenset(
    {"async", "class", "def", "else", "except", "finally", "for", "if", "try", "while", "with", "elif"}
)
#: A comment that tools read where it stands.
_PRAGMA = re.compile(
    r"#\s*(?:noqa|type|ruff|fmt|isort|mypy|pyright|pylint|pragma|nosec|lint-|litestar-fix)\b|#.*# *noqa"
)


@dataclass(frozen=True, slots=True)
class _Word:
    """A token, and the whitespace before it."""

    text: str
    gap: str
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """The tokens of a line."""

    indent: str
    words: Sequence[_Word]

    @property
    def text(self) -> str:
        """The line without its end."""
        return self.indent + "".join(word.gap + word.text for word in self.words).lstrip()


def fitted(lines: Sequence[str], new: Collection[int], limit: int) -> Iterator[str]:
    """Yield lines, those at some places broken where they are too long."""
    tokens = [*tokens_of(lines)]
    unit = next((token.string for token in tokens if token.type == tokenize.INDENT), "    ")
    words = _by_line(tokens)
    for index, line in enumerate(lines):
        text = line.rstrip("\r\n")
        is_continued = text.endswith("\\") or (index > 0 and lines[index - 1].rstrip("\r\n").endswith("\\"))
        if index not in new or len(text) <= limit or index not in words or is_continued:
            yield line
            continue
        indent = text[: len(text) - len(text.lstrip())]
        parts = _items_of_a_line(words, index) or [words[index]]
        for part in parts:
            yield from (f"{made.text}{line[len(text) :]}" for made in _broken(_Line(indent, part), limit, unit))


def _by_line(tokens: Sequence[TokenInfo]) -> dict[int, list[_Word]]:
    """The tokens of each line, but for lines with a comment for tools, several statements, or a part of a text."""
    words: dict[int, list[_Word]] = {}
    left: set[int] = set()
    for before, token in pairwise([tokens[0], *tokens]):
        if token.type in _LAYOUT:
            continue
        if token.start[0] != token.end[0] or token.string == ";" or _PRAGMA.match(token.string):
            left |= set(range(token.start[0] - 1, token.end[0]))
        gap = token.line[before.end[1] : token.start[1]] if before.end[0] == token.start[0] else ""
        is_name = token.type == tokenize.NAME and not keyword.iskeyword(token.string)
        words.setdefault(token.start[0] - 1, []).append(_Word(token.string, gap, is_name))
    return {at: found for at, found in words.items() if at not in left and not _has_body(found)}


def _has_body(words: Sequence[_Word]) -> bool:
    """Whether a compound statement stands on the line with its body, or the end of a conditional expression."""
    return words[0].text in _COMPOUND and ":" not in {word.text for word in words[-2:]}


def _items_of_a_line(words: Mapping[int, Sequence[_Word]], index: int) -> Sequence[Sequence[_Word]]:
    """The items of a line that holds all items of some brackets, if there are several."""
    above, below = words.get(index - 1, ()), words.get(index + 1, ())
    if (
        not above
        or not below
        or words[index][-1].text.startswith("#")
        or above[-1].text not in CLOSING
        or below[0].text != CLOSING[above[-1].text]
    ):
        return []
    whole = [*above, *words[index], below[0]]
    items = _Brackets(whole, len(above) - 1, len(whole) - 1).items
    return items if len(items) > 1 else []


def _broken(line: _Line, limit: int, unit: str) -> Iterator[_Line]:
    """Break a line until all its parts fit, as far as they have brackets."""
    brackets = _Brackets.of(line.words) if len(line.text) > limit else None
    if brackets is None:
        yield line
        return
    head, inner, tail = brackets.parts
    yield _Line(line.indent, head)
    body = _Line(line.indent + unit, inner)
    if len(body.text) <= limit and not brackets.has_line_each:
        yield body
    else:
        for item in brackets.items:
            yield from _broken(_Line(body.indent, item), limit, unit)
    yield from _broken(_Line(line.indent, tail), limit, unit)


@dataclass(frozen=True, slots=True)
class _Brackets:
    """Where a line can be broken: from its opening bracket to its closing one."""

    words: Sequence[_Word]
    opening: int
    closing: int

    @classmethod
    def of(cls, words: Sequence[_Word]) -> _Brackets | None:
        """The brackets at which formatters break a line: the last, in a definition the first."""
        first = next((word.text for word in words if word.text != "async"), "")
        if first == "from" and "(" not in {word.text for word in words} and words[-1].text.isidentifier():
            at = next(index for index, word in enumerate(words) if word.text == "import") + 1
            opened = [*words[:at], _Word("(", " "), *words[at:], _Word(")", "")]
            return cls(opened, at, len(opened) - 1)
        start = _start_of_choice(words)
        if start is not None:
            value = [_Word(words[start].text, "", words[start].is_name), *words[start + 1 :]]
            opened = [*words[:start], _Word("(", words[start].gap), *value, _Word(")", "")]
            return cls(opened, start, len(opened) - 1)
        found = [cls(words, *pair) for pair in _pairs(words)]
        if first in ("def", "class"):
            return next(iter(found), None)
        # a subscript is broken only where there is nothing else
        return next((pair for pair in reversed(found) if not pair.is_subscript), found[-1] if found else None)

    @property
    def is_subscript(self) -> bool:
        """Whether what is in the brackets is an index."""
        return self.words[self.opening].text == "[" and self._is_behind_value

    @property
    def _is_behind_value(self) -> bool:
        before = self.words[self.opening - 1] if self.opening else None
        return before is not None and (before.is_name or before.text in (")", "]", "import"))

    @property
    def parts(self) -> tuple[Sequence[_Word], Sequence[_Word], Sequence[_Word]]:
        """What stands before the brackets, within them, and behind them."""
        opening, closing = self.opening + 1, self.closing
        return self.words[:opening], self.words[opening:closing], self.words[closing:]

    @property
    def has_line_each(self) -> bool:
        """Whether each item has a line of its own wherever the brackets are broken."""
        is_display = not self._is_behind_value and not self._is_clauses and len(self._parted) > 1
        is_one_parameter = self._is_definition and len(self._parted) == 1
        return is_display or is_one_parameter or self._is_import or self.words[self.closing - 1].text == ","

    @property
    def items(self) -> list[list[_Word]]:
        """The items, each with a comma where one may follow; the clauses of a comprehension or of a choice."""
        items = self._parted
        if items[-1][-1].text != "," and self._takes_comma(items):
            items[-1].append(_Word(",", ""))
        return items

    @property
    def _parted(self) -> list[list[_Word]]:
        items: list[list[_Word]] = [[]]
        depth, is_lambda, is_comprehension = 0, False, False
        is_choice = self._is_choice
        for word in self.parts[1]:
            depth += (word.text in CLOSING) - (word.text in CLOSING.values())
            is_lambda = not depth and (word.text == "lambda" or (is_lambda and word.text != ":"))
            is_clause = not depth and (word.text in ("for", "async") or (is_comprehension and word.text == "if"))
            if is_choice and not depth and word.text in ("if", "else"):
                items.append([])
            is_async = bool(items[-1]) and items[-1][-1].text == "async"
            if is_clause and not is_async and items[-1]:
                items.append([])
            is_comprehension = is_comprehension or is_clause
            items[-1].append(word)
            if word.text == "," and not depth and not is_lambda and not is_comprehension:
                items.append([])
        return [item for item in items if item]

    def _takes_comma(self, items: Sequence[Sequence[_Word]]) -> bool:
        """Whether formatters put a comma behind the last item."""
        is_comprehension = any(item[0].text in ("for", "async") for item in items)
        is_list = len(items) > 1 and not is_comprehension and not self._is_choice
        return is_list or self._is_definition or self._is_import

    @property
    def _is_choice(self) -> bool:
        """Whether all that is in the brackets is one conditional expression."""
        words = {word.text for word in _outermost(self.parts[1])}
        return "else" in words and words.isdisjoint({",", "for", "lambda", ":="})

    @property
    def _is_clauses(self) -> bool:
        """Whether what is in the brackets is one expression with clauses: a choice or a comprehension."""
        return self._is_choice or "for" in {word.text for word in _outermost(self.parts[1])}

    @property
    def _is_definition(self) -> bool:
        return "def" in {word.text for word in self.words[:2]}

    @property
    def _is_import(self) -> bool:
        return self.words[0].text == "from"


def _outermost(words: Iterable[_Word]) -> Iterator[_Word]:
    """The words that stand in no brackets."""
    depth = 0
    for word in words:
        depth -= word.text in CLOSING.values()
        if not depth and word.text not in CLOSING:
            yield word
        depth += word.text in CLOSING


def _start_of_choice(words: Sequence[_Word]) -> int | None:
    """Where the conditional expression starts that is the whole value of a return or an assignment."""
    texts = [word.text for word in _outermost(words)]
    if "else" not in texts or not {",", "lambda", ";"}.isdisjoint(texts) or words[-1].text.startswith("#"):
        return None
    if words[0].text == "return":
        return 1
    return words.index(next(word for word in words if word.text == "=")) + 1 if texts.count("=") == 1 else None


def _pairs(words: Sequence[_Word]) -> list[tuple[int, int]]:
    """The outermost brackets of a line that hold something; none where one is not closed on it."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []
    for index, word in enumerate(words):
        if word.text in CLOSING:
            opened.append(index)
        elif word.text in CLOSING.values() and opened:
            start = opened.pop()
            if not opened and index > start + 1:
                found.append((start, index))
    return [] if opened else found
