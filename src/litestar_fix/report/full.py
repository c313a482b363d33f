"""Each finding with its line of code, what becomes of it, and the other places that it is about."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.finding import State
from litestar_fix.report import concise
from litestar_fix.report.concise import shown
from litestar_fix.report.style import BLUE, BOLD, GREEN, RED, YELLOW, Style, safe
from litestar_fix.result import Report, Reported

_TAB = "    "
_MAX_WIDTH = 160
_DONE = frozenset({State.FIXED, State.WOULD_FIX})
_STATES = {
    State.FIX: ("safe fix: run `litestar-fix fix`", GREEN),
    State.NEEDS_UNSAFE: ("the fix changes behaviour on purpose: it needs --unsafe-fixes", YELLOW),
    State.REFUSED: ("no fix", YELLOW),
    State.DEFERRED: ("not fixed in this run", YELLOW),
    State.SUPPRESSED: ("suppressed", BLUE),
    State.BASELINED: ("known already", BLUE),
    State.ERROR: ("the fix failed", RED),
}


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield a line for each finding whose fix the diff shows, then the others with an empty line after each."""
    findings = shown(report, style)
    done = [finding for finding in findings if finding.state in _DONE]
    for finding in done:
        yield concise.line(finding, style)
    if done:
        yield ""
    for finding in findings:
        if finding.state not in _DONE:
            yield from _finding(finding, style)
            yield ""


def _finding(finding: Reported, style: Style) -> Iterator[str]:
    span = finding.span
    where = style.paint(f"{style.path(finding.path)}:{span.line}:{span.column + 1}", BOLD)
    code = style.paint(finding.code, BOLD)
    yield f"{where}: {code} {finding.name} ({style.severity(finding.severity)})"
    yield f"  {safe(finding.message)}"
    margin = " " * len(str(span.line))
    if finding.source:
        source, marks = frame(finding)
        bar = style.paint("|", BLUE)
        yield f" {margin} {bar}"
        yield f" {style.paint(str(span.line), BLUE)} {bar} {source}"
        yield f" {margin} {bar} {style.paint(marks, YELLOW)}"
    note = style.paint("=", BLUE)
    for place in finding.related:
        at = f"{style.path(place.path)}:{place.span.line}:{place.span.column + 1}"
        yield f" {margin} {note} see {at}: {safe(place.message)}"
    state = _state(finding, style)
    if state:
        yield f" {margin} {note} {state}"


def _state(finding: Reported, style: Style) -> str:
    if finding.state not in _STATES:
        return ""
    text, color = _STATES[finding.state]
    return style.paint(text, color) + (f": {safe(finding.reason)}" if finding.reason else "")


def frame(finding: Reported) -> tuple[str, str]:
    """Return a finding's line of code, without its indent, and the marks below it."""
    source, span = finding.source.rstrip(), finding.span
    indent = len(source) - len(source.lstrip())
    start = max(span.column, 0)
    end = span.end_column if span.end_line == span.line else len(source)
    before, marked, after = (
        _shown(source[left:right]) for left, right in ((indent, start), (start, end), (end, len(source)))
    )
    text = before + marked + after
    if len(text) > _MAX_WIDTH:
        text = text[: _MAX_WIDTH - 3] + "..."
    marks = " " * _width(before) + "^" * max(_width(marked), 1)
    return text, marks[:_MAX_WIDTH]


def _shown(text: str) -> str:
    return safe(text.replace("\t", _TAB))


def _width(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )
