"""Edits are values: a codemod says what is to be changed, `litestar_fix.apply` changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import libcst as cst

from litestar_fix.manifest.edits import ManifestEdit as ManifestEdit  # noqa: PLC0414 (one of the edits of this module)
from litestar_fix.model.facts import Span

Result: TypeAlias = "cst.CSTNode | cst.FlattenSentinel[Any] | cst.RemovalSentinel"
#: Makes a new node of an old one. Nodes below the old one may have been rewritten already.
Rewrite: TypeAlias = Callable[[Any, cst.PartialParserConfig], Result]


class Inserted(cst.FlattenSentinel[Any]):
    """Statements in the place of one: ``anchor`` stands for the old one, the others are new.

    The anchor is None where the old statement is gone. Blank lines around the new ones are set when they are put in.
    """

    def __init__(self, nodes: Sequence[cst.CSTNode], anchor: cst.CSTNode | None) -> None:
        super().__init__(nodes)
        self.anchor = anchor


@dataclass(frozen=True, slots=True)
class ImportNeed:
    """``from module import name as alias``; ``name`` is '' for ``import module as alias``.

    ``scope`` is the qualname of the function in which the import is wanted, '' for the top of the module. ``guarded``
    says that annotations alone need it: it goes under ``if TYPE_CHECKING``, where there is one.
    """

    module: str
    name: str
    alias: str | None = None
    scope: str = ""
    guarded: bool = False

    @property
    def local(self) -> str:
        """The name that the import binds."""
        return self.alias or self.name or self.module.partition(".")[0]


@dataclass(frozen=True, slots=True)
class NodeEdit:
    """Rewrites one node of a file.

    Args:
        path: the file, relative to the project's root.
        span: the node's position, as the facts have it. A function or class starts at ``def``, ``async`` or ``class``.
        kind: the node's LibCST class, or a base of it: then the outermost node with this span is meant.
            `libcst.IndentedBlock` means the run of statements, of one block, that the span covers.
        rewrite: makes the new node.
        imports: what the new node needs to be imported.
        together: edits of the same node by several findings are made in one pass, one after the other, if all of them
            say this name, and not ''.
    """

    path: str
    span: Span
    kind: type[Any]  # not of CSTNode: mypy takes no abstract class, such as BaseExpression, for that
    rewrite: Rewrite
    imports: tuple[ImportNeed, ...] = ()
    together: str = ""


@dataclass(frozen=True, slots=True)
class CommentEdit:
    """Replaces the comment at ``span`` by ``text`` (with its ``#``), or removes it where ``text`` is None."""

    path: str
    span: Span
    text: str | None


Edit: TypeAlias = NodeEdit | CommentEdit | ManifestEdit


def compose(*rewrites: Rewrite) -> Rewrite:
    """Return the rewrite that does one after the other; statements that one inserts are left alone by the next."""

    def rewrite(node: cst.CSTNode, config: cst.PartialParserConfig) -> Result:
        result: Result = node
        for step in rewrites:
            result = _step(step, result, config)
        return result

    return rewrite


def _step(step: Rewrite, done: Result, config: cst.PartialParserConfig) -> Result:
    match done:
        case cst.RemovalSentinel():
            return done
        case Inserted(anchor=cst.CSTNode() as anchor):
            again = step(anchor, config)
            middle: Iterable[cst.CSTNode] = again if isinstance(again, cst.FlattenSentinel) else _single(again)
            at = next(index for index, node in enumerate(done) if node is anchor)
            kept = again.anchor if isinstance(again, Inserted) else again if isinstance(again, cst.CSTNode) else None
            return Inserted([*list(done)[:at], *middle, *list(done)[at + 1 :]], kept)
        case cst.CSTNode():
            return step(done, config)
    return done


def _single(result: Result) -> list[cst.CSTNode]:
    return [result] if isinstance(result, cst.CSTNode) else []
