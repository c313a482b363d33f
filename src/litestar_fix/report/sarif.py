"""SARIF 2.1.0, as GitHub's code scanning wants it (docs.github.com, "SARIF support for code scanning")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from litestar_fix import __version__
from litestar_fix.finding import Severity, State
from litestar_fix.model.span import Span
from litestar_fix.registry import RuleInfo, rules
from litestar_fix.report.line_hash import line_hashes
from litestar_fix.report.machine import Item, Told, encodable, message
from litestar_fix.result import Patch, Problem, Report, Reported

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_PROBLEM_SEVERITIES = {"error": "error", "warning": "warning", "note": "recommendation"}
#: How bad a hole is, by the scale of CVSS; only rules about security have it.
_SECURITY = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.5"}
_ABOUT_SECURITY = ("LSF7",)
_ALSO_ABOUT_SECURITY = frozenset({"LSF301", "LSF302"})
_LONGEST = 1024


def render(report: Report) -> bytes:
    """Return the document."""
    told = Told(report)
    used = sorted({item.finding.code for item in told.everything})
    described = [_rule(info) for info in rules() if info.code in used]
    hashes = {path: line_hashes(told.texts.raw(path)) for path in {item.finding.path for item in told.everything}}
    run = {
        "tool": {"driver": {"name": "litestar-fix", "semanticVersion": __version__, "rules": described}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository."}}},
        "invocations": [_invocation(told)],
        "results": [_result(told, item, used.index(item.finding.code), hashes) for item in told.everything],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _rule(info: RuleInfo) -> dict[str, Any]:
    level = _LEVELS[info.severity]
    properties: dict[str, Any] = {
        "tags": ["litestar"],
        "precision": "high",
        "problem.severity": _PROBLEM_SEVERITIES[level],
    }
    if info.code.startswith(_ABOUT_SECURITY) or info.code in _ALSO_ABOUT_SECURITY:
        properties["tags"] = ["litestar", "security"]
        properties["security-severity"] = _SECURITY[info.severity]
    return {
        "id": info.code,
        "name": info.name,
        "shortDescription": {"text": info.summary[:_LONGEST]},
        "fullDescription": {"text": info.summary[:_LONGEST]},
        "help": {"text": info.documentation, "markdown": info.documentation},
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }


def _invocation(told: Told) -> dict[str, Any]:
    problems = told.report.problems
    found: dict[str, Any] = {"executionSuccessful": not problems}
    if problems:
        found["toolExecutionNotifications"] = [_notification(told, problem) for problem in problems]
    return found


def _notification(told: Told, problem: Problem) -> dict[str, Any]:
    text = encodable(f"{problem.code}: {problem.reason}" if problem.code else problem.reason)
    found: dict[str, Any] = {"level": "error", "message": {"text": text}}
    if problem.path:
        found["locations"] = [{"physicalLocation": {"artifactLocation": _artifact(told, problem.path)}}]
    return found


def _result(told: Told, item: Item, rule: int, hashes: dict[str, list[str]]) -> dict[str, Any]:
    finding = item.finding
    own = hashes[finding.path]
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": message(finding)},
        "locations": [_location(told, finding.path, finding.span)],
        "partialFingerprints": {"litestarFix/v1": item.identity.fingerprint},
        "properties": {"state": finding.state, "applicability": finding.applicability},
    }
    if finding.span.line <= len(own):
        found["partialFingerprints"]["primaryLocationLineHash"] = own[finding.span.line - 1]
    if finding.related:
        found["relatedLocations"] = [
            {"id": number, **_location(told, place.path, place.span, place.message)}
            for number, place in enumerate(finding.related)
        ]
    if finding.step is not None:
        found["codeFlows"] = [_flow(told, finding, finding.step)]
    if finding.state is State.SUPPRESSED:
        found["suppressions"] = [{"kind": "inSource"}]
    if finding.state is State.BASELINED:
        found["suppressions"] = [{"kind": "external"}]
    patches = told.patches(finding)
    if patches:
        found["fixes"] = [_fix(told, finding, patches)]
    return found


def _location(told: Told, path: str, span: Span, text: str = "") -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": _artifact(told, path),
            "region": {
                "startLine": span.line,
                "startColumn": span.column + 1,
                "endLine": span.end_line,
                "endColumn": span.end_column + 1,
            },
        }
    }
    if text:
        location["message"] = {"text": encodable(text)}
    return location


def _artifact(told: Told, path: str) -> dict[str, str]:
    return {"uri": quote(told.path(path), safe="/"), "uriBaseId": _ROOT}


def _flow(told: Told, finding: Reported, step: int) -> dict[str, Any]:
    """The way from a coroutine function to the call that blocks, the finding's own call included."""
    steps = [(place.path, place.span, place.message) for place in finding.related]
    if (finding.path, finding.span) not in [(path, span) for path, span, _ in steps]:
        steps.insert(step, (finding.path, finding.span, finding.message))
    return {"threadFlows": [{"locations": [{"location": _location(told, *place)} for place in steps]}]}


def _fix(told: Told, finding: Reported, patches: Sequence[Patch]) -> dict[str, Any]:
    paths = dict.fromkeys(patch.path for patch in patches)
    changes = [
        {
            "artifactLocation": _artifact(told, path),
            "replacements": [_replacement(told, patch) for patch in patches if patch.path == path],
        }
        for path in paths
    ]
    return {"description": {"text": f"{finding.code}: {finding.name}"}, "artifactChanges": changes}


def _replacement(told: Told, patch: Patch) -> dict[str, Any]:
    """Whole lines; after the last one of a file there is no other to name, so its end is."""
    first, start = _boundary(told, patch.path, patch.line)
    last, end = _boundary(told, patch.path, patch.end_line)
    region = {"startLine": first, "startColumn": start, "endLine": last, "endColumn": end}
    replacement: dict[str, Any] = {"deletedRegion": region}
    if patch.text:
        replacement["insertedContent"] = {"text": encodable(patch.text)}
    return replacement


def _boundary(told: Told, path: str, line: int) -> tuple[int, int]:
    lines = told.texts.lines(path)
    return (line, 1) if line <= len(lines) or not lines else (len(lines), len(lines[-1]) + 1)
