"""Asking the rules: one after the other, or in copies of this process, and keeping what counts for the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from litestar_fix import registry
from litestar_fix.discovery import Discovery
from litestar_fix.finding import Finding
from litestar_fix.model import isolation
from litestar_fix.model.chunks import without_collector
from litestar_fix.model.contents import content_of
from litestar_fix.model.project import Project
from litestar_fix.result import Problem
from litestar_fix.settings import Settings

if TYPE_CHECKING:
    from litestar_fix.narrowing import Narrowing
    from litestar_fix.practice import PracticeRule

#: Copies of the process cost more than they save below that many lines, and too much memory above.
_WORTH_LINES, _TOO_MANY_LINES = 20_000, 500_000
_RULE_SECONDS = 600
#: The rule that judges what the others suppressed.
_LAST = "LSF001"


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a rule says in a process of its own; what only its codemod needs is left out."""

    findings: list[Finding]
    suppressed: list[Finding]
    problems: list[Problem]


class Asker:
    """The rules of a run.

    Args:
        discovered: the files of the run.
        settings: of the project.
        problems: where rules that fail are named.
        narrowing: which findings count; by default all of them.
        is_unsaved: whether the one target is an editor's buffer: then nothing else may be changed.
        jobs: how many processes work at once; by default as many as there are processors.

    ``known`` are the findings of the last answer that a baseline knows.
    """

    def __init__(
        self,
        discovered: Discovery,
        settings: Settings,
        problems: list[Problem],
        *,
        narrowing: Narrowing | None = None,
        is_unsaved: bool = False,
        jobs: int | None = None,
    ) -> None:
        self.root = discovered.root
        self.targets = frozenset(discovered.targets)
        self.settings = settings
        self.problems = problems
        self.narrowing = narrowing
        self.is_unsaved = is_unsaved
        self.jobs = jobs or os.cpu_count() or 1
        self.known: list[Finding] = []
        self._failed: set[str] = set()

    @cached_property
    def rules(self) -> list[type[PracticeRule]]:
        """The rules that are asked, imported when that is first needed."""
        return registry.load(registry.selected(self.settings))

    def ask(
        self, project: Project, content: Callable[[str], bytes] | None = None
    ) -> tuple[list[Finding], list[Finding]]:
        """Ask all rules; return what they find in the files of the run, and what comments suppress there, sorted.

        Args:
            project: what is asked.
            content: returns the files that it was made of; by default those on disk.
        """
        findings: list[Finding] = []
        suppressed: list[Finding] = []
        with without_collector():
            for rule in self.rules:
                answer = self._ask(rule, project)
                if answer is not None:
                    findings += self._in_scope(answer[0])
                    suppressed += self._in_scope(answer[1])
            self._judge_suppressions(project, findings, suppressed)
            findings, suppressed = self._narrowed(project, findings, suppressed, content)
            findings = self._within_paths(project, findings)
        return findings, suppressed

    def is_worth_processes(self, project: Project) -> bool:
        """Whether asking in copies of this process saves time, and the memory is there for it."""
        modules = project.modules
        is_whole = self.targets.issuperset(modules)  # else edits are needed, which do not leave their process
        lines = sum(module.lines for module in modules.values()) if self.jobs > 1 and is_whole else 0
        return isolation.is_possible() and _WORTH_LINES < lines < _TOO_MANY_LINES

    def ask_apart(self, project: Project, meanwhile: Callable[[], object]) -> tuple[list[Finding], list[Finding]]:
        """Ask all rules in copies of this process: each imports those that it asks.

        Args:
            project: what is asked.
            meanwhile: what this process does until the first answer is there.
        """
        findings: list[Finding] = []
        suppressed: list[Finding] = []
        codes = registry.selected(self.settings)
        # most rules ask for these, and what is there before the copies are made is worked out once
        with suppress(Exception):  # the rules will name it
            project.layers.routes  # noqa: B018 (they are kept)
        tasks = [partial(self._answer, project, code) for code in codes]
        chosen = [info for info in registry.rules() if info.code in codes]
        costs, groups = [info.cost for info in chosen], [info.search for info in chosen]
        for result in isolation.perform(
            tasks, jobs=self.jobs, seconds=_RULE_SECONDS, costs=costs, groups=groups, meanwhile=meanwhile
        ):
            if result.error:
                self.problems.append(Problem("", f"the rule failed: {result.error}", codes[result.number]))
                continue
            answer = msgspec.msgpack.decode(result.content, type=_Answer)
            findings += answer.findings
            suppressed += answer.suppressed
            self.problems += answer.problems
        self._judge_suppressions(project, findings, suppressed)
        return self._narrowed(project, findings, suppressed)

    def _judge_suppressions(self, project: Project, findings: list[Finding], suppressed: list[Finding]) -> None:
        """Add what is found when all other rules have been asked: comments that suppress nothing."""
        known = self.__dict__.get("rules")
        asked = {rule.code for rule in known} if known else set(registry.selected(self.settings))
        asked -= {problem.code for problem in self.problems}
        modules = [project.modules[path] for path in self.targets & project.modules.keys()]
        if _LAST not in asked or not any(module.suppressions for module in modules):
            return
        from litestar_fix.practice import is_suppressed
        from litestar_fix.rules.unused_suppression import UnusedSuppression

        ran = {module.path: asked - registry.ignored_in(self.settings, module.path) for module in modules}
        for finding in self._in_scope(UnusedSuppression.judged(project, ran, suppressed)):
            # or a comment that names no rule would hide that it suppresses nothing
            is_out = is_suppressed(UnusedSuppression, project, finding.path, finding.span, by_name=True)
            (suppressed if is_out else findings).append(finding)

    def _narrowed(
        self,
        project: Project,
        findings: list[Finding],
        suppressed: list[Finding],
        content: Callable[[str], bytes] | None = None,
    ) -> tuple[list[Finding], list[Finding]]:
        """Sort what was found, and keep what counts; what a baseline knows is kept apart."""
        findings, suppressed = sorted(findings, key=_order), sorted(suppressed, key=_order)
        if self.narrowing is not None:
            on_disk = self._on_disk
            findings, self.known = self.narrowing.narrow(project, findings, on_disk, content or on_disk)
            suppressed = self.narrowing.near(project, suppressed, on_disk, content or on_disk)
        return findings, suppressed

    def _on_disk(self, path: str) -> bytes:
        try:
            return content_of(f"{self.root}/{path}")
        except OSError:
            return b""

    def _within_paths(self, project: Project, findings: list[Finding]) -> list[Finding]:
        if self.targets.issuperset(project.modules) and not self.is_unsaved:
            return findings
        from litestar_fix.given_paths import within_paths

        rules = {rule.code: rule for rule in self.rules}
        return within_paths(project, rules, findings, manifests=not self.is_unsaved)

    def _in_scope(self, findings: Iterable[Finding]) -> list[Finding]:
        return [
            finding
            for finding in findings
            if finding.path in self.targets and finding.code not in registry.ignored_in(self.settings, finding.path)
        ]

    def _answer(self, project: Project, code: str) -> bytes:
        known = self.__dict__.get("rules") or registry.load([code])
        before = len(self.problems)
        found = self._ask(next(rule for rule in known if rule.code == code), project) or ((), ())
        findings, suppressed = ([replace(item, data=None) for item in self._in_scope(part)] for part in found)
        return msgspec.msgpack.encode(_Answer(findings, suppressed, self.problems[before:]))

    def _ask(
        self, rule: type[PracticeRule], project: Project
    ) -> tuple[tuple[Finding, ...], tuple[Finding, ...]] | None:
        """Ask one rule; one that raises is named and left out, the others go on."""
        from litestar_fix.practice import found

        if rule.code in self._failed:
            return None
        try:
            answer = found(rule, project)
        except Exception as error:  # noqa: BLE001 (a rule must not take the others with it)
            self._failed.add(rule.code)
            where = _where(error)
            self.problems.append(Problem("", f"the rule failed: {type(error).__name__}: {error}{where}", rule.code))
            return None
        return answer.findings, answer.suppressed


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return finding.path, finding.span.line, finding.span.column, finding.code, finding.message


def _where(error: BaseException) -> str:
    """The innermost place of an error in this package, for the report of a bug."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return place
