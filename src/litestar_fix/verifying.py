"""Finds the fixes that a proof does not stand: the others are written, those are named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from litestar_fix.finding import Finding
from litestar_fix.outcome import identity
from litestar_fix.proof.announced import fixed
from litestar_fix.proof.verification import Proofs, Verification
from litestar_fix.result import Problem
from litestar_fix.rewriting import Rewriting
from litestar_fix.write import obstacles

Identity = tuple[str, str, str]
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """A project rewritten in memory, and the findings, and the suppressed ones, that are left then."""

    rewriting: Rewriting
    left: list[Finding]
    suppressed: list[Finding]


#: Rewrites the project without the fixes of some findings, for which it takes the reason.
Attempts = Callable[[Mapping[Identity, str]], Attempt]


@dataclass(frozen=True, slots=True)
class _Unit:
    """Findings whose fixes are made together or not at all, and the first of them."""

    keys: frozenset[Identity]
    finding: Finding


class Verifier:
    """Searches for the largest set of fixes that stands the proofs.

    Args:
        attempts: rewrites the project without some fixes.
        wanted: what the fixes are to be proved by.
    """

    def __init__(self, attempts: Attempts, wanted: Verification) -> None:
        self.attempts = attempts
        self.wanted = wanted
        self.problems: list[Problem] = []
        self._dropped: dict[Identity, str] = {}

    def verified(self, attempt: Attempt) -> Attempt:
        """Return the attempt, or one without the fixes that fail; those are in ``problems``.

        The fixes are halved until the first one is found with which what was well is not: that takes as many runs as
        their number can be halved, and one for what is left without it.

        Args:
            attempt: all fixes of the run.

        Raises:
            VerificationError: the untouched project cannot be proved anything by.
        """
        if not attempt.rewriting.files.changes():
            return attempt
        proofs = Proofs(self.wanted, attempt.rewriting.root)
        good = 0
        while attempt.rewriting.files.changes():
            units = _units(attempt)
            failures = self._failures(proofs, attempt, f"with {_many(len(units))}")
            if not failures:
                break
            at, failures = self._first_bad(proofs, units, failures, good)
            self._drop(units[at], failures)
            attempt = self.attempts(self._dropped)
            # what stood before stands still, unless the fixes that are left differ from those that were tried
            good = at if [each.keys for each in _units(attempt)[:at]] == [each.keys for each in units[:at]] else 0
        return attempt

    def _first_bad(
        self, proofs: Proofs, units: Sequence[_Unit], failures: tuple[str, ...], good: int
    ) -> tuple[int, tuple[str, ...]]:
        """Return the place of the first unit that fails after those before it, and how it fails."""
        bad = len(units)
        while bad - good > 1:
            middle = (good + bad) // 2
            found = self._failures(
                proofs, self._only(units[:middle]), f"with the first {middle} of {_many(len(units))}"
            )
            if found:
                bad, failures = middle, found
            else:
                good = middle
        return bad - 1, failures

    def _only(self, units: Iterable[_Unit]) -> Attempt:
        """Rewrite with some units alone, also where leaving others out brings up new ones."""
        allowed = frozenset[Identity]().union(*(unit.keys for unit in units))
        out = dict(self._dropped)
        while True:
            attempt = self.attempts(out)
            others = {key for unit in _units(attempt) for key in unit.keys} - allowed
            if not others:
                return attempt
            out |= dict.fromkeys(others, "")

    @staticmethod
    def _failures(proofs: Proofs, attempt: Attempt, what: str) -> tuple[str, ...]:
        mended = [fixed(finding, project) for finding, project in attempt.rewriting.mended]
        changes = attempt.rewriting.files.changes()
        linked = [group.paths for group in attempt.rewriting.applied]
        # what cannot be written will not be, and what is written is what is proved
        left = {item.path for item in obstacles(attempt.rewriting.root, changes, linked)}
        contents = {path: change.new for path, change in changes.items() if path not in left}
        return proofs.failures(contents, mended, what) if contents else ()

    def _drop(self, unit: _Unit, failures: Sequence[str]) -> None:
        more = f" and {len(failures) - _SHOWN} more" if len(failures) > _SHOWN else ""
        reason = f"it {', '.join(failures[:_SHOWN])}{more}"
        self._dropped |= dict.fromkeys(unit.keys, reason)
        finding = unit.finding
        self.wanted.tell(f"  {finding.path}:{finding.span.line} ({finding.code}) {reason.removeprefix('it ')}")
        self.problems.append(Problem(finding.path, f"line {finding.span.line}: fix dropped: {reason}", finding.code))


def _units(attempt: Attempt) -> list[_Unit]:
    """The groups of an attempt in the order of the passes; those that cannot be told apart are one."""
    units: list[_Unit] = []
    for group in attempt.rewriting.applied:
        keys = frozenset(map(identity, group.findings))
        same = [unit for unit in units if unit.keys & keys]
        if not same:
            units.append(_Unit(keys, group.finding))
            continue
        first = same[0]
        merged = _Unit(keys.union(*(unit.keys for unit in same)), first.finding)
        units = [merged if unit is first else unit for unit in units if unit is first or unit not in same]
    return units


def _many(count: int) -> str:
    return "1 fix" if count == 1 else f"{count} fixes"
