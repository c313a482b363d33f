"""What a bot says of a pull request: what was fixed, why that is safe, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.finding import State
from litestar_fix.report.machine import Told, message
from litestar_fix.report.markdown import code, escaped
from litestar_fix.report.style import safe
from litestar_fix.result import Report, Reported, VerdictKind

_DONE = frozenset({State.FIXED, State.WOULD_FIX})


def render(report: Report) -> Iterator[str]:
    """Yield the lines of the document."""
    told = Told(report)
    fixed = [finding for finding in report.findings if finding.state in _DONE]
    left = [finding for finding in report.remaining if finding.state not in _DONE]
    yield "## litestar-fix"
    yield ""
    if not fixed and not left and not report.problems:
        yield "Nothing to do in what this pull request touches."
        return
    if fixed:
        yield "### Fixed"
        yield ""
        yield "| Rule | Places | Contract of the application |"
        yield "|---|--:|---|"
        for rule in dict.fromkeys((finding.code, finding.name) for finding in fixed):
            own = [finding for finding in fixed if (finding.code, finding.name) == rule]
            yield f"| {' '.join(rule)} | {len(own)} | {escaped(safe(_contract(own)))} |"
        yield ""
        yield (
            "Routes, guards, dependencies, DTOs, parameters and responses were read from the code before and after "
            "each fix and compared; a fix that changes more than its rule announces is dropped. "
            "No code of this repository ran."
        )
    if report.problems:
        yield ""
        yield "### Not done"
        yield ""
        for problem in report.problems:
            where = f"`{code(told.path(problem.path))}`: " if problem.path else ""
            yield f"- {where}{escaped(safe(problem.reason))}"
    if left:
        yield ""
        yield "### Needs a person"
        yield ""
        for finding in sorted(left, key=lambda item: item.severity.rank):
            place = f"{code(told.path(finding.path))}:{finding.span.line}"
            said = escaped(safe(message(finding)))
            why = " (the fix changes behaviour on purpose)" if finding.state is State.NEEDS_UNSAFE else ""
            yield f"- {finding.severity}: **{finding.code}** `{place}`: {said}{why}"


def _contract(findings: list[Reported]) -> str:
    verdicts = [finding.contract for finding in findings if finding.contract is not None]
    unknown = [verdict for verdict in verdicts if verdict.kind is VerdictKind.UNKNOWN]
    declared = sorted({item.field for verdict in verdicts for item in verdict.differences if item.declared})
    said = "preserved" if not unknown else f"preserved as far as it can be told ({unknown[0].telling[0].text})"
    return f"{said}, but for what the rule announces: {', '.join(declared)}" if declared else said
