"""What the passes of a rewriting have applied, and what is told of them afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.outcome import Outcome, move_back
from litestar_fix.plan import Group
from litestar_fix.result import Verdict


@dataclass(frozen=True)
class Pass:
    """The groups that were applied together, how things were before, and the findings that went away with others.

    Args:
        groups: what was applied.
        contents: of the files that were rewritten before.
        project: its facts before.
        verdicts: what each fix does, by the identity of its finding.
        gone: the findings that went away without a fix of their own.
    """

    groups: tuple[Group, ...]
    contents: Mapping[str, bytes]
    project: Project
    verdicts: Mapping[int, Verdict]
    gone: tuple[Finding, ...] = ()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that the pass mended."""
        return (*[finding for group in self.groups for finding in group.findings], *self.gone)

    def verdict(self, finding: Finding) -> Verdict:
        """What the fix of a finding does; for one that went away with others: what their fixes do together."""
        others = [self.verdicts[id(group.finding)] for group in self.groups if group.finding.code == finding.code]
        return self.verdicts.get(id(finding)) or Verdict.of(
            dict.fromkeys(item for other in others for item in other.differences)
        )


def as_before(passes: Iterable[Pass], outcomes: Iterable[Outcome], original: Mapping[str, bytes]) -> list[Outcome]:
    """Give fixed findings the lines that they had before the first pass.

    Args:
        passes: all of them.
        outcomes: of all findings.
        original: the contents of the files that were rewritten, as they are on disk.
    """
    known = {id(finding): done.contents for done in passes for finding in done.findings}
    return [move_back(item, original, known.get(id(item.finding), {})) for item in outcomes]


def paths_of(passes: Iterable[Pass], finding: Finding) -> list[str]:
    """Return the files that were rewritten to mend a finding."""
    paths: set[str] = set()
    for done in passes:
        is_gone = any(each is finding for each in done.gone)
        for group in done.groups:
            if any(each is finding for each in group.findings) or (is_gone and group.finding.code == finding.code):
                paths |= set(group.paths)
    return sorted(paths)
