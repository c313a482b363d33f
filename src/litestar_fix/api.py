"""The Python interface: one call is one run, and the command line makes the same calls.

An unchanged project is answered from the cache here, before anything that needs Fixit or LibCST is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from litestar_fix.discovery import Discovery, discover
from litestar_fix.model.cache import Store, digest
from litestar_fix.model.gather import CHANGED, Sources, hash_files, without_collector
from litestar_fix.result import Problem, Report, Undone
from litestar_fix.settings import Settings, find_root, load

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from litestar_fix.formatting import Formatter
    from litestar_fix.model.project import Project
    from litestar_fix.proof.verification import Verification


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is done; nothing here changes what it finds.

    Args:
        jobs: how many processes collect facts; by default as many as there are processors.
        cache: whether facts and results are kept on disk between runs.
        executor: where the collection of facts is submitted to instead of local processes.
        debug: whether a fix that is dropped is saved with its file, outside the tree, for the report of a bug.
        progress: told (what is being done, how much is done, how much there is), now and then.
    """

    jobs: int | None = None
    cache: bool = True
    executor: Executor | None = None
    debug: bool = False
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
    allow_dirty: bool = False,
    root: Path | None = None,
    run: Run | None = None,
    verification: Verification | None = None,
    formatter: Formatter | None = None,
) -> Report:
    """Fix what can be fixed.

    Args:
        paths: files and folders of one project; nothing else is written, but for manifests.
        settings: by default those of the project.
        unsafe_fixes: apply the fixes that change behaviour on purpose, too.
        dry_run: write nothing; ``Report.changes`` says what would be written.
        allow_dirty: in a git work tree, also write files with changes that are not staged.
        root: the project's root, by default found from the paths.
        run: how the run is done.
        verification: what the fixes are to be proved by before they are written; it runs code of the project.
        formatter: what formats the files that change, before they are written.

    Raises:
        UsageError: a path, rule or settings key does not exist.
        LitestarFixError: another run is writing to this project.
        KeyboardInterrupt: Ctrl-C; what was being written is written whole.
        VerificationError: the untouched project cannot be proved anything by; nothing is written.
        FormatterError: the formatter fails, or would change more than the layout; nothing is written.
    """
    named = list(paths)
    mode = "dry-run" if dry_run else "fix"
    if unsafe_fixes:
        mode = f"{mode} unsafe"
    if dry_run:
        return _answer(mode, named, settings, root, run or Run(), verification=verification, formatter=formatter)
    from litestar_fix.lock import locked

    top = root if root is not None else find_root(named)
    with locked(top):
        return _answer(
            mode,
            named,
            settings,
            top,
            run or Run(),
            allow_dirty=allow_dirty,
            verification=verification,
            formatter=formatter,
        )


def undo(paths: Iterable[str | Path], *, root: Path | None = None) -> Undone:
    """Take back what the last run in a project wrote; files that changed since are left alone, and named.

    Args:
        paths: files or folders of the project; it is undone as a whole.
        root: the project's root, by default found from the paths.

    Raises:
        LitestarFixError: there is nothing to undo, or another run is writing to this project.
    """
    from litestar_fix.lock import locked
    from litestar_fix.recovery import undo as take_back

    top = root if root is not None else find_root(paths)
    with locked(top):
        return take_back(top)


def project(
    paths: Iterable[str | Path], settings: Settings | None = None, *, root: Path | None = None, run: Run | None = None
) -> tuple[Project, tuple[Problem, ...]]:
    """Return the linked facts of the project that the paths lie in, and what could not be read.

    Args:
        paths: files and folders of one project.
        settings: by default those of the project.
        root: the project's root, by default found from the paths.
        run: how the run is done.

    Raises:
        UsageError: a path or settings key does not exist.
    """
    from litestar_fix.model.gather import gather
    from litestar_fix.model.project import Project

    how = run or Run()
    found, chosen = _discovered(list(paths), settings, root)
    sources = hash_files(found.root, found.files)
    store = Store.of(found.root, enabled=how.cache)
    gathered = gather(found.root, sources, store, executor=how.executor, jobs=how.jobs)
    problems = [*found.problems, *(Problem(path, reason) for path, reason in sorted(gathered.unreadable.items()))]
    return Project(found.root, gathered.modules, chosen, frozenset(found.targets)), tuple(problems)


def _discovered(paths: list[str | Path], settings: Settings | None, root: Path | None) -> tuple[Discovery, Settings]:
    top = root if root is not None else find_root(paths)
    chosen = settings if settings is not None else load(top)
    return discover(paths, chosen, top), chosen


def _answer(
    mode: str,
    paths: list[str | Path],
    settings: Settings | None,
    root: Path | None,
    run: Run,
    *,
    allow_dirty: bool = False,
    verification: Verification | None = None,
    formatter: Formatter | None = None,
) -> Report:
    kind, _, unsafe = mode.partition(" ")
    top = root if root is not None else find_root(paths)
    if kind == "fix":
        from litestar_fix.recovery import recover

        recover(top)
    found, chosen = _discovered(paths, settings, top)
    store = Store.of(found.root, enabled=run.cache)
    sources = hash_files(found.root, found.files)
    is_whole = not sources.unreadable
    key = _key(mode, chosen, found, sources)
    known = _known(store, key, found) if is_whole and not run.debug else None
    is_plain = verification is None and formatter is None
    is_shown = kind == "dry-run" and is_plain
    if known is not None and (not known.changes or (is_shown and _are_replaceable(found.root, known))):
        return msgspec.structs.replace(known, dry_run=kind == "dry-run")
    from litestar_fix.engine import Engine

    found = msgspec.structs.replace(found, problems=(*found.problems, *_broken_manifests(found)))
    started = partial(
        Engine, found, sources, chosen, store, jobs=run.jobs, executor=run.executor, progress=run.progress
    )
    if kind == "check":
        with without_collector():
            engine = started()
            report = engine.check()
    else:
        engine = started()
        report = engine.fix(
            unsafe=bool(unsafe),
            dry_run=kind == "dry-run",
            allow_dirty=allow_dirty,
            debug=run.debug,
            verification=verification,
            formatter=formatter,
        )
    is_lasting = is_whole and engine.is_repeatable and not run.debug and is_plain
    is_lasting = is_lasting and all(problem.reason != CHANGED for problem in report.problems)
    if is_lasting and (kind != "fix" or not (report.changes or report.problems)):
        store.save_result(key, msgspec.msgpack.encode(report))
    return report


def _key(mode: str, settings: Settings, found: Discovery, sources: Sources) -> bytes:
    """The hash of everything that a result depends on; a fix that finds nothing to do equals a dry run."""
    manifests = hash_files(found.root, found.manifests)
    task = f"dry-run{mode.removeprefix('fix')}" if mode.startswith("fix") else mode
    parts = (task, settings, found.targets, found.problems, sources.digests, manifests.digests, _installed(found.root))
    return digest(msgspec.msgpack.encode(parts))


def _broken_manifests(found: Discovery) -> Iterator[Problem]:
    """Manifests that do not parse: nobody can say what they would have told, about us and about the versions."""
    import tomllib

    for path in found.manifests:
        if path.endswith(".toml") and "/" not in path:
            try:
                tomllib.loads((found.root / path).read_bytes().decode())
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                yield Problem(path, f"not valid TOML: {error}")


def _installed(root: Path) -> list[str]:
    """The installed Litestar of the project, by the names that `model.version` looks at."""
    environments = (f"{folder}/lib/python*/site-packages/litestar-*.dist-info" for folder in (".venv", "venv"))
    return sorted(found.name for pattern in environments for found in root.glob(pattern))


def _are_replaceable(root: Path, report: Report) -> bool:
    """Whether what a dry run would write can be written still."""
    from litestar_fix.write import obstacles

    return not obstacles(root, [change.path for change in report.changes])


def _known(store: Store, key: bytes, found: Discovery) -> Report | None:
    encoded = store.result(key)
    if encoded is None:
        return None
    try:
        report = msgspec.msgpack.decode(encoded, type=Report)
    except msgspec.DecodeError:
        return None
    return msgspec.structs.replace(report, skipped=found.skipped)
