"""One run: answered from the cache where nothing has changed, else by the engine.

Nothing here imports what needs Fixit or LibCST before the cache has been asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from litestar_fix import registry
from litestar_fix.discovery import Discovery, discover
from litestar_fix.errors import UsageError
from litestar_fix.model.cache import Store, digest
from litestar_fix.model.contents import CHANGED, Sources, buffer, hash_files
from litestar_fix.result import Problem, Report
from litestar_fix.settings import Settings, find_root, load

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from litestar_fix.engine import Engine
    from litestar_fix.formatting import Formatter
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


def discovered(paths: list[str | Path], settings: Settings | None, root: Path | None) -> tuple[Discovery, Settings]:
    """Return the files of a run and its settings: of the project, where none are given.

    Raises:
        UsageError: a path or settings key does not exist.
    """
    top = root if root is not None else find_root(paths)
    chosen = settings if settings is not None else load(top)
    return discover(paths, chosen, top), chosen


def answer(
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
    """Make the report of one run; what it takes beside the mode is what `api.check` and `api.fix` take.

    The mode is ``check``, or ``fix``, ``dry-run`` or ``outlook``, each of which ``unsafe`` may follow.

    Raises:
        UsageError: a path, rule or settings key does not exist, or an unsaved content stands for several paths.
    """
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
    found, chosen = discovered(paths, settings, top)
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
    started = partial(engine_of, found, sources, chosen, store, run, narrowing=narrowing, is_unsaved=is_unsaved)
    if kind == "check":
        from litestar_fix.model.chunks import without_collector

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


def engine_of(
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
    """Collect the facts of a project, and import what asks the rules while others are at that.

    Args:
        found: the files of the run.
        sources: the hashes of their contents.
        settings: of the project.
        store: where facts are kept between runs.
        run: how the run is done.
        narrowing: which findings count; by default all of them.
        is_unsaved: whether the one target is an editor's buffer.
        is_check: whether nothing is rewritten: then the facts are kept while the rules are asked.
    """
    from litestar_fix.model.gather import gather

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
