"""LSF607: make an exception handler a plain function."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.broken_exception_handler import BrokenExceptionHandler


class BrokenExceptionHandlerCommand(PracticeCommand):
    """Drops one ``async``."""

    rule = BrokenExceptionHandler

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the one edit of a function."""
        return (edits.NodeEdit(finding.path, finding.data, cst.FunctionDef, edits.make_sync()),)
