"""LSF001: remove a suppression, or a code from it."""

from __future__ import annotations

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.unused_suppression import UnusedSuppression


class UnusedSuppressionCommand(PracticeCommand):
    """Shortens or removes one comment."""

    rule = UnusedSuppression

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the one edit of a comment."""
        return (edits.CommentEdit(finding.path, finding.span, finding.data),)
