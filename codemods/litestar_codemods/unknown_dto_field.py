"""LSF309: writes the field that a name of a DTO's configuration means."""

from __future__ import annotations

import json

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.unknown_dto_field import Rename, UnknownDtoField


class UnknownDtoFieldCommand(PracticeCommand):
    """Changes one string; its quotes stay."""

    rule = UnknownDtoField

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the edit of one name."""
        fix: Rename = finding.data
        return (edits.NodeEdit(fix.path, fix.span, cst.BaseExpression, _text(fix.text)),)


def _text(text: str) -> edits.Rewrite:
    def rewrite(node: cst.BaseExpression, config: cst.PartialParserConfig) -> edits.Result:
        if isinstance(node, cst.SimpleString):
            return node.with_changes(value=f"{node.prefix}{node.quote}{text}{node.quote}")
        return edits.replace_expression(json.dumps(text))(node, config)

    return rewrite
