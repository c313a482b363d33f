"""The Python interface: one call is one run, and the command line makes the same calls."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from litestar_fix.errors import UsageError
from litestar_fix.model.cache import Store
from litestar_fix.model.contents import hash_files
from litestar_fix.result import Problem, Report, Undone
from litestar_fix.running import Run, answer, discovered, engine_of
from litestar_fix.settings import Settings, find_root

if TYPE_CHECKING:
    from litestar_fix.formatting import Formatter
    from litestar_fix.model.project import Project
    from litestar_fix.narrowing import Narrowing
    from litestar_fix.proof.verification import Verification

__all__ = ["Run", "check", "fix", "outlook", "project", "suppress", "undo"]


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
    return answer("check", list(paths), settings, root, run or Run(), narrowing=narrowing, unsaved=unsaved)


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
        return answer(
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
        return answer(
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
    return answer("outlook unsafe", list(paths), settings, root, how, narrowing=narrowing)


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

    found, chosen = discovered(paths, settings, root)
    store = Store.of(found.root, enabled=run.cache)
    engine = engine_of(found, hash_files(found.root, found.files), chosen, store, run, narrowing=narrowing)
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
    found, chosen = discovered(list(paths), settings, root)
    sources = hash_files(found.root, found.files)
    store = Store.of(found.root, enabled=how.cache)
    gathered = gather(found.root, sources, store, executor=how.executor, jobs=how.jobs)
    problems = [*found.problems, *(Problem(path, reason) for path, reason in sorted(gathered.unreadable.items()))]
    return Project(found.root, gathered.modules, chosen, frozenset(found.targets)), tuple(problems)
