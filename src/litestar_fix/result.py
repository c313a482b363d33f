"""What a run found and did, as plain data: every report is rendered from it, and the cache stores it as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from litestar_fix.finding import Applicability, Severity, State
from litestar_fix.model.span import Span

#: States of findings that the code keeps after the run.
REMAINING = frozenset(
    {State.REPORT, State.FIX, State.WOULD_FIX, State.NEEDS_UNSAFE, State.REFUSED, State.DEFERRED, State.ERROR}
)

_WIDTH = 80
_KEPT = 20


def _clipped(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


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


class Patch(msgspec.Struct, frozen=True, array_like=True):
    """What a fix alone does to one place of a file as it is: whole lines are replaced.

    ``line`` is the first of them, ``end_line`` the one after the last: as many as are inserted before ``line`` where
    both are the same. ``text`` has the newlines of the file.
    """

    path: str
    line: int
    end_line: int
    text: str


class VerdictKind(StrEnum):
    """What a fix does to the contract of the application."""

    PRESERVED = "preserved"  #: nothing changes but what the rule declares
    CHANGED = "changed"
    UNKNOWN = "unknown"  #: a value cannot be told, before or after


class Difference(msgspec.Struct, frozen=True, array_like=True):
    """A field of the contract that a fix changes, or of which that cannot be told.

    ``declared`` says that the rule announces it.
    """

    route: str
    field: str
    before: str
    after: str
    kind: VerdictKind
    declared: bool = False

    @property
    def text(self) -> str:
        """The difference in one line; of long values what comes after their common beginning.

        Of what cannot be told, long values tell nothing: they are pieces of code.
        """
        before, after = self.before, self.after
        if self.kind is VerdictKind.UNKNOWN and max(len(before), len(after)) > _WIDTH:
            return f"{self.route}: {self.field}"
        shared = next((at for at, (x, y) in enumerate(zip(before, after, strict=False)) if x != y), 0)
        if max(len(before), len(after)) > _WIDTH and shared > _KEPT:
            before, after = f"...{before[shared - _KEPT :]}", f"...{after[shared - _KEPT :]}"
        return f"{self.route}: {self.field}: {_clipped(before)} -> {_clipped(after)}"


class Verdict(msgspec.Struct, frozen=True, array_like=True):
    """What a fix does to the contract, and the fields that differ."""

    kind: VerdictKind
    differences: tuple[Difference, ...] = ()

    @classmethod
    def of(cls, differences: Iterable[Difference]) -> Verdict:
        """Return the verdict that some differences lead to."""
        found = tuple(differences)
        kinds = {item.kind for item in found if not item.declared}
        order = (VerdictKind.CHANGED, VerdictKind.UNKNOWN)
        return cls(next((kind for kind in order if kind in kinds), VerdictKind.PRESERVED), found)

    @property
    def telling(self) -> tuple[Difference, ...]:
        """The differences that make the verdict what it is; none where the contract is preserved."""
        return tuple(item for item in self.differences if item.kind is self.kind and not item.declared)


class Reported(msgspec.Struct, frozen=True, array_like=True):
    """A finding as it is shown.

    ``state`` is where it ended, ``reason`` why it was refused, deferred or failed, ``source`` the line that ``span``
    starts on, ``contract`` what its fix does to the application's contract, where it was made. ``is_secret`` says that
    nobody may see the code at ``span``, ``step`` where the finding comes among ``related`` if they are the steps of one
    way. ``patches`` are there where the run was asked for them, and the fix was made of the files as they are.
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
    contract: Verdict | None = None
    is_secret: bool = False
    step: int | None = None
    patches: tuple[Patch, ...] = ()


class Change(msgspec.Struct, frozen=True, array_like=True):
    """The content of a file before and after the run; ``new`` is written unless the run is dry.

    ``secrets`` is where the old content has some, as far as that was asked for.
    """

    path: str
    old: bytes
    new: bytes
    secrets: tuple[Span, ...] = ()


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
