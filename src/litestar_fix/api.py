"""The Python interface: one call is one run, and the command line makes the same calls.

An unchanged project is answered from the cache here, before anything that Fixit or LibCST would have to be imported for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from litestar_fix.discovery import Discovery, discover
from litestar_fix.model.cache import Store, digest
from litestar_fix.model.gather import Sources, hash_files
from litestar_fix.result import Problem, Report
from litestar_fix.settings import Settings, find_root, load

if TYPE_CHECKING:
    from concurrent.futures import Executor


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is done; nothing here changes what it finds.

    Args:
        jobs: how many processes collect facts; by default as many as there are processors.
        cache: whether facts and results are kept on disk between runs.
        executor: where the collection of facts is submitted to instead of local processes.
        progress: told (what is being done, how much is done, how much there is), now and then.
    """

    jobs: int | None = None
    cache: bool = True
    executor: Executor | None = None
    progress: Callable[[str, int, int], None] | None = None


def check(
    paths: Iterable[str | Path], settings: Settings | None = None, *, root: Path | None = None, run: Run | None = None
) -> Report:
    """Find what is wrong, and change nothing.

    Args:
        paths: files and folders of one project.
        settings: by default those of the project.
        root: the project's root, by default found from the paths.
        run: how the run is done.

    Raises:
        UsageError: a path, rule or settings key does not exist.
    """
    return _answer("check", list(paths), settings, root, run or Run())


def fix(
    paths: Iterable[str | Path],
    settings: Settings | None = None,
    *,
    unsafe_fixes: bool = False,
    dry_run: bool = False,
    root: Path | None = None,
    run: Run | None = None,
) -> Report:
    """Fix what can be fixed.

    Args:
        paths: files and folders of one project; nothing else is written, but for manifests.
        settings: by default those of the project.
        unsafe_fixes: apply the fixes that change behaviour on purpose, too.
        dry_run: write nothing; ``Report.changes`` says what would be written.
        root: the project's root, by default found from the paths.
        run: how the run is done.

    Raises:
        UsageError: a path, rule or settings key does not exist.
    """
    mode = "dry-run" if dry_run else "fix"
    return _answer(f"{mode} unsafe" if unsafe_fixes else mode, list(paths), settings, root, run or Run())


def _answer(mode: str, paths: list[str | Path], settings: Settings | None, root: Path | None, run: Run) -> Report:
    top = root if root is not None else find_root(paths)
    chosen = settings if settings is not None else load(top)
    if mode.startswith("fix"):
        from litestar_fix.write import recover

        recover(top)
    found = discover(paths, chosen, top)
    store = Store.of(found.root, enabled=run.cache)
    sources = hash_files(found.root, found.files)
    is_whole = not sources.unreadable and not found.problems
    key = _key(mode, chosen, found, sources)
    if is_whole:
        known = _known(store, key, found)
        if known is not None and (mode.startswith(("check", "dry-run")) or not known.changes):
            return known
    from litestar_fix.engine import Engine

    engine = Engine(found, sources, chosen, store, jobs=run.jobs, executor=run.executor, progress=run.progress)
    kind, _, unsafe = mode.partition(" ")
    report = engine.check() if kind == "check" else engine.fix(unsafe=bool(unsafe), dry_run=kind == "dry-run")
    if is_whole and not report.problems and (kind != "fix" or not report.changes):
        store.save_result(key, msgspec.msgpack.encode(report))
    return report


def _key(mode: str, settings: Settings, found: Discovery, sources: Sources) -> bytes:
    """The hash of everything that a result depends on; a fix that finds nothing to do equals a dry run."""
    manifests = hash_files(found.root, found.manifests)
    parts = (mode.replace("fix", "dry-run", 1) if mode.startswith("fix") else mode, settings, found.targets)
    return digest(msgspec.msgpack.encode((*parts, sources.digests, manifests.digests, _installed(found.root))))


def _installed(root: Path) -> list[str]:
    """The installed Litestar of the project, by the names that `model.version` looks at."""
    environments = (f"{folder}/lib/python*/site-packages/litestar-*.dist-info" for folder in (".venv", "venv"))
    return sorted(found.name for pattern in environments for found in root.glob(pattern))


def _known(store: Store, key: bytes, found: Discovery) -> Report | None:
    encoded = store.result(key)
    if encoded is None:
        return None
    try:
        report = msgspec.msgpack.decode(encoded, type=Report)
    except msgspec.DecodeError:
        return None
    return msgspec.structs.replace(report, skipped=found.skipped)


def _problems(found: Discovery, sources: Sources) -> tuple[Problem, ...]:
    return (*found.problems, *(Problem(path, reason) for path, reason in sources.unreadable.items()))
