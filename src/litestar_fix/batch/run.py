"""A batch: each repository from where it is to its end, and the state kept after every step."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from litestar_fix import git
from litestar_fix.batch import effects
from litestar_fix.batch.outcome import Outcome, Status
from litestar_fix.batch.pool import Pool
from litestar_fix.batch.projects import Selection
from litestar_fix.batch.repository import Repository, without_credentials
from litestar_fix.batch.sharding import Sharding
from litestar_fix.batch.state import Row, State, Step
from litestar_fix.batch.work import Job, Migration
from litestar_fix.errors import LitestarFixError, UsageError
from litestar_fix.proof.verification import Verification

CLONES = "repositories"
_SCRATCH = "scratch"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done with every repository.

    Args:
        selection: of rules and settings.
        unsafe_fixes: whether the fixes that change behaviour on purpose are made, too.
        verify_cmd, python, env_file, timeout: what the fixes are to be proved by.
        per_rule: whether the fixes of each rule are a commit of their own.
        branch: the branch that is made.
        sharding: into which parts the commits are divided.
        work_dir: where the clones lie.
        patch_dir: where series of patches go, '' where none are wanted.
        push: whether branches are pushed.
        propose: whether drafts of pull requests are opened.
    """

    selection: Selection
    unsafe_fixes: bool = False
    verify_cmd: str | None = None
    python: str | None = None
    env_file: str | None = None
    timeout: float | None = None
    per_rule: bool = True
    branch: str = "litestar-fix"
    sharding: Sharding | None = None
    work_dir: str
    patch_dir: str = ""
    push: bool = False
    propose: bool = False

    def clone(self, repository: Repository) -> Path:
        """Return the folder of the clone of a repository."""
        return Path(self.work_dir, CLONES, repository.name)

    def job(self, repository: Repository, *, is_near: bool) -> Job:
        """Return what is to be done in a repository.

        Args:
            repository: which.
            is_near: whether that is done on this machine, where the clone is kept.
        """
        verification = None
        if self.verify_cmd is not None:
            verification = Verification(
                command=self.verify_cmd,
                python=self.python,
                env_file=Path(self.env_file) if self.env_file else None,
                timeout=self.timeout,
            )
        migration = Migration(
            unsafe_fixes=self.unsafe_fixes,
            verification=verification,
            per_rule=self.per_rule,
            branch=self.branch,
            sharding=self.sharding,
            clone=str(self.clone(repository)) if is_near else "",
        )
        return Job(repository, self.selection, migration, str(self.scratch) if is_near else "")

    @property
    def scratch(self) -> Path:
        """The folder for what is needed in between."""
        return Path(self.work_dir, _SCRATCH)


def begin(state: State, repositories: Iterable[Repository], options: Options, started: int) -> Options:
    """Begin a batch, or take up the one that the state is of.

    Args:
        state: of the batch.
        repositories: those that are named; none for all of the batch.
        options: of the command line.
        started: now, in seconds.

    Raises:
        UsageError: the state is of another batch, or of none and nothing is named.
    """
    named = tuple(repositories)
    if state.is_new:
        state.begin(named, msgspec.json.encode(options), started)
        return options
    encoded, _ = state.begun
    known = msgspec.json.decode(encoded, type=Options)
    if known != options:
        changed = [name for name in Options.__struct_fields__ if getattr(known, name) != getattr(options, name)]
        raise UsageError(
            f"the state is of a batch with another {', '.join(changed)}; give the options that it was begun with, "
            "or another --state"
        )
    if named and {item.source for item in named} != {row.repository.source for row in state.rows()}:
        raise UsageError("the state is of a batch of other repositories; name none to go on with it")
    return known


def run(
    state: State,
    options: Options,
    pool: Pool,
    *,
    is_near: bool,
    failed: bool,
    tell: Callable[[Row], None],
) -> None:
    """Bring every repository to its end.

    Args:
        state: of the batch.
        options: of the batch.
        pool: where jobs are done.
        is_near: whether that is on this machine.
        failed: whether those that failed are done again, and only those.
        tell: told of each repository that came to an end, or does not come further.
    """
    # a run that was killed has left something, and no other one is at work
    shutil.rmtree(options.scratch, ignore_errors=True)
    options.scratch.mkdir(parents=True)
    try:
        _run(state, options, pool, is_near=is_near, failed=failed, tell=tell)
    finally:
        shutil.rmtree(options.scratch, ignore_errors=True)


def _run(
    state: State, options: Options, pool: Pool, *, is_near: bool, failed: bool, tell: Callable[[Row], None]
) -> None:
    names = state.open_names(failed=failed)
    for name in names if failed else ():
        state.again(name)
    jobs = []
    for name in names:
        row = state.row(name)
        if row.step is Step.WAITING:
            jobs.append(options.job(row.repository, is_near=is_near))
        else:
            _carry_on(state, options, row, tell)
    for outcome in pool.outcomes(jobs):
        state.fixed(outcome)
        _carry_on(state, options, state.row(outcome.name), tell)


def _carry_on(state: State, options: Options, row: Row, tell: Callable[[Row], None]) -> None:
    name = row.repository.name
    if not row.failed and row.step is not Step.DONE:
        try:
            for step, made in _steps(state, options, row):
                state.stepped(name, step, **made)
        except (LitestarFixError, OSError, subprocess.SubprocessError, git.NoRepository) as error:
            said = without_credentials(str(error) or "git knows no repository here")
            state.failed(name, " ".join(said.split("\n")))
    tell(state.row(name))


def _steps(state: State, options: Options, row: Row) -> Iterator[tuple[Step, dict[str, object]]]:
    """Do the steps that are left, and yield each with what came of it."""
    outcome: Outcome = state.commits(row.repository.name)
    clone, branches = options.clone(row.repository), row.branches
    order = list(Step)
    at = order.index(row.step)
    if at < order.index(Step.COMMITTED):
        _, started = state.begun
        branches = effects.commit(row.repository, outcome, clone, options.branch, started)
        yield Step.COMMITTED, {"branches": branches}
    if options.patch_dir and at < order.index(Step.PATCHED):
        effects.patches(clone, branches, Path(options.patch_dir, row.repository.name))
        yield Step.PATCHED, {}
    if options.push and at < order.index(Step.PUSHED):
        effects.push(clone, branches, effects.target_of(row.repository, clone))
        yield Step.PUSHED, {}
    made: dict[str, object] = {}
    if options.propose:
        made["requests"] = effects.propose(clone, branches, outcome, effects.target_of(row.repository, clone))
    yield Step.DONE, made


def is_whole(row: Row) -> bool:
    """Whether a repository was done, and all of it."""
    is_known = row.outcome is not None and row.outcome.status is not Status.INCOMPLETE
    return row.step is Step.DONE and not row.failed and is_known
