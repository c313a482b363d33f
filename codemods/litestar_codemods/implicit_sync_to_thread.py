"""LSF204: declares ``sync_to_thread=False``, wraps bare providers, removes the option where it has no effect."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.implicit_sync_to_thread import Change, Fix, ImplicitSyncToThread


class ImplicitSyncToThreadCommand(PracticeCommand):
    """One change of one call, or of one bare callable."""

    rule = ImplicitSyncToThread

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the one edit of the finding."""
        fix: Fix = finding.data
        match fix.change:
            case Change.DECLARE:
                rewrite = edits.set_keyword("sync_to_thread", "False")
            case Change.DECLARE_THIRD:
                rewrite = edits.set_argument(2, "False")
            case Change.REMOVE:
                rewrite = edits.drop_keyword("sync_to_thread")
            case Change.REMOVE_THIRD:
                rewrite = edits.drop_argument(2)
            case Change.WRAP:
                module = project.modules[fix.path]
                provide, needs = edits.bind_import(project, module, "litestar.di", "Provide", scope=fix.scope)
                rewrite = edits.wrap_expression(f"{provide}(", ", sync_to_thread=False)")
                return (edits.NodeEdit(fix.path, fix.span, cst.BaseExpression, rewrite, needs),)
        return (edits.NodeEdit(fix.path, fix.span, cst.Call, rewrite),)
