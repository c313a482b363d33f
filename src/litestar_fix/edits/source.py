"""Nodes from source text, and the whitespace and comments around nodes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias, cast

import libcst as cst

from litestar_fix.errors import EditError

Statement: TypeAlias = cst.SimpleStatementLine | cst.BaseCompoundStatement
Gap: TypeAlias = cst.BaseParenthesizableWhitespace

#: Nodes parsed with these take on the newline and indentation of the module they are put into.
_NEUTRAL_INDENT = "    "


def _neutral(config: cst.PartialParserConfig) -> cst.PartialParserConfig:
    return cst.PartialParserConfig(
        python_version=config.python_version, default_indent=_NEUTRAL_INDENT, default_newline="\n"
    )


def parse_expression(source: str, config: cst.PartialParserConfig) -> cst.BaseExpression:
    """Parse an expression.

    Raises:
        EditError: the text is no expression.
    """
    try:
        return cst.parse_expression(source, config=_neutral(config))
    except cst.ParserSyntaxError as error:
        raise EditError(f"not an expression: {source!r}") from error


def parse_statements(source: str, config: cst.PartialParserConfig) -> list[Statement]:
    """Parse statements; comments above a statement belong to it.

    Raises:
        EditError: the text is no sequence of statements.
    """
    try:
        module = cst.parse_module(textwrap.dedent(source).strip("\n") + "\n", config=_neutral(config))
    except cst.ParserSyntaxError as error:
        raise EditError(f"not statements: {source!r}") from error
    body = cast("list[Statement]", list(module.body))
    if not body:
        raise EditError(f"no statement: {source!r}")
    body[0] = body[0].with_changes(leading_lines=[*module.header, *body[0].leading_lines])
    return body


# ------------------------------------------------------------------------------------------------------ blank lines
def blank_lines(statement: cst.CSTNode) -> int:
    """Count the blank lines directly above a statement and its comments."""
    return len(_split(leading_lines(statement))[0])


def leading_lines(statement: cst.CSTNode) -> Sequence[cst.EmptyLine]:
    """Return the blank lines and comments above a statement."""
    return cast("Sequence[cst.EmptyLine]", getattr(statement, "leading_lines", ()))


def tight(statements: Sequence[Statement]) -> list[Statement]:
    """Return statements without the blank lines above the first."""
    first, *others = statements
    lines = list(leading_lines(first))
    while lines and lines[0].comment is None:
        lines.pop(0)
    return [first.with_changes(leading_lines=lines), *others]


def with_blank_lines(statement: Statement, count: int) -> Statement:
    """Return the statement with this many blank lines above it and its comments."""
    own = _split(leading_lines(statement))[1]
    return statement.with_changes(leading_lines=[*_blank(count), *own])


def with_lines_above(statement: Statement, lines: Iterable[cst.EmptyLine]) -> Statement:
    """Return the statement with these lines between the blank lines above it and its own comments."""
    blank, own = _split(leading_lines(statement))
    return statement.with_changes(leading_lines=[*blank, *lines, *own])


def parted_lines(statement: cst.CSTNode) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """Return the lines above a statement up to the last blank one, and the comments that stand directly above it."""
    lines = list(leading_lines(statement))
    at = next((index for index in range(len(lines), 0, -1) if lines[index - 1].comment is None), 0)
    return lines[:at], lines[at:]


def _blank(count: int) -> list[cst.EmptyLine]:
    return [cst.EmptyLine(indent=False) for _ in range(count)]


def _split(lines: Sequence[cst.EmptyLine]) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    at = next((index for index, line in enumerate(lines) if line.comment is not None), len(lines))
    return list(lines[:at]), list(lines[at:])


# --------------------------------------------------------------------------------------------------------- comments
class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[cst.Comment] = []

    def visit_Comment(self, node: cst.Comment) -> None:  # noqa: N802 (LibCST's name)
        self.found.append(node)


def comments(node: cst.CSTNode) -> list[cst.Comment]:
    """Return all comments of a node, in order."""
    visitor = _Comments()
    node.visit(visitor)
    return visitor.found


def comment_lines(found: Iterable[cst.Comment]) -> list[cst.EmptyLine]:
    """Return a line of its own for each comment."""
    return [cst.EmptyLine(comment=cst.Comment(comment.value)) for comment in found]


def own_lines(statement: cst.CSTNode) -> list[cst.EmptyLine]:
    """Return the comments of a statement that goes, each as a line of its own."""
    return comment_lines(comments(statement))


# ------------------------------------------------------------------------------------------------------------- gaps
NO_GAP: cst.SimpleWhitespace = cst.SimpleWhitespace("")
ONE_SPACE: cst.SimpleWhitespace = cst.SimpleWhitespace(" ")


def is_line_break(gap: Gap) -> bool:
    """Whether the gap ends a line."""
    return isinstance(gap, cst.ParenthesizedWhitespace)


def bare(gap: Gap) -> Gap:
    """Return the gap without its comments."""
    if not isinstance(gap, cst.ParenthesizedWhitespace):
        return gap
    return cst.ParenthesizedWhitespace(
        first_line=cst.TrailingWhitespace(newline=gap.first_line.newline), indent=gap.indent, last_line=gap.last_line
    )


class _Bare(cst.CSTTransformer):
    def leave_ParenthesizedWhitespace(  # noqa: N802 (LibCST's name)
        self,
        original_node: cst.ParenthesizedWhitespace,  # noqa: ARG002
        updated_node: cst.ParenthesizedWhitespace,
    ) -> Gap:
        return bare(updated_node)


def without_comments(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return the expression as it is laid out, without the comments within it."""
    return cast("cst.BaseExpression", node.visit(_Bare()))


def ending_like(gap: Gap, other: Gap) -> Gap:
    """Return the gap with its comments, and the indentation of the other one after it."""
    if not isinstance(gap, cst.ParenthesizedWhitespace) or not isinstance(other, cst.ParenthesizedWhitespace):
        return gap
    return gap.with_changes(indent=other.indent, last_line=other.last_line)


def joined(before: Gap, lost: Iterable[cst.Comment], after: Gap, indent: str = _NEUTRAL_INDENT) -> Gap:
    """Return the one gap that stays when what stood between two gaps goes.

    Comments survive: those on the lines above and below, and, each on a line of its own, those of what is lost. Where
    there is no line break yet ``indent`` is how far the next line is indented.
    """
    gone = list(lost)
    if isinstance(before, cst.ParenthesizedWhitespace) and isinstance(after, cst.ParenthesizedWhitespace):
        gone += [after.first_line.comment] if after.first_line.comment is not None else []
        lines = [*before.empty_lines, *_lines(gone, before), *after.empty_lines]
        return before.with_changes(empty_lines=lines, indent=after.indent, last_line=after.last_line)
    if isinstance(before, cst.ParenthesizedWhitespace):
        return before.with_changes(empty_lines=[*before.empty_lines, *_lines(gone, before)])
    return opened(after, gone, indent)


def opened(gap: Gap, found: Iterable[cst.Comment], indent: str = _NEUTRAL_INDENT) -> Gap:
    """Return the gap with more comments: the first one at the end of its line, the others on lines of their own."""
    more = list(found)
    if not more:
        return gap
    like = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(_NEUTRAL_INDENT))
    if isinstance(gap, cst.ParenthesizedWhitespace):
        like = gap
        more += [gap.first_line.comment] if gap.first_line.comment is not None else []
    else:
        gap = like.with_changes(last_line=cst.SimpleWhitespace(indent))
    first = cst.TrailingWhitespace(
        cst.SimpleWhitespace("  "), comment=cst.Comment(more[0].value), newline=gap.first_line.newline
    )
    return gap.with_changes(first_line=first, empty_lines=[*_lines(more[1:], like), *gap.empty_lines])


def _lines(found: Iterable[cst.Comment], like: cst.ParenthesizedWhitespace) -> list[cst.EmptyLine]:
    return [
        cst.EmptyLine(indent=like.indent, whitespace=like.last_line, comment=cst.Comment(comment.value))
        for comment in found
    ]


def has_comment(gap: Gap) -> bool:
    """Whether the gap holds a comment."""
    return bool(comments(gap))


def iter_nodes(result: Any) -> Iterator[cst.CSTNode]:
    """Yield the nodes of what a rewrite returned."""
    if isinstance(result, cst.CSTNode):
        yield result
    elif isinstance(result, cst.FlattenSentinel):
        yield from result
