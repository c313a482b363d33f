"""Whether new code reads as the tree that it was made of: lost parentheses still parse, and mean something else."""

from __future__ import annotations

from collections.abc import Iterator

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


def check_meaning(before: cst.Module, changed: cst.Module) -> bytes:
    """Return the changed module's bytes.

    Args:
        before: the module before the edits; statements that are the same objects are not looked at again.
        changed: the module after them.

    Raises:
        EditError: read again, the bytes are another tree.
    """
    content = changed.bytes
    try:
        again = cst.parse_module(content)
    except cst.ParserSyntaxError as error:
        raise EditError(f"the result is no Python: line {error.raw_line}: {error.message}") from error
    known = {id(statement) for statement in before.body}
    pairs = zip(changed.body, again.body, strict=False)
    same = all(id(meant) in known or list(_skeleton(meant)) == list(_skeleton(read)) for meant, read in pairs)
    if not same or len(changed.body) != len(again.body):
        raise EditError("the result does not read as it was meant")
    return content


def _skeleton(node: cst.CSTNode) -> Iterator[object]:
    """What a tree says, without its layout: the classes of its nodes, with brackets, and the text of its leaves."""
    yield type(node)
    if isinstance(node, cst.Name | cst.BaseNumber | cst.SimpleString | cst.FormattedStringText):
        yield getattr(node, "value", "")
        return
    for child in node.children:
        if not isinstance(child, _LAYOUT):
            yield "("
            yield from _skeleton(child)
            yield ")"
