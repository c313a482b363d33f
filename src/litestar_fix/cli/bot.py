"""``bot`` and ``verify-pr``: what a CI server asks for a pull request."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from litestar_fix import bot as work
from litestar_fix.api import Run
from litestar_fix.cli.output import write_lines
from litestar_fix.cli.outputs import Output, joined, prepared
from litestar_fix.cli.progress import ProgressLine
from litestar_fix.cli.run import run_of, style_of
from litestar_fix.errors import UsageError
from litestar_fix.host import prepare_process
from litestar_fix.model.secret_texts import starred
from litestar_fix.report import bot_summary, diff, suggestions, totals
from litestar_fix.report.style import safe
from litestar_fix.settings import find_root
from litestar_fix.touched import Touched, tree_of

_FILES = {"patch": "fixes.patch", "review": "review.json", "summary": "summary.md"}


def bot(options: dict[str, Any]) -> int:
    """Fix what a pull request touched; return 1 where something was fixed or needs a person, 0 where nothing is."""
    prepare_process()
    root = work.root_at(find_root(options["paths"] or (".",)), options["base"])
    is_own = work.is_own_commit(root)
    folder = Path(options["output_dir"])
    if _is_linked(folder, tree_of(root)):
        raise UsageError(f"{folder}: a link of the repository leads out of it; name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from None
    targets = {name: os.fspath(folder / file) for name, file in _FILES.items()}
    wanted = [Output(name, target) for name, target in targets.items()]
    with prepared(wanted) as outputs, ProgressLine(wanted=not options["quiet"]) as progress:
        run = run_of(options, progress)
        task = work.task(root, options["base"])
        report = work.proposed(task, run)
        outputs.put(targets["patch"], b"".join(diff.render(report)))
        outputs.put(targets["review"], suggestions.render(report, task.narrowing.touched or Touched({})))
        outputs.put(targets["summary"], joined(bot_summary.render(report)))
        lines = list(_commits(task, run)) if options["commit_per_rule"] and not is_own and report.changes else []
    style = style_of(report, options, sys.stderr)
    write_lines(sys.stderr, totals.problems(report, style))
    if diff.shows_secrets(report):
        write_lines(sys.stderr, [f"note: {targets['patch']} shows secrets, as `git apply` needs them; rotate them"])
    if is_own and options["commit_per_rule"]:
        _tell(options, "the last commit is the bot's own: nothing is committed")
    for line in [*lines, totals.line(report, style)]:
        _tell(options, line)
    if report.problems:
        return 2
    return int(bool(report.changes or report.remaining))


def _is_linked(folder: Path, tree: str) -> bool:
    """Whether a link within the work tree leads to a folder."""
    full = Path(os.path.abspath(folder))
    return any(part.is_symlink() for part in (full, *full.parents) if part.is_relative_to(tree) and str(part) != tree)


def _commits(task: work.Task, run: Run) -> Iterator[str]:
    for info, report, name in work.commits(task, run):
        files = f"{len(report.changes)} file{'' if len(report.changes) == 1 else 's'}"
        yield f"{name[:12]} {info.code} {info.name}: {files}"


def verify_pr(options: dict[str, Any]) -> int:
    """Show what in a change the tool does not make; return 1 where there is any."""
    prepare_process()
    base, dots, head = options["range"].partition("..")
    if not dots or not base or not head or head.startswith("."):
        raise UsageError(f"{options['range']}: say which change, as BASE..HEAD")
    root = find_root(options["paths"] or (".",))
    with ProgressLine(wanted=not options["quiet"]) as progress:
        found = work.foreign(root, base, head, unsafe_fixes=options["unsafe_fixes"], run=run_of(options, progress))
    for hunk in found:
        write_lines(sys.stdout, [f"{safe(hunk.path)}:{hunk.line}: not what litestar-fix makes"])
        write_lines(sys.stdout, [f"  -{safe(starred(line.rstrip()))}" for line in hunk.old])
        write_lines(sys.stdout, [f"  +{safe(starred(line.rstrip()))}" for line in hunk.new])
    if not found:
        _tell(options, f"{base}..{head} is what litestar-fix makes, and nothing else")
    return int(bool(found))


def _tell(options: dict[str, Any], text: str) -> None:
    if not options["quiet"]:
        write_lines(sys.stdout, [text])
