"""What a rule says: findings, how sure their fix is, and the one state each of them ends in."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from litestar_fix.model.span import Span


class Severity(StrEnum):
    """How much harm a finding does, as the rule catalogue grades it."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for critical ... 3 for low."""
        return list(Severity).index(self)


class Applicability(StrEnum):
    """``safe``: contract and responses stay as they were; ``unsafe``: they change on purpose; ``none``: no fix."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    NONE = "none"


class State(StrEnum):
    """Where a finding ends; every finding of a run has exactly one."""

    REPORT = "report"
    FIX = "fix"
    FIXED = "fixed"
    WOULD_FIX = "would-fix"
    NEEDS_UNSAFE = "needs-unsafe"
    REFUSED = "refused"
    DEFERRED = "deferred"
    SUPPRESSED = "suppressed"
    BASELINED = "baselined"
    ERROR = "error"


class Related(msgspec.Struct, frozen=True):
    """Another place that a finding is about."""

    path: str
    span: Span
    message: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One violation at one place.

    Args:
        code, name, severity: of the rule.
        path: relative to the project's root, with ``/``.
        span: the node that names the thing; findings are sorted and shown by its start.
        message: one line: what is wrong in this code, and what to do.
        applicability: of this finding's fix.
        refusal: why the fix is refused ('' where it is not); decided from facts alone.
        related: other places, in the order a reader wants them.
        data: what the rule's codemod needs to know; never printed, compared or stored.
        bundle: findings of a rule with the same one are fixed by one group of edits, asked for with the first of them.
        step: where the finding itself comes among the related places, if they are the steps of one way.
        is_secret: whether no report may show the code at ``span``, whichever finding it shows the line for.
    """

    code: str
    name: str
    severity: Severity
    path: str
    span: Span
    message: str
    applicability: Applicability = Applicability.NONE
    refusal: str = ""
    related: tuple[Related, ...] = ()
    data: Any = None
    bundle: str = ""
    step: int | None = None
    is_secret: bool = False

    @property
    def fixable(self) -> bool:
        """Whether a codemod may be asked for edits."""
        return self.applicability is not Applicability.NONE and not self.refusal

    def state(self) -> State:
        """What ``check`` says of the finding, before any fix."""
        if self.refusal:
            return State.REFUSED
        match self.applicability:
            case Applicability.SAFE:
                return State.FIX
            case Applicability.UNSAFE:
                return State.NEEDS_UNSAFE
            case _:
                return State.REPORT

    @property
    def key(self) -> tuple[str, Span, str, str]:
        """Sort and identity key within one run."""
        return self.path, self.span, self.code, self.message
