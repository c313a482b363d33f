"""The line that adds everything up, and what a run could not do or did not read."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.discovery import skipped_by_reason
from litestar_fix.finding import State
from litestar_fix.report.style import BOLD, GREEN, RED, Style, safe
from litestar_fix.result import Report

_DONE = {State.FIXED: "Fixed", State.WOULD_FIX: "Would fix"}
_REST = {
    State.FIX: "{count} with a safe fix",
    State.NEEDS_UNSAFE: "{count} need{s} --unsafe-fixes",
    State.REFUSED: "{count} refused",
    State.REPORT: "{count} without a fix",
    State.DEFERRED: "{count} left for another run",
    State.ERROR: "{count} failed",
    State.SUPPRESSED: "{count} suppressed",
    State.BASELINED: "{count} known already",
}
_USUALLY_HIDDEN = frozenset({State.SUPPRESSED, State.BASELINED})


def line(report: Report, style: Style) -> str:
    """Return the totals of a run on one line; every finding is counted in it once."""
    states = report.states
    done = next((state for state in _DONE if states[state]), None)
    rest = [
        text.format(count=states[state], s="s" if states[state] == 1 else "")
        for state, text in _REST.items()
        if states[state] and (style.verbose or state not in _USUALLY_HIDDEN)
    ]
    if done is not None:
        head = f"{_DONE[done]} {_many(states[done], 'finding')} in {_many(len(report.changes), 'file')}"
    elif report.remaining:
        found = len({finding.path for finding in report.remaining})
        head = f"Found {_many(len(report.remaining), 'finding')} in {_many(found, 'file')}"
    else:
        head = f"No findings in {_many(report.files, 'file')}"
    color = RED if report.remaining and done is None else GREEN
    return style.paint("; ".join([head, *rest]), BOLD, color)


def suppressed(report: Report) -> str:
    """Return what a run that suppresses did, on one line."""
    count, left = report.states[State.SUPPRESSED], len(report.remaining)
    verb = "Would suppress" if report.dry_run else "Suppressed"
    done = f"{verb} {_many(count, 'finding')} in {_many(len(report.changes), 'file')}"
    return f"{done}; {left} left" if left else done


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def problems(report: Report, style: Style) -> Iterator[str]:
    """Yield a line for everything that was not done."""
    for problem in report.problems:
        error = style.paint(f"error[{problem.code}]" if problem.code else "error", BOLD, RED)
        where = f"{style.path(problem.path)}: " if problem.path else ""
        yield f"{where}{error}: {safe(problem.reason)}"


def skipped(report: Report, style: Style) -> Iterator[str]:
    """Yield what was not read and why: what the user asked for, and everything with ``verbose``."""
    for item in report.skipped:
        if item.named or style.verbose:
            yield f"{style.path(item.path)}: skipped: {item.reason}"
    if style.verbose and report.skipped:
        counts = ", ".join(f"{count} {reason}" for reason, count in skipped_by_reason(report.skipped))
        yield f"Read {_many(report.files, 'file')} ({report.lines} lines); skipped {counts}"
