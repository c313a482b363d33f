"""CodeTF, version 2: what each codemod changed, and what it left (github.com/pixee/codemodder-specs).

What is left is written where codemodder itself writes it, in ``unfixedFindings``: the schema's ``unfixed`` points to a
definition that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from litestar_fix import __version__
from litestar_fix.finding import State
from litestar_fix.patches import with_some
from litestar_fix.registry import RuleInfo, rules
from litestar_fix.report.diff import text_diff
from litestar_fix.report.machine import Told, encodable, message
from litestar_fix.result import Patch, Report, Reported

_DONE = frozenset({State.FIXED, State.WOULD_FIX})


def render(report: Report, command_line: str, milliseconds: int) -> bytes:
    """Return the document.

    Args:
        report: of a run that was asked for the patches of its fixes.
        command_line: that started the run.
        milliseconds: that it took.
    """
    told = Told(report)
    codes = {finding.code for finding in report.findings if finding.state is not State.SUPPRESSED}
    document = {
        "run": {
            "vendor": "litestar-fix",
            "tool": "litestar-fix",
            "version": __version__,
            "commandLine": encodable(command_line),
            "elapsed": milliseconds,
            "directory": encodable(report.root),
        },
        "results": [_result(told, info) for info in rules() if info.code in codes],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _result(told: Told, info: RuleInfo) -> dict[str, Any]:
    own = [finding for finding in told.report.findings if finding.code == info.code]
    left = [finding for finding in own if finding.state not in _DONE and finding.state is not State.SUPPRESSED]
    return {
        "codemod": f"litestar-fix:python/{info.name}",
        "summary": info.summary,
        "description": info.documentation,
        "detectionTool": {"name": "litestar-fix"},
        "changeset": list(_changeset(told, [finding for finding in own if finding.state in _DONE])),
        "failedFiles": sorted({told.path(item.path) for item in told.report.problems if item.code == info.code}),
        "unfixedFindings": [_unfixed(told, info, finding) for finding in left],
    }


def _changeset(told: Told, done: list[Reported]) -> Iterator[dict[str, Any]]:
    changes = {change.path: change for change in told.report.changes}
    patches = list(dict.fromkeys(patch for finding in done for patch in finding.patches))
    # a fix of what another fix made has no patch of its own: then the whole change of its file is told
    whole = {finding.path for finding in done if not finding.patches} & changes.keys()
    for path in sorted({patch.path for patch in patches} | whole):
        own = [patch for patch in patches if patch.path == path]
        change = changes.get(path)
        if change is None:
            continue
        places = [finding for finding in done if finding.path == path]
        yield {
            "path": told.path(path),
            "diff": text_diff(change if path in whole else with_some(change, own)),
            "strategy": "deterministic",
            "changes": [_change(patch, places) for patch in own] or [_change_of(finding) for finding in places],
        }


def _change(patch: Patch, places: list[Reported]) -> dict[str, Any]:
    near = [item for item in places if patch in item.patches]
    said = message(near[0]) if near else ""
    return {"lineNumber": patch.line, "description": said, "diffSide": "left", "packageActions": []}


def _change_of(finding: Reported) -> dict[str, Any]:
    return {
        "lineNumber": finding.span.line,
        "description": message(finding),
        "diffSide": "left",
        "packageActions": [],
    }


def _unfixed(told: Told, info: RuleInfo, finding: Reported) -> dict[str, Any]:
    return {
        "id": finding.code,
        "rule": {"id": info.code, "name": info.name},
        "path": told.path(finding.path),
        "lineNumber": finding.span.line,
        "reason": encodable(finding.reason) or _REASONS.get(finding.state, "there is no fix for it"),
    }


_REASONS = {
    State.FIX: "it was not asked for",
    State.NEEDS_UNSAFE: "its fix changes behaviour on purpose: --unsafe-fixes",
    State.BASELINED: "it is known already",
}
