"""An audit as Markdown, in the order of the guide: what is critical first, what is done well last."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.audit.summary import Audit, RuleSummary
from litestar_fix.finding import Severity
from litestar_fix.report.machine import Told, message
from litestar_fix.report.markdown import code, escaped
from litestar_fix.report.style import safe

_TITLES = {
    Severity.CRITICAL: "Critical (must fix)",
    Severity.HIGH: "High (should fix)",
    Severity.MEDIUM: "Medium (consider fixing)",
    Severity.LOW: "Low (nice to have)",
}
#: As many places of a rule are named; the others are counted.
_SHOWN = 10


def render(audit: Audit) -> Iterator[str]:
    """Yield the lines of the document."""
    told = Told(audit.report)
    yield "# Audit of a Litestar project"
    yield ""
    version = f"Litestar {audit.version}" if audit.version else "Litestar of unknown version"
    yield f"{version}, {audit.report.files} files, {audit.report.lines} lines."
    yield ""
    yield "| Severity | Findings | Safe fix | Unsafe fix | By hand |"
    yield "|---|--:|--:|--:|--:|"
    for severity in Severity:
        own = audit.of_severity(severity)
        numbers = (audit.counts[severity.value], *(sum(getattr(rule, name) for rule in own) for name in _WAYS))
        yield f"| {severity.value.capitalize()} | {' | '.join(map(str, numbers))} |"
    for problem in audit.report.problems:
        yield ""
        where = f"`{code(told.path(problem.path))}`: " if problem.path else ""
        yield f"**Not done:** {where}{escaped(safe(problem.reason))}"
    yield from _steps(audit)
    yield from _hotspots(audit, told)
    for severity in Severity:
        yield ""
        yield f"## {_TITLES[severity]}"
        own = audit.of_severity(severity)
        if not own:
            yield ""
            yield "Nothing."
        for rule in own:
            yield from _rule(told, rule)
    yield from _positive(audit)


_WAYS = ("safe", "unsafe", "manual")


def _steps(audit: Audit) -> Iterator[str]:
    if not audit.steps:
        return
    yield ""
    yield "## What to do, in order"
    yield ""
    for number, step in enumerate(audit.steps, 1):
        command = f": `{step.command}`" if step.command else ""
        yield f"{number}. {escaped(step.title)} ({step.count}){command}"


def _hotspots(audit: Audit, told: Told) -> Iterator[str]:
    if not audit.hotspots:
        return
    yield ""
    yield "## Where most is found"
    yield ""
    yield "| Module | Critical | High | Medium | Low |"
    yield "|---|--:|--:|--:|--:|"
    for item in audit.hotspots[:_SHOWN]:
        cell = code(told.path(item.path)).replace("|", "\\|")
        yield f"| `{cell}` | {' | '.join(map(str, item.counts.values()))} |"
    if len(audit.hotspots) > _SHOWN:
        yield ""
        yield f"and {len(audit.hotspots) - _SHOWN} more modules."


def _rule(told: Told, rule: RuleSummary) -> Iterator[str]:
    yield ""
    yield f"### {rule.code} {rule.name}: {len(rule.findings)}"
    yield ""
    yield f"{escaped(rule.summary)}."
    if rule.compliance is not None:
        yield f"{escaped(_sentence(rule.compliance.text))}."
    ways = [
        f"{count} {text}"
        for count, text in (
            (rule.safe, "with a safe fix"),
            (rule.unsafe, "with an unsafe fix"),
            (rule.manual, "by hand"),
        )
        if count
    ]
    yield f"{', '.join(ways).capitalize()}; `litestar-fix rule {rule.code}` says why and how."
    yield ""
    for finding in rule.findings[:_SHOWN]:
        place = f"{code(told.path(finding.path))}:{finding.span.line}"
        yield f"- `{place}`: {escaped(safe(message(finding)))}"
    if len(rule.findings) > _SHOWN:
        yield f"- and {len(rule.findings) - _SHOWN} more"


def _positive(audit: Audit) -> Iterator[str]:
    yield ""
    yield "## Positive findings"
    yield ""
    if not audit.positive:
        yield "There is too little to say what is done well."
    for item in audit.positive:
        yield f"- {escaped(_sentence(item.text))} ({item.code})"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
