"""``fix`` and ``check``: from options to a report on the two streams, and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from litestar_fix import api
from litestar_fix.cli.options import settings_of
from litestar_fix.cli.output import wants_color, write, write_lines
from litestar_fix.cli.progress import ProgressLine
from litestar_fix.errors import UsageError
from litestar_fix.finding import Severity
from litestar_fix.report import totals
from litestar_fix.report.style import Style, way
from litestar_fix.result import Report
from litestar_fix.settings import Settings, find_root

if TYPE_CHECKING:
    from litestar_fix.formatting import Formatter
    from litestar_fix.proof.verification import Verification


def check(options: dict[str, Any]) -> int:
    """Find, show, and return the exit code."""
    root, settings = _project(options)
    with ProgressLine(wanted=not options["quiet"]) as progress:
        report = api.check(_paths(options), settings, root=root, run=_run(options, progress))
    _show(report, options)
    return exit_code(report, options)


def fix(options: dict[str, Any]) -> int:
    """Fix, show what was done and what is left, and return the exit code."""
    root, settings = _project(options)
    is_dry = options["dry_run"] or options["diff"]
    with ProgressLine(wanted=not options["quiet"]) as progress:
        verification = _verification(options, progress)
        report = api.fix(
            _paths(options),
            settings,
            unsafe_fixes=options["unsafe_fixes"],
            dry_run=is_dry,
            allow_dirty=options["allow_dirty"],
            root=root,
            run=_run(options, progress),
            verification=verification,
            formatter=_formatter(options),
        )
    if is_dry and options["output_format"] != "json":
        _show_diff(report, options)
    if not options["diff"] or options["output_format"] == "json":
        _show(report, options)
    else:
        write_lines(sys.stderr, totals.problems(report, _style(report, options, sys.stderr)))
    return exit_code(report, options)


def undo(options: dict[str, Any]) -> int:
    """Take back the last run, show what was left alone, and return the exit code."""
    prepare_process()
    undone = api.undo(_paths(options))
    report = Report(root=undone.root, problems=undone.problems)
    prefix, inside = way(undone.root, os.getcwd())
    style = Style(color=wants_color(options["color"], sys.stderr), prefix=prefix, inside=inside)
    write_lines(sys.stderr, totals.problems(report, style))
    if not options["quiet"]:
        count = len(undone.paths)
        write_lines(sys.stdout, [f"{count} {'file is' if count == 1 else 'files are'} as before the last run"])
    return 2 if undone.problems else 0


def exit_code(report: Report, options: dict[str, Any]) -> int:
    """Return 2 where the job was not done whole, 1 where a finding that counts is left or files would change, or 0."""
    if report.problems:
        return 2
    threshold = Severity(options["fail_on"].lower()).rank
    is_left = any(finding.severity.rank <= threshold for finding in report.remaining)
    would_change = report.dry_run and bool(report.changes)
    return int((is_left or would_change) and not options["exit_zero"])


def prepare_process() -> None:
    """Set what a library must leave to its host: the depth of recursion and the collector of garbage."""
    # calls chained 1,600 times and as many elifs; beyond that, and before the stack ends, the file is refused by name
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))
    # the facts of a large project stay to the end, and the collector would walk over them again and again
    gc.set_threshold(100_000, 50, 100)


def _paths(options: dict[str, Any]) -> tuple[str, ...]:
    return options["paths"] or (".",)


def _project(options: dict[str, Any]) -> tuple[Path, Settings]:
    prepare_process()
    root = find_root(_paths(options))
    return root, settings_of(options, root)


def _run(options: dict[str, Any], progress: ProgressLine) -> api.Run:
    return api.Run(
        jobs=options["jobs"], cache=not options["no_cache"], debug=options.get("debug", False), progress=progress
    )


def _verification(options: dict[str, Any], progress: ProgressLine) -> Verification | None:
    app, command = options["verify"], options["verify_cmd"]
    if app is None and command is None:
        for name in ("python", "env_file"):
            if options[name] is not None:
                flag = name.replace("_", "-")
                raise UsageError(f"--{flag} is about --verify and --verify-cmd; give one of them, too")
        if options["timeout"] is not None and options["format_cmd"] is None:
            raise UsageError("--timeout is about --verify, --verify-cmd and --format-cmd; give one of them, too")
        return None
    from litestar_fix.proof.verification import Verification

    return Verification(
        app=app,
        command=command,
        python=options["python"],
        env_file=options["env_file"],
        timeout=options["timeout"],
        tell=progress.say,
    )


def _formatter(options: dict[str, Any]) -> Formatter | None:
    if options["format_cmd"] is None:
        return None
    from litestar_fix.formatting import SECONDS, Formatter

    return Formatter(options["format_cmd"], options["timeout"] or SECONDS)


def _style(report: Report, options: dict[str, Any], stream: TextIO) -> Style:
    prefix, inside = way(report.root, os.getcwd())
    color = wants_color(options["color"], stream)
    return Style(color=color, prefix=prefix, inside=inside, verbose=options["verbose"])


def _show(report: Report, options: dict[str, Any]) -> None:
    """Show a report on standard output, that of a dry run on standard error; what went wrong is always shown there."""
    if options["output_format"] == "json":
        from litestar_fix.report import document

        write(sys.stdout, document.render(report, statistics=options["statistics"]))
        return
    stream = sys.stderr if report.dry_run else sys.stdout
    style = _style(report, options, stream)
    write_lines(stream, _findings(report, options, style))
    errors = _style(report, options, sys.stderr)
    write_lines(sys.stderr, totals.problems(report, errors))
    if not options["quiet"]:
        write_lines(sys.stderr, totals.skipped(report, errors))
        write_lines(stream, [totals.line(report, style)])


def _findings(report: Report, options: dict[str, Any], style: Style) -> Iterator[str]:
    if options["statistics"]:
        from litestar_fix.report import statistics

        return statistics.render(report, style)
    if options["output_format"] == "concise":
        from litestar_fix.report import concise

        return concise.render(report, style)
    from litestar_fix.report import full

    return full.render(report, style)


def _show_diff(report: Report, options: dict[str, Any]) -> None:
    from litestar_fix.report import diff

    if sys.stdout.isatty():
        write_lines(sys.stdout, diff.painted(report, _style(report, options, sys.stdout)))
    else:
        write(sys.stdout, b"".join(diff.render(report)))
