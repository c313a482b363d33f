"""Reviewdog's diagnostic format: columns count bytes of UTF-8 from 1, ends are exclusive (its proto/rdf/README)."""

from __future__ import annotations

from typing import Any

import msgspec

from litestar_fix.finding import Severity
from litestar_fix.model.span import Span
from litestar_fix.report.machine import Told, encodable, message
from litestar_fix.result import Patch, Report, Reported

_SEVERITIES = {
    Severity.CRITICAL: "ERROR",
    Severity.HIGH: "ERROR",
    Severity.MEDIUM: "WARNING",
    Severity.LOW: "INFO",
}


def render(report: Report) -> bytes:
    """Return the document."""
    document = {"source": {"name": "litestar-fix"}, "diagnostics": _diagnostics(report)}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def render_lines(report: Report) -> bytes:
    """Return one diagnostic a line (rdjsonl)."""
    source = {"name": "litestar-fix"}
    return b"".join(msgspec.json.encode({**item, "source": source}) + b"\n" for item in _diagnostics(report))


def _diagnostics(report: Report) -> list[dict[str, Any]]:
    told = Told(report)
    return [_diagnostic(told, item.finding) for item in told.items]


def _diagnostic(told: Told, finding: Reported) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "message": message(finding),
        "location": _location(told, finding.path, finding.span),
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.code},
    }
    if finding.related:
        shown["related_locations"] = [
            {"message": encodable(place.message), "location": _location(told, place.path, place.span)}
            for place in finding.related
        ]
    suggested = told.suggestion(finding)
    if suggested is not None and suggested.path == finding.path:
        shown["suggestions"] = [_suggestion(told, suggested)]
    return shown


def _location(told: Told, path: str, span: Span) -> dict[str, Any]:
    return {
        "path": told.path(path),
        "range": {
            "start": _position(told, path, span.line, span.column),
            "end": _position(told, path, span.end_line, span.end_column),
        },
    }


def _position(told: Told, path: str, line: int, column: int) -> dict[str, int]:
    return {"line": line, "column": told.utf8(path, line, column)}


def _suggestion(told: Told, patch: Patch) -> dict[str, Any]:
    """The lines that are replaced, up to the end of the last one; where nothing is left of them, with its newline."""
    text = encodable(patch.text)
    if not text:
        end = {"line": patch.end_line, "column": 1}
    else:
        last = patch.end_line - 1
        end = _position(told, patch.path, last, len(told.line(patch.path, last)))
        text = text.removesuffix("\n").removesuffix("\r")
    return {"range": {"start": {"line": patch.line, "column": 1}, "end": end}, "text": text}
