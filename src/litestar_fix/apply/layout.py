"""Laying out what was rewritten as the file around it is: lines that grew too long are broken, strings have its quotes.

Lines are broken where formatters break them: at the last brackets of the line, of a definition at the first. What is in
them goes on a line of its own, or each item does where that does not fit either.
"""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from tokenize import TokenInfo

from litestar_fix.apply.alignment import aligned
from litestar_fix.apply.depth import with_room
from litestar_fix.surroundings import Surroundings

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LAYOUT = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})
_COMPOUND = frozenset(
    {"async", "class", "def", "else", "except", "finally", "for", "if", "try", "while", "with", "elif"}
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_FROM = re.compile(r"\s*from\b")
_DEF = re.compile(r"\s*(?:async\s+)?def\b")
#: The brackets of a call or definition, which formatters let share a line; those of others have one for each item.
_CALL = re.compile(r"[\w)\]]\($")
#: A string without a prefix, and nothing in it that would have to be escaped.
_PLAIN = re.compile(r"\"[^\"'\\\r\n]*\"")
#: A comment that tools read where it stands.
_PRAGMA = re.compile(
    r"#\s*(?:noqa|type|ruff|fmt|isort|mypy|pyright|pylint|pragma|nosec|lint-|litestar-fix)\b|#.*# *noqa"
)
#: That much of a line tells that it is the same one, edited.
_ALIKE = 12


def laid_out(old: bytes, new: bytes, surroundings: Surroundings) -> bytes:
    """Return a rewritten file, its new lines laid out like the others.

    Args:
        old: the file before.
        new: its content after; what is returned reads as the same code.
        surroundings: of the file.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(new).readline)
    before, after = (_LINES.findall(content.decode(encoding)) for content in (old, new))
    known, limit = set(before), surroundings.line_length
    changed = [index for index, line in enumerate(after) if line not in known]
    lines: Sequence[str] = after
    if any('"' in after[index] for index in changed):
        lines = _in_quotes("".join(before), after, changed, surroundings.quote)
    lines = aligned(before, lines, limit)
    if any(_length(lines[index]) > limit for index in changed):
        kept = _long_before(before, lines, limit)
        lines = [*_fitted(lines, {index for index in changed if index not in kept}, limit)]
    result = "".join(lines).encode(encoding)
    return result if result == new or with_room(_read_alike, new, result) else new


def closed_up(original: bytes, new: bytes, surroundings: Surroundings) -> bytes:
    """Return a rewritten file, and on one line again what an earlier pass had to break, if there is room for it now.

    Args:
        original: the file before all passes: what its owner laid out stays.
        new: its content after the last one; what is returned reads as the same code.
        surroundings: of the file.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(new).readline)
    known = {line.strip() for line in _LINES.findall(original.decode(encoding))}
    lines, limit = _LINES.findall(new.decode(encoding)), surroundings.line_length
    for at in reversed(range(len(lines))):
        end = _end_of_items(lines, at, known)
        items = " ".join(line.strip() for line in lines[at + 1 : end]).removesuffix(",")
        head, tail = lines[at].rstrip(), lines[end].lstrip()
        if _FROM.match(head):
            head, tail = head.removesuffix("("), tail.removeprefix(")")
        whole = f"{head}{items}{tail}"
        if items and _length(whole) <= limit:
            lines[at : end + 1] = [whole]
        elif items and _CALL.search(head) and not (_DEF.match(head) and end - at == 2):
            first = lines[at + 1]
            inner = f"{first[: _indent(first)]}{items}{first[len(first.rstrip()) :]}"
            lines[at + 1 : end] = [inner] if _length(inner) <= limit else lines[at + 1 : end]
    result = "".join(lines).encode(encoding)
    return result if result == new or with_room(_read_alike, new, result) else new


def _end_of_items(lines: Sequence[str], start: int, known: Collection[str]) -> int:
    """The line of the closing bracket, where a new line opens one and each line within is new and one item."""
    if lines[start].strip() in known or not lines[start].rstrip().endswith(tuple(_CLOSING)):
        return start
    indent = _indent(lines[start])
    for at in range(start + 1, len(lines)):
        text = lines[at].strip()
        if _indent(lines[at]) <= indent:
            return at if text.startswith(tuple(_CLOSING.values())) else start
        if text in known or "#" in text or not text.endswith(","):
            return start
    return start


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _read_alike(new: bytes, result: bytes) -> bool:
    try:
        return ast.dump(ast.parse(new)) == ast.dump(ast.parse(result))
    except (SyntaxError, ValueError):
        return False


def _long_before(before: Sequence[str], after: Sequence[str], limit: int) -> set[int]:
    """The places of edited lines that were too long before and have not grown: their owner lets them be."""
    found: set[int] = set()
    for tag, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "replace":
            long = {line.strip()[:_ALIKE]: _length(line) for line in before[first:last] if _length(line) > limit}
            found |= {at for at in range(start, end) if _length(after[at]) <= long.get(after[at].strip()[:_ALIKE], 0)}
    return found


def _length(line: str) -> int:
    return len(line.rstrip("\r\n"))


# ------------------------------------------------------------------------------------------------------------- tokens
def _tokens(lines: Sequence[str]) -> Iterator[TokenInfo]:
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


def _in_quotes(old: str, lines: Sequence[str], changed: Collection[int], quote: str | None) -> Sequence[str]:
    """The lines, and what is written anew in them in the quotes of the file."""
    if (quote or (_quote_of(old) if "'" in old else '"')) == '"':
        return lines
    found, new = list(lines), set(changed)
    moved = {token.string for token in _tokens([old]) if token.type == tokenize.STRING}
    for token in reversed([*_tokens(lines)]):
        at = token.start[0] - 1
        if token.type == tokenize.STRING and at in new and _PLAIN.fullmatch(token.string) and token.string not in moved:
            found[at] = f"{found[at][: token.start[1]]}'{token.string[1:-1]}'{found[at][token.end[1] :]}"
    return found


def _quote_of(text: str) -> str:
    """The quotes of most strings."""
    strings = [token.string.lstrip("rRbBuUfF") for token in _tokens([text]) if token.type == tokenize.STRING]
    quotes = [string[0] for string in strings if not string.startswith(('"""', "'''"))]
    return "'" if quotes.count("'") > quotes.count('"') else '"'


# -------------------------------------------------------------------------------------------------------------- lines
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


def _fitted(lines: Sequence[str], new: Collection[int], limit: int) -> Iterator[str]:
    tokens = [*_tokens(lines)]
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
        or above[-1].text not in _CLOSING
        or below[0].text != _CLOSING[above[-1].text]
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
            depth += (word.text in _CLOSING) - (word.text in _CLOSING.values())
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
        depth -= word.text in _CLOSING.values()
        if not depth and word.text not in _CLOSING:
            yield word
        depth += word.text in _CLOSING


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
        if word.text in _CLOSING:
            opened.append(index)
        elif word.text in _CLOSING.values() and opened:
            start = opened.pop()
            if not opened and index > start + 1:
                found.append((start, index))
    return [] if opened else found
