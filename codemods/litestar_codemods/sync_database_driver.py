"""LSF504: the URL of an asynchronous engine names an asynchronous driver."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.sync_database_driver import NewDriver, SyncDatabaseDriver


class SyncDatabaseDriverCommand(PracticeCommand):
    """Replaces the scheme of a URL; the manifests gain the driver."""

    rule = SyncDatabaseDriver

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (a command)
        """Return the edit of the literal, and those of the manifests."""
        found: NewDriver = finding.data
        rewrite = edits.replace_in_text(found.old, found.new)
        return (edits.NodeEdit(found.path, found.span, cst.BaseExpression, rewrite), *found.manifests)
