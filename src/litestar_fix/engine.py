"""The engine: findings, edits in passes until nothing is left, checks, and only then the writing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from litestar_fix.asking import Asker
from litestar_fix.discovery import Discovery
from litestar_fix.errors import FormatterError
from litestar_fix.finding import Finding, State
from litestar_fix.model.contents import Sources
from litestar_fix.model.gather import Gathered
from litestar_fix.model.project import Project
from litestar_fix.outcome import Outcome, as_on_disk, reported, secret_places
from litestar_fix.result import Problem, Report
from litestar_fix.settings import Settings

if TYPE_CHECKING:
    from litestar_fix.formatting import Formatter
    from litestar_fix.narrowing import Narrowing
    from litestar_fix.proof.verification import Verification
    from litestar_fix.rewriting import Rewriting
    from litestar_fix.verifying import Attempt

MAX_PASSES = 10


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
        self.problems = [*discovered.problems]
        self.problems += [Problem(path, reason) for path, reason in sorted(gathered.unreadable.items())]
        self.project = Project(discovered.root, gathered.modules, settings, frozenset(discovered.targets))
        self.asker = Asker(discovered, settings, self.problems, narrowing=narrowing, is_unsaved=is_unsaved, jobs=jobs)
        self.is_repeatable = True
        self._keep = gathered.keep

    def check(self) -> Report:
        """Report what is wrong."""
        if self.asker.is_worth_processes(self.project):
            findings, suppressed = self.asker.ask_apart(self.project, meanwhile=self._keep_facts)
        else:
            self._keep_facts()
            findings, suppressed = self.asker.ask(self.project)
        outcomes = [Outcome(finding, finding.state(), finding.refusal) for finding in findings]
        outcomes += [Outcome(finding, State.SUPPRESSED) for finding in suppressed]
        outcomes += [Outcome(finding, State.BASELINED) for finding in self.asker.known]
        return self.report(outcomes)

    def _keep_facts(self) -> None:
        """Keep the facts for the next run, and no longer in memory."""
        keep, self._keep = self._keep, _nothing
        keep()

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
        outcomes += [Outcome(finding, State.BASELINED) for finding in self.asker.known]
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

        rules = {rule.code: rule for rule in self.asker.rules}
        root = self.discovered.root
        rewriting = Rewriting(
            root,
            self.project,
            self.sources,
            rules,
            unsafe=unsafe,
            jobs=self.asker.jobs,
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
        left, suppressed = self.asker.ask(rewriting.project)
        before, after = (Counter((item.code, item.path) for item in found) for found in (attempt.left, left))
        if before != after:
            code_, path = next(iter((before - after) + (after - before)))
            raise FormatterError(f"{path}: {formatter.command!r} would change what {code_} finds: a comment was moved")
        return Attempt(rewriting, left, suppressed)

    def _passes(self, rewriting: Rewriting) -> tuple[list[Finding], list[Finding]]:
        """Rewrite until nothing is left; return the findings, and the suppressed ones, of the last state."""
        findings, suppressed = self.asker.ask(self.project)
        while rewriting.passes < MAX_PASSES:
            if not rewriting.apply(findings):
                return findings, suppressed
            left = self.asker.ask(rewriting.project, rewriting.files.content)
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

    def report(self, outcomes: Iterable[Outcome]) -> Report:
        """Make the report of a run; every finding has exactly one state, and the totals must say so."""
        shown = reported(self.discovered.root, outcomes)
        modules = self.project.modules
        report = Report(
            root=str(self.discovered.root),
            findings=shown,
            problems=tuple(sorted(set(self.problems), key=lambda item: (item.path, item.code, item.reason))),
            skipped=self.discovered.skipped,
            files=len(self.asker.targets),
            lines=sum(modules[path].lines for path in self.asker.targets if path in modules),
        )
        if sum(report.states.values()) != len(shown):
            raise AssertionError(f"totals do not add up: {Counter(report.states)}")
        return report


def _nothing() -> None:
    """What is left to do when the facts are kept."""
