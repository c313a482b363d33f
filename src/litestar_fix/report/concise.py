"""One line a finding: ``path:line:column: CODE severity state: message``."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.finding import State
from litestar_fix.report.style import BOLD, Style, safe
from litestar_fix.result import Report, Reported


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the lines of the findings that are not suppressed."""
    for finding in report.findings:
        if finding.state is not State.SUPPRESSED or style.verbose:
            yield line(finding, style)


def line(finding: Reported, style: Style) -> str:
    """Return the line of one finding."""
    state = f"{finding.state}({safe(finding.reason)})" if finding.reason else finding.state.value
    severity = style.severity(finding.severity)
    where = f"{style.path(finding.path)}:{finding.span.line}:{finding.span.column + 1}"
    return f"{where}: {style.paint(finding.code, BOLD)} {severity} {state}: {safe(finding.message)}"
