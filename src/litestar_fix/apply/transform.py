"""The transformer that rewrites located nodes, inside-out."""

from __future__ import annotations

from typing import Any, cast

import libcst as cst

from litestar_fix.apply.locate import Run, Targets
from litestar_fix.apply.precedence import parenthesized
from litestar_fix.edits.source import Statement
from litestar_fix.edits.statements import space, without
from litestar_fix.edits.values import Inserted, Result, Rewrite
from litestar_fix.errors import EditError


class Transform(cst.CSTTransformer):
    """Rewrites the targets of one tree.

    Args:
        targets: what is to be done where.
        config: how nodes of the module are parsed from text.
    """

    def __init__(self, targets: Targets, config: cst.PartialParserConfig) -> None:
        super().__init__()
        self.targets = targets
        self.config = config
        self._new: set[int] = set()
        self._gone: set[int] = set()
        self._kept_alive: list[Any] = []
        self._results: dict[cst.CSTNode, list[cst.CSTNode]] = {}

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Look only where a target is."""
        return node in self.targets.parents

    def on_leave(self, original_node: cst.CSTNode, updated_node: Any) -> Any:
        """Rewrite what is a target."""
        if original_node not in self.targets.parents:
            return updated_node
        result = self._leave(original_node, updated_node)
        if self.targets.parents[original_node] in self.targets.runs:
            self._results[original_node] = [result] if isinstance(result, cst.CSTNode) else list(result)
        return result

    def _leave(self, original: cst.CSTNode, updated: Any) -> Any:
        if original in self.targets.comments:
            text = self.targets.comments[original]
            return updated if text is None else updated.with_changes(value=text)
        if isinstance(original, cst.TrailingWhitespace | cst.EmptyLine):
            return self._without_comment(original, updated)
        if isinstance(original, cst.SimpleStatementSuite) and original in self.targets.suites:
            return self._suite(original, updated)
        if isinstance(original, cst.Module | cst.IndentedBlock):
            updated = self._block(original, updated)
        if isinstance(original, cst.SimpleStatementLine) and not updated.body:
            # its only small statement was removed
            return self._remove(original)
        result: Result = updated
        for rewrite in self.targets.nodes.get(original, ()):
            if not isinstance(result, cst.CSTNode):
                raise EditError("two edits of one node, and the first removes or multiplies it")
            result = rewrite(result, self.config)
        return self._placed(original, updated, result)

    def _placed(self, original: cst.CSTNode, updated: cst.CSTNode, result: Result) -> Any:
        """Return what the parent is to get for a rewritten node."""
        if isinstance(result, cst.RemovalSentinel):
            is_statement = isinstance(original, cst.SimpleStatementLine | cst.BaseCompoundStatement)
            return self._remove(cast("Statement", updated)) if is_statement else result
        if isinstance(result, Inserted):
            self._keep(result)
            self._new.update(id(node) for node in result if node is not result.anchor)
            return cst.FlattenSentinel(list(result))
        if isinstance(result, cst.BaseExpression) and result is not updated:
            return parenthesized(self.targets.parents[original], original, result)
        return result

    def _remove(self, statement: Statement) -> Statement:
        """Keep the statement until its block is left: its comments have to go somewhere."""
        self._keep(statement)
        self._gone.add(id(statement))
        return statement

    def _keep(self, *nodes: Any) -> None:
        """Keep nodes alive while they are known by their ids."""
        self._kept_alive += nodes

    # ---------------------------------------------------------------------------------------------------- blocks
    def _block(self, original: cst.Module | cst.IndentedBlock, updated: Any) -> Any:
        body = cast("list[Statement]", list(updated.body))
        for run in sorted(self.targets.runs.get(original, ()), key=lambda run: run.length):
            body = self._replace_run(body, run)
        lines: list[cst.EmptyLine] = []
        if self._gone:
            body, lines = without(body, self._gone)
        if self._new:
            body = space(body, self._new, is_module=isinstance(original, cst.Module))
        if not body and isinstance(original, cst.IndentedBlock):
            body = [cst.SimpleStatementLine([cst.Pass()])]
        return updated.with_changes(body=body, footer=[*lines, *updated.footer])

    def _replace_run(self, body: list[Statement], run: Run) -> list[Statement]:
        first = self._results.get(run.first, [run.first])[0]
        last = self._results.get(run.last, [run.last])[-1]
        start = next(index for index, node in enumerate(body) if node is first)
        stop = next(index for index, node in enumerate(body) if node is last) + 1
        inner, lines = without(body[start:stop], self._gone)
        if self._new:
            inner = space(inner, self._new, is_module=False)
        new = self._statements(run.rewrite, cst.IndentedBlock(inner, footer=lines))
        self._keep(*new)
        self._results[run.first] = self._results[run.last] = cast("list[cst.CSTNode]", new)
        return [*body[:start], *new, *body[stop:]]

    def _statements(self, rewrite: Rewrite, block: cst.IndentedBlock) -> list[Statement]:
        match rewrite(block, self.config):
            case cst.IndentedBlock(body=body):
                return cast("list[Statement]", list(body))
            case cst.FlattenSentinel() as several:
                return cast("list[Statement]", list(several))
            case cst.RemovalSentinel():
                return []
            case other:
                return [cast("Statement", other)]

    def _suite(self, original: cst.SimpleStatementSuite, updated: cst.SimpleStatementSuite) -> cst.IndentedBlock:
        """Turn a one-line suite into a block, and rewrite that."""
        line = cst.SimpleStatementLine(updated.body, trailing_whitespace=updated.trailing_whitespace)
        block = cst.IndentedBlock([line])
        for kind, rewrite in self.targets.suites[original]:
            if kind is cst.IndentedBlock:
                block = cst.IndentedBlock(self._statements(rewrite, block))
                continue
            result = rewrite(block.body[0], self.config)
            nodes: list[Any] = [result] if isinstance(result, cst.CSTNode) else []
            if isinstance(result, cst.FlattenSentinel):
                nodes = list(result)
            block = cst.IndentedBlock([*nodes, *block.body[1:]])
        return block

    # -------------------------------------------------------------------------------------------------- comments
    def _without_comment(self, original: cst.TrailingWhitespace | cst.EmptyLine, updated: Any) -> Any:
        if original.comment is None or self.targets.comments.get(original.comment, "") is not None:
            return updated
        if isinstance(original, cst.EmptyLine):
            return cst.RemoveFromParent()
        return updated.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
