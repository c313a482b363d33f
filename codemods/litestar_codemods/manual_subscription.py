"""LSF911: end a subscription in any case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.source import comment_lines, comments, leading_lines, parse_statements, tight
from litestar_fix.finding import Finding
from litestar_fix.model.channels import Subscription
from litestar_fix.model.project import Project
from litestar_fix.rules.manual_subscription import ManualSubscription


class ManualSubscriptionCommand(PracticeCommand):
    """Puts the statements between two calls under ``async with``."""

    rule = ManualSubscription

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the one edit of a block."""
        found: Subscription = finding.data
        if found.run is None:
            raise AssertionError(finding)
        return (edits.NodeEdit(found.path, found.run, cst.IndentedBlock, _under_with),)


def _under_with(node: cst.IndentedBlock, config: cst.PartialParserConfig) -> edits.Result:
    made, *inner, ended = cast("Sequence[cst.SimpleStatementLine]", node.body)
    assigned = cst.ensure_type(made.body[0], cst.Assign)
    call = cst.ensure_type(cst.ensure_type(assigned.value, cst.Await).expression, cst.Call)
    func = cst.ensure_type(call.func, cst.Attribute)
    outer = cast("cst.With", parse_statements("async with None as name:\n    pass", config)[0])
    item = outer.items[0].with_changes(
        item=call.with_changes(func=func.with_changes(attr=cst.Name("start_subscription"))),
        asname=cst.AsName(cast("cst.Name", assigned.targets[0].target)),
    )
    footer = [*(line for line in leading_lines(ended) if line.comment is not None), *comment_lines(_behind(ended))]
    block = cst.IndentedBlock(tight(inner), header=made.trailing_whitespace, footer=footer)
    return node.with_changes(body=[outer.with_changes(items=[item], body=block, leading_lines=leading_lines(made))])


def _behind(ended: cst.SimpleStatementLine) -> list[cst.Comment]:
    behind = ended.trailing_whitespace.comment
    return [*(comment for part in ended.body for comment in comments(part)), *([behind] if behind is not None else [])]
