"""A report for GitLab's Code Quality (docs.gitlab.com, "Code Quality", "Code Quality report format")."""

from __future__ import annotations

import msgspec

from litestar_fix.finding import Severity
from litestar_fix.report.machine import Told, message
from litestar_fix.result import Report

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}


def render(report: Report) -> bytes:
    """Return the document; its fingerprints stay the same while lines move."""
    issues = [
        {
            # the name of the check is not shown
            "description": f"{item.finding.code}: {message(item.finding)}",
            "check_name": item.finding.code,
            "fingerprint": item.identity.fingerprint,
            "severity": _SEVERITIES[item.finding.severity],
            "location": {
                "path": item.path,
                "positions": {
                    "begin": {"line": item.finding.span.line, "column": item.finding.span.column + 1},
                    "end": {"line": item.finding.span.end_line, "column": item.finding.span.end_column + 1},
                },
            },
        }
        for item in Told(report).items
    ]
    return msgspec.json.format(msgspec.json.encode(issues), indent=2) + b"\n"
