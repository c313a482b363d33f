"""LSF209: takes the decorator of contextlib off a provider."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.broken_generator_provider import BrokenGeneratorProvider, Undecorated


class BrokenGeneratorProviderCommand(PracticeCommand):
    """One function without its decorator, and its registrations without ``sync_to_thread``."""

    rule = BrokenGeneratorProvider

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the edit of the function, and one of each registration."""
        found: Undecorated = finding.data
        drop = edits.drop_keyword("sync_to_thread")
        return (
            edits.NodeEdit(found.path, found.span, cst.FunctionDef, edits.drop_decorator(0)),
            *[edits.NodeEdit(path, span, cst.Call, drop) for path, span in found.registrations],
        )
