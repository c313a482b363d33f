"""LSF506: ``sync_to_thread`` is imported from ``litestar.concurrency``."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.wrong_sync_to_thread_import import WrongImport, WrongSyncToThreadImport

_HOME = "litestar.concurrency"
_NAME = "sync_to_thread"


class WrongSyncToThreadImportCommand(PracticeCommand):
    """Corrects the module of an import; other names that the statement imports stay where they are."""

    rule = WrongSyncToThreadImport

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (a command)
        """Return the one edit of an import."""
        found: WrongImport = finding.data
        if not found.has_others:
            return (edits.NodeEdit(found.path, found.span, cst.ImportFrom, edits.import_from(_HOME)),)
        alias = None if found.local == _NAME else found.local
        needs = (edits.ImportNeed(_HOME, _NAME, alias, found.scope),)
        return (edits.NodeEdit(found.path, found.span, cst.ImportFrom, edits.drop_imported(_NAME), needs),)
