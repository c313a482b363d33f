"""LSF103: drops what a layer around sets already."""

from __future__ import annotations

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.options import drop_option
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.model.redundancy import Drop
from litestar_fix.rules.redundant_layer_config import RedundantLayerConfig


class RedundantLayerConfigCommand(PracticeCommand):
    """One option of one layer, or some elements of its value."""

    rule = RedundantLayerConfig

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the one edit of the finding."""
        drop: Drop = finding.data
        return (drop_option(drop, together=cls.rule.code),)
