"""Statements that semicolons put on one line: what is edited as a statement gets a line of its own first."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange

from litestar_fix.edits.statements import one_by_one
from litestar_fix.edits.values import CommentEdit, NodeEdit

Positions = Mapping[cst.CSTNode, object]
#: What may hold a block.
_HOLDERS = (
    cst.Module,
    cst.BaseCompoundStatement,
    cst.BaseSuite,
    cst.Else,
    cst.Finally,
    cst.ExceptHandler,
    cst.ExceptStarHandler,
    cst.MatchCase,
)


def split_lines(
    module: cst.Module, positions: Positions, edits: Iterable[NodeEdit | CommentEdit]
) -> tuple[cst.Module, Positions]:
    """Return the module with lines of their own for the statements that edits name, and the positions of its nodes.

    A node keeps its position: the one that it has in the file.

    Args:
        module: the tree.
        positions: the positions of its nodes.
        edits: what is edited. Those of expressions and of whole definitions need no line.
    """
    spans = [
        edit.span
        for edit in edits
        if isinstance(edit, NodeEdit) and edit.kind in (cst.SimpleStatementLine, cst.IndentedBlock)
    ]
    places = {(span.line, span.column) for span in spans} | {(span.end_line, span.end_column) for span in spans}
    crowded = _Crowded(positions, places)
    if places:
        module.visit(crowded)
    if not crowded.found:
        return module, positions
    split = _Split(crowded, positions)
    return cst.ensure_type(module.visit(split), cst.Module), ChainMap(split.positions, dict(positions))


class _Crowded(cst.CSTVisitor):
    """Finds the lines with several statements of which one is wanted, and what is above them."""

    def __init__(self, positions: Positions, places: set[tuple[int, int]]) -> None:
        super().__init__()
        self.positions, self.places = positions, places
        self.found: set[cst.CSTNode] = set()
        self.above: set[cst.CSTNode] = set()
        self._chain: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.SimpleStatementLine(body=[_, _, *_]) | cst.SimpleStatementSuite(body=[_, _, *_]):
                if self._is_wanted(node.body):
                    self.found.add(node)
                    self.above.update(self._chain)
        self._chain.append(node)
        return isinstance(node, _HOLDERS)

    def on_leave(self, original_node: cst.CSTNode) -> None:  # noqa: ARG002 (LibCST's signature)
        self._chain.pop()

    def _is_wanted(self, body: Sequence[cst.CSTNode]) -> bool:
        ranges = [where for small in body if isinstance(where := self.positions.get(small), CodeRange)]
        ends = {(place.line, place.column) for where in ranges for place in (where.start, where.end)}
        return not ends.isdisjoint(self.places)


class _Split(cst.CSTTransformer):
    """Splits the crowded lines; what is made new takes on the position of what it was made of."""

    def __init__(self, crowded: _Crowded, positions: Positions) -> None:
        super().__init__()
        self.crowded = crowded
        self.old = positions
        self.positions: dict[cst.CSTNode, object] = {}

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self.crowded.above

    def on_leave(self, original_node: cst.CSTNode, updated_node: Any) -> Any:
        match original_node:
            case cst.SimpleStatementLine() if original_node in self.crowded.found:
                return cst.FlattenSentinel(self._lines(original_node))
            case cst.SimpleStatementSuite() if original_node in self.crowded.found:
                line = cst.SimpleStatementLine(
                    original_node.body, trailing_whitespace=original_node.trailing_whitespace
                )
                return self._known(original_node, cst.IndentedBlock(self._lines(line)))
        if original_node not in self.crowded.above:
            return original_node
        return self._known(original_node, updated_node)

    def _lines(self, line: cst.SimpleStatementLine) -> list[cst.SimpleStatementLine]:
        lines = [cst.ensure_type(each, cst.SimpleStatementLine) for each in one_by_one(line)]
        for small, each in zip(line.body, lines, strict=True):
            self._known(small, each)
            self._known(small, each.body[0])
        return lines

    def _known(self, old: cst.CSTNode, new: cst.CSTNode) -> cst.CSTNode:
        if old in self.old:
            self.positions[new] = self.old[old]
        return new
