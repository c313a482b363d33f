"""Findings as Markdown, for the summary of a job or a comment: numbers by rule first, then each finding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from litestar_fix.finding import State
from litestar_fix.report import totals
from litestar_fix.report.machine import Item, Told, message
from litestar_fix.report.style import Style, safe
from litestar_fix.result import Report

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~&$])")
#: Hosts turn these into mentions of people and references to issues, escaped or not.
_REFERENCES = re.compile(r"([@#])(?=\w)")


def render(report: Report) -> Iterator[str]:
    """Yield the lines of the document."""
    told = Told(report)
    yield "## litestar-fix"
    yield ""
    yield f"{escaped(totals.line(report, Style()))}."
    if report.problems:
        yield ""
        yield "**The job was not done whole:**"
        yield ""
        for problem in report.problems:
            where = f"`{code(told.path(problem.path))}`: " if problem.path else ""
            yield f"- {where}{escaped(safe(problem.reason))}"
    items = told.by_severity
    if items:
        yield ""
        yield from _table(items)
    for severity, group in groupby(items, key=lambda item: item.finding.severity):
        yield ""
        yield f"### {severity.value.capitalize()}"
        yield ""
        for item in group:
            yield _line(item)


def _table(items: list[Item]) -> Iterator[str]:
    yield "| Rule | Severity | Findings | With a safe fix | With an unsafe fix |"
    yield "|---|---|--:|--:|--:|"
    for rule in dict.fromkeys((item.finding.code, item.finding.name) for item in items):
        own = [item.finding for item in items if (item.finding.code, item.finding.name) == rule]
        safe_ones = sum(finding.state in (State.FIX, State.WOULD_FIX) for finding in own)
        unsafe = sum(finding.state is State.NEEDS_UNSAFE for finding in own)
        yield f"| {' '.join(rule)} | {own[0].severity} | {len(own)} | {safe_ones} | {unsafe} |"


def _line(item: Item) -> str:
    finding = item.finding
    return f"- **{finding.code}** `{code(item.path)}:{finding.span.line}`: {escaped(safe(message(finding)))}"


def escaped(text: str) -> str:
    """Return text as Markdown that shows just that text."""
    return _REFERENCES.sub(r"\1<!-- -->", _MARKUP.sub(r"\\\1", text))


def code(text: str) -> str:
    """Return text that may stand between backticks: none of its own ends it."""
    return safe(text).replace("`", "'")
