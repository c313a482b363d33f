"""What a run found and did, as plain data: every report is rendered from it, and the cache stores it as it is."""

from __future__ import annotations

from collections import Counter

import msgspec

from litestar_fix.finding import Applicability, Severity, State
from litestar_fix.model.span import Span

#: States of findings that the code keeps after the run.
REMAINING = frozenset(
    {State.REPORT, State.FIX, State.WOULD_FIX, State.NEEDS_UNSAFE, State.REFUSED, State.DEFERRED, State.ERROR}
)


class Skipped(msgspec.Struct, frozen=True, array_like=True):
    """A file or folder that was not read, and why; ``named`` tells that the user asked for it."""

    path: str
    reason: str
    named: bool = False


class Problem(msgspec.Struct, frozen=True, array_like=True):
    """A file that could not be analysed or written, or the rule ``code`` that failed there. The run exits with 2."""

    path: str
    reason: str
    code: str = ""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Another place that a finding is about."""

    path: str
    span: Span
    message: str


class Reported(msgspec.Struct, frozen=True, array_like=True):
    """A finding as it is shown.

    ``state`` is where it ended, ``reason`` why it was refused, deferred or failed, ``source`` the line that ``span``
    starts on.
    """

    code: str
    name: str
    severity: Severity
    applicability: Applicability
    path: str
    span: Span
    message: str
    state: State
    reason: str = ""
    source: str = ""
    related: tuple[Place, ...] = ()


class Change(msgspec.Struct, frozen=True, array_like=True):
    """The content of a file before and after the run; ``new`` is written unless the run is dry."""

    path: str
    old: bytes
    new: bytes


class Undone(msgspec.Struct, frozen=True, array_like=True):
    """What ``undo`` did: the files that are as they were before the last run, and those that it left alone."""

    root: str
    paths: tuple[str, ...]
    problems: tuple[Problem, ...]


class Report(msgspec.Struct, frozen=True, array_like=True):
    """The outcome of one run. Paths are relative to ``root``, with ``/``; findings, changes and problems are sorted."""

    root: str
    findings: tuple[Reported, ...] = ()
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    files: int = 0
    lines: int = 0
    passes: int = 0
    dry_run: bool = False

    @property
    def states(self) -> Counter[State]:
        """How many findings ended in which state."""
        return Counter(finding.state for finding in self.findings)

    @property
    def remaining(self) -> tuple[Reported, ...]:
        """The findings that the code keeps: neither fixed nor suppressed nor baselined."""
        return tuple(finding for finding in self.findings if finding.state in REMAINING)
