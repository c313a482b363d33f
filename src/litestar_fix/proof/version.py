"""A file before or after the edits, with what several checks ask of it."""

from __future__ import annotations

import ast
from functools import cached_property

from litestar_fix.apply.orphans import usage


class Version:
    """A file before or after the edits.

    Args:
        content: what stands in it.
        tree: the syntax tree of that.
    """

    def __init__(self, content: bytes, tree: ast.Module) -> None:
        self.content = content
        self.tree = tree

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the tree."""
        return list(ast.walk(self.tree))

    @cached_property
    def used(self) -> set[str]:
        """The names that anything in it reads, in quoted annotations and type comments, too."""
        return usage(self.tree, self.content)[""]
