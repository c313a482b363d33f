"""LSF407: write the converter of a path parameter."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.untyped_path_parameter import Fix, UntypedPathParameter


class UntypedPathParameterCommand(PracticeCommand):
    """Puts ``{id:uuid}`` in the place of ``{id}`` in the text of a path."""

    rule = UntypedPathParameter

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding has it all)
        """Return the one edit of a path."""
        fix: Fix = finding.data
        rewrite = edits.replace_in_text(fix.old, fix.new)
        path, span = fix.literal.path, fix.literal.span
        return (edits.NodeEdit(path, span, cst.BaseExpression, rewrite, together="path parameters"),)
