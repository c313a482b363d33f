"""Things separated by commas (arguments, imported names, elements, indexes) as items and the gaps between them.

LibCST keeps the whitespace between two items in the comma of the first, and that around all items in places that differ
by node. Here there is one list of gaps, so that adding and removing is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar, cast

import libcst as cst

from litestar_fix.edits.source import (
    NO_GAP,
    ONE_SPACE,
    Gap,
    bare,
    comments,
    ending_like,
    has_comment,
    is_line_break,
    joined,
)

Item: TypeAlias = cst.Arg | cst.ImportAlias | cst.BaseElement | cst.BaseDictElement | cst.SubscriptElement
Display: TypeAlias = cst.List | cst.Set | cst.Dict | cst.Tuple
T = TypeVar("T", bound=cst.CSTNode)


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a sequence; ``gaps[i]`` stands before item i, the last gap after the last item."""

    nodes: tuple[Any, ...]
    gaps: tuple[Gap, ...]
    trailing_comma: bool

    @property
    def is_one_per_line(self) -> bool:
        """Whether the last item and the closing bracket stand on lines of their own."""
        return bool(self.nodes) and is_line_break(self.gaps[-1]) and is_line_break(self.gaps[-2])

    @property
    def _is_for_want_of_room(self) -> bool:
        """Whether all items share a line of their own: formatters put them there where they fit on no other."""
        return self._is_spread and not any(map(is_line_break, self.gaps[1:-1]))

    @property
    def _is_spread(self) -> bool:
        """Whether the brackets stand on lines of their own though no comma asks for it, and nothing else does."""
        is_own = is_line_break(self.gaps[0]) and is_line_break(self.gaps[-1]) and not self.trailing_comma
        return is_own and not (any(map(has_comment, self.gaps)) or any(map(_is_long, self.nodes)))

    def insert(self, index: int, node: Any) -> Items:
        """Return the items with one more, laid out like its neighbours."""
        if index == len(self.nodes):
            return self._append(node)
        # the first of several on one line of their own joins them; one alone there is on it for want of room
        like = 1 if index == 0 and len(self.nodes) > 1 else index
        after = bare(self.gaps[like])
        if not is_line_break(after) or (len(self.nodes) == 1 and self._is_for_want_of_room):
            after = ONE_SPACE
        gaps = (*self.gaps[: index + 1], after, *self.gaps[index + 1 :])
        return replace(self, nodes=(*self.nodes[:index], node, *self.nodes[index:]), gaps=gaps)

    def _append(self, node: Any) -> Items:
        nodes = (*self.nodes, node)
        end = self.gaps[-1]
        if not self.nodes:
            return replace(self, nodes=nodes, gaps=(end, bare(end)))
        if self.is_one_per_line:
            return replace(self, nodes=nodes, gaps=(*self.gaps[:-1], ending_like(end, self.gaps[-2]), bare(end)))
        return replace(self, nodes=nodes, gaps=(*self.gaps[:-1], ONE_SPACE, end))

    def remove(self, index: int) -> Items:
        """Return the items without one; its comments stay, and an emptied bracket without comments closes up."""
        indent = "" if index + 1 == len(self.nodes) else "    "
        lost = comments(_separated(self.nodes[index], NO_GAP))
        if 0 < index == len(self.nodes) - 1 and not self.trailing_comma:
            # the comma of the item before it goes, too
            lost = comments(_separated(self.nodes[index - 1], NO_GAP).comma) + lost
        gap = joined(self.gaps[index], lost, self.gaps[index + 1], indent)
        nodes = self.nodes[:index] + self.nodes[index + 1 :]
        if not nodes:
            return Items((), (gap if has_comment(gap) else NO_GAP,), trailing_comma=False)
        if not lost and self._is_spread and (len(nodes) == 1 or self._is_for_want_of_room):
            # there may be enough room now, or they are put there again
            return Items(nodes, (NO_GAP, *[ONE_SPACE] * (len(nodes) - 1), NO_GAP), trailing_comma=False)
        # the brackets keep what is beside them, unless a comment would be lost
        if index == 0 and not is_line_break(self.gaps[0]) and not has_comment(gap):
            gap = self.gaps[0]
        elif index == len(nodes) and not is_line_break(self.gaps[-1]) and not has_comment(gap):
            gap = self.gaps[-1]
        return replace(self, nodes=nodes, gaps=(*self.gaps[:index], gap, *self.gaps[index + 2 :]))

    def change(self, index: int, node: Any) -> Items:
        """Return the items with another node in the place of one."""
        return replace(self, nodes=(*self.nodes[:index], node, *self.nodes[index + 1 :]))


def _is_long(node: cst.CSTNode) -> bool:
    """Whether an item stands on several lines."""
    return "\n" in cst.Module([]).code_for_node(_separated(node, NO_GAP))


def items_of(node: cst.CSTNode) -> Items:
    """Return the items of a call, a from-import, a display or a subscript."""
    match node:
        case cst.Call():
            return _call_items(node)
        case cst.ImportFrom():
            names = [] if isinstance(node.names, cst.ImportStar) else node.names
            first = node.lpar.whitespace_after if node.lpar else NO_GAP
            return _items(list(names), first, node.rpar.whitespace_before if node.rpar else NO_GAP)
        case cst.List():
            return _items(node.elements, node.lbracket.whitespace_after, node.rbracket.whitespace_before)
        case cst.Subscript():
            return _items(node.slice, node.lbracket.whitespace_after, node.rbracket.whitespace_before)
        case cst.Set() | cst.Dict():
            return _items(list(node.elements), node.lbrace.whitespace_after, node.rbrace.whitespace_before)
        case cst.Tuple():
            first = node.lpar[-1].whitespace_after if node.lpar else NO_GAP
            return _items(node.elements, first, node.rpar[0].whitespace_before if node.rpar else NO_GAP)
    raise TypeError(f"a {type(node).__name__} is no sequence")


def _call_items(node: cst.Call) -> Items:
    if not node.args:
        return Items((), (node.whitespace_before_args,), trailing_comma=False)
    last = node.args[-1]
    end = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else last.whitespace_after_arg
    gaps = [node.whitespace_before_args, *[_after(arg) for arg in node.args[:-1]], end]
    return Items(tuple(node.args), tuple(gaps), isinstance(last.comma, cst.Comma))


def _items(nodes: Sequence[Any], first: Gap, end: Gap) -> Items:
    if not nodes:
        return Items((), (first if is_line_break(first) else end,), trailing_comma=False)
    trailing = isinstance(nodes[-1].comma, cst.Comma)
    if trailing and is_line_break(nodes[-1].comma.whitespace_after):
        end = nodes[-1].comma.whitespace_after
    return Items(tuple(nodes), (first, *[_after(node) for node in nodes[:-1]], end), trailing)


def _after(node: Item) -> Gap:
    return node.comma.whitespace_after if isinstance(node.comma, cst.Comma) else NO_GAP


def with_items(node: T, items: Items) -> T:
    """Return the node with these items."""
    if isinstance(node, cst.Call):
        return cast("T", _with_args(node, items))
    nodes = [_separated(item, gap) for item, gap in zip(items.nodes, items.gaps[1:], strict=True)]
    if nodes:
        comma = _comma(items.nodes[-1], NO_GAP) if items.trailing_comma else cst.MaybeSentinel.DEFAULT
        nodes[-1] = nodes[-1].with_changes(comma=comma)
    changed = node.with_changes(**{_FIELD.get(type(node), "elements"): nodes})
    return cast("T", _CLOSE[type(node)](changed, items.gaps[0], items.gaps[-1]))


def _with_args(node: cst.Call, items: Items) -> cst.Call:
    args = [_separated(item, gap) for item, gap in zip(items.nodes, items.gaps[1:], strict=True)]
    if args and not items.trailing_comma:
        args[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=items.gaps[-1])
    return node.with_changes(args=args, whitespace_before_args=items.gaps[0])


def _separated(item: Any, gap: Gap) -> Any:
    changed = item.with_changes(comma=_comma(item, gap))
    return changed.with_changes(whitespace_after_arg=NO_GAP) if isinstance(item, cst.Arg) else changed


def _comma(item: Any, gap: Gap) -> cst.Comma:
    before = item.comma.whitespace_before if isinstance(item.comma, cst.Comma) else NO_GAP
    return cst.Comma(whitespace_before=before, whitespace_after=gap)


def _close_import(node: cst.ImportFrom, first: Gap, end: Gap) -> cst.ImportFrom:
    if node.lpar is None or node.rpar is None:
        return node
    if is_line_break(node.lpar.whitespace_after) and not is_line_break(first):
        return node.with_changes(lpar=None, rpar=None)  # they were there for the line breaks
    return node.with_changes(
        lpar=node.lpar.with_changes(whitespace_after=first), rpar=node.rpar.with_changes(whitespace_before=end)
    )


def _close_square(node: cst.List | cst.Subscript, first: Gap, end: Gap) -> cst.List | cst.Subscript:
    return node.with_changes(
        lbracket=node.lbracket.with_changes(whitespace_after=first),
        rbracket=node.rbracket.with_changes(whitespace_before=end),
    )


def _close_braces(node: cst.Set | cst.Dict, first: Gap, end: Gap) -> cst.Set | cst.Dict:
    return node.with_changes(
        lbrace=node.lbrace.with_changes(whitespace_after=first), rbrace=node.rbrace.with_changes(whitespace_before=end)
    )


def _close_tuple(node: cst.Tuple, first: Gap, end: Gap) -> cst.Tuple:
    if len(node.elements) == 1 and not isinstance(node.elements[0].comma, cst.Comma):
        node = node.with_changes(elements=[node.elements[0].with_changes(comma=cst.Comma())])
    if not node.lpar:
        return node
    return node.with_changes(
        lpar=[*node.lpar[:-1], node.lpar[-1].with_changes(whitespace_after=first)],
        rpar=[node.rpar[0].with_changes(whitespace_before=end), *node.rpar[1:]],
    )


_FIELD: dict[type[cst.CSTNode], str] = {cst.ImportFrom: "names", cst.Subscript: "slice"}
_CLOSE: dict[type[cst.CSTNode], Callable[[Any, Gap, Gap], cst.CSTNode]] = {
    cst.ImportFrom: _close_import,
    cst.List: _close_square,
    cst.Subscript: _close_square,
    cst.Set: _close_braces,
    cst.Dict: _close_braces,
    cst.Tuple: _close_tuple,
}
