"""Breaking imports that grew too long for one line."""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst

from litestar_fix.edits.sequences import Items, items_of, with_items

MAX_LINE = 120


def break_long_imports(before: cst.Module, module: cst.Module) -> cst.Module:
    """Return the module with one name per line in the imports that grew too long for one line.

    Args:
        before: the module before the edits: what it has stays as it is.
        module: the module with all its imports.
    """
    known = _Imports()
    before.visit(known)
    return cst.ensure_type(module.visit(_Break(module, {id(node) for node in known.found})), cst.Module)


class _Statements:
    """Looks at statements, and into none of the many other nodes of a module."""

    def visit_Decorator(self, _: cst.Decorator) -> bool:  # noqa: N802
        return False

    def visit_Parameters(self, _: cst.Parameters) -> bool:  # noqa: N802
        return False

    def visit_Arg(self, _: cst.Arg) -> bool:  # noqa: N802
        return False

    def visit_EmptyLine(self, _: cst.EmptyLine) -> bool:  # noqa: N802
        return False


class _Imports(_Statements, cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[cst.ImportFrom] = []

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:  # noqa: N802
        return _imports(node)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:  # noqa: N802
        self.found.append(node)


def _imports(line: cst.SimpleStatementLine) -> bool:
    """Whether a line is worth looking into: most of a module's nodes are expressions of other lines."""
    return any(isinstance(statement, cst.ImportFrom) for statement in line.body)


class _Break(_Statements, cst.CSTTransformer):
    def __init__(self, module: cst.Module, known: Collection[int]) -> None:
        super().__init__()
        self.module, self.known = module, known

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:  # noqa: N802
        return _imports(node)

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:  # noqa: N802
        if id(original_node) in self.known or original_node.lpar is not None:
            return updated_node
        if len(self.module.code_for_node(original_node)) <= MAX_LINE:
            return updated_node
        inner = _line_break(self.module.default_indent)
        items = items_of(updated_node)
        gaps = (*(inner,) * len(items.nodes), _line_break(""))
        opened = updated_node.with_changes(lpar=cst.LeftParen(), rpar=cst.RightParen())
        return with_items(opened, Items(items.nodes, gaps, trailing_comma=True))


def _line_break(indent: str) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
