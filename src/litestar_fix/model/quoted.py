"""Quoted annotations as the expressions that they quote."""

from __future__ import annotations

import ast


def unquoted(node: ast.expr) -> ast.expr:
    """Return an annotation with its quoted parts as expressions, at the place of the quotes."""
    if not _has_text(node):
        return node
    result: ast.expr = _Unquoted().visit(node)
    return result


def _has_text(node: ast.AST) -> bool:
    """Whether a string is written in an annotation; asked of every parameter, and `ast.walk` is slow."""
    match node:
        case ast.Name() | ast.Attribute():
            return False
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.Subscript(value=left, slice=right) | ast.BinOp(left=left, right=right):
            return _has_text(left) or _has_text(right)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return any(map(_has_text, items))
    return any(map(_has_text, ast.iter_child_nodes(node)))


class _Unquoted(ast.NodeTransformer):
    """Replaces the quoted parts of an annotation by what they quote.

    Strings in Literal and in Annotated's metadata stay.
    """

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        try:
            quoted = ast.parse(node.value.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return node
        for item in ast.walk(quoted):
            ast.copy_location(item, node)
        return quoted

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        last = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if last == "Literal":
            return node
        if last == "Annotated" and isinstance(node.slice, ast.Tuple):
            node.slice.elts[0] = self.visit(node.slice.elts[0])
            return node
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        return node
