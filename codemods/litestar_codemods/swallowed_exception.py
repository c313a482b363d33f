"""LSF602: let exceptions propagate instead of returning their text."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.swallowed_exception import Needless, SwallowedException


class SwallowedExceptionCommand(PracticeCommand):
    """Puts what is tried in the place of the try statement."""

    rule = SwallowedException

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (of every command)
        """Return the one edit of a handler."""
        found: Needless = finding.data
        return (edits.NodeEdit(found.path, found.statement, cst.Try, edits.dissolve()),)
