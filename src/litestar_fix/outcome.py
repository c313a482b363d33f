"""Where findings ended, and how they are shown."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from litestar_fix.finding import Finding, State
from litestar_fix.result import Place, Reported


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finding, the one state it ended in, and why it did not go further."""

    finding: Finding
    state: State
    reason: str = ""


def reported(root: Path, outcomes: Iterable[Outcome]) -> tuple[Reported, ...]:
    """Return the outcomes as they are shown, sorted.

    Args:
        root: the project's root.
        outcomes: one for each finding; their lines are those of the files as they are on disk now.
    """
    lines: dict[str, list[str]] = {}
    shown = []
    for outcome in outcomes:
        finding = outcome.finding
        if finding.path not in lines:
            lines[finding.path] = _lines(root, finding.path)
        text = lines[finding.path]
        shown.append(
            Reported(
                code=finding.code,
                name=finding.name,
                severity=finding.severity,
                applicability=finding.applicability,
                path=finding.path,
                span=finding.span,
                message=finding.message,
                state=outcome.state,
                reason=outcome.reason,
                source=text[finding.span.line - 1] if finding.span.line <= len(text) else "",
                related=tuple(Place(item.path, item.span, item.message) for item in finding.related),
            )
        )
    return tuple(sorted(shown, key=lambda item: (item.path, item.span.line, item.span.column, item.code, item.message)))


def _lines(root: Path, path: str) -> list[str]:
    try:
        content = (root / path).read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return io.StringIO(content.decode(encoding, "replace"), newline=None).read().split("\n")
    except (OSError, SyntaxError):
        return []
