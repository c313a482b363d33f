"""``baseline``: what is known is written down, checked and shortened."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from litestar_fix import api, touched
from litestar_fix.baseline import Baseline, Entry, Match, decode, encode, read
from litestar_fix.cli.options import baseline_path
from litestar_fix.cli.output import write_lines
from litestar_fix.cli.outputs import STDOUT, Output, prepared
from litestar_fix.cli.progress import ProgressLine
from litestar_fix.cli.run import project_of, run_of, style_of
from litestar_fix.errors import UsageError
from litestar_fix.narrowing import is_gone
from litestar_fix.report import totals
from litestar_fix.report.machine import Told
from litestar_fix.report.style import safe
from litestar_fix.result import Report


def create(options: dict[str, Any]) -> int:
    """Write the baseline; return 2 where something could not be analysed, and so may be missing in it."""
    root, report = _findings(options)
    path = baseline_path(options, root)
    if os.fspath(path) == STDOUT:
        raise UsageError("--baseline: name a file; a baseline is read again by the next run")
    if path.exists() and not options["force"]:
        raise UsageError(
            f"{path} is there already; `litestar-fix baseline prune` shortens it, --force replaces it by a new one"
        )
    items = Told(report).items
    _write(path, Baseline.of(item.identity for item in items))
    _tell(options, f"{_many(len(items))} written to {_shown(path)}")
    return 2 if report.problems else 0


def check(options: dict[str, Any]) -> int:
    """Show what the baseline knows for nothing, or more than it did; return 1 if there is any."""
    root, report = _findings(options)
    path = baseline_path(options, root)
    known = read(path)
    gone = _gone(root)
    stale = _match(known, report, gone).stale
    write_lines(sys.stdout, _lines(stale, "is gone; run `litestar-fix baseline prune`"))
    added: tuple[Entry, ...] = ()
    before = _at(root, options["base"], path) if options["base"] else None
    if before is not None:
        added = known.additions_to(before, gone)
        write_lines(
            sys.stdout, _lines(added, f"was not known at {options['base']}; fix it, or suppress it with a reason")
        )
    if not stale and not added:
        _tell(options, f"{_many(sum(entry.count for entry in known.findings))} known, all of them still there")
    return 2 if report.problems else int(bool(stale or added))


def prune(options: dict[str, Any]) -> int:
    """Shorten the baseline; return 2 where something could not be analysed: then nothing is taken out."""
    root, report = _findings(options)
    if report.problems:
        return 2
    path = baseline_path(options, root)
    known = read(path)
    stale = _match(known, report, _gone(root)).stale
    if stale:
        _write(path, known.without(stale))
    _tell(options, f"{_many(sum(entry.count for entry in stale))} taken out of {_shown(path)}")
    return 0


def _findings(options: dict[str, Any]) -> tuple[Path, Report]:
    """All findings of the project, whatever is known of them; problems are shown."""
    root, settings = project_of(options)
    with ProgressLine(wanted=not options["quiet"]) as progress:
        report = api.check([root], settings, root=root, run=run_of(options, progress))
    write_lines(sys.stderr, totals.problems(report, style_of(report, options, sys.stderr)))
    return root, report


def _gone(root: Path) -> Callable[[str, str], bool]:
    project, _ = api.project([root], root=root)
    return partial(is_gone, project)


def _match(known: Baseline, report: Report, gone: Callable[[str, str], bool]) -> Match:
    return known.match([item.identity for item in Told(report).items], gone)


def _at(root: Path, reference: str, path: Path) -> Baseline | None:
    """The baseline as a commit has it, None where it has none: then this is the first one."""
    try:
        inside = path.resolve().relative_to(root.resolve())
    except ValueError:
        raise UsageError(f"--base: {path} lies outside of {root}, so no commit has it") from None
    content = touched.content_at(root, reference, inside.as_posix())
    return decode(content, f"{path} at {reference}") if content is not None else None


def _write(path: Path, baseline: Baseline) -> None:
    with prepared([Output("json", os.fspath(path))]) as outputs:
        outputs.put(os.fspath(path), encode(baseline))


def _lines(entries: Iterable[Entry], what: str) -> Iterator[str]:
    for entry in entries:
        where = safe(f"{entry.path}: {entry.rule}" + (f" in {entry.scope}" if entry.scope else ""))
        yield f"{where}{f' ({entry.count} times)' if entry.count > 1 else ''} {what}"


def _tell(options: dict[str, Any], text: str) -> None:
    if not options["quiet"]:
        write_lines(sys.stdout, [text])


def _shown(path: Path) -> str:
    return safe(os.path.relpath(path))


def _many(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"
