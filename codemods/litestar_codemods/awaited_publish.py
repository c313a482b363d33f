"""LSF913: do not await what is no coroutine."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.awaited_publish import AwaitedPublish


class AwaitedPublishCommand(PracticeCommand):
    """Drops one ``await``."""

    rule = AwaitedPublish

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the one edit of an await."""
        return (edits.NodeEdit(finding.path, finding.data, cst.Await, _dropped),)


def _dropped(node: cst.Await, config: cst.PartialParserConfig) -> edits.Result:  # noqa: ARG001 (a Rewrite)
    lpar, rpar = [*node.lpar], [*node.rpar]
    gap = node.whitespace_after_await
    if isinstance(gap, cst.ParenthesizedWhitespace) and gap.first_line.comment is not None:
        if not lpar:
            lpar, rpar = [cst.LeftParen()], [cst.RightParen()]
        lpar[-1] = lpar[-1].with_changes(whitespace_after=gap)
    called = node.expression
    return called.with_changes(lpar=[*lpar, *called.lpar], rpar=[*called.rpar, *rpar])
