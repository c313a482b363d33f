"""The Python interface: one call is one run, and the command line makes the same calls.

An unchanged project is answered from the cache here, before anything that needs Fixit or LibCST is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from litestar_fix import registry
from litestar_fix.discovery import Discovery, discover
from litestar_fix.errors import UsageError
from litestar_fix.model.cache import Store, digest
from litestar_fix.model.gather import CHANGED, Sources, buffer, gather, hash_files, without_collector
from litestar_fix.result import Problem, Report, Undone
from litestar_fix.settings import Settings, find_root, load

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from litestar_fix.engine import Engine
    from litestar_fix.formatting import Formatter
    from litestar_fix.model.project import Project
    from litestar_fix.narrowing import Narrowing
    from litestar_fix.proof.verification import Verification


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is done; nothing here changes what it finds.

    Args:
        jobs: how many processes collect facts; by default as many as there are processors.
        cache: whether facts and results are kept on disk between runs.
        executor: what helps to collect the facts of a large project; by default only processes of this machine.
        debug: whether a fix that is dropped is saved with its file, outside the tree, for the report of a bug.
        patches: whether each finding that is fixed says what its fix alone does to the files.
        progress: told (what is being done, how much is done, how much there is), now and then.
    """

    jobs: int | None = None
    cache: bool = True
    executor: Executor | None = None
    debug: bool = False
    patches: bool = False
    progress: Callable[[str, int, int], None] | None = None


def check(
    paths: Iterable[str | Path],
    settings: Settings | None = None,
    *,
    narrowing: Narrowing | None = None,
    unsaved: bytes | None = None,
    root: Path | None = None,
    run: Run | None = None,
) -> Report:
    """Find what is wrong, and change nothing.

    Args:
        paths: files and folders of one project.
        settings: by default those of the project.
        narrowing: which findings count; by default all of them.
        unsaved: the content of the one path that is named, as an editor has it; the file on disk does not count.
        root: the project's root, by default found from the paths.
        run: how the run is done.

    Raises:
        UsageError: a path, rule or settings key does not exist.
    """
    return _answer("check", list(paths), settings, root, run or Run(), narrowing=narrowing, unsaved=unsaved)


def fix(
    paths: Iterable[str | Path],
    settings: Settings | None = None,
    *,
    unsafe_fixes: bool = False,
    dry_run: bool = False,
    allow_dirty: bool = False,
    narrowing: Narrowing | None = None,
    unsaved: bytes | None = None,
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
        narrowing: which findings count, and are fixed; by default all of them.
        unsaved: as for `check`; nothing is written then, and nothing else changed: the run is dry.
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
    is_dry = dry_run or unsaved is not None
    mode = "dry-run" if is_dry else "fix"
    how = run or Run()
    if unsafe_fixes:
        mode = f"{mode} unsafe"
    if is_dry:
        return _answer(
            mode,
            named,
            settings,
            root,
            how,
            narrowing=narrowing,
            unsaved=unsaved,
            verification=verification,
            formatter=formatter,
        )
    from litestar_fix.lock import locked

    top = root if root is not None else find_root(named)
    with locked(top):
        return _answer(
            mode,
            named,
            settings,
            top,
            how,
            allow_dirty=allow_dirty,
            narrowing=narrowing,
            verification=verification,
            formatter=formatter,
        )


def outlook(
    paths: Iterable[str | Path],
    settings: Settings | None = None,
    *,
    narrowing: Narrowing | None = None,
    root: Path | None = None,
    run: Run | None = None,
) -> Report:
    """Find what is wrong, and what every fix would do, whether or not its files can be written.

    Args:
        paths: files and folders of one project.
        settings: by default those of the project.
        narrowing: which findings count; by default all of them.
        root: the project's root, by default found from the paths.
        run: how the run is done.

    Raises:
        UsageError: a path, rule or settings key does not exist.
    """
    how = msgspec.structs.replace(run or Run(), patches=True)
    return _answer("outlook unsafe", list(paths), settings, root, how, narrowing=narrowing)


def suppress(
    paths: Iterable[str | Path],
    settings: Settings | None = None,
    *,
    reason: str = "",
    dry_run: bool = False,
    allow_dirty: bool = False,
    narrowing: Narrowing | None = None,
    root: Path | None = None,
    run: Run | None = None,
) -> Report:
    """Write a comment at the line of every finding, so that it is suppressed from now on.

    Args:
        paths: files and folders of one project.
        settings: by default those of the project.
        reason: what the comments say behind the codes.
        dry_run: write nothing; ``Report.changes`` says what would be written.
        allow_dirty: in a git work tree, also write files with changes that are not staged.
        narrowing: which findings count; by default all of them.
        root: the project's root, by default found from the paths.
        run: how the run is done.

    Raises:
        UsageError: a path, rule or settings key does not exist, or the reason is more than a line of a comment.
        LitestarFixError: another run is writing to this project.
    """
    from litestar_fix.lock import locked

    if not reason.isprintable() or "#" in reason:
        raise UsageError("the reason is one line without `#`: another comment begins there")
    named = list(paths)
    top = root if root is not None else find_root(named)
    if dry_run:
        return _suppress(named, settings, top, run or Run(), reason.strip(), narrowing, dry_run=True)
    with locked(top):
        from litestar_fix.recovery import recover

        recover(top)
        return _suppress(named, settings, top, run or Run(), reason.strip(), narrowing, allow_dirty=allow_dirty)


def _suppress(
    paths: list[str | Path],
    settings: Settings | None,
    root: Path,
    run: Run,
    reason: str,
    narrowing: Narrowing | None,
    *,
    dry_run: bool = False,
    allow_dirty: bool = False,
) -> Report:
    from litestar_fix.suppressing import suppress as write_comments

    found, chosen = _discovered(paths, settings, root)
    store = Store.of(found.root, enabled=run.cache)
    engine = _engine(found, hash_files(found.root, found.files), chosen, store, run, narrowing=narrowing)
    return write_comments(engine, reason, dry_run=dry_run, allow_dirty=allow_dirty)


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
    narrowing: Narrowing | None = None,
    unsaved: bytes | None = None,
    verification: Verification | None = None,
    formatter: Formatter | None = None,
) -> Report:
    if unsaved is not None:
        if len(paths) != 1:
            raise UsageError("an unsaved content is that of one file; name it alone")
        with buffer(str(paths[0]), unsaved):
            return _run(mode, paths, settings, root, run, narrowing=narrowing, is_unsaved=True, formatter=formatter)
    return _run(
        mode,
        paths,
        settings,
        root,
        run,
        allow_dirty=allow_dirty,
        narrowing=narrowing,
        verification=verification,
        formatter=formatter,
    )


def _run(
    mode: str,
    paths: list[str | Path],
    settings: Settings | None,
    root: Path | None,
    run: Run,
    *,
    allow_dirty: bool = False,
    narrowing: Narrowing | None = None,
    is_unsaved: bool = False,
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
    is_whole = not sources.unreadable and not registry.has_plugins()
    task = " ".join([mode, *(["patches"] if run.patches else []), *(["unsaved"] if is_unsaved else [])])
    key = _key(task, chosen, found, sources, narrowing)
    known = _known(store, key, found) if is_whole and not run.debug else None
    is_plain = verification is None and formatter is None
    is_dry = kind in ("dry-run", "outlook")
    is_shown = is_dry and is_plain
    if known is not None and (
        not known.changes or (is_shown and (kind == "outlook" or _are_replaceable(found.root, known)))
    ):
        return msgspec.structs.replace(known, dry_run=is_dry)
    found = msgspec.structs.replace(found, problems=(*found.problems, *_broken_manifests(found)))
    started = partial(_engine, found, sources, chosen, store, run, narrowing=narrowing, is_unsaved=is_unsaved)
    if kind == "check":
        with without_collector():
            engine = started(is_check=True)
            report = engine.check()
    else:
        engine = started()
        report = engine.fix(
            unsafe=bool(unsafe),
            dry_run=is_dry,
            allow_dirty=allow_dirty,
            debug=run.debug,
            patching=run.patches,
            rehearsing=kind != "outlook",
            verification=verification,
            formatter=formatter,
        )
    is_lasting = is_whole and engine.is_repeatable and not run.debug and is_plain
    is_lasting = is_lasting and all(problem.reason != CHANGED for problem in report.problems)
    if is_lasting and (kind != "fix" or not (report.changes or report.problems)):
        store.save_result(key, msgspec.msgpack.encode(report))
    return report


def _engine(
    found: Discovery,
    sources: Sources,
    settings: Settings,
    store: Store,
    run: Run,
    *,
    narrowing: Narrowing | None = None,
    is_unsaved: bool = False,
    is_check: bool = False,
) -> Engine:
    """Collect the facts of a project, and import what asks the rules while others are at that."""
    progress = run.progress
    told = (lambda done, total: progress("reading", done, total)) if progress is not None else None
    meanwhile = partial(_import, settings)
    gathered = gather(
        found.root,
        sources,
        store,
        executor=run.executor,
        jobs=run.jobs,
        progress=told,
        meanwhile=meanwhile,
        is_kept_later=is_check,
    )
    from litestar_fix.engine import Engine

    return Engine(found, sources, settings, gathered, narrowing=narrowing, is_unsaved=is_unsaved, jobs=run.jobs)


def _import(settings: Settings, is_long: bool) -> None:
    """Import all rules if there is time for that, else what most of them need."""
    import litestar_fix.engine

    if is_long and settings.select is None:
        registry.import_all()
    elif is_long:
        registry.load(registry.selected(settings))
    else:
        registry.rules()
        import litestar_fix.model.callgraph
        import litestar_fix.model.layers
        import litestar_fix.practice  # noqa: F401 (for the processes that ask the rules)


def _key(mode: str, settings: Settings, found: Discovery, sources: Sources, narrowing: Narrowing | None) -> bytes:
    """The hash of everything that a result depends on; a fix that finds nothing to do equals a dry run."""
    manifests = hash_files(found.root, found.manifests)
    task = f"dry-run{mode.removeprefix('fix')}" if mode.startswith("fix") else mode
    files = (found.targets, found.problems, sources.digests, manifests.digests)
    parts = (task, settings, *files, _installed(found.root), narrowing.digest if narrowing is not None else None)
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
