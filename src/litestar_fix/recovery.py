"""Putting in order what a killed run left behind, and taking back the last run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from litestar_fix import last_run
from litestar_fix.errors import LitestarFixError, WriteError
from litestar_fix.journal import Entry, journals, state_folder
from litestar_fix.last_run import Written
from litestar_fix.model.cache import digest
from litestar_fix.result import Change, Problem, Undone
from litestar_fix.write import SUFFIX, read, unstage, write_sets


def recover(root: Path) -> tuple[str, ...]:
    """Put in order what a killed run left behind: complete the change sets that were staged, remove other new files.

    Args:
        root: the project's root, of which the caller holds the lock: no other run is writing.

    Returns:
        The paths that were renamed now.
    """
    completed: list[str] = []
    for file, journal in sorted(journals(root), key=lambda item: not item[1].ready):
        ours = [entry for entry in journal.entries if _is_ours(root, entry)]
        stages = [_stage_of(root, entry) for entry in ours]
        # once a file of the set is renamed the others follow; before that, one that cannot follow stops them all
        if journal.ready and ("renamed" in stages or "" not in stages):
            completed += [
                entry.path for entry, stage in zip(ours, stages, strict=True) if _complete(root, entry, stage)
            ]
        unstage(ours)
        with suppress(OSError):
            file.unlink()
    last_run.conclude_killed(root)
    return tuple(completed)


def _is_ours(root: Path, entry: Entry) -> bool:
    """Whether the staged file stands beside its target, in the project: a journal is not trusted blindly."""
    folder, name = os.path.split(os.path.normpath(f"{os.path.realpath(root)}/{entry.path}"))
    beside, staged = os.path.split(os.path.normpath(entry.staged))
    is_within = f"{folder}/".startswith(f"{os.path.realpath(root)}/") and os.path.realpath(folder) == folder
    return (
        is_within and os.path.realpath(beside) == folder and staged.startswith(f".{name}.") and staged.endswith(SUFFIX)
    )


def _stage_of(root: Path, entry: Entry) -> str:
    """How far a file came: 'staged' beside what was analysed, 'renamed', or '' where somebody changed it since."""
    try:
        content = digest(read(f"{root}/{entry.path}"))
        if content == entry.new:
            return "renamed"
        return "staged" if content == entry.old and digest(read(entry.staged)) == entry.new else ""
    except WriteError:
        return ""


def _complete(root: Path, entry: Entry, stage: str) -> bool:
    with suppress(OSError):
        if stage == "staged":
            os.replace(entry.staged, f"{root}/{entry.path}")
            return True
    return False


# ------------------------------------------------------------------------------------------------------------- undo
def undo(root: Path) -> Undone:
    """Put back what the last run replaced, byte for byte; a change set is put back whole or not at all.

    Args:
        root: the project's root, of which the caller holds the lock.

    Raises:
        LitestarFixError: there is nothing to undo, or no journal can be kept.
        KeyboardInterrupt: as in `write`.
    """
    recover(root)
    last = last_run.last_run(root)
    if last is None or not last.files:
        raise LitestarFixError(f"{root}: nothing to undo; no run since the last undo has written here")
    problems: list[Problem] = []
    change_sets: list[list[str]] = []
    changes: dict[str, Change] = {}
    for files in _by_change_set(last.files):
        spoilt = {file.path: reason for file in files if (reason := _spoilt(root, file))}
        if spoilt:
            others = f"left alone, because {min(spoilt)} was"
            problems += [Problem(file.path, spoilt.get(file.path, others)) for file in files]
            continue
        found = {file.path: read(f"{root}/{file.path}") for file in files}
        changes |= {file.path: Change(file.path, found[file.path], file.old) for file in files}
        change_sets.append([file.path for file in files])
    modes = {file.path: file.mode for file in last.files}
    try:
        problems += write_sets(root, change_sets, changes, modes)
        failed = {problem.path for problem in problems}
        last_run.forget(root, changes.keys() - failed)
    except OSError as error:
        raise LitestarFixError(f"nothing undone: no journal can be kept in {state_folder(root)}: {error}") from None
    return Undone(str(root), tuple(sorted(changes.keys() - failed)), tuple(problems))


def _by_change_set(files: Iterable[Written]) -> list[list[Written]]:
    sets: dict[int, list[Written]] = {}
    for file in files:
        sets.setdefault(file.change_set, []).append(file)
    return list(sets.values())


def _spoilt(root: Path, file: Written) -> str:
    """Why a file cannot be put back, '' where it can."""
    try:
        content = read(f"{root}/{file.path}")
    except WriteError as error:
        return str(error)
    return "" if content == file.old or digest(content) == file.new else "left alone: it changed since the run"
