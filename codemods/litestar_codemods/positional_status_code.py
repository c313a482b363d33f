"""LSF604: name the status and the detail of an HTTP exception."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.positional_status_code import Positional, PositionalStatusCode


class PositionalStatusCodeCommand(PracticeCommand):
    """Gives the positional arguments of one call their keywords."""

    rule = PositionalStatusCode

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the one edit of a call."""
        found: Positional = finding.data
        status = edits.name_argument(0, "status_code")
        rewrite = edits.compose(edits.name_argument(1, "detail"), status) if found.has_detail else status
        return (edits.NodeEdit(found.path, found.call, cst.Call, rewrite),)
