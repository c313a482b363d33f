"""One pass in memory: groups of edits are made, applied together and proved; those that fail are dropped alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from litestar_fix.errors import LitestarFixError, RefusedEdit
from litestar_fix.files import Files
from litestar_fix.finding import Finding, State
from litestar_fix.model.project import Project
from litestar_fix.plan import Group, bundles
from litestar_fix.practice import PracticeRule, command_for
from litestar_fix.unmade import Unmade

if TYPE_CHECKING:
    from litestar_fix.judging import Judged


class Trial:
    """What a pass would make of the files; none of their contents is changed by it.

    Args:
        project: the facts before the pass.
        files: their contents before the pass.
        rules: the rules that ask, by code.
        unmade: is told of the fixes that are dropped, and why.
    """

    def __init__(self, project: Project, files: Files, rules: Mapping[str, type[PracticeRule]], unmade: Unmade) -> None:
        self.project = project
        self.files = files
        self.rules = rules
        self.unmade = unmade

    def groups(self, findings: Iterable[Finding]) -> list[Group]:
        """Ask the codemods for the edits of some findings; there are none where a codemod fails."""
        return [group for bundle in bundles(findings) for group in self._group(bundle)]

    def _group(self, bundle: Sequence[Finding]) -> list[Group]:
        finding, *others = bundle
        try:
            edits = command_for(self.rules[finding.code]).edits(self.project, finding)
        except Exception as error:  # noqa: BLE001 (a codemod must not take the others with it)
            reason = f"the codemod failed: {type(error).__name__}: {error}"
            self.unmade.drop_saved(bundle, reason, error, finding.path)
            return []
        group = Group(finding, edits, tuple(others))
        if not group.edits:
            self.unmade.drop(bundle, "the codemod makes no edit")
            return []
        return [group]

    # --------------------------------------------------------------------------------------------------- the proof
    def proved(self, groups: Sequence[Group]) -> tuple[Sequence[Judged], dict[str, bytes], Project]:
        """Apply the groups that leave the contract of the application as it is, but for what their rules declare.

        Returns:
            Those groups, the contents that they change, and the facts after them.
        """
        from litestar_fix.judging import Judge  # nothing of the contract is needed where nothing is fixed

        judge = Judge(self.project, self.rules, self.files.content, self.together)
        groups, contents = self._applied(groups)
        while groups:
            try:
                judgement = judge.judge(groups, contents)
            except Exception as error:  # noqa: BLE001 (what cannot be proved is not written, whatever the reason)
                for group in groups:
                    reason = f"its contract is not known: {type(error).__name__}: {error}"
                    self.unmade.drop(group.findings, reason)
                break
            if len(judgement.kept) == len(groups):
                return judgement.kept, contents, judgement.project
            self.unmade.take(judgement.judged)
            for group in judgement.waiting:
                reason = "its contract can only be told without the other fixes"
                self.unmade.leave(group.findings, State.DEFERRED, reason)
            groups, contents = self._applied([item.group for item in judgement.kept])
        return (), {}, self.project

    # ------------------------------------------------------------------------------------------------- application
    def together(self, groups: Sequence[Group]) -> dict[str, bytes]:
        """Return the files that some groups change, when these are applied alone.

        Raises:
            LitestarFixError: one of them cannot be.
        """
        contents: dict[str, bytes] = {}
        for path, result in self._results(_owners(groups)).items():
            if isinstance(result, LitestarFixError):
                raise result
            contents[path] = result
        return contents

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
                self.unmade.leave(group.findings, State.REFUSED, str(result))
            else:
                self.unmade.drop_saved(group.findings, str(result), result, path, group.edits)
        if alone:
            return alone
        reason = f"not together with the fix at {owners[0].place}: {error}"
        for group in owners[1:]:
            self.unmade.leave(group.findings, State.DEFERRED, reason)
        return list(owners[1:])


def _owners(groups: Iterable[Group]) -> dict[str, list[Group]]:
    """The files that groups change, each with these groups."""
    owners: dict[str, list[Group]] = {}
    for group in groups:
        for path in sorted(group.paths):
            owners.setdefault(path, []).append(group)
    return owners
