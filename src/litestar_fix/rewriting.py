"""The rewriting half of a run: groups of edits applied in memory, pass by pass, each dropped alone if a check fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from litestar_fix.edits.values import Edit
from litestar_fix.errors import EditError, LitestarFixError, RefusedEdit
from litestar_fix.files import Files
from litestar_fix.finding import Applicability, Finding, State
from litestar_fix.line_map import line_map
from litestar_fix.model.collect import collect
from litestar_fix.model.gather import Sources
from litestar_fix.model.project import Project
from litestar_fix.outcome import Outcome, as_on_disk, gone, identity
from litestar_fix.passes import Pass, as_before, paths_of
from litestar_fix.patches import Patches
from litestar_fix.plan import Group, bundles, plan
from litestar_fix.practice import PracticeRule, command_for
from litestar_fix.result import Patch, Problem, Verdict

if TYPE_CHECKING:
    from litestar_fix.judging import Judged


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

    ``problems`` are those of fixes; ``unwritten`` are the files that cannot be written, or could not.
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
        self.debug = debug
        self.patching = patching
        self.root = root
        self.project = project
        self.files = Files(root, sources, jobs)
        self.rules = rules
        self.unsafe = unsafe
        self.problems: list[Problem] = []
        self.unwritten: list[Problem] = []
        self.passes = 0
        self._patches: Patches | None = None
        self._done: list[Pass] = []
        self._states = [self.files.fingerprint()]
        self._left: dict[tuple[str, str, str], tuple[State, str]] = {
            key: (State.ERROR, reason) for key, reason in kept_out.items()
        }
        self._verdicts: dict[tuple[str, str, str], Verdict] = {}  # of fixes that are not made because of them

    # ---------------------------------------------------------------------------------------------------- one pass
    def wants(self, finding: Finding) -> bool:
        """Whether the fix of a finding is to be applied in this run."""
        allowed = finding.applicability is Applicability.SAFE or self.unsafe
        return (
            finding.fixable and allowed and self._left.get(identity(finding), (State.DEFERRED, ""))[0] is State.DEFERRED
        )

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
        groups = [group for bundle in bundles(findings) for group in self._group(bundle)]
        if self.patching and self._patches is None:
            self._patches = Patches(groups, self.files, self._together)
        chosen = plan(groups, self.project)
        for group, winner in chosen.deferred:
            self._leave(group, State.DEFERRED, f"in conflict with the fix at {winner.place}")
        judged, contents, project = self._proved(*self._applied(chosen.accepted))
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
                saved = self._saved(group.finding, group.finding.path, group.edits, error)
                self._fail(group.findings, f"{error}{saved}")
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
            self._leave(group, State.DEFERRED, reason)
        del self._done[start:]
        self.stop(reason)
        return True

    def _group(self, bundle: Sequence[Finding]) -> list[Group]:
        """The edits of a finding; none where the codemod fails."""
        finding, *others = bundle
        try:
            edits = command_for(self.rules[finding.code]).edits(self.project, finding)
        except Exception as error:  # noqa: BLE001 (a codemod must not take the others with it)
            saved = self._saved(finding, finding.path, (), error)
            self._fail(bundle, f"the codemod failed: {type(error).__name__}: {error}{saved}")
            return []
        group = Group(finding, edits, tuple(others))
        if not group.edits:
            self._fail(bundle, "the codemod makes no edit")
            return []
        return [group]

    def _applied(self, groups: Sequence[Group]) -> tuple[list[Group], dict[str, bytes]]:
        """Apply groups together; those that fail are dropped with all of their edits."""
        good = list(groups)
        while good:
            owners = _owners(good)
            results = self._results(owners)
            failed = {path: result for path, result in results.items() if isinstance(result, LitestarFixError)}
            if not failed:
                new = {path: result for path, result in results.items() if isinstance(result, bytes)}
                return good, {path: result for path, result in new.items() if result != self.files.content(path)}
            culprits = [group for path, error in failed.items() for group in self._culprits(path, owners[path], error)]
            good = [group for group in good if group not in culprits]
        return [], {}

    def _results(self, owners: Mapping[str, Sequence[Group]]) -> dict[str, bytes | LitestarFixError]:
        """The new contents of files, each with the groups that change it, or why there are none."""
        tasks = [(path, groups) for path, groups in owners.items() if path in self.project.modules]
        results = dict(zip(dict(tasks), self.files.rewritten(self.project, tasks), strict=True))
        # manifests come last: what they lose depends on the code
        for path in sorted(owners.keys() - results.keys()):
            results[path] = self.files.manifest(self.project, path, owners[path], results)
        return results

    def _proved(
        self, groups: list[Group], contents: dict[str, bytes]
    ) -> tuple[Sequence[Judged], dict[str, bytes], Project]:
        """Keep the groups that leave the contract of the application as it is, but for what their rules declare."""
        from litestar_fix.judging import Judge  # nothing of the contract is needed where nothing is fixed

        judge = Judge(self.project, self.rules, self.files.content, self._together)
        while groups:
            try:
                judgement = judge.judge(groups, contents)
            except Exception as error:  # noqa: BLE001 (what cannot be proved is not written, whatever the reason)
                for group in groups:
                    self._fail(group.findings, f"its contract is not known: {type(error).__name__}: {error}")
                return (), {}, self.project
            if len(judgement.kept) == len(groups):
                return judgement.kept, contents, judgement.project
            for item in judgement.judged:
                self._verdicts |= {identity(finding): item.verdict for finding in item.group.findings}
                reason = item.verdict.telling[0].text if item.verdict.telling else ""
                if item.breaks:
                    self._fail(item.group.findings, f"it would change {reason}")
                elif item.hides:
                    self._leave(item.group, State.REFUSED, f"it edits what cannot be told: {reason}")
            for group in judgement.waiting:
                self._leave(group, State.DEFERRED, "its contract can only be told without the other fixes")
            groups, contents = self._applied([item.group for item in judgement.kept])
        return (), {}, self.project

    def _together(self, groups: Sequence[Group]) -> dict[str, bytes]:
        """The files that some groups change, when these are applied alone.

        Raises:
            LitestarFixError: one of them cannot be.
        """
        contents: dict[str, bytes] = {}
        for path, result in self._results(_owners(groups)).items():
            if isinstance(result, LitestarFixError):
                raise result
            contents[path] = result
        return contents

    def _culprits(self, path: str, owners: Sequence[Group], error: LitestarFixError) -> list[Group]:
        """The groups that fail alone; where each works alone, all but the first wait for the next pass."""
        alone = []
        tasks = [(path, [group]) for group in owners]
        if path not in self.project.modules:
            results = [self.files.manifest(self.project, path, own, {}) for _, own in tasks]
        else:
            results = self.files.rewritten(self.project, tasks) if len(owners) > 1 else [error]
        for group, result in zip(owners, results, strict=True):
            if not isinstance(result, LitestarFixError):
                continue
            alone.append(group)
            if isinstance(result, RefusedEdit):
                self._leave(group, State.REFUSED, str(result))
            else:
                saved = self._saved(group.finding, path, group.edits, result)
                self._fail(group.findings, f"{result}{saved}")
        if alone:
            return alone
        for group in owners[1:]:
            self._leave(group, State.DEFERRED, f"not together with the fix at {owners[0].place}: {error}")
        return list(owners[1:])

    def _leave(self, group: Group, state: State, reason: str) -> None:
        for finding in group.findings:
            self._left[identity(finding)] = state, reason

    def _fail(self, findings: Sequence[Finding], reason: str) -> None:
        for each in findings:
            self._left[identity(each)] = State.ERROR, reason
        finding = findings[0]
        self.problems.append(Problem(finding.path, f"line {finding.span.line}: fix dropped: {reason}", finding.code))

    def _saved(self, finding: Finding, path: str, edits: Iterable[Edit], error: Exception) -> str:
        """Save what shows the error again, and tell where."""
        if not self.debug:
            return ""
        from litestar_fix.proof.reproducer import save

        try:
            own = [edit for edit in edits if edit.path == path]
            return f"; saved in {save(self.root, finding, self.files.content(path), own, error)}"
        except (OSError, LitestarFixError) as failure:
            return f"; it cannot be saved: {failure}"

    @property
    def applied(self) -> list[Group]:
        """The groups that were applied, in the order of the passes."""
        return [group for done in self._done for group in done.groups]

    @property
    def mended(self) -> list[tuple[Finding, Project]]:
        """The findings that are fixed, by fixes of their own or with others, and the facts that each was made from."""
        return [(finding, done.project) for done in self._done for finding in done.findings]

    def stop(self, reason: str) -> None:
        """Give up: the passes lead nowhere."""
        self.problems.append(Problem("", reason))

    def take(self, contents: Mapping[str, bytes]) -> None:
        """Have these contents written instead of those of the last pass: they are the same code, laid out anew."""
        self.files.contents |= contents
        self.project = self.project.replace(collect(path, content) for path, content in contents.items())

    # --------------------------------------------------------------------------------------------------- afterwards
    def outcomes(self, findings: Iterable[Finding]) -> list[Outcome]:
        """What became of the fixes that were made, and of the findings that are left."""
        outcomes = [
            Outcome(finding, State.FIXED, contract=done.verdict(finding), patches=self._patch(finding))
            for done in self._done
            for finding in done.findings
        ]
        for finding in findings:
            state, reason = finding.state(), finding.refusal
            if state is State.FIX or (state is State.NEEDS_UNSAFE and self.unsafe):
                state, reason = self._left.get(
                    identity(finding), (State.DEFERRED, "still in conflict after the last pass")
                )
            is_judged = state in (State.ERROR, State.REFUSED)
            outcomes.append(
                Outcome(finding, state, reason, self._verdicts.get(identity(finding)) if is_judged else None)
            )
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


def _owners(groups: Iterable[Group]) -> dict[str, list[Group]]:
    """The files that groups change, each with these groups."""
    owners: dict[str, list[Group]] = {}
    for group in groups:
        for path in sorted(group.paths):
            owners.setdefault(path, []).append(group)
    return owners
