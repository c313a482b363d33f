"""The report as one JSON document; lines and columns count from 1, columns in code points, ends exclusive."""

from __future__ import annotations

from typing import Any

import msgspec

from litestar_fix.identity import identities
from litestar_fix.model.span import Span
from litestar_fix.report.diff import text_diff
from litestar_fix.report.machine import Told
from litestar_fix.report.statistics import rows
from litestar_fix.result import Report, Reported, Verdict

#: Raised when a key is removed or changes its meaning; new keys do not count.
FORMAT = 1


def render(report: Report, *, statistics: bool = False) -> bytes:
    """Return the document.

    Args:
        report: of the run.
        statistics: numbers by rule instead of the findings.
    """
    document = described(report, statistics=statistics)
    return msgspec.json.format(msgspec.json.encode(encodable(document)), indent=2) + b"\n"


def described(report: Report, *, statistics: bool = False) -> dict[str, Any]:
    """Return the document as plain data; the arguments are those of `render`."""
    document: dict[str, Any] = {"format": FORMAT, "root": report.root, "dry_run": report.dry_run}
    if statistics:
        document["statistics"] = rows(report)
    else:
        document["findings"] = [
            _finding(finding, name) for finding, name in zip(report.findings, _fingerprints(report), strict=True)
        ]
        document["changes"] = [{"path": item.path, "diff": text_diff(item)} for item in report.changes]
    document["problems"] = [{"path": p.path, "reason": p.reason, "code": p.code or None} for p in report.problems]
    document["skipped"] = [{"path": item.path, "reason": item.reason} for item in report.skipped]
    document["totals"] = {
        "files": report.files,
        "lines": report.lines,
        "findings": len(report.findings),
        "remaining": len(report.remaining),
        "states": dict(report.states),
    }
    return document


def render_lines(report: Report) -> bytes:
    """Return one finding a line, and nothing else (json-lines)."""
    return b"".join(
        msgspec.json.encode(encodable(_finding(finding, name))) + b"\n"
        for finding, name in zip(report.findings, _fingerprints(report), strict=True)
    )


def _fingerprints(report: Report) -> list[str]:
    texts = Told(report).texts
    return [identity.fingerprint for identity in identities(report.findings, texts.plain)]


def _finding(finding: Reported, fingerprint: str) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "path": finding.path,
        **_place(finding.span),
        "message": finding.message,
        "fingerprint": fingerprint,
        "state": finding.state,
        "reason": finding.reason or None,
        "applicability": finding.applicability,
        "contract": _contract(finding.contract) if finding.contract is not None else None,
        "related": [{"path": place.path, **_place(place.span), "message": place.message} for place in finding.related],
    }


def _contract(verdict: Verdict) -> dict[str, Any]:
    return {"verdict": verdict.kind, "differences": [msgspec.structs.asdict(item) for item in verdict.differences]}


def _place(span: Span) -> dict[str, dict[str, int]]:
    return {
        "location": {"line": span.line, "column": span.column + 1},
        "end_location": {"line": span.end_line, "column": span.end_column + 1},
    }


def encodable(value: Any) -> Any:
    """Return plain data without what UTF-8 cannot hold: names of files are bytes, and any bytes may be in them."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {encodable(key): encodable(item) for key, item in value.items()}
        case list() | tuple():
            return [encodable(item) for item in value]
    return value
