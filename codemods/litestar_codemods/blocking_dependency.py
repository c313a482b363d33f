"""LSF205: lets a synchronous handler or provider run in a thread."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.blocking_dependency import BlockingDependency, Change, Registration


class BlockingDependencyCommand(PracticeCommand):
    """``sync_to_thread=True`` at every registration of one callable."""

    rule = BlockingDependency

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return one edit for each registration."""
        registrations: tuple[Registration, ...] = finding.data
        return tuple(_edit(project, item) for item in registrations)


def _edit(project: Project, item: Registration) -> edits.NodeEdit:
    match item.change:
        case Change.KEYWORD:
            return edits.NodeEdit(item.path, item.span, cst.Call, edits.set_keyword("sync_to_thread", "True"))
        case Change.THIRD:
            return edits.NodeEdit(item.path, item.span, cst.Call, edits.set_argument(2, "True"))
        case Change.WRAP:
            module = project.modules[item.path]
            provide, needs = edits.bind_import(project, module, "litestar.di", "Provide", scope=item.scope)
            wrap = edits.wrap_expression(f"{provide}(", ", sync_to_thread=True)")
            return edits.NodeEdit(item.path, item.span, cst.BaseExpression, wrap, needs)
