"""One run: facts, findings, edits in passes until nothing is left, checks, and only then the writing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from litestar_fix import registry
from litestar_fix.discovery import Discovery
from litestar_fix.errors import FormatterError
from litestar_fix.finding import Finding, State
from litestar_fix.model import isolation
from litestar_fix.model.gather import Gathered, Sources, content_of, without_collector
from litestar_fix.model.project import Project
from litestar_fix.outcome import Outcome, as_on_disk, reported, secret_places
from litestar_fix.result import Problem, Report
from litestar_fix.settings import Settings

if TYPE_CHECKING:
    from litestar_fix.formatting import Formatter
    from litestar_fix.narrowing import Narrowing
    from litestar_fix.practice import PracticeRule
    from litestar_fix.proof.verification import Verification
    from litestar_fix.rewriting import Rewriting
    from litestar_fix.verifying import Attempt

MAX_PASSES = 10
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


class Engine:
    """A project, and the rules that are asked about it.

    Args:
        discovered: the files of the run.
        sources: the hashes of their contents.
        settings: of the project.
        gathered: their facts.
        narrowing: which findings count; by default all of them.
        is_unsaved: whether the one target is an editor's buffer: then nothing else may be changed.
        jobs: how many processes work at once; by default as many as there are processors.

    ``is_repeatable`` is false after a run that met files which cannot be written: that depends on more than contents.
    """

    def __init__(
        self,
        discovered: Discovery,
        sources: Sources,
        settings: Settings,
        gathered: Gathered,
        *,
        narrowing: Narrowing | None = None,
        is_unsaved: bool = False,
        jobs: int | None = None,
    ) -> None:
        self.discovered = discovered
        self.sources = sources
        self.settings = settings
        self.narrowing = narrowing
        self._is_unsaved = is_unsaved
        self.jobs = jobs or os.cpu_count() or 1
        self.problems = [*discovered.problems]
        self.problems += [Problem(path, reason) for path, reason in sorted(gathered.unreadable.items())]
        self.targets = frozenset(discovered.targets)
        self.project = Project(discovered.root, gathered.modules, settings, self.targets)
        self.is_repeatable = True
        self._keep = gathered.keep
        self._failed_rules: set[str] = set()
        self._known: list[Finding] = []

    @cached_property
    def rules(self) -> list[type[PracticeRule]]:
        """The rules that are asked, imported when that is first needed."""
        return registry.load(registry.selected(self.settings))

    def check(self) -> Report:
        """Report what is wrong."""
        if self._is_worth_processes():
            findings, suppressed = self._ask_apart(meanwhile=self._keep)
        else:
            self._keep()
            findings, suppressed = self.ask(self.project)
        outcomes = [Outcome(finding, finding.state(), finding.refusal) for finding in findings]
        outcomes += [Outcome(finding, State.SUPPRESSED) for finding in suppressed]
        outcomes += [Outcome(finding, State.BASELINED) for finding in self._known]
        return self.report(outcomes)

    def fix(
        self,
        *,
        unsafe: bool,
        dry_run: bool,
        allow_dirty: bool = False,
        debug: bool = False,
        patching: bool = False,
        rehearsing: bool = True,
        verification: Verification | None = None,
        formatter: Formatter | None = None,
    ) -> Report:
        """Fix what can be fixed, pass by pass; write it unless the run is dry.

        Args:
            unsafe: whether fixes that change behaviour on purpose are applied, too.
            dry_run: whether nothing is written.
            allow_dirty: whether files with changes that git does not have are written, too.
            debug: whether what is dropped is saved, for the report of a bug.
            patching: whether the report says what each fix does alone.
            rehearsing: whether a dry run leaves out what could not be written.
            verification: what the fixes are to be proved by before they are written.
            formatter: what formats the files that change, before they are written.

        Raises:
            VerificationError: the untouched project cannot be proved anything by.
            FormatterError: the formatter fails, or would change more than the layout.
        """
        attempts = partial(self._attempt, unsafe, debug=debug, patching=patching)
        attempt = attempts({})
        if verification is not None:
            from litestar_fix.verifying import Verifier

            verifier = Verifier(attempts, verification)
            attempt = verifier.verified(attempt)
            self.problems += verifier.problems
        if formatter is not None:
            attempt = self._formatted(attempt, formatter)
        rewriting, left, suppressed = attempt.rewriting, attempt.left, attempt.suppressed
        outcomes = [Outcome(finding, State.SUPPRESSED) for finding in suppressed]
        outcomes += [Outcome(finding, State.BASELINED) for finding in self._known]
        outcomes += rewriting.outcomes(left)
        if not dry_run:
            outcomes = rewriting.write(outcomes, allow_dirty=allow_dirty)
        elif rewriting.files.contents:
            outcomes = rewriting.rehearse(outcomes) if rehearsing else outcomes
            outcomes = as_on_disk(outcomes, rewriting.files.changes())
        outcomes = rewriting.as_before(outcomes)
        self.problems += [*rewriting.problems, *rewriting.unwritten]
        self.is_repeatable = not rewriting.unwritten
        changes = rewriting.files.changes()
        hidden = secret_places(outcomes)
        if dry_run:
            outcomes = [
                replace(item, state=State.WOULD_FIX) if item.state is State.FIXED else item for item in outcomes
            ]
        return replace(
            self.report(outcomes),
            changes=tuple(replace(changes[path], secrets=tuple(hidden.get(path, ()))) for path in sorted(changes)),
            passes=rewriting.passes,
            dry_run=dry_run,
        )

    def _attempt(
        self,
        unsafe: bool,
        kept_out: Mapping[tuple[str, str, str], str],
        *,
        debug: bool = False,
        patching: bool = False,
    ) -> Attempt:
        """Rewrite in memory, without the fixes of some findings."""
        from litestar_fix.rewriting import Rewriting
        from litestar_fix.verifying import Attempt

        rules = {rule.code: rule for rule in self.rules}
        root = self.discovered.root
        rewriting = Rewriting(
            root,
            self.project,
            self.sources,
            rules,
            unsafe=unsafe,
            jobs=self.jobs,
            debug=debug,
            patching=patching,
            kept_out=kept_out,
        )
        return Attempt(rewriting, *self._passes(rewriting))

    def _formatted(self, attempt: Attempt, formatter: Formatter) -> Attempt:
        """Format what is going to be written, and find again what is left: it may stand elsewhere then."""
        from litestar_fix.verifying import Attempt

        rewriting = attempt.rewriting
        changes = rewriting.files.changes()
        if not changes:
            return attempt
        code = {path: change.new for path, change in changes.items() if path in rewriting.project.modules}
        rewriting.take(formatter.formatted(self.discovered.root, code))
        left, suppressed = self.ask(rewriting.project)
        before, after = (Counter((item.code, item.path) for item in found) for found in (attempt.left, left))
        if before != after:
            code_, path = next(iter((before - after) + (after - before)))
            raise FormatterError(f"{path}: {formatter.command!r} would change what {code_} finds: a comment was moved")
        return Attempt(rewriting, left, suppressed)

    def _passes(self, rewriting: Rewriting) -> tuple[list[Finding], list[Finding]]:
        """Rewrite until nothing is left; return the findings, and the suppressed ones, of the last state."""
        findings, suppressed = self.ask(self.project)
        while rewriting.passes < MAX_PASSES:
            if not rewriting.apply(findings):
                return findings, suppressed
            left = self.ask(rewriting.project, rewriting.files.content)
            if rewriting.undo_stuck(findings, left[0]):
                continue
            rewriting.settle(findings, left[0])
            findings, suppressed = left
            if rewriting.stop_cycle():
                return findings, suppressed
        codes = sorted({finding.code for finding in findings if rewriting.wants(finding)})
        if codes:
            rewriting.stop(f"{' and '.join(codes)}: still not at an end after {MAX_PASSES} passes")
        return findings, suppressed

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

    def _is_worth_processes(self) -> bool:
        modules = self.project.modules
        is_whole = self.targets.issuperset(modules)  # else edits are needed, which do not leave their process
        lines = sum(module.lines for module in modules.values()) if self.jobs > 1 and is_whole else 0
        return isolation.is_possible() and _WORTH_LINES < lines < _TOO_MANY_LINES

    def _ask_apart(self, meanwhile: Callable[[], object]) -> tuple[list[Finding], list[Finding]]:
        """Ask the rules in copies of this process, which does something else first: each imports those that it asks."""
        findings: list[Finding] = []
        suppressed: list[Finding] = []
        codes = registry.selected(self.settings)
        # most rules ask for these, and what is there before the copies are made is worked out once
        with suppress(Exception):  # the rules will name it
            self.project.layers.routes  # noqa: B018 (they are kept)
        tasks = [partial(self._answer, code) for code in codes]
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
        self._judge_suppressions(self.project, findings, suppressed)
        return self._narrowed(self.project, findings, suppressed)

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
            findings, self._known = self.narrowing.narrow(project, findings, on_disk, content or on_disk)
            suppressed = self.narrowing.near(project, suppressed, on_disk, content or on_disk)
        return findings, suppressed

    def _on_disk(self, path: str) -> bytes:
        try:
            return content_of(f"{self.discovered.root}/{path}")
        except OSError:
            return b""

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

    def _answer(self, code: str) -> bytes:
        known = self.__dict__.get("rules") or registry.load([code])
        before = len(self.problems)
        found = self._ask(next(rule for rule in known if rule.code == code), self.project) or ((), ())
        findings, suppressed = ([replace(item, data=None) for item in self._in_scope(part)] for part in found)
        return msgspec.msgpack.encode(_Answer(findings, suppressed, self.problems[before:]))

    def _within_paths(self, project: Project, findings: list[Finding]) -> list[Finding]:
        if self.targets.issuperset(project.modules) and not self._is_unsaved:
            return findings
        from litestar_fix.given_paths import within_paths

        rules = {rule.code: rule for rule in self.rules}
        return within_paths(project, rules, findings, manifests=not self._is_unsaved)

    def _ask(
        self, rule: type[PracticeRule], project: Project
    ) -> tuple[tuple[Finding, ...], tuple[Finding, ...]] | None:
        """Ask one rule; one that raises is named and left out, the others go on."""
        from litestar_fix.practice import found

        if rule.code in self._failed_rules:
            return None
        try:
            answer = found(rule, project)
        except Exception as error:  # noqa: BLE001 (a rule must not take the others with it)
            self._failed_rules.add(rule.code)
            where = _where(error)
            self.problems.append(Problem("", f"the rule failed: {type(error).__name__}: {error}{where}", rule.code))
            return None
        return answer.findings, answer.suppressed

    def _in_scope(self, findings: Iterable[Finding]) -> list[Finding]:
        return [
            finding
            for finding in findings
            if finding.path in self.targets and finding.code not in registry.ignored_in(self.settings, finding.path)
        ]

    def report(self, outcomes: Iterable[Outcome]) -> Report:
        """Make the report of a run; every finding has exactly one state, and the totals must say so."""
        shown = reported(self.discovered.root, outcomes)
        modules = self.project.modules
        report = Report(
            root=str(self.discovered.root),
            findings=shown,
            problems=tuple(sorted(set(self.problems), key=lambda item: (item.path, item.code, item.reason))),
            skipped=self.discovered.skipped,
            files=len(self.targets),
            lines=sum(modules[path].lines for path in self.targets if path in modules),
        )
        if sum(report.states.values()) != len(shown):
            raise AssertionError(f"totals do not add up: {Counter(report.states)}")
        return report


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return finding.path, finding.span.line, finding.span.column, finding.code, finding.message


def _where(error: BaseException) -> str:
    """The innermost place of an error in this package, for the report of a bug."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return place
