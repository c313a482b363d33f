"""Commands of GitHub's workflows: each finding is an annotation of the run and of the changed files.

The commands and what has to be escaped in them: docs.github.com, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from litestar_fix.finding import Severity
from litestar_fix.report.machine import Item, Told, message
from litestar_fix.report.style import safe
from litestar_fix.result import Report

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}
#: As many annotations of a kind does a step show; those beyond are lost.
_SHOWN = 10


def render(report: Report) -> Iterator[str]:
    """Yield a command for each finding, the worst ones first; what GitHub would drop is told in plain lines."""
    told = Told(report)
    count: Counter[str] = Counter()
    plain = []
    for problem in report.problems:
        count["error"] += 1
        where = f" file={_property(safe(told.path(problem.path)))}" if problem.path else ""
        yield f"::error{where}::{_escaped(safe(problem.reason))}"
    for item in told.by_severity:
        level = _LEVELS[item.finding.severity]
        count[level] += 1
        if count[level] <= _SHOWN:
            yield _command(level, item)
        else:
            plain.append(item)
    if plain:
        yield f"{len(plain)} more, of which GitHub shows no annotation:"
    for item in plain:
        finding = item.finding
        yield f"- {safe(item.path)}:{finding.span.line}: {finding.code} {safe(message(finding))}"


def _command(level: str, item: Item) -> str:
    finding, span = item.finding, item.finding.span
    properties = {"file": safe(item.path), "line": span.line, "endLine": span.end_line}
    if span.line == span.end_line:  # GitHub takes columns for one line only
        properties |= {"col": span.column + 1, "endColumn": span.end_column + 1}
    properties["title"] = f"{finding.code} {finding.name} ({finding.severity})"
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level} {shown}::{_escaped(safe(message(finding)))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
