"""The rewriting half of a run: groups of edits applied in memory, pass by pass, each dropped alone if a check fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from litestar_fix.errors import EditError
from litestar_fix.files import Files
from litestar_fix.finding import Applicability, Finding, State
from litestar_fix.line_map import line_map
from litestar_fix.model.collect import collect
from litestar_fix.model.contents import Sources
from litestar_fix.model.project import Project
from litestar_fix.outcome import Outcome, as_on_disk, gone, identity
from litestar_fix.passes import Pass, as_before, paths_of
from litestar_fix.patches import Patches
from litestar_fix.plan import Group, plan
from litestar_fix.practice import PracticeRule
from litestar_fix.result import Patch, Problem
from litestar_fix.trial import Trial
from litestar_fix.unmade import Unmade


class Rewriting:
    """The contents of a project while it is rewritten.

    Args:
        root: the project's root.
        project: its facts before the first pass.
        sources: the hashes of what was analysed.
        rules: the rules that ask, by code.
        unsafe: whether fixes that change behaviour on purpose are applied, too.
        jobs: how many processes rewrite files.
        debug: whether what was dropped is saved, for the report of a bug.
        patching: whether what each fix does alone is worked out, too.
        kept_out: findings whose fixes are not made, by identity, and why.

    ``unwritten`` are the files that cannot be written, or could not.
    """

    def __init__(
        self,
        root: Path,
        project: Project,
        sources: Sources,
        rules: Mapping[str, type[PracticeRule]],
        *,
        unsafe: bool,
        jobs: int = 1,
        debug: bool = False,
        patching: bool = False,
        kept_out: Mapping[tuple[str, str, str], str] = MappingProxyType({}),
    ) -> None:
        self.patching = patching
        self.root = root
        self.project = project
        self.files = Files(root, sources, jobs)
        self.rules = rules
        self.unsafe = unsafe
        self.unwritten: list[Problem] = []
        self.passes = 0
        self._patches: Patches | None = None
        self._done: list[Pass] = []
        self._states = [self.files.fingerprint()]
        self._unmade = Unmade(self.files, kept_out, debug=debug)

    # ---------------------------------------------------------------------------------------------------- one pass
    def wants(self, finding: Finding) -> bool:
        """Whether the fix of a finding is to be applied in this run."""
        allowed = finding.applicability is Applicability.SAFE or self.unsafe
        return finding.fixable and allowed and self._unmade.may_be_made(finding)

    def apply(self, findings: Iterable[Finding]) -> bool:
        """Apply what can be applied in one pass; tell whether anything was."""
        wanted = [finding for finding in findings if self.wants(finding)]
        while wanted:
            if self._pass(wanted):
                return True
            left = [finding for finding in wanted if self.wants(finding)]
            if len(left) == len(wanted):
                return False
            wanted = left  # what was dropped is in nobody's way any more
        return False

    def _pass(self, findings: Iterable[Finding]) -> bool:
        trial = Trial(self.project, self.files, self.rules, self._unmade)
        groups = trial.groups(findings)
        if self.patching and self._patches is None:
            self._patches = Patches(groups, self.files, trial.together)
        chosen = plan(groups, self.project)
        for group, winner in chosen.deferred:
            self._unmade.leave(group.findings, State.DEFERRED, f"in conflict with the fix at {winner.place}")
        judged, contents, project = trial.proved(chosen.accepted)
        if not judged:
            return False
        self.passes += 1
        verdicts = {id(finding): item.verdict for item in judged for finding in item.group.findings}
        self._done.append(Pass(tuple(item.group for item in judged), self.files.contents, self.project, verdicts))
        self.files.contents = {**self.files.contents, **contents}
        self.project = project
        self._states.append(self.files.fingerprint())
        return True

    def undo_stuck(self, before: Iterable[Finding], after: Iterable[Finding]) -> bool:
        """Take the last pass back if a finding is still there after its fix: the next pass would make that edit again.

        Args:
            before: the findings before the pass.
            after: the findings after it.

        Returns:
            Whether it was taken back; the fixes that achieve nothing are not tried again.
        """
        fixed = Counter(identity(finding) for group in self._done[-1].groups for finding in group.findings)
        expected = Counter(map(identity, before))
        left = [finding for finding in after if identity(finding) in fixed]
        found = Counter(map(identity, left))
        if all(found[key] <= expected[key] - count for key, count in fixed.items()):
            return False
        left = [item for item in left if not (self._is_made_by_another(item) or self._was_behind_another(item))]
        found = Counter(map(identity, left))
        stuck = {key for key, count in fixed.items() if found[key] > expected[key] - count}
        if not stuck:
            return False
        last = self._done.pop()
        self._states.pop()
        result = self.files.contents
        self.files.contents, self.project, self.passes = dict(last.contents), last.project, self.passes - 1
        for group in last.groups:
            if not stuck.isdisjoint(map(identity, group.findings)):
                error = EditError("what was found is still there after it")
                error.output = result.get(group.finding.path, b"")
                self._unmade.drop_saved(group.findings, str(error), error, group.finding.path, group.edits)
        return True

    def _is_made_by_another(self, finding: Finding) -> bool:
        """Whether a finding stands in what the last pass made of another rule's, as if it had always been there."""
        line, _ = self._line_before(finding)
        return any(item.code != finding.code for item in self._fixed_on(finding.path, line))

    def _was_behind_another(self, finding: Finding) -> bool:
        """Whether a finding stands on a line that the last pass left alone: its rule names the first of several."""
        line, is_same = self._line_before(finding)
        return is_same and not any(self._fixed_on(finding.path, line))

    def _line_before(self, finding: Finding) -> tuple[int, bool]:
        """The line on which a finding stood before the last pass, and whether that line is still the same."""
        old = self._done[-1].contents.get(finding.path, self.files.original[finding.path])
        new = self.files.content(finding.path)
        line = line_map(old, new).get(finding.span.line, 0)
        return line, line > 0 and old.splitlines()[line - 1] == new.splitlines()[finding.span.line - 1]

    def _fixed_on(self, path: str, line: int) -> list[Finding]:
        """The findings of the last pass on a line."""
        fixed = [item for group in self._done[-1].groups for item in group.findings if item.path == path]
        return [item for item in fixed if item.span.line <= line <= item.span.end_line]

    def settle(self, before: Iterable[Finding], after: Iterable[Finding]) -> None:
        """Count the findings that the last pass mended without having been asked to: one DTO serves several handlers.

        Args:
            before: the findings before the pass.
            after: the findings after it.
        """
        last = self._done[-1]
        applied = [finding for group in last.groups for finding in group.findings]
        self._done[-1] = replace(last, gone=gone(before, after, applied))

    def stop_cycle(self) -> bool:
        """Tell whether the last pass led back to an earlier state.

        Name the rules, and count those fixes as not made.
        """
        start = self._states.index(self._states[-1])
        if start == len(self._states) - 1:
            return False
        undone = [group for done in self._done[start:] for group in done.groups]
        names = " and ".join(sorted({group.finding.code for group in undone}))
        reason = f"{names} undo one another; run them apart with --select"
        for group in undone:
            self._unmade.leave(group.findings, State.DEFERRED, reason)
        del self._done[start:]
        self.stop(reason)
        return True

    def stop(self, reason: str) -> None:
        """Give up: the passes lead nowhere."""
        self._unmade.problems.append(Problem("", reason))

    def take(self, contents: Mapping[str, bytes]) -> None:
        """Have these contents written instead of those of the last pass: they are the same code, laid out anew."""
        self.files.contents |= contents
        self.project = self.project.replace(collect(path, content) for path, content in contents.items())

    # --------------------------------------------------------------------------------------------------- afterwards
    @property
    def problems(self) -> list[Problem]:
        """What is wrong with fixes, and with the passes."""
        return self._unmade.problems

    @property
    def applied(self) -> list[Group]:
        """The groups that were applied, in the order of the passes."""
        return [group for done in self._done for group in done.groups]

    @property
    def mended(self) -> list[tuple[Finding, Project]]:
        """The findings that are fixed, by fixes of their own or with others, and the facts that each was made from."""
        return [(finding, done.project) for done in self._done for finding in done.findings]

    def outcomes(self, findings: Iterable[Finding]) -> list[Outcome]:
        """What became of the fixes that were made, and of the findings that are left."""
        outcomes = [
            Outcome(finding, State.FIXED, contract=done.verdict(finding), patches=self._patch(finding))
            for done in self._done
            for finding in done.findings
        ]
        outcomes += [self._unmade.outcome(finding, unsafe=self.unsafe) for finding in findings]
        return outcomes

    def _patch(self, finding: Finding) -> tuple[Patch, ...]:
        return self._patches.take(finding) if self._patches is not None else ()

    def as_before(self, outcomes: Iterable[Outcome]) -> list[Outcome]:
        """Give fixed findings the lines that they had before the first pass."""
        return as_before(self._done, outcomes, self.files.original)

    def write(self, outcomes: Iterable[Outcome], *, allow_dirty: bool = False) -> list[Outcome]:
        """Write all changed files; the fixes in a file that could not be written did not happen."""
        from litestar_fix.write import write

        changes = self.files.changes()
        linked = [group.paths for group in self.applied]
        failed = {item.path: item for item in write(self.root, changes.values(), linked, allow_dirty=allow_dirty)}
        return self._without(failed, outcomes)

    def rehearse(self, outcomes: Iterable[Outcome]) -> list[Outcome]:
        """Leave out the files that could not be written: a dry run says what the real one would do."""
        from litestar_fix.write import obstacles

        linked = [group.paths for group in self.applied]
        failed = {item.path: item for item in obstacles(self.root, self.files.changes(), linked)}
        return self._without(failed, outcomes)

    def _without(self, failed: Mapping[str, Problem], outcomes: Iterable[Outcome]) -> list[Outcome]:
        """Take back what was rewritten of some files; the fixes in them did not happen."""
        if not failed:
            return list(outcomes)
        self.unwritten += failed.values()
        changes = self.files.changes()
        # what is left in them stands where it stood
        kept = as_on_disk(outcomes, {path: changes[path] for path in failed})
        for path in failed:
            del self.files.contents[path]
        written = []
        for outcome in kept:
            hit = [failed[path] for path in paths_of(self._done, outcome.finding) if path in failed]
            is_lost = outcome.state is State.FIXED and bool(hit)
            written.append(Outcome(outcome.finding, State.ERROR, hit[0].reason) if is_lost else outcome)
        return written
