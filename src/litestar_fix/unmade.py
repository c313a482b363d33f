"""The fixes that are not made, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from litestar_fix.edits.values import Edit
from litestar_fix.errors import LitestarFixError
from litestar_fix.finding import Finding, State
from litestar_fix.outcome import Outcome, identity
from litestar_fix.result import Problem, Verdict

if TYPE_CHECKING:
    from litestar_fix.files import Files
    from litestar_fix.judging import Judged


class Unmade:
    """Why fixes are not made, by the identity of their findings.

    Args:
        files: what is rewritten.
        kept_out: findings whose fixes are not made, by identity, and why.
        debug: whether what was dropped is saved, for the report of a bug.

    ``problems`` are those of fixes that were dropped.
    """

    def __init__(self, files: Files, kept_out: Mapping[tuple[str, str, str], str], *, debug: bool) -> None:
        self.problems: list[Problem] = []
        self._files = files
        self._debug = debug
        self._reasons: dict[tuple[str, str, str], tuple[State, str]] = {
            key: (State.ERROR, reason) for key, reason in kept_out.items()
        }
        self._verdicts: dict[tuple[str, str, str], Verdict] = {}  # of fixes that are not made because of them

    def may_be_made(self, finding: Finding) -> bool:
        """Whether nothing speaks against a fix but, perhaps, others that came first."""
        return self._reasons.get(identity(finding), (State.DEFERRED, ""))[0] is State.DEFERRED

    def leave(self, findings: Iterable[Finding], state: State, reason: str) -> None:
        """Note that the fix of some findings is not made."""
        for finding in findings:
            self._reasons[identity(finding)] = state, reason

    def drop(self, findings: Sequence[Finding], reason: str) -> None:
        """Note that the fix of some findings failed."""
        self.leave(findings, State.ERROR, reason)
        finding = findings[0]
        self.problems.append(Problem(finding.path, f"line {finding.span.line}: fix dropped: {reason}", finding.code))

    def drop_saved(
        self, findings: Sequence[Finding], reason: str, error: Exception, path: str, edits: Iterable[Edit] = ()
    ) -> None:
        """Note that a fix failed, and save what shows the error again.

        Args:
            findings: those of the fix.
            reason: the error, in words.
            error: the error.
            path: the file in which it happened.
            edits: those of the fix.
        """
        saved = self._saved(findings[0], path, edits, error) if self._debug else ""
        self.drop(findings, f"{reason}{saved}")

    def _saved(self, finding: Finding, path: str, edits: Iterable[Edit], error: Exception) -> str:
        from litestar_fix.proof.reproducer import save

        try:
            own = [edit for edit in edits if edit.path == path]
            return f"; saved in {save(self._files.root, finding, self._files.content(path), own, error)}"
        except (OSError, LitestarFixError) as failure:
            return f"; it cannot be saved: {failure}"

    def take(self, judged: Iterable[Judged]) -> None:
        """Note what some fixes do to the contract, and that those which break or hide it are not made."""
        for item in judged:
            findings = item.group.findings
            self._verdicts |= {identity(finding): item.verdict for finding in findings}
            reason = item.verdict.telling[0].text if item.verdict.telling else ""
            if item.breaks:
                self.drop(findings, f"it would change {reason}")
            elif item.hides:
                self.leave(findings, State.REFUSED, f"it edits what cannot be told: {reason}")

    def outcome(self, finding: Finding, *, unsafe: bool) -> Outcome:
        """Return where a finding ended whose fix was not made.

        Args:
            finding: one of those that are left after the last pass.
            unsafe: whether fixes that change behaviour on purpose are applied, too.
        """
        state, reason = finding.state(), finding.refusal
        if state is State.FIX or (state is State.NEEDS_UNSAFE and unsafe):
            unknown = State.DEFERRED, "still in conflict after the last pass"
            state, reason = self._reasons.get(identity(finding), unknown)
        is_judged = state in (State.ERROR, State.REFUSED)
        return Outcome(finding, state, reason, self._verdicts.get(identity(finding)) if is_judged else None)
