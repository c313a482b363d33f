"""Findings file by file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from litestar_fix.report.concise import shown
from litestar_fix.report.style import BOLD, Style, safe
from litestar_fix.result import Report


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the name of each file and a line for each of its findings, aligned, with an empty line after each file."""
    for path, group in groupby(shown(report, style), key=lambda finding: finding.path):
        findings = list(group)
        places = [f"{finding.span.line}:{finding.span.column + 1}" for finding in findings]
        width = max(map(len, places))
        yield f"{style.paint(style.path(path), BOLD)}:"
        for finding, place in zip(findings, places, strict=True):
            state = f"{finding.state}({safe(finding.reason)})" if finding.reason else finding.state.value
            code = style.paint(finding.code, BOLD)
            yield f"  {place:>{width}}  {code} {style.severity(finding.severity)} {state}: {safe(finding.message)}"
        yield ""
