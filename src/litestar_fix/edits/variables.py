"""Rewrites of the variables of functions."""

from __future__ import annotations

import libcst as cst

from litestar_fix.edits.values import Result, Rewrite
from litestar_fix.errors import EditError


def rename_variable(name: str, new: str) -> Rewrite:
    """Call a variable of a function by another name, everywhere within it."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        body = node.body.visit(_Rename(name, new))
        if not isinstance(body, cst.BaseSuite):
            raise EditError(f"{name} cannot be renamed")
        return node.with_changes(body=body)

    return rewrite


class _Rename(cst.CSTTransformer):
    """Renames names, but neither attributes nor keywords."""

    def __init__(self, name: str, new: str) -> None:
        super().__init__()
        self.name, self.new = name, new

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:  # noqa: N802 (LibCST's name)
        return updated_node.with_changes(value=self.new) if original_node.value == self.name else updated_node

    def leave_Attribute(  # noqa: N802
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:  # noqa: N802
        return updated_node.with_changes(keyword=original_node.keyword)
