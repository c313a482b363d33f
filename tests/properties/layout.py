"""Other ways of writing the same program: comments, line joins, parentheses, semicolons, tabs, line endings.

A `Touch` is one small change at one place. It never changes what the program means: a touch that would change the
syntax tree is left out, so whatever a rule finds before, it finds afterwards, too.
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import libcst as cst

from tests.properties.tokens import CLOSE, OPEN, Text, Token

COMMENTS = (
    "# why",
    "#",
    "# ünï",
    "# type: ignore",
    "# noqa: E501",
    "# \"quoted'",
    "#: attribute",
    "# fmt: off",
    "# )]}",
)
_ENDS = frozenset({tokenize.NEWLINE, tokenize.NL})


@dataclass(frozen=True)
class Touch:
    """One change: what is done, at which of the places where it can be done (counted around), and with which text."""

    kind: str
    at: int
    text: str = "# why"


#: (start, end, replacement)
_Patch = tuple[int, int, str]


# --------------------------------------------------------------------------------------------------------- the kinds
def _comment_at_end(text: Text, comment: str) -> Iterator[_Patch]:
    for before, token in pairwise(text.tokens()):
        if token.type in _ENDS and before.type not in (*_ENDS, tokenize.COMMENT):
            yield token.start, token.start, f"  {comment}"


def _comment_above(text: Text, comment: str) -> Iterator[_Patch]:
    for before, token in pairwise([Token(tokenize.NL, 0, 0, 0, ""), *text.tokens()]):
        if before.type in _ENDS:
            start = text.source.rfind("\n", 0, token.start) + 1
            yield start, start, f"{text.source[start : token.start]}{comment}\n"


def _comment_at_margin(text: Text, comment: str) -> Iterator[_Patch]:
    yield from ((start, end, f"{new.lstrip()}") for start, end, new in _comment_above(text, comment))


def _gaps(text: Text, *, bracketed: bool) -> Iterator[tuple[Token, Token]]:
    for before, token in pairwise(text.tokens()):
        is_within = token.depth > 0 or (before.depth > 0 and token.string not in CLOSE) or before.string in OPEN
        if token.string in CLOSE and token.type == tokenize.OP:
            is_within = True
        if not {before.type, token.type} & {*_ENDS, tokenize.COMMENT} and is_within == bracketed:
            yield before, token


def _break(text: Text, _comment: str) -> Iterator[_Patch]:
    for before, token in _gaps(text, bracketed=True):
        yield before.end, token.start, "\n" + " " * 8


def _break_with_comment(text: Text, comment: str) -> Iterator[_Patch]:
    for before, token in _gaps(text, bracketed=True):
        yield before.end, token.start, f"  {comment}\n{' ' * 8}"


def _join(text: Text, _comment: str) -> Iterator[_Patch]:
    for before, token in _gaps(text, bracketed=False):
        yield before.end, token.start, " \\\n    "


def _spaces(text: Text, _comment: str) -> Iterator[_Patch]:
    for before, token in (*_gaps(text, bracketed=True), *_gaps(text, bracketed=False)):
        yield before.end, token.start, "  "


def _blank_line(text: Text, _comment: str) -> Iterator[_Patch]:
    for token in text.tokens():
        if token.type in _ENDS:
            yield token.end, token.end, "   \n" if len(token.string) else "\n"


def _form_feed(text: Text, _comment: str) -> Iterator[_Patch]:
    """On a line of its own, at the end of a line, within brackets: LibCST loses one that code follows on its line."""
    for before, token in pairwise(text.tokens()):
        if before.type == tokenize.NEWLINE:
            yield before.end, before.end, "\f\n"
        if token.type in _ENDS:
            yield token.start, token.start, "\f"
    for before, token in _gaps(text, bracketed=True):
        yield before.end, token.start, " \f"


def _semicolon(text: Text, _comment: str) -> Iterator[_Patch]:
    """Join a simple statement with the next one of its block."""
    starts = text.starts

    def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
        for child in ast.walk(node):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(child, name, None)
                if isinstance(block, list):
                    yield block

    for block in blocks(ast.parse(text.source)):
        for first, second in pairwise(block):
            if isinstance(first, _COMPOUND) or isinstance(second, _COMPOUND):
                continue
            end, start = _end(text, starts, first), _start(text, starts, second)
            if not text.source[end:start].strip():
                yield end, start, "; "


def _one_line_body(text: Text, _comment: str) -> Iterator[_Patch]:
    starts = text.starts
    for node in ast.walk(ast.parse(text.source)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.If() | ast.With() | ast.For():
                if len(node.body) == 1 and not isinstance(node.body[0], _COMPOUND):
                    start = _start(text, starts, node.body[0])
                    colon = text.source.rfind(":", 0, start)
                    if not text.source[colon + 1 : start].strip():
                        yield colon + 1, start, " "


def _trailing_comma(text: Text, _comment: str) -> Iterator[_Patch]:
    starts = text.starts
    for node in _expressions(ast.parse(text.source)):
        match node:
            case ast.Call(args=args, keywords=keywords) if args or keywords:
                pass
            case ast.List(elts=[_, *_]) | ast.Set(elts=[_, *_]) | ast.Dict(keys=[_, *_]):
                pass
            case _:
                continue
        end = _end(text, starts, node) - 1
        yield end, end, ","


def _parentheses(text: Text, _comment: str) -> Iterator[_Patch]:
    starts = text.starts
    for node in _expressions(ast.parse(text.source)):
        start, end = _start(text, starts, node), _end(text, starts, node)
        yield start, end, f"({text.source[start:end]})"


def _parentheses_over_lines(text: Text, comment: str) -> Iterator[_Patch]:
    for start, end, new in _parentheses(text, comment):
        yield start, end, f"(  {comment}\n        {new[1:-1]}\n    )"


def _split_string(text: Text, _comment: str) -> Iterator[_Patch]:
    for before, token in pairwise(text.tokens()):
        is_annotation = before.string in ("->", ":", "[", "|")
        if token.type == tokenize.STRING and not is_annotation and re.fullmatch(r'"[\w -]{2,}"', token.string):
            middle = token.start + 1 + (token.end - token.start - 2) // 2
            yield middle, middle, '" "'


def _other_quotes(text: Text, _comment: str) -> Iterator[_Patch]:
    for token in text.tokens():
        if token.type == tokenize.STRING and re.fullmatch(r'"[\w/: -]*"', token.string):
            yield token.start, token.end, f"'{token.string[1:-1]}'"
            yield token.start, token.end, f'r"""{token.string[1:-1]}"""'


_COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)

_KINDS: dict[str, Callable[[Text, str], Iterator[_Patch]]] = {
    "comment at the end of a line": _comment_at_end,
    "comment above a line": _comment_above,
    "comment at the margin": _comment_at_margin,
    "line break": _break,
    "line break with a comment": _break_with_comment,
    "line join": _join,
    "spaces": _spaces,
    "blank line": _blank_line,
    "form feed": _form_feed,
    "semicolon": _semicolon,
    "body on the line of its header": _one_line_body,
    "trailing comma": _trailing_comma,
    "parentheses": _parentheses,
    "parentheses over lines": _parentheses_over_lines,
    "split string": _split_string,
    "other quotes": _other_quotes,
}
KINDS = tuple(_KINDS)


def _expressions(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions that may be put into parentheses: neither in patterns nor in format strings, and no targets."""
    for child in ast.iter_child_nodes(tree):
        match child:
            case ast.JoinedStr():
                yield child
                continue
            case ast.pattern() | ast.Slice():
                continue
            case ast.expr() if not isinstance(child, ast.Starred) and isinstance(
                getattr(child, "ctx", ast.Load()), ast.Load
            ):
                yield child
        yield from _expressions(child)


def _start(text: Text, starts: Sequence[int], node: ast.expr | ast.stmt) -> int:
    return _at(text, starts, node.lineno, node.col_offset)


def _end(text: Text, starts: Sequence[int], node: ast.expr | ast.stmt) -> int:
    return _at(text, starts, node.end_lineno or 0, node.end_col_offset or 0)


def _at(text: Text, starts: Sequence[int], line: int, column: int) -> int:
    """The offset of a place that `ast` gives in bytes."""
    start = starts[line - 1]
    return start + len(text.source[start : starts[line]].encode()[:column].decode())


# ------------------------------------------------------------------------------------------------------------- touching
def touched(source: str, touches: Sequence[Touch]) -> str:
    """Return the source with these changes, as far as they leave its syntax tree as it is.

    What LibCST cannot give back byte for byte is left alone by the tool, and is no case here.
    """
    plain, tree = source, ast.dump(ast.parse(source))
    for number, touch in enumerate(touches):
        places = list(_KINDS[touch.kind](Text(source), f"{touch.text} {number}"))
        if not places:
            continue
        start, end, new = places[touch.at % len(places)]
        changed = source[:start] + new + source[end:]
        if is_same(changed, tree) and (touch.kind not in _LOSSY or _is_given_back(changed)):
            source = changed
    return source if _is_given_back(source) else plain


_LOSSY = frozenset({"line join", "form feed", "spaces"})


def _is_given_back(source: str) -> bool:
    try:
        return cst.parse_module(source).code == source
    except cst.ParserSyntaxError:
        return False


def is_same(source: str, tree: str) -> bool:
    """Whether a source has this syntax tree."""
    try:
        return ast.dump(ast.parse(source)) == tree
    except SyntaxError:
        return False
