"""LSF503: a call that computes is awaited in a thread."""

from __future__ import annotations

from litestar_codemods.blocking_call_in_async import move_call
from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.cpu_bound_in_async import CpuBoundInAsync


class CpuBoundInAsyncCommand(PracticeCommand):
    """``await sync_to_thread(f, x)``."""

    rule = CpuBoundInAsync

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one call."""
        return tuple(move_call(project, finding.data))
