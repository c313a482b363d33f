"""Statements under what closes a resource, and statements without what closed it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

import libcst as cst

from litestar_fix.edits.source import (
    Statement,
    comment_lines,
    comments,
    leading_lines,
    own_lines,
    parse_expression,
    parse_statements,
    tight,
)
from litestar_fix.edits.statements import statements_of, without
from litestar_fix.edits.values import Result, Rewrite
from litestar_fix.model.creations import Creation
from litestar_fix.model.resources import Closing


def under_closing(
    creation: Creation,
    made: cst.SimpleStatementLine,
    variable: str,
    inner: Sequence[Statement],
    config: cst.PartialParserConfig,
) -> list[Statement]:
    """Return statements that make a resource, work with it, and close it whatever happens.

    Args:
        creation: what is made.
        made: the statement that makes it: assigned, or returned.
        variable: the name that holds it.
        inner: what is done with it.
        config: how nodes are parsed from text.
    """
    value, resource = _value(made), creation.resource
    if resource.closing is not Closing.CONTEXT:
        close = f"{'await ' if resource.is_async else ''}{variable}.{resource.method}()"
        return _under_try(made, value, variable, inner, close, config)
    if isinstance(value, cst.Await) and not creation.in_helper:
        value = value.expression  # the context manager awaits it itself
    header = f"{'async ' if resource.is_async else ''}with None as {variable}:\n    pass"
    outer = cast("cst.With", parse_statements(header, config)[0])
    item = outer.items[0].with_changes(item=value)
    block = cst.IndentedBlock(tight(inner), header=made.trailing_whitespace)
    return [outer.with_changes(items=[item], body=block, leading_lines=leading_lines(made))]


def _value(made: cst.SimpleStatementLine) -> cst.BaseExpression:
    match made.body[0]:
        case cst.Assign(value=value) | cst.AnnAssign(value=cst.BaseExpression() as value):
            return value
        case cst.Return(value=cst.BaseExpression() as value):
            return value
    raise AssertionError(type(made.body[0]).__name__)


def _under_try(
    made: cst.SimpleStatementLine,
    value: cst.BaseExpression,
    variable: str,
    inner: Sequence[Statement],
    close: str,
    config: cst.PartialParserConfig,
) -> list[Statement]:
    outer = cast("cst.Try", parse_statements(f"try:\n    pass\nfinally:\n    {close}", config)[0])
    if isinstance(made.body[0], cst.Return):
        target = cst.AssignTarget(cast("cst.Name", parse_expression(variable, config)))
        made = made.with_changes(body=[cst.Assign([target], value)])
    return [made, outer.with_changes(body=cst.IndentedBlock(tight(inner)))]


# ------------------------------------------------------------------------------------------------ without the closing
def drop_finally(indexes: Collection[int]) -> Rewrite:
    """Remove statements of a ``finally`` clause; the clause goes with the last of them, and then a bare ``try``."""

    def rewrite(node: cst.Try | cst.TryStar, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        final = cast("cst.Finally", node.finalbody)
        body = statements_of(final.body)
        gone = {id(statement) for index, statement in enumerate(body) if index in indexes}
        kept, lines = without(body, gone)
        if kept:
            block = _block(final.body)
            block = block.with_changes(body=tight(kept), footer=[*lines, *block.footer])
            return node.with_changes(finalbody=final.with_changes(body=block))
        lines = own_lines(final)
        if not node.handlers:
            return _dissolved(node, lines)
        if node.orelse is not None:
            return node.with_changes(finalbody=None, orelse=_with_footer(node.orelse, lines))
        *others, last = node.handlers
        return node.with_changes(finalbody=None, handlers=[*others, _with_footer(last, lines)])

    return rewrite


def dissolve() -> Rewrite:
    """Put the statements of a block in the place of the statement that holds it: of a ``with``, or of a ``try``.

    The ``except`` clauses of a ``try`` go, and what their comments say stays above the last statement.
    """

    def rewrite(node: cst.With | cst.Try, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        clauses = node.handlers if isinstance(node, cst.Try) else ()
        return _dissolved(node, comment_lines([item for clause in clauses for item in comments(clause)]))

    return rewrite


def _dissolved(node: cst.Try | cst.TryStar | cst.With, lines: Sequence[cst.EmptyLine]) -> Result:
    """The statements of the block; comments from below it stay above its last statement."""
    first, *others = tight(statements_of(node.body))
    block = _block(node.body)
    above = [*node.leading_lines, *own_lines(block.header), *leading_lines(first)]
    *before, last = [first.with_changes(leading_lines=above), *others]
    below = [*[line for line in block.footer if line.comment is not None], *lines]
    return cst.FlattenSentinel([*before, last.with_changes(leading_lines=[*leading_lines(last), *below])])


def _with_footer(clause: Any, lines: Sequence[cst.EmptyLine]) -> Any:
    if not lines:
        return clause
    block = _block(clause.body)
    return clause.with_changes(body=block.with_changes(footer=[*block.footer, *lines]))


def _block(suite: cst.BaseSuite) -> cst.IndentedBlock:
    return suite if isinstance(suite, cst.IndentedBlock) else cst.IndentedBlock(statements_of(suite))
