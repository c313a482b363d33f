"""What Fixit can do itself: put one node in the place of another.

Its editor applies all replacements of a file at once and knows no levels, and of two that meet it silently drops the
inner one. So a replacement is only offered where it meets no other and gives, byte for byte, what our engine writes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

import libcst as cst

from litestar_fix.apply import apply, rewrite
from litestar_fix.apply.locate import locate
from litestar_fix.apply.transform import Transform
from litestar_fix.edits.values import Edit, NodeEdit
from litestar_fix.errors import EditError
from litestar_fix.surroundings import Surroundings

Key = TypeVar("Key", bound=Hashable)


def replacements(
    module: cst.Module,
    positions: Mapping[cst.CSTNode, object],
    groups: Mapping[Key, Iterable[Edit]],
    surroundings: Surroundings,
) -> dict[Key, tuple[cst.CSTNode, cst.CSTNode]]:
    """Return, for the groups where that is possible, the one node to replace and its replacement.

    Args:
        module: the tree of the file.
        positions: the positions of its nodes.
        groups: the edits of each finding.
        surroundings: what the project knows about the names of the file.
    """
    source = module.bytes
    offers: dict[Key, tuple[cst.CSTNode, cst.CSTNode]] = {}
    chosen: list[NodeEdit] = []
    for key, group in groups.items():
        edits = [edit for edit in group if isinstance(edit, NodeEdit) and edit.path == surroundings.path]
        if len(edits) != len(list(group)) or any(edit.imports for edit in edits):
            continue
        try:
            offer = _offer(module, positions, edits)
            if offer is not None and _replaced(module, [offer]) == apply(source, edits, surroundings):
                offers[key] = offer
                chosen += edits
        except EditError:
            continue
    try:
        is_whole = not chosen or _replaced(module, offers.values()) == apply(source, chosen, surroundings)
    except EditError:
        is_whole = False
    return offers if is_whole else {}


def _offer(
    module: cst.Module, positions: Mapping[cst.CSTNode, object], edits: Iterable[NodeEdit]
) -> tuple[cst.CSTNode, cst.CSTNode] | None:
    targets = locate(module, positions, edits)
    ends = [*targets.nodes, *targets.runs, *targets.suites]
    chains = [_chain(targets.parents, end) for end in ends]
    common = chains[0]
    for chain in chains[1:]:
        common = [node for node in common if any(node is other for other in chain)]
    for node in common:
        if isinstance(node, cst.Module):
            return None
        new = node.visit(Transform(targets, module.config_for_parsing))
        if isinstance(new, cst.CSTNode):
            return node, new
    return None


def _chain(parents: Mapping[cst.CSTNode, cst.CSTNode | None], node: cst.CSTNode) -> list[cst.CSTNode]:
    """A node and all nodes above it, innermost first."""
    chain = [node]
    while (above := parents[chain[-1]]) is not None:
        chain.append(above)
    return chain


class _Replace(cst.CSTTransformer):
    """As Fixit does it."""

    def __init__(self, offers: Iterable[tuple[cst.CSTNode, cst.CSTNode]]) -> None:
        super().__init__()
        self.new = dict(offers)

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node not in self.new

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        return self.new.get(original_node, updated_node)


def _replaced(module: cst.Module, offers: Iterable[tuple[cst.CSTNode, cst.CSTNode]]) -> bytes:
    return rewrite(module, _Replace(offers)).bytes
