"""How often each rule was broken, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from litestar_fix.finding import Severity, State
from litestar_fix.report.style import BOLD, Style, safe
from litestar_fix.result import Report


class Row(msgspec.Struct, frozen=True):
    """One rule's numbers."""

    count: int
    code: str
    name: str
    severity: Severity
    states: dict[State, int]
    refusals: dict[str, int] = {}  # by reason


def rows(report: Report) -> list[Row]:
    """Count the findings by rule, most frequent first."""
    rules = {finding.code: finding for finding in report.findings}
    states: dict[str, Counter[State]] = {code: Counter() for code in rules}
    refusals: dict[str, Counter[str]] = {code: Counter() for code in rules}
    for finding in report.findings:
        states[finding.code][finding.state] += 1
        if finding.state is State.REFUSED:
            refusals[finding.code][finding.reason] += 1
    counted = (
        Row(
            states[code].total(),
            code,
            rule.name,
            rule.severity,
            dict(states[code].most_common()),
            dict(refusals[code].most_common()),
        )
        for code, rule in rules.items()
    )
    return sorted(counted, key=lambda row: (-row.count, row.code))


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield a line a rule, and one below it for each reason of its refusals."""
    found = rows(report)
    count_width = max((len(str(row.count)) for row in found), default=0)
    name_width = max((len(row.name) for row in found), default=0)
    for row in found:
        states = ", ".join(f"{count} {state}" for state, count in row.states.items())
        severity = style.severity(row.severity) + " " * (8 - len(row.severity))
        code = style.paint(row.code, BOLD)
        yield f"{row.count:>{count_width}}  {code}  {row.name:<{name_width}}  {severity}  {states}"
        for reason, count in row.refusals.items():
            yield f"{'':{count_width}}    {count} refused: {safe(reason)}"
