"""LSF914: send in the background, and receive."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.source import comment_lines, comments
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.unnoticed_disconnect import Relay, UnnoticedDisconnect


class UnnoticedDisconnectCommand(PracticeCommand):
    """Puts a receiving loop in the place of a sending one."""

    rule = UnnoticedDisconnect

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the one edit of a loop."""
        found: Relay = finding.data
        socket = found.send.rpartition(".")[0]
        source = (
            f"async with {found.subscriber}.run_in_background({found.send}, join=False):\n"
            f"    async for _ in {socket}.iter_data():\n"
            "        pass"
        )

        def rewrite(node: cst.For, config: cst.PartialParserConfig) -> edits.Result:
            lines = [*node.leading_lines, *comment_lines(comments(node.with_changes(leading_lines=[])))]
            return edits.replace_statement(source)(node.with_changes(leading_lines=lines), config)

        return (edits.NodeEdit(found.path, found.loop, cst.For, rewrite),)
