"""Whether new code reads as the tree that it was made of: lost parentheses still parse, and mean something else."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import fields
from functools import cache, partial

import libcst as cst

from litestar_fix.errors import EditError

#: What a tree may leave out, and the parser fills in.
_LAYOUT = (
    cst.BaseParenthesizableWhitespace,
    cst.TrailingWhitespace,
    cst.EmptyLine,
    cst.Newline,
    cst.Comment,
    cst.Comma,
    cst.Semicolon,
    cst.Colon,
    cst.Dot,
    cst.AssignEqual,
    cst.LeftParen,
    cst.RightParen,
)


def check_meaning(changed: cst.Module, rebuilt: Iterable[cst.CSTNode]) -> bytes:
    """Return the changed module's bytes.

    Args:
        changed: the module after the edits.
        rebuilt: the nodes of the module before them that were not taken over as they are. What stood directly below one
            and is still there was taken over, and is not looked into again.

    Raises:
        EditError: read again, the bytes are another tree.
    """
    content = changed.bytes
    try:
        again = cst.parse_module(content)
    except cst.ParserSyntaxError as error:
        raise EditError(f"the result is no Python: line {error.raw_line}: {error.message}") from error
    known = {id(child) for node in rebuilt for child in _children(node)}
    if not _agree(changed, again, known):
        raise EditError("the result does not read as it was meant")
    return content


def _agree(meant: cst.CSTNode, read: cst.CSTNode, known: Container[int]) -> bool:
    """Whether two trees say the same: the classes of their nodes and the text of their leaves, whatever the layout."""
    if type(meant) is not type(read):
        return False
    if isinstance(meant, cst.Name | cst.BaseNumber | cst.SimpleString | cst.FormattedStringText):
        return bool(getattr(meant, "value", "") == getattr(read, "value", ""))
    if id(meant) in known:
        return True
    ours, theirs = _parts(meant), _parts(read)
    return len(ours) == len(theirs) and all(map(partial(_agree, known=known), ours, theirs))


def _parts(node: cst.CSTNode) -> list[cst.CSTNode]:
    return [child for child in _children(node) if not isinstance(child, _LAYOUT)]


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes directly below one; LibCST's own way to them visits, and takes three times as long."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, list | tuple):
            yield from (child for child in value if isinstance(child, cst.CSTNode))


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
