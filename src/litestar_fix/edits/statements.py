"""Rewrites of statements, blocks, functions and classes.

Each function returns a rewrite for `NodeEdit`; source may be indented as a whole. New statements get the blank lines
that their surroundings ask for when they are put in.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import cast

import libcst as cst

from litestar_fix.edits.sequences import items_of, with_items
from litestar_fix.edits.source import (
    Statement,
    blank_lines,
    comment_lines,
    comments,
    leading_lines,
    own_lines,
    parse_expression,
    parse_statements,
    parted_lines,
    with_blank_lines,
    with_lines_above,
)
from litestar_fix.edits.values import Inserted, Result, Rewrite
from litestar_fix.errors import EditError


def insert_before(source: str) -> Rewrite:
    """Insert statements above a statement, above its decorators and comments too.

    Comments that a blank line parts from the statement, such as the title of a section, stay above both.
    """

    def rewrite(node: Statement, config: cst.PartialParserConfig) -> Result:
        first, *others = parse_statements(source, config)
        above, own = parted_lines(node)
        anchor = node.with_changes(leading_lines=own)
        first = first.with_changes(leading_lines=[*above, *leading_lines(first)])
        return Inserted([first, *others, anchor], anchor)

    return rewrite


def insert_after(source: str) -> Rewrite:
    """Insert statements below a statement."""

    def rewrite(node: Statement, config: cst.PartialParserConfig) -> Result:
        return Inserted([node, *parse_statements(source, config)], node)

    return rewrite


def replace_statement(source: str) -> Rewrite:
    """Put other statements in the place of one; the comments above and behind it stay."""

    def rewrite(node: Statement, config: cst.PartialParserConfig) -> Result:
        first, *others = parse_statements(source, config)
        statements = [first.with_changes(leading_lines=[*leading_lines(node), *leading_lines(first)]), *others]
        if isinstance(node, cst.SimpleStatementLine) and node.trailing_whitespace.comment is not None:
            statements = _with_trailing(statements, node.trailing_whitespace)
        return Inserted(statements, None) if others else statements[0]

    return rewrite


def _with_trailing(statements: list[Statement], trailing: cst.TrailingWhitespace) -> list[Statement]:
    """Put the comment behind a statement behind the last of the statements that replace it, or behind its header."""
    last = statements[-1]
    if isinstance(last, cst.SimpleStatementLine):
        return [*statements[:-1], last.with_changes(trailing_whitespace=trailing)]
    if isinstance(last.body, cst.IndentedBlock):
        body = last.body.with_changes(header=trailing)
        return [*statements[:-1], last.with_changes(body=body)]
    return [
        with_lines_above(statements[0], [cst.EmptyLine(comment=trailing.comment)] if trailing.comment else []),
        *statements[1:],
    ]


def remove_statement() -> Rewrite:
    """Remove a statement; its comments stay, each on a line of its own."""

    def rewrite(node: cst.CSTNode, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        return cst.RemoveFromParent()

    return rewrite


def wrap_statements(header: str) -> Rewrite:
    """Put a run of statements under a header: ``wrap_statements("async with open_client() as client:")``.

    For a `NodeEdit` of kind `libcst.IndentedBlock`. Comments above the first statement stay above the header.
    """

    def rewrite(node: cst.IndentedBlock, config: cst.PartialParserConfig) -> Result:
        outer = parse_statements(f"{header}\n    pass", config)[-1]
        if not isinstance(outer, cst.BaseCompoundStatement):
            raise EditError(f"not a header of a block: {header!r}")
        first, *others = cast("Sequence[Statement]", node.body)
        inner = first.with_changes(leading_lines=[])
        block = cst.IndentedBlock([inner, *others])
        return node.with_changes(body=[outer.with_changes(leading_lines=leading_lines(first), body=block)])

    return rewrite


def import_from(module: str) -> Rewrite:
    """Import the same names from another module."""

    def rewrite(node: cst.ImportFrom, config: cst.PartialParserConfig) -> Result:
        return node.with_changes(module=parse_expression(module, config), relative=[])

    return rewrite


def drop_imported(name: str) -> Rewrite:
    """Remove one of several names that a statement imports."""

    def rewrite(node: cst.ImportFrom, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        names = [] if isinstance(node.names, cst.ImportStar) else node.names
        index = next((index for index, alias in enumerate(names) if alias.evaluated_name == name), None)
        if index is None or len(names) < 2:
            raise EditError(f"the statement does not import {name} beside other names")
        return with_items(node, items_of(node).remove(index))

    return rewrite


def make_async() -> Rewrite:
    """Turn ``def`` into ``async def``, ``with`` into ``async with``, ``for`` into ``async for``."""

    def rewrite(node: cst.FunctionDef | cst.With | cst.For, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        return node if node.asynchronous is not None else node.with_changes(asynchronous=cst.Asynchronous())

    return rewrite


def make_sync() -> Rewrite:
    """Turn ``async def`` into ``def``."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        return node.with_changes(asynchronous=None)

    return rewrite


def drop_decorator(index: int) -> Rewrite:
    """Remove a decorator of a function or class by its place, the outermost first; its comments stay."""

    def rewrite(node: cst.FunctionDef | cst.ClassDef, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        gone = node.decorators[index]
        kept = [*node.decorators[:index], *node.decorators[index + 1 :]]
        lines = [*gone.leading_lines, *comment_lines(comments(gone.with_changes(leading_lines=[])))]
        if index < len(kept):
            below = kept[index]
            kept[index] = below.with_changes(leading_lines=[*lines, *below.leading_lines])
            return node.with_changes(decorators=kept)
        return node.with_changes(decorators=kept, lines_after_decorators=[*lines, *node.lines_after_decorators])

    return rewrite


# ---------------------------------------------------------------------------------------------------------- classes
def add_class_attribute(source: str, *, after: Collection[str] = ()) -> Rewrite:
    """Add statements to a class: below its docstring, or below the last of the attributes that ``after`` names.

    A body that is nothing but ``pass`` or ``...`` gives way.
    """

    def rewrite(node: cst.ClassDef, config: cst.PartialParserConfig) -> Result:
        new = parse_statements(source, config)
        body = statements_of(node.body)
        at = _place(body, after)
        if at < len(body) and _is_placeholder(body[at]):
            new[0] = new[0].with_changes(leading_lines=[*leading_lines(body[at]), *leading_lines(new[0])])
            trailing = cast("cst.SimpleStatementLine", body[at]).trailing_whitespace
            if trailing.comment is not None:
                new = _with_trailing(new, trailing)
            body = [*body[:at], *body[at + 1 :]]
        elif at < len(body) and at == _docstring_lines(body):
            # the first attribute takes the place of what came first until now
            new[0] = with_blank_lines(new[0], blank_lines(body[at]))
            body = [*body[:at], with_blank_lines(body[at], 0), *body[at + 1 :]]
        spaced = space([*body[:at], *new, *body[at:]], set(map(id, new)), is_module=False)
        return node.with_changes(body=_block(node.body, spaced))

    return rewrite


def remove_class_attribute(name: str) -> Rewrite:
    """Remove the assignments of a class attribute; their comments stay."""

    def rewrite(node: cst.ClassDef, config: cst.PartialParserConfig) -> Result:
        body = [line for statement in statements_of(node.body) for line in one_by_one(statement)]
        gone = {id(statement) for statement in body if name in _assigned(statement)}
        kept, lines = without(body, gone)
        block = _block(node.body, kept or parse_statements("pass", config))
        return node.with_changes(body=block.with_changes(footer=[*lines, *block.footer])) if gone else node

    return rewrite


def statements_of(suite: cst.BaseSuite) -> list[Statement]:
    """Return the statements of a suite, also of one on the line of its header."""
    if isinstance(suite, cst.SimpleStatementSuite):
        return [cst.SimpleStatementLine(suite.body, trailing_whitespace=suite.trailing_whitespace)]
    return cast("list[Statement]", list(suite.body))


def _block(suite: cst.BaseSuite, body: Sequence[Statement]) -> cst.IndentedBlock:
    return suite.with_changes(body=body) if isinstance(suite, cst.IndentedBlock) else cst.IndentedBlock(body)


def _place(body: Sequence[Statement], after: Collection[str]) -> int:
    at = _docstring_lines(body)
    for index, statement in enumerate(body):
        if not _assigned(statement).isdisjoint(after):
            # a string below an attribute documents it
            at = index + 1 + _docstring_lines(body[index + 1 :])
    return at


def _docstring_lines(body: Sequence[Statement]) -> int:
    match body[0] if body else None:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()), *_]):
            return 1
    return 0


def _is_placeholder(statement: Statement) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Pass() | cst.Expr(value=cst.Ellipsis())]):
            return True
    return False


def _assigned(statement: cst.CSTNode) -> set[str]:
    if not isinstance(statement, cst.SimpleStatementLine):
        return set()
    names: set[str] = set()
    for small in statement.body:
        match small:
            case cst.Assign(targets=targets):
                names.update(item.target.value for item in targets if isinstance(item.target, cst.Name))
            case cst.AnnAssign(target=cst.Name(value=name)):
                names.add(name)
    return names


# ----------------------------------------------------------------------------------------------------------- bodies
def one_by_one(statement: Statement) -> list[Statement]:
    """Return the statements that semicolons put on one line, each on a line of its own."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) < 2:
        return [statement]
    bare = cst.TrailingWhitespace()
    small = [item.with_changes(semicolon=cst.MaybeSentinel.DEFAULT) for item in statement.body]
    lines = [cst.SimpleStatementLine([item], trailing_whitespace=bare) for item in small]
    lines[0] = lines[0].with_changes(leading_lines=statement.leading_lines)
    lines[-1] = lines[-1].with_changes(trailing_whitespace=statement.trailing_whitespace)
    return list(lines)


def without(body: Sequence[Statement], gone: Collection[int]) -> tuple[list[Statement], list[cst.EmptyLine]]:
    """Return a body without the statements that go (their ids), and the comments that no statement is left below.

    Comments stay, each on a line of its own above the next statement, and so does the distance between paragraphs.
    """
    kept: list[Statement] = []
    lines: list[cst.EmptyLine] = []
    above: int | None = None
    for statement in body:
        if id(statement) in gone:
            above = max(above or 0, blank_lines(statement))
            lines += own_lines(statement)
            continue
        if above is not None and lines and isinstance(statement, cst.FunctionDef | cst.ClassDef) and kept:
            # what was said of an attribute is not said of the function below it
            paragraph = [cst.EmptyLine(indent=False)] * above
            kept.append(statement.with_changes(leading_lines=[*paragraph, *lines, *leading_lines(statement)]))
            lines, above = [], None
        elif above is not None:
            distance = max(above, blank_lines(statement)) if kept else above
            kept.append(with_lines_above(with_blank_lines(statement, distance), lines))
            lines, above = [], None
        else:
            kept.append(statement)
    return kept, lines


def space(body: Sequence[Statement], new: Collection[int], *, is_module: bool) -> list[Statement]:
    """Return a body in which the new statements (their ids) have the blank lines around them that PEP 8 asks for."""
    spaced = list(body[:1])
    for before, statement in pairwise(body):
        is_near = id(before) in new or id(statement) in new
        wanted = _wanted(before, statement, is_module=is_module) if is_near else 0
        spaced.append(with_blank_lines(statement, wanted) if blank_lines(statement) < wanted else statement)
    return spaced


def _wanted(before: Statement, statement: Statement, *, is_module: bool) -> int:
    if isinstance(before, cst.FunctionDef | cst.ClassDef) or isinstance(statement, cst.FunctionDef | cst.ClassDef):
        return 2 if is_module else 1
    return 1 if _docstring_lines([before]) or _is_import(before) != _is_import(statement) else 0


def _is_import(statement: Statement) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom()]):
            return True
    return False
