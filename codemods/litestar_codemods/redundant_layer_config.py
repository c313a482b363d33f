"""LSF103: drops what a layer around sets already."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.redundant_layer_config import Drop, RedundantLayerConfig


class RedundantLayerConfigCommand(PracticeCommand):
    """One option of one layer, or some elements of its value."""

    rule = RedundantLayerConfig

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the one edit of the finding."""
        drop: Drop = finding.data
        if drop.parts is not None:
            rewrite = edits.drop_elements(*drop.parts)
            return (edits.NodeEdit(drop.path, drop.display, cst.BaseExpression, rewrite),)
        if drop.is_class:
            rewrite = edits.remove_class_attribute(drop.option)
            return (edits.NodeEdit(drop.path, drop.owner, cst.ClassDef, rewrite, together=cls.rule.code),)
        rewrite = edits.drop_keyword(drop.option)
        return (edits.NodeEdit(drop.path, drop.owner, cst.Call, rewrite, together=cls.rule.code),)
