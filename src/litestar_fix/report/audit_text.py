"""An audit for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.audit.summary import Audit, RuleSummary
from litestar_fix.finding import Severity
from litestar_fix.report import totals
from litestar_fix.report.style import BOLD, DIM, GREEN, Style, safe

_SHOWN = 5
_BAR = 20


def render(audit: Audit, style: Style) -> Iterator[str]:
    """Yield the lines: each severity with its rules, then the modules, what is done well, and what to do."""
    for severity in Severity:
        own = audit.of_severity(severity)
        count = audit.counts[severity.value]
        yield f"{style.severity(severity)}: {count}" if count else f"{severity.value}: nothing"
        for rule in own:
            yield from _rule(rule, style)
        yield ""
    if audit.hotspots:
        yield style.paint("Where most is found", BOLD)
        for item in audit.hotspots[:_SHOWN]:
            counts = ", ".join(f"{number} {name}" for name, number in item.counts.items() if number)
            yield f"  {style.path(item.path)}: {counts}"
        yield ""
    yield style.paint("Done well", BOLD)
    for compliance in audit.positive:
        filled = round(compliance.ratio * _BAR)
        bar = style.paint("#" * filled, GREEN) + "." * (_BAR - filled)
        yield f"  {bar} {compliance.text} ({compliance.code})"
    if not audit.positive:
        yield "  There is too little to say."
    if audit.steps:
        yield ""
        yield style.paint("What to do, in order", BOLD)
    for number, step in enumerate(audit.steps, 1):
        yield f"  {number}. {step.title} ({step.count}){f': {step.command}' if step.command else ''}"
    yield ""
    yield totals.line(audit.report, style)


def _rule(rule: RuleSummary, style: Style) -> Iterator[str]:
    yield f"  {style.paint(rule.code, BOLD)} {rule.name}: {len(rule.findings)}, {safe(rule.summary)}"
    if rule.compliance is not None:
        yield style.paint(f"    {rule.compliance.text}", DIM)
    for finding in rule.findings[:_SHOWN]:
        yield f"    {style.path(finding.path)}:{finding.span.line}: {safe(finding.message)}"
    if len(rule.findings) > _SHOWN:
        yield f"    and {len(rule.findings) - _SHOWN} more"
