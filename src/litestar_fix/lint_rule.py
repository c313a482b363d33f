"""FixitRule: what makes a rule a lint rule of Fixit. The only module that names Fixit's classes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst
from fixit import Invalid, LintRule, Valid
from libcst.metadata import CodePosition, CodeRange, PositionProvider

from litestar_fix.finding import Applicability, Finding
from litestar_fix.provider import ProjectProvider, View

if TYPE_CHECKING:
    from litestar_fix.model.facts import Span
    from litestar_fix.practice import PracticeRule

__all__ = ["FixitRule", "Invalid", "Valid"]


class FixitRule(LintRule):
    """Reports what a `practice.PracticeRule` finds in the project, file by file."""

    METADATA_DEPENDENCIES = (PositionProvider, ProjectProvider)

    def ignore_lint(self, node: cst.CSTNode) -> bool:  # noqa: ARG002 (Fixit's signature)
        """Never: `practice.findings` has dropped what a comment suppresses, in all three spellings."""
        return False

    def visit_Module(self, node: cst.Module) -> None:  # noqa: N802 (LibCST's name)
        """Report the findings that lie in this file."""
        from litestar_fix.practice import PracticeRule, findings

        rule = type(self)
        if not issubclass(rule, PracticeRule):
            return
        view: View = self.get_metadata(ProjectProvider, node)
        own = [finding for finding in findings(rule, view.project) if finding.path == view.path]
        offers = self._offers(rule, node, view, own)
        for finding in own:
            where = _range(finding.span)
            offer = offers.get(finding.key)
            if offer is None:
                self.report(node, f"{finding.code} {finding.message}{_advice(finding)}", position=where)
            else:
                target, replacement = offer
                self.report(target, f"{finding.code} {finding.message}", position=where, replacement=replacement)

    def _offers(
        self, rule: type[PracticeRule], node: cst.Module, view: View, own: Iterable[Finding]
    ) -> dict[tuple[str, Span, str, str], tuple[cst.CSTNode, cst.CSTNode]]:
        """The replacements that Fixit can make itself: one node for another, of safe fixes."""
        safe = [item for item in own if item.fixable and item.applicability is Applicability.SAFE]
        if not safe:
            return {}
        from litestar_fix.apply.replacement import replacements
        from litestar_fix.practice import command_for

        command = command_for(rule)
        groups = {item.key: command.edits(view.project, item) for item in safe}
        return replacements(node, self.metadata[PositionProvider], groups, view.surroundings)


def _range(span: Span) -> CodeRange:
    return CodeRange(CodePosition(span.line, span.column), CodePosition(span.end_line, span.end_column))


def _advice(finding: Finding) -> str:
    if finding.refusal:
        return f" (no fix: {finding.refusal})"
    match finding.applicability:
        case Applicability.SAFE:
            return "; run `litestar-fix fix`"
        case Applicability.UNSAFE:
            return "; run `litestar-fix fix --unsafe-fixes`"
        case _:
            return ""
