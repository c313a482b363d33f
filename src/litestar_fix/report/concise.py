"""One line a finding: ``path:line:column: CODE severity state: message``."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.report.style import BOLD, Style, safe
from litestar_fix.result import REMAINING, Report, Reported, Verdict


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the lines of the findings."""
    for finding in shown(report, style):
        yield line(finding, style)


def shown(report: Report, style: Style) -> list[Reported]:
    """Return the findings that a person wants to see: what is left; of a dry run what would be fixed, too."""
    return [finding for finding in report.findings if style.verbose or finding.state in REMAINING]


def line(finding: Reported, style: Style) -> str:
    """Return the line of one finding."""
    note = finding.reason or (_contract(finding.contract) if style.verbose and finding.contract is not None else "")
    state = f"{finding.state}({safe(note)})" if note else finding.state.value
    severity = style.severity(finding.severity)
    where = f"{style.path(finding.path)}:{finding.span.line}:{finding.span.column + 1}"
    return f"{where}: {style.paint(finding.code, BOLD)} {severity} {state}: {safe(finding.message)}"


def _contract(verdict: Verdict) -> str:
    """What the fix does to the contract, in a few words."""
    telling = verdict.telling
    if not telling:
        return f"contract {verdict.kind}"
    more = f" and {len(telling) - 1} more" if len(telling) > 1 else ""
    return f"contract {verdict.kind}: {telling[0].text}{more}"
