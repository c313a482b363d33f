"""An audit as one page that needs nothing else: it asks no network, and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from litestar_fix import __version__
from litestar_fix.audit.summary import Audit
from litestar_fix.finding import Applicability, State
from litestar_fix.report.machine import Told, encodable
from litestar_fix.report.style import safe
from litestar_fix.result import Reported

_FOLDER = Path(__file__).parent
_FIXABLE = frozenset({State.FIX, State.WOULD_FIX, State.NEEDS_UNSAFE})
_WAYS = {"safe": "safe fix", "unsafe": "unsafe fix", "manual": "by hand"}
_AROUND = 2
_MARKS = {"+": "add", "-": "del"}


def render(audit: Audit) -> bytes:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    style, script = ((_FOLDER / name).read_text("utf-8") for name in ("audit.css", "audit.js"))
    told = Told(audit.report)
    findings = [_finding(told, item) for item in sorted(audit.report.remaining, key=lambda item: item.severity.rank)]
    ways = Counter(item["way"] for item in findings)
    most = max((item.total for item in audit.hotspots), default=1)
    page = environment.get_template("audit.html.jinja").render(
        # what is ours is no text to be escaped; the hashes let it, and nothing else, take effect
        style=Markup(style),
        script=Markup(script),
        style_hash=hash_of(style),
        script_hash=hash_of(script),
        name=_shown(Path(audit.report.root).name or "/"),
        version=f"Litestar {audit.version}" if audit.version else "Litestar of unknown version",
        tool=__version__,
        files=audit.report.files,
        lines=audit.report.lines,
        counts=audit.counts,
        ways={way: ways[way] for way in _WAYS},
        ways_label=", ".join(f"{ways[way]} {label}" for way, label in _WAYS.items()),
        problems=[
            {"path": _shown(told.path(p.path)) if p.path else "", "reason": _shown(p.reason)}
            for p in audit.report.problems
        ],
        steps=audit.steps,
        hotspots=[
            {
                "path": _shown(told.path(item.path)),
                "counts": item.counts,
                "total": item.total,
                "label": ", ".join(f"{count} {name}" for name, count in item.counts.items() if count),
            }
            for item in audit.hotspots
        ],
        # bars of modules share one scale; that of all findings fills its line
        widest=lambda total: total if total == len(findings) and total > most else max(most, 1),
        rules=audit.rules,
        codes=sorted({item["code"] for item in findings}),
        tree=[_node(node) for node in audit.tree],
        positive=audit.positive,
        findings=findings,
    )
    return page.encode("utf-8", "backslashreplace")


def hash_of(text: str) -> str:
    """Return what lets an inline style or script take effect, and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _shown(text: str) -> str:
    return safe(encodable(text))


def _node(node: dict[str, Any]) -> dict[str, Any]:
    children = [_node(child) for child in node["children"]]
    below = sum(sum(child["findings"].values()) + child["below"] for child in children)
    texts = {key: _shown(node[key]) for key in ("kind", "name", "path")}
    return {**node, **texts, "routes": [_shown(item) for item in node["routes"]], "children": children, "below": below}


def _finding(told: Told, finding: Reported) -> dict[str, Any]:
    way = "manual"
    if finding.state in _FIXABLE:
        way = "safe" if finding.applicability is Applicability.SAFE else "unsafe"
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "way": way,
        "way_label": _WAYS[way],
        "message": _shown(finding.message),
        "path": _shown(told.path(finding.path)),
        "line": finding.span.line,
        "column": finding.span.column + 1,
        "code_rows": list(_rows(told, finding)),
        "related": [
            (_shown(f"{told.path(item.path)}:{item.span.line}"), _shown(item.message)) for item in finding.related
        ],
        "reason": _shown(finding.reason),
        "reason_label": "No fix" if finding.state is State.REFUSED else "Left",
        "diff": list(_diff(told, finding)),
    }


def _rows(told: Told, finding: Reported) -> Iterator[tuple[str, str, bool]]:
    """The lines around a finding, each with its number."""
    lines = told.texts.lines(finding.path)
    first, last = max(finding.span.line - _AROUND, 1), min(finding.span.line + _AROUND, len(lines))
    width = len(str(last))
    for number in range(first, last + 1):
        text = _shown(told.without_secrets(lines[number - 1]).expandtabs(4))
        yield f"{number:>{width}}", text, number == finding.span.line


def _diff(told: Told, finding: Reported) -> Iterator[tuple[str, str]]:
    for line in told.diff(finding).splitlines():
        kind = _MARKS.get(line[:1], "") if line[:3] not in ("+++", "---") else ""
        yield kind, _shown(line.expandtabs(4))
