"""The rules: as a list, and each with its documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from litestar_fix.finding import Applicability
from litestar_fix.registry import RuleInfo
from litestar_fix.report.style import BOLD, GREEN, RED, Style

_LEVELS = {
    Applicability.SAFE: "safe fix: responses and the application's contract stay as they were",
    Applicability.UNSAFE: "unsafe fix: behaviour changes on purpose, only with --unsafe-fixes",
    Applicability.NONE: "no fix: reported only",
}


def facts(info: RuleInfo) -> dict[str, Any]:
    """Return what there is to know of a rule in a few words."""
    return {
        "code": info.code,
        "name": info.name,
        "severity": info.severity,
        "applicability": info.applicability,
        "summary": info.summary,
        "guide": info.guide,
        "on_by_default": info.on_by_default,
        "plugin": info.plugin or None,
    }


def listing(rules: Iterable[RuleInfo], style: Style) -> Iterator[str]:
    """Yield a line a rule: code, name, severity, level of its fix, summary."""
    known = tuple(rules)
    width = max((len(info.name) for info in known), default=0)
    for info in known:
        severity = style.severity(info.severity) + " " * (8 - len(info.severity))
        code = style.paint(info.code, BOLD)
        yield f"{code}  {info.name:<{width}}  {severity}  {info.applicability:<6}  {info.summary}"


def page(info: RuleInfo, samples: tuple[str, str], style: Style) -> Iterator[str]:
    """Yield the documentation of a rule.

    Args:
        info: what the rule says of itself.
        samples: code that it reports and code that it does not; '' where it has none.
        style: how it is shown.
    """
    yield style.paint(f"{info.code} {info.name}", BOLD)
    yield f"{style.severity(info.severity)}; {_LEVELS[info.applicability]}; answers {info.guide}"
    yield ""
    for line in info.documentation.splitlines():
        yield style.paint(line.removeprefix("## "), BOLD) if line.startswith("## ") else line
    for title, color, sample in (("Bad", RED, samples[0]), ("Good", GREEN, samples[1])):
        if sample:
            yield ""
            yield style.paint(title, BOLD, color)
            yield from (f"    {line}".rstrip() for line in sample.splitlines())
    yield ""
    yield f"Suppress it with `# litestar-fix: ignore[{info.code}] reason`."
