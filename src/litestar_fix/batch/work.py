"""What is done in one repository: a plan, or the commits of a migration. Nothing but its clone is written.

`done` is a function of its argument and of the repository alone, so that it gives the same bytes in this process, in
another one and on another machine.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from concurrent.futures import Executor
from pathlib import Path

import msgspec

from litestar_fix import api, git
from litestar_fix.batch import clones
from litestar_fix.batch.outcome import Outcome, ProjectOutcome, Shard, Status, failure, project_outcome
from litestar_fix.batch.projects import Project, Selection, projects
from litestar_fix.batch.repository import Repository, without_credentials
from litestar_fix.batch.series import Fixing, series
from litestar_fix.batch.sharding import Sharding
from litestar_fix.errors import LitestarFixError
from litestar_fix.host import prepare_process
from litestar_fix.model.cache import Store
from litestar_fix.proof.verification import Verification


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """What a migration is to do.

    Args:
        unsafe_fixes: whether the fixes that change behaviour on purpose are made, too.
        verification: what the fixes are to be proved by; code of the repository is run for it.
        per_rule: whether the fixes of each rule are a commit of their own.
        branch: the branch that is made.
        sharding: into which parts the commits are divided.
        clone: the folder for the clone that is kept, '' where none is.
    """

    unsafe_fixes: bool = False
    verification: Verification | None = None
    per_rule: bool = True
    branch: str
    sharding: Sharding | None = None
    clone: str = ""


class Job(msgspec.Struct, frozen=True):
    """One repository, and what is to be done there: a plan where there is no migration.

    ``scratch`` is a folder for what is needed in between, by default that of the system. Who names one empties it: a
    process that is killed cannot.
    """

    repository: Repository
    selection: Selection
    migration: Migration | None = None
    scratch: str = ""


def done(job: Job, executor: Executor | None = None) -> Outcome:
    """Do one repository; whatever is wrong with it is part of the answer.

    Args:
        job: the repository, and what is to be done there.
        executor: what shares in collecting the facts of a large project.
    """
    prepare_process()
    try:
        return _done(job, executor)
    except (LitestarFixError, subprocess.SubprocessError, OSError, git.NoRepository) as error:
        return failure(job.repository, without_credentials(str(error) or "it is no git repository"))
    except Exception as error:  # noqa: BLE001 (the other repositories are done all the same)
        return failure(job.repository, f"internal error: {type(error).__name__}: {error}")


def _done(job: Job, executor: Executor | None) -> Outcome:
    migration = job.migration
    with tempfile.TemporaryDirectory(prefix="litestar-fix-", dir=job.scratch or None) as made:
        folder = Path(made).resolve()
        clone = Path(migration.clone) if migration is not None and migration.clone else folder / "clone"
        if migration is not None and not clone.exists():
            _must_be_free(job.repository, migration.branch)
        clones.clone(job.repository, clone)
        base, branch = clones.head(clone)
        # reports say where the project lies by the name of its folder
        top = folder / "tree" / job.repository.name
        top.mkdir(parents=True)
        notes = clones.check_out(
            clone, base, top, with_large=migration is not None and migration.verification is not None
        )
        try:
            found = projects(top, job.selection)
        except LitestarFixError as error:
            raise clones.Unusable(str(error).replace(f"{top}/", "")) from None
        shards: tuple[Shard, ...] = ()
        try:
            if migration is None:
                parts = tuple(_planned(project, executor) for project in found)
            else:
                parts, shards = _migrated(top, found, migration, executor)
        finally:
            for project in found:
                Store.of(project.root).forget()
    return _outcome(job.repository, base, branch, notes, parts, shards)


def _outcome(
    repository: Repository,
    base: str,
    branch: str,
    notes: tuple[str, ...],
    parts: tuple[ProjectOutcome, ...],
    shards: tuple[Shard, ...],
) -> Outcome:
    problems = [
        (f"{part.path}/{problem.path}" if part.path else problem.path, problem.reason)
        for part in parts
        for problem in part.problems
    ]
    status, reason = Status.OK, ""
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        status, reason = Status.INCOMPLETE, f"{problems[0][0]}: {problems[0][1]}{more}"
    elif not parts:
        status, reason = Status.SKIPPED, "nothing in it uses Litestar"
    return Outcome(
        name=repository.name,
        source=repository.source,
        status=status,
        reason=reason,
        base=base,
        branch=branch,
        notes=notes,
        projects=parts,
        shards=shards,
    )


def _planned(project: Project, executor: Executor | None) -> ProjectOutcome:
    report = api.outlook(
        [project.root],
        project.settings,
        narrowing=project.narrowing,
        root=project.root,
        run=api.Run(jobs=1, cache=False, executor=executor),
    )
    return project_outcome(project.path, project.version, report)


def _migrated(
    top: Path, found: tuple[Project, ...], migration: Migration, executor: Executor | None
) -> tuple[tuple[ProjectOutcome, ...], tuple[Shard, ...]]:
    # facts that are kept save time only where there are more runs than one
    is_repeated = migration.per_rule or migration.sharding is not None
    fixing = Fixing(
        top,
        found,
        unsafe_fixes=migration.unsafe_fixes,
        verification=migration.verification,
        run=api.Run(jobs=1, cache=is_repeated, executor=executor),
    )
    whole = [fixing.whole(project) for project in found]
    parts = tuple(
        project_outcome(project.path, project.version, report) for project, report in zip(found, whole, strict=True)
    )
    return parts, series(fixing, whole, per_rule=migration.per_rule, sharding=migration.sharding)


def _must_be_free(repository: Repository, branch: str) -> None:
    """Make sure that nobody has the branch yet.

    Raises:
        Unusable: it exists.
    """
    try:
        heads = git.reach(os.getcwd(), "ls-remote", "--heads", "--", repository.source).decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError, git.NoRepository):
        return  # the clone says better what is wrong
    names = {line.partition("\t")[2].removeprefix("refs/heads/") for line in heads.splitlines()}
    if taken := sorted(name for name in names if name == branch or name.startswith(f"{branch}/")):
        raise clones.Unusable(f"it has a branch {taken[0]} already; give another name with --branch")
