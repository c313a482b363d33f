"""What came of a repository, as plain data: it goes between processes and machines, and into the state of a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from litestar_fix.batch.repository import Repository
from litestar_fix.finding import Applicability, Severity, State
from litestar_fix.result import Problem, Report

_FIXABLE = frozenset({State.FIX, State.FIXED, State.WOULD_FIX, State.NEEDS_UNSAFE})
_LEFT = frozenset({State.REFUSED, State.DEFERRED, State.ERROR})
#: Where a list of problems would be longer than anybody reads.
_MANY = 100


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of a rule: as many as ``safe``, ``unsafe``, ``refused`` and ``manual`` say together.

    Args:
        code, name, severity: of the rule.
        safe: those that a safe fix mends.
        unsafe: those that an unsafe fix mends.
        refused: those with a fix that is not made.
        manual: those without any.
        reasons: why fixes are not made, and how often.
    """

    code: str
    name: str
    severity: Severity
    safe: int = 0
    unsafe: int = 0
    refused: int = 0
    manual: int = 0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def found(self) -> int:
        """How many there are."""
        return self.safe + self.unsafe + self.refused + self.manual


class ProjectOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in one project of a repository; ``path`` is '' for the repository itself."""

    path: str
    version: str
    files: int
    lines: int
    tallies: tuple[Tally, ...]
    problems: tuple[Problem, ...] = ()


class Commit(msgspec.Struct, frozen=True):
    """A commit: what it says, and the new contents of files by path."""

    message: str
    contents: dict[str, bytes]


class Shard(msgspec.Struct, frozen=True):
    """Commits that are reviewed together, on a branch of their own that begins where the one before ends."""

    title: str
    commits: tuple[Commit, ...]


class Status(StrEnum):
    """What came of a repository."""

    OK = "ok"
    INCOMPLETE = "incomplete"  #: some files could not be analysed; the others were
    SKIPPED = "skipped"  #: nothing in it uses Litestar
    FAILED = "failed"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a repository.

    Args:
        name, source: of the repository.
        status: whether it was done.
        reason: why it was not, or not whole.
        base: the commit that it is about, and ``branch`` the branch of that; '' where there is none.
        notes: what else is to be known.
        projects: what was found in each of its projects.
        shards: the commits of a migration.
    """

    name: str
    source: str
    status: Status
    reason: str = ""
    base: str = ""
    branch: str = ""
    notes: tuple[str, ...] = ()
    projects: tuple[ProjectOutcome, ...] = ()
    shards: tuple[Shard, ...] = ()

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """The findings of all projects, by rule."""
        return together(tally for project in self.projects for tally in project.tallies)

    @property
    def severities(self) -> dict[str, int]:
        """How many findings there are of each severity."""
        return by_severity(self.tallies)

    @property
    def version(self) -> str:
        """The versions of Litestar that its projects use."""
        return ", ".join(dict.fromkeys(project.version for project in self.projects if project.version))


def failure(repository: Repository, reason: str) -> Outcome:
    """Return that nothing came of a repository, and why, in one line."""
    line = " ".join(reason.split("\n"))
    return Outcome(name=repository.name, source=repository.source, status=Status.FAILED, reason=line)


def by_severity(tallies: Iterable[Tally]) -> dict[str, int]:
    """Count findings by severity, none left out."""
    count: Counter[str] = Counter()
    for tally in tallies:
        count[tally.severity.value] += tally.found
    return {severity.value: count[severity.value] for severity in Severity}


def together(tallies: Iterable[Tally]) -> tuple[Tally, ...]:
    """Add up tallies by rule and severity, the worst first."""
    found: dict[tuple[int, str], Tally] = {}
    for tally in tallies:
        key = (tally.severity.rank, tally.code)
        known = found.get(key)
        found[key] = tally if known is None else _sum(known, tally)
    return tuple(found[key] for key in sorted(found))


def _sum(one: Tally, other: Tally) -> Tally:
    return msgspec.structs.replace(
        one,
        safe=one.safe + other.safe,
        unsafe=one.unsafe + other.unsafe,
        refused=one.refused + other.refused,
        manual=one.manual + other.manual,
        reasons=dict(Counter(one.reasons) + Counter(other.reasons)),
    )


def tallied(report: Report) -> tuple[Tally, ...]:
    """Count the findings of a report that are fixed or left, by rule and severity."""
    single = []
    for finding in report.findings:
        is_fixable = finding.state in _FIXABLE
        if finding.state in (State.SUPPRESSED, State.BASELINED):
            continue
        is_refused = finding.state in _LEFT
        single.append(
            Tally(
                code=finding.code,
                name=finding.name,
                severity=finding.severity,
                safe=int(is_fixable and finding.applicability is Applicability.SAFE),
                unsafe=int(is_fixable and finding.applicability is not Applicability.SAFE),
                refused=int(is_refused),
                manual=int(not is_fixable and not is_refused),
                reasons={finding.reason: 1} if is_refused and finding.reason else {},
            )
        )
    return together(single)


def project_outcome(path: str, version: str, report: Report) -> ProjectOutcome:
    """Return what a run found in a project."""
    return ProjectOutcome(
        path=path,
        version=version,
        files=report.files,
        lines=report.lines,
        tallies=tallied(report),
        problems=report.problems[:_MANY],
    )
