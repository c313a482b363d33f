"""What Fixit can do itself: put one node in the place of another.

Its editor applies all replacements of a file at once and knows no levels, and of two that meet it silently drops the
inner one. So a replacement is only offered where it meets no other and gives, byte for byte, what our engine writes.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import libcst as cst

from litestar_fix.apply import apply, rewrite
from litestar_fix.apply.layout import laid_out
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
    found: dict[Key, _Offer] = {}
    for key, group in groups.items():
        edits = [edit for edit in group if isinstance(edit, NodeEdit) and edit.path == surroundings.path]
        is_all = len(edits) == len(list(group)) and not any(edit.imports for edit in edits)
        offer = _offer(module, positions, edits) if edits and is_all else None
        if offer is not None:
            found[key] = offer
    if not _are_right(module, found.values(), surroundings):
        found = {key: offer for key, offer in found.items() if _are_right(module, [offer], surroundings)}
        if not _are_right(module, found.values(), surroundings):
            return {}
    return {key: (offer.node, offer.new) for key, offer in found.items()}


@dataclass(frozen=True, slots=True)
class _Offer:
    node: cst.CSTNode
    new: cst.CSTNode
    edits: tuple[NodeEdit, ...]


def _are_right(module: cst.Module, offers: Collection[_Offer], surroundings: Surroundings) -> bool:
    """Whether Fixit, with these replacements, would write what our engine writes."""
    if not offers:
        return True
    edits = [edit for offer in offers for edit in offer.edits]
    try:
        made = apply(module.bytes, edits, surroundings)
        return rewrite(module, _Replace(offers)).bytes == laid_out(module.bytes, made, surroundings)
    except EditError:
        return False


def _offer(module: cst.Module, positions: Mapping[cst.CSTNode, object], edits: Sequence[NodeEdit]) -> _Offer | None:
    try:
        targets = locate(module, positions, edits)
    except EditError:
        return None
    ends = [*targets.nodes, *targets.runs, *targets.suites]
    chains = [_chain(targets.parents, end) for end in ends]
    common = chains[0]
    for chain in chains[1:]:
        common = [node for node in common if any(node is other for other in chain)]
    for node in common:
        if isinstance(node, cst.Module):
            return None
        try:
            new = node.visit(Transform(targets, module.config_for_parsing))
        except Exception:  # noqa: BLE001 (whatever a codemod's own code raises; our engine names it)
            return None
        if isinstance(new, cst.CSTNode):
            return _Offer(node, new, tuple(edits))
    return None


def _chain(parents: Mapping[cst.CSTNode, cst.CSTNode | None], node: cst.CSTNode) -> list[cst.CSTNode]:
    """A node and all nodes above it, innermost first."""
    chain = [node]
    while (above := parents[chain[-1]]) is not None:
        chain.append(above)
    return chain


class _Replace(cst.CSTTransformer):
    """As Fixit does it."""

    def __init__(self, offers: Iterable[_Offer]) -> None:
        super().__init__()
        self.new = {offer.node: offer.new for offer in offers}

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node not in self.new

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        return self.new.get(original_node, updated_node)
