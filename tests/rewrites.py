"""Fixes that rewrite text as they are told, right or wrong, to test what becomes of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libcst as cst

from litestar_fix import edits
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.model.span import Span
from litestar_fix.practice import PracticeRule
from tests.plugin import rule_for

Swap = tuple[str, str]


def rewriting(trigger: str, *swaps: Swap, changes: tuple[str, ...] = (), **keywords: Any) -> type[PracticeRule]:
    """A practice that renames calls of ``trigger`` to ``print``, and swaps texts in top-level statements on the way.

    Args:
        trigger: the name of the function that is not to be called.
        swaps: each text, and what takes its place in every statement that holds it.
        changes: the fields of the contract that the rule declares.
        keywords: of `tests.plugin.rule_for`.
    """

    def make(project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        renamed = edits.NodeEdit(finding.path, finding.span, cst.Call, edits.rename_call("print"))
        files = [(path, project.root / path) for path in project.modules]
        return renamed, *[edit for path, file in files for edit in _swapped(path, file, swaps)]

    rule = rule_for(trigger, make, **keywords)
    rule.changes = changes
    return rule


def _swapped(path: str, file: Path, swaps: tuple[Swap, ...]) -> Iterator[edits.NodeEdit]:
    source = file.read_text()
    lines = source.splitlines()
    for node in ast.parse(source).body:
        first = min([node.lineno, *[item.lineno for item in getattr(node, "decorator_list", ())]])
        text = "\n".join(lines[first - 1 : node.end_lineno])
        own = [swap for swap in swaps if swap[0] in text]
        if own:
            yield _edit(path, node, own)


def _edit(path: str, node: ast.stmt, swaps: list[Swap]) -> edits.NodeEdit:
    is_block = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    span = Span(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)

    def rewrite(old: cst.CSTNode, config: cst.PartialParserConfig) -> cst.CSTNode:
        text = cst.Module([]).code_for_node(old)
        for swap in swaps:
            text = text.replace(*swap)
        new = cst.parse_statement(text, config)
        return new.body[0] if isinstance(new, cst.SimpleStatementLine) else new

    kind = cst.BaseCompoundStatement if is_block else cst.BaseSmallStatement
    return edits.NodeEdit(path, span, kind, rewrite)
