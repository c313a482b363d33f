"""How often each rule was broken, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from litestar_fix.finding import Severity, State
from litestar_fix.report.style import BOLD, Style
from litestar_fix.result import Report


class Row(msgspec.Struct, frozen=True):
    """One rule's numbers."""

    count: int
    code: str
    name: str
    severity: Severity
    states: dict[State, int]


def rows(report: Report) -> list[Row]:
    """Count the findings by rule, most frequent first."""
    rules = {finding.code: finding for finding in report.findings}
    states: dict[str, Counter[State]] = {code: Counter() for code in rules}
    for finding in report.findings:
        states[finding.code][finding.state] += 1
    counted = (
        Row(states[code].total(), code, rule.name, rule.severity, dict(states[code].most_common()))
        for code, rule in rules.items()
    )
    return sorted(counted, key=lambda row: (-row.count, row.code))


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield a line a rule."""
    found = rows(report)
    count_width = max((len(str(row.count)) for row in found), default=0)
    name_width = max((len(row.name) for row in found), default=0)
    for row in found:
        states = ", ".join(f"{count} {state}" for state, count in row.states.items())
        severity = style.severity(row.severity) + " " * (8 - len(row.severity))
        code = style.paint(row.code, BOLD)
        yield f"{row.count:>{count_width}}  {code}  {row.name:<{name_width}}  {severity}  {states}"
