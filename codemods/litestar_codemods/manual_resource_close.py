"""LSF203: leaves closing to the provider, or to a context manager."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import libcst as cst

from litestar_codemods.resource_without_cleanup import conversion_edits
from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.source import Statement, leading_lines
from litestar_fix.finding import Finding
from litestar_fix.model.closings import Change, Removal
from litestar_fix.model.opened import Opened
from litestar_fix.model.project import Project
from litestar_fix.rules.manual_resource_close import Fix, ManualResourceClose


class ManualResourceCloseCommand(PracticeCommand):
    """Takes out what closes by hand; makes the provider a generator, or puts what a handler opens under ``with``."""

    rule = ManualResourceClose

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of all handlers that close one resource, and of its provider."""
        fix: Fix = finding.data
        found: list[edits.Edit] = [_removal(path, removal) for path, removal in fix.removals]
        if fix.conversion is not None:
            found += conversion_edits(project, fix.conversion)
        if fix.opened is not None:
            found.append(edits.NodeEdit(finding.path, fix.opened.run, cst.IndentedBlock, _closing(fix.opened)))
        return tuple(found)


def _removal(path: str, removal: Removal) -> edits.NodeEdit:
    match removal.change:
        case Change.REMOVED:
            return edits.NodeEdit(path, removal.span, cst.SimpleStatementLine, edits.remove_statement())
        case Change.REMOVED_WHOLE:
            return edits.NodeEdit(path, removal.span, cst.If, edits.remove_statement())
        case Change.FINALLY:
            # of any class: Try, or TryStar
            return edits.NodeEdit(path, removal.span, cst.BaseCompoundStatement, edits.drop_finally(removal.final))
        case Change.DISSOLVED:
            return edits.NodeEdit(path, removal.span, cst.With, edits.dissolve())


def _closing(opened: Opened) -> edits.Rewrite:
    """Put what follows the statement that opens a resource under what closes it."""

    def rewrite(node: cst.IndentedBlock, config: cst.PartialParserConfig) -> edits.Result:
        made, *inner = cast("Sequence[Statement]", node.body)
        opening = cst.ensure_type(made, cst.SimpleStatementLine)
        inner[-1] = inner[-1].with_changes(leading_lines=[*leading_lines(inner[-1]), *node.footer])
        return node.with_changes(body=edits.under_closing(opened.creation, opening, opened.variable, inner, config))

    return rewrite
