"""``plan`` and ``batch``: many repositories, one row each."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from litestar_fix import registry
from litestar_fix.batch import pool
from litestar_fix.batch.outcome import Outcome, Status
from litestar_fix.batch.projects import Selection
from litestar_fix.batch.report import Entry, planned, render
from litestar_fix.batch.repository import repositories
from litestar_fix.batch.run import Options, begin, is_whole
from litestar_fix.batch.run import run as run_batch
from litestar_fix.batch.sharding import Sharding
from litestar_fix.batch.state import Row, State, Step
from litestar_fix.batch.work import Job
from litestar_fix.cli.options import use_plugins
from litestar_fix.cli.output import write, write_lines
from litestar_fix.cli.outputs import STDOUT, Output, prepared
from litestar_fix.cli.progress import ProgressLine
from litestar_fix.errors import UsageError
from litestar_fix.host import prepare_process
from litestar_fix.lock import locked
from litestar_fix.report.style import safe
from litestar_fix.settings import Settings
from litestar_fix.settings.files import load_file


def plan(options: dict[str, Any]) -> int:
    """Plan, show it, and return 2 where a repository could not be looked at as a whole."""
    prepare_process()
    selection = _selection(options)
    named = repositories(options["repositories"], options["from_file"])
    with prepared([Output(options["output_format"], options["output_file"] or STDOUT)]) as outputs:
        found: dict[str, Outcome] = {}
        with (
            ProgressLine(wanted=not options["quiet"]) as progress,
            _scratch(options) as scratch,
            _pool(options) as workers,
        ):
            for outcome in workers.outcomes(Job(item, selection, scratch=scratch) for item in named):
                found[outcome.name] = outcome
                progress("plan", len(found), len(named))
        entries = [planned(found[repository.name]) for repository in named]
        _put(options, outputs, render(entries, options["output_format"], "Plan"))
    return 2 if any(entry.state in (Status.FAILED, Status.INCOMPLETE) for entry in entries) else 0


def batch(options: dict[str, Any]) -> int:
    """Migrate, tell what came of each repository, and return 2 where one was not done whole."""
    prepare_process()
    wanted = _options(options)
    file: Path = options["state"]
    is_named = bool(options["repositories"] or options["from_file"])
    named = repositories(options["repositories"], options["from_file"]) if is_named else ()
    if not file.exists() and not named:
        repositories((), ())
    with locked(Path(os.path.realpath(file))), _state(file, must_exist=False) as state:
        known = begin(state, named, wanted, int(time.time()))
        with ProgressLine(wanted=not options["quiet"]) as progress, _pool(options) as workers:
            total = len(state.open_names(failed=options["failed"]))
            count = 0

            def tell(row: Row) -> None:
                nonlocal count
                count += 1
                progress("batch", count, total)
                if row.failed:
                    write_lines(sys.stderr, [_line(row)])
                elif not options["quiet"]:
                    write_lines(sys.stdout, [_line(row)])

            run_batch(state, known, workers, is_near=options["dask"] is None, failed=options["failed"], tell=tell)
        is_done = all(is_whole(row) for row in state.rows())
    return 0 if is_done else 2


def status(options: dict[str, Any]) -> int:
    """Show where each repository is; return 2 where one is not done whole."""
    with _state(options["state"], must_exist=True) as state:
        is_done = True
        for row in state.rows():
            write_lines(sys.stdout, [_line(row)])
            is_done = is_done and is_whole(row)
    return 0 if is_done else 2


def report(options: dict[str, Any]) -> int:
    """Show what was found and made; return 2 where a repository is not done whole."""
    with (
        prepared([Output(options["output_format"], options["output_file"] or STDOUT)]) as outputs,
        _state(options["state"], must_exist=True) as state,
    ):
        rows = list(state.rows())
        _put(options, outputs, render([_entry(row) for row in rows], options["output_format"], "Batch"))
    return 0 if all(map(is_whole, rows)) else 2


@contextmanager
def _state(file: Path, *, must_exist: bool) -> Iterator[State]:
    if must_exist and not file.is_file():
        raise UsageError(f"{file}: there is no such state of a batch")
    with closing(State(file)) as state:
        if must_exist and state.is_new:
            raise UsageError(f"{file}: not the state of a batch")
        yield state


@contextmanager
def _scratch(options: dict[str, Any]) -> Iterator[str]:
    """A folder for what is needed in between; '' where that is needed on other machines."""
    if options["dask"] is not None:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="litestar-fix-", ignore_cleanup_errors=True) as folder:
        yield folder


@contextmanager
def _pool(options: dict[str, Any]) -> Iterator[pool.Pool]:
    if options["dask"] is None:
        yield pool.local(options["jobs"] or os.cpu_count() or 1, options["repository_timeout"])
        return
    if options["jobs"] is not None:
        raise UsageError("--jobs counts processes of this machine, and --dask has workers of its own; give one of them")
    with pool.dask(options["dask"], options["repository_timeout"]) as workers:
        yield workers


def _selection(options: dict[str, Any]) -> Selection:
    use_plugins({"plugins": ()})
    chosen = None
    if options["config"] is not None and options["isolated"]:
        raise UsageError("--config names settings and --isolated wants none; give one of them")
    if options["isolated"]:
        chosen = Settings()
    elif options["config"] is not None:
        chosen = load_file(options["config"])
    words = {name: options[name] for name in ("select", "extend_select", "ignore")}
    registry.override(Settings(), **words)  # a selector that does not exist is no fault of a repository
    return Selection(**words, settings=chosen, baselines=not options["no_baseline"])


def _options(options: dict[str, Any]) -> Options:
    for name in ("python", "env_file", "timeout"):
        if options[name] is not None and options["verify_cmd"] is None:
            raise UsageError(f"--{name.replace('_', '-')} is about --verify-cmd; give that, too")
    propose = options["pr"] is not None
    if propose and not options["push"]:
        raise UsageError("--pr asks to merge what was pushed; give --push, too")
    sharding = None
    if options["shard_by"] or options["max_files"]:
        sharding = Sharding(options["shard_by"] or "", options["max_files"] or 0)
    _must_be_name(options["branch"])
    env_file = options["env_file"]
    return Options(
        selection=_selection(options),
        unsafe_fixes=options["unsafe_fixes"],
        verify_cmd=options["verify_cmd"],
        python=options["python"],
        env_file=os.path.abspath(env_file) if env_file is not None else None,
        timeout=options["timeout"],
        per_rule=options["commit_per_rule"],
        branch=options["branch"],
        sharding=sharding,
        work_dir=os.path.abspath(options["work_dir"] or f"{options['state']}.work"),
        patch_dir=os.path.abspath(options["patch_dir"]) if options["patch_dir"] else "",
        push=options["push"],
        propose=propose,
    )


def _must_be_name(branch: str) -> None:
    import subprocess

    from litestar_fix import git

    try:
        git.ask(os.getcwd(), "check-ref-format", f"refs/heads/{branch}")
        if branch.startswith("-"):
            raise subprocess.SubprocessError
    except subprocess.SubprocessError:
        raise UsageError(f"--branch {branch}: git takes no such name for a branch") from None


def _line(row: Row) -> str:
    name = safe(row.repository.name)
    if row.failed:
        return f"{name}: failed after {row.step.value}: {safe(row.reason)}"
    if row.step is not Step.DONE:
        return f"{name}: {row.step.value}"
    made = ", ".join(item.name for item in row.branches)
    said = [f"done: {made}" if made else "done: nothing to fix", *map(safe, row.requests)]
    if row.reason:
        said.append(safe(row.reason))
    return f"{name}: {'; '.join(said)}"


def _entry(row: Row) -> Entry:
    state = "failed" if row.failed else row.step.value
    if row.step is Step.DONE and row.outcome is not None and row.outcome.status is not Status.OK:
        state = row.outcome.status.value
    return Entry(
        name=row.repository.name,
        source=row.repository.source,
        state=state,
        reason=row.reason,
        outcome=row.outcome,
        branches=tuple(item.name for item in row.branches),
        requests=row.requests,
    )


def _put(options: dict[str, Any], outputs: Any, content: bytes) -> None:
    if options["output_file"] is None:
        write(sys.stdout, content)
    else:
        outputs.put(options["output_file"], content)
