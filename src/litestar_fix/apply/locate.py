"""Finding the nodes that edits name, by position and class."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import CodeRange

from litestar_fix.edits.values import CommentEdit, NodeEdit, Rewrite
from litestar_fix.errors import EditError
from litestar_fix.model.facts import Span


@dataclass(frozen=True, slots=True)
class Run:
    """Statements of one block, from the first to the last."""

    first: cst.CSTNode
    last: cst.CSTNode
    length: int
    rewrite: Rewrite


@dataclass(frozen=True, slots=True)
class Targets:
    """What is to be done where: by node, by block for runs of statements, by one-line suite, by comment.

    ``parents`` has all nodes on the way to a target.
    """

    nodes: dict[cst.CSTNode, list[Rewrite]] = field(default_factory=dict)
    runs: dict[cst.CSTNode, list[Run]] = field(default_factory=dict)
    suites: dict[cst.CSTNode, list[tuple[type[cst.CSTNode], Rewrite]]] = field(default_factory=dict)
    comments: dict[cst.CSTNode, str | None] = field(default_factory=dict)
    parents: dict[cst.CSTNode, cst.CSTNode | None] = field(default_factory=dict)


def locate(
    module: cst.Module, positions: Mapping[cst.CSTNode, object], edits: Iterable[NodeEdit | CommentEdit]
) -> Targets:
    """Find the nodes of all edits.

    Args:
        module: the tree.
        positions: the positions of its nodes.
        edits: what is looked for.

    Raises:
        EditError: there is no such node.
    """
    finder = _Finder(positions)
    wanted: dict[Span, list[NodeEdit | CommentEdit]] = {}
    for edit in edits:
        wanted.setdefault(edit.span, []).append(edit)
    finder.wanted_spans = set(wanted)
    # a comment may lie outside the position of the node that holds it
    if all(isinstance(edit, NodeEdit) for same in wanted.values() for edit in same):
        finder.lines = sorted({span.line for span in wanted})
    finder.wanted_starts = {(span.line, span.column) for span in wanted}
    module.visit(finder)
    targets = Targets()
    for edit in (edit for same in wanted.values() for edit in same):
        finder.assign(module, edit, targets)
    return targets


class _Finder(cst.CSTVisitor):
    """Notes every node, block and suite that starts where something is wanted, with the nodes above it."""

    def __init__(self, positions: Mapping[cst.CSTNode, object]) -> None:
        super().__init__()
        self.positions = positions
        self.wanted_spans: set[Span] = set()
        self.lines: list[int] | None = None
        self.wanted_starts: set[tuple[int, int]] = set()
        self._above: list[cst.CSTNode] = []
        self._found: dict[Span, list[tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]]] = {}
        self._blocks: list[tuple[cst.CSTNode, Sequence[cst.CSTNode], tuple[cst.CSTNode, ...]]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        span = self._span(node)
        if span in self.wanted_spans:
            self._found.setdefault(span, []).append((node, tuple(self._above)))
        if isinstance(node, cst.Module | cst.IndentedBlock | cst.SimpleStatementSuite) and self._starts_here(node.body):
            self._blocks.append((node, node.body, tuple(self._above)))
        self._above.append(node)
        return self._may_hold(node)

    def _may_hold(self, node: cst.CSTNode) -> bool:
        """Whether something wanted may start within a node."""
        where = self.positions.get(node)
        if (
            self.lines is None
            or not isinstance(node, cst.BaseSmallStatement | cst.BaseSuite)
            or not isinstance(where, CodeRange)
        ):
            return True
        index = bisect_left(self.lines, self._first_line(node, where))
        return index < len(self.lines) and self.lines[index] <= where.end.line

    def _first_line(self, node: cst.CSTNode, where: CodeRange) -> int:
        """A block that begins with a decorated definition has its position at the `def`, below the decorators."""
        match node:
            case cst.IndentedBlock(
                body=[cst.FunctionDef(decorators=[first, *_]) | cst.ClassDef(decorators=[first, *_]), *_]
            ):
                found = self.positions.get(first)
                return found.start.line if isinstance(found, CodeRange) else 0
        return where.start.line

    def on_leave(self, original_node: cst.CSTNode) -> None:  # noqa: ARG002 (LibCST's signature)
        self._above.pop()

    def _span(self, node: cst.CSTNode) -> Span | None:
        first = last = node
        match node:
            # `ast` counts the parentheses of a tuple and of a generator, and not the default of a parameter
            case cst.Tuple(lpar=[*_, opening], rpar=[closing, *_]):
                first, last = opening, closing
            case cst.GeneratorExp(lpar=[*_, opening], rpar=[closing, *_]):
                first, last = opening, closing
            case cst.Param():
                first = last = node.name
                last = node.annotation.annotation if node.annotation is not None else last
        start, end = self.positions.get(first), self.positions.get(last)
        if not isinstance(start, CodeRange) or not isinstance(end, CodeRange):
            return None
        return Span(start.start.line, start.start.column, end.end.line, end.end.column)

    def _starts_here(self, body: Sequence[cst.CSTNode]) -> bool:
        spans = (self._span(child) for child in body)
        return any(span is not None and (span.line, span.column) in self.wanted_starts for span in spans)

    # ------------------------------------------------------------------------------------------------- assigning
    def assign(self, module: cst.Module, edit: NodeEdit | CommentEdit, targets: Targets) -> None:
        """Put an edit to its node."""
        if isinstance(edit, CommentEdit):
            node, above = self._node(edit.span, cst.Comment)
            targets.comments[node] = edit.text
        elif issubclass(edit.kind, cst.Module):
            node, above = module, ()
            targets.nodes.setdefault(node, []).append(edit.rewrite)
        elif edit.kind is cst.IndentedBlock:
            node, above = self._run(edit, targets)
        elif (suite := self._suite(edit)) is not None:
            node, above = suite
            targets.suites.setdefault(node, []).append((edit.kind, edit.rewrite))
        else:
            node, above = self._node(edit.span, edit.kind)
            targets.nodes.setdefault(node, []).append(edit.rewrite)
        for child, parent in zip((node, *reversed(above)), (*reversed(above), None), strict=True):
            targets.parents[child] = parent

    def _node(self, span: Span, kind: type[cst.CSTNode]) -> tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]:
        found = self._found.get(span, ())
        for node, above in found:
            if type(node) is kind:
                return node, above
        for node, above in found:
            if isinstance(node, kind):
                return node, above
        raise EditError(f"no {kind.__name__} at {span.line}:{span.column + 1}")

    def _run(self, edit: NodeEdit, targets: Targets) -> tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]:
        for block, body, above in self._blocks:
            spans = [self._span(child) for child in body]
            first = next((i for i, span in enumerate(spans) if span and _start(span) == _start(edit.span)), None)
            last = next((i for i, span in enumerate(spans) if span and _end(span) == _end(edit.span)), None)
            if first is None or last is None or first > last:
                continue
            if isinstance(block, cst.SimpleStatementSuite):
                targets.suites.setdefault(block, []).append((cst.IndentedBlock, edit.rewrite))
            else:
                run = Run(body[first], body[last], last - first + 1, edit.rewrite)
                targets.runs.setdefault(block, []).append(run)
                targets.parents[body[first]] = targets.parents[body[last]] = block
            return block, above
        raise EditError(f"no statements from {edit.span.line}:{edit.span.column + 1} to line {edit.span.end_line}")

    def _suite(self, edit: NodeEdit) -> tuple[cst.CSTNode, tuple[cst.CSTNode, ...]] | None:
        """The one-line suite (``if x: return``) whose simple statement is wanted: it is no line of its own there."""
        if edit.kind is not cst.SimpleStatementLine:
            return None
        for block, body, above in self._blocks:
            if not isinstance(block, cst.SimpleStatementSuite):
                continue
            first, last = self._span(body[0]), self._span(body[-1])
            if first and last and _start(first) == _start(edit.span) and _end(last) == _end(edit.span):
                return block, above
        return None


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column
