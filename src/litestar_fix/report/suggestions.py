"""Fixes as comments of a review on GitHub, each with a suggestion that a click accepts.

The document is what the API takes to create a review of a pull request (docs.github.com, "REST API endpoints for pull
request reviews"); it takes comments on lines that the pull request shows, and no others.
"""

from __future__ import annotations

from typing import Any

import msgspec

from litestar_fix.report.machine import Told, encodable, message
from litestar_fix.report.markdown import escaped
from litestar_fix.report.style import safe
from litestar_fix.result import Patch, Report, Reported
from litestar_fix.touched import Touched

#: So many lines around a change does a pull request show.
_CONTEXT = 3


def render(report: Report, touched: Touched) -> bytes:
    """Return the document.

    Args:
        report: of a run that was asked for the patches of its fixes.
        touched: the lines that the pull request changes.
    """
    told = Told(report)
    comments = []
    for item in told.items:
        suggested = told.suggestion(item.finding)
        if suggested is not None and _is_shown(touched, suggested):
            comments.append(_comment(told, item.finding, suggested))
    document = {"event": "COMMENT", "body": "Safe fixes by litestar-fix.", "comments": comments}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _is_shown(touched: Touched, patch: Patch) -> bool:
    lines = touched.files.get(patch.path)
    if lines is None:
        return False
    return all(lines.meet(line - _CONTEXT, line + _CONTEXT) for line in range(patch.line, patch.end_line))


def _comment(told: Told, finding: Reported, patch: Patch) -> dict[str, Any]:
    text = encodable(patch.text).removesuffix("\n").removesuffix("\r")
    fence = "```"
    while fence in text:
        fence += "`"
    # nothing between the fences removes the lines
    suggestion = f"{fence}suggestion\n{text}\n{fence}" if patch.text else f"{fence}suggestion\n{fence}"
    body = f"**{finding.code}** {escaped(safe(message(finding)))}\n\n{suggestion}"
    place: dict[str, Any] = {"path": told.path(patch.path), "line": patch.end_line - 1, "side": "RIGHT", "body": body}
    if patch.end_line - patch.line > 1:
        place |= {"start_line": patch.line, "start_side": "RIGHT"}
    return place
