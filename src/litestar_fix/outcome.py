"""Where findings ended, and how they are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from litestar_fix.finding import Finding, State
from litestar_fix.line_map import line_map
from litestar_fix.model.facts import Span
from litestar_fix.model.secret_texts import starred
from litestar_fix.result import Change, Patch, Place, Reported, Verdict
from litestar_fix.texts import Texts


class Outcome(msgspec.Struct, frozen=True):
    """A finding, the one state it ended in, why it did not go further, and what its fix does to contract and files."""

    finding: Finding
    state: State
    reason: str = ""
    contract: Verdict | None = None
    patches: tuple[Patch, ...] = ()


def reported(root: Path, outcomes: Iterable[Outcome]) -> tuple[Reported, ...]:
    """Return the outcomes as they are shown, sorted.

    Args:
        root: the project's root.
        outcomes: one for each finding; their lines are those of the files as they are on disk now.
    """
    shown = []
    outcomes = tuple(outcomes)
    texts = Texts(root, secret_places(item for item in outcomes if item.state is not State.FIXED))
    for outcome in outcomes:
        finding = outcome.finding
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
                reason=starred(outcome.reason),
                source=texts.line(finding.path, finding.span.line),
                related=tuple(Place(item.path, item.span, item.message) for item in finding.related),
                contract=outcome.contract,
                is_secret=finding.is_secret,
                step=finding.step,
                patches=outcome.patches,
            )
        )
    return tuple(sorted(shown, key=lambda item: (item.path, item.span.line, item.span.column, item.code, item.message)))


def secret_places(outcomes: Iterable[Outcome]) -> dict[str, list[Span]]:
    """Return where findings say that a secret stands, by file."""
    found: dict[str, list[Span]] = {}
    for outcome in outcomes:
        if outcome.finding.is_secret:
            found.setdefault(outcome.finding.path, []).append(outcome.finding.span)
    return found


def identity(finding: Finding) -> tuple[str, str, str]:
    """What stays the same about a finding while fixes elsewhere move it."""
    return finding.code, finding.path, finding.message


def gone(before: Iterable[Finding], after: Iterable[Finding], applied: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that went away without a fix of their own: one DTO serves several handlers.

    Args:
        before: the findings before a pass.
        after: the findings after it.
        applied: those of them whose fix was applied.
    """
    left = Counter(map(identity, after))
    unmatched = []
    ours = set(map(id, applied))
    for finding in before:
        if id(finding) in ours:
            continue
        if left[identity(finding)] > 0:
            left[identity(finding)] -= 1
        else:
            unmatched.append(finding)
    # a message that speaks of what was edited may have changed: that finding is still there
    reworded = Counter((code, path) for code, path, _ in left.elements())
    missing = []
    for finding in unmatched:
        if reworded[finding.code, finding.path] > 0:
            reworded[finding.code, finding.path] -= 1
        else:
            missing.append(finding)
    return tuple(missing)


def as_on_disk(outcomes: Iterable[Outcome], changes: Mapping[str, Change]) -> list[Outcome]:
    """Give findings that are left the lines that they have in the unchanged files: a dry run changes none."""
    lines: dict[str, dict[int, int]] = {}
    moved = []
    for outcome in outcomes:
        finding = outcome.finding
        change = changes.get(finding.path)
        if change is not None and outcome.state is not State.FIXED:
            if finding.path not in lines:
                lines[finding.path] = line_map(change.old, change.new)
            finding = replace(finding, span=_moved(finding.span, lines[finding.path]))
        moved.append(replace(outcome, finding=finding))
    return moved


def move_back(outcome: Outcome, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Outcome:
    """Give a finding that was made of new contents the lines of the old ones."""
    finding = outcome.finding
    if finding.path not in new or new[finding.path] == old[finding.path]:
        return outcome
    lines = line_map(old[finding.path], new[finding.path])
    return replace(outcome, finding=msgspec.structs.replace(finding, span=_moved(finding.span, lines)))


def _moved(span: Span, lines: dict[int, int]) -> Span:
    shift = lines.get(span.line, span.line) - span.line
    return Span(span.line + shift, span.column, span.end_line + shift, span.end_column)
