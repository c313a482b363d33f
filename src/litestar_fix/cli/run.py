"""``fix`` and ``check``: from options to a report on the two streams, and an exit code."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from msgspec.structs import replace

from litestar_fix import api
from litestar_fix.cli.options import narrowing_of, paths_of, settings_of, unsaved_of
from litestar_fix.cli.output import wants_color, write, write_lines
from litestar_fix.cli.outputs import Prepared, outputs_of, prepared, summarize, text
from litestar_fix.cli.progress import ProgressLine
from litestar_fix.errors import UsageError
from litestar_fix.finding import Severity, State
from litestar_fix.host import prepare_process
from litestar_fix.report import totals
from litestar_fix.report.style import Style, way
from litestar_fix.result import Report
from litestar_fix.settings import Settings, find_root

if TYPE_CHECKING:
    from litestar_fix.formatting import Formatter
    from litestar_fix.proof.verification import Verification


def check(options: dict[str, Any]) -> int:
    """Find, show, and return the exit code."""
    root, settings = project_of(options)
    with prepared(outputs_of(options), partial(_page, options, root, settings)) as outputs:
        with ProgressLine(wanted=not options["quiet"]) as progress:
            narrowing = narrowing_of(options, root)
            report = api.check(
                paths_of(options),
                settings,
                narrowing=narrowing,
                unsaved=unsaved_of(options),
                root=root,
                run=run_of(options, progress),
            )
        _show(report, options, outputs, sys.stdout)
    return exit_code(report, options)


def fix(options: dict[str, Any]) -> int:
    """Fix, show what was done and what is left, and return the exit code."""
    root, settings = project_of(options)
    is_dry = options["dry_run"] or options["diff"]
    with prepared(outputs_of(options), partial(_page, options, root, settings)) as outputs:
        unsaved = unsaved_of(options)
        if unsaved is not None and not is_dry and outputs.has_document:
            raise UsageError("standard output is for the fixed file; give the report a file: `--output FORMAT=FILE`")
        with ProgressLine(wanted=not options["quiet"]) as progress:
            verification = _verification(options, progress)
            report = api.fix(
                paths_of(options),
                settings,
                unsafe_fixes=options["unsafe_fixes"],
                dry_run=is_dry,
                allow_dirty=options["allow_dirty"],
                narrowing=narrowing_of(options, root),
                unsaved=unsaved,
                root=root,
                run=run_of(options, progress, patches=outputs.wants_patches),
                verification=verification,
                formatter=_formatter(options),
            )
        if unsaved is not None and not is_dry:
            write(sys.stdout, report.changes[0].new if report.changes else unsaved)
            report = _as_written(report)
        elif is_dry and not outputs.has_document:
            _show_diff(report, options)
        _show(report, options, outputs, sys.stderr if is_dry or unsaved is not None else sys.stdout)
    return exit_code(report, options)


def _page(options: dict[str, Any], root: Path, settings: Settings, report: Report) -> bytes:
    """The report as the page of an audit, which speaks of the project, too."""
    from litestar_fix import registry
    from litestar_fix.audit.summary import audit
    from litestar_fix.report import audit_html

    project, _ = api.project(paths_of(options), settings, root=root)
    return audit_html.render(audit(report, project, registry.selected(settings)))


def _as_written(report: Report) -> Report:
    """A dry run whose result the caller has got."""
    findings = tuple(
        replace(item, state=State.FIXED) if item.state is State.WOULD_FIX else item for item in report.findings
    )
    return replace(report, findings=findings, dry_run=False)


def suppress(options: dict[str, Any]) -> int:
    """Suppress what is left, show what cannot be, and return the exit code."""
    root, settings = project_of(options)
    is_dry = options["dry_run"]
    with ProgressLine(wanted=not options["quiet"]) as progress:
        report = api.suppress(
            paths_of(options),
            settings,
            reason=options["reason"],
            dry_run=is_dry,
            allow_dirty=options["allow_dirty"],
            narrowing=narrowing_of(options, root),
            root=root,
            run=run_of(options, progress),
        )
    if is_dry:
        _show_diff(report, options)
    stream = sys.stderr if is_dry else sys.stdout
    style = style_of(report, options, stream)
    write_lines(stream, text(replace(report, findings=report.remaining), "concise", style, statistics=False))
    write_lines(sys.stderr, totals.problems(report, style_of(report, options, sys.stderr)))
    if not options["quiet"]:
        write_lines(stream, [totals.suppressed(report)])
    is_left = bool(report.remaining) or (is_dry and bool(report.changes))
    return 2 if report.problems else int(is_left)


def undo(options: dict[str, Any]) -> int:
    """Take back the last run, show what was left alone, and return the exit code."""
    prepare_process()
    undone = api.undo(paths_of(options))
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


def project_of(options: dict[str, Any]) -> tuple[Path, Settings]:
    """Return the root of the project that the options name, and its settings."""
    prepare_process()
    root = find_root(paths_of(options))
    return root, settings_of(options, root)


def run_of(options: dict[str, Any], progress: ProgressLine, *, patches: bool = False) -> api.Run:
    """Return how a run is done."""
    return api.Run(
        jobs=options["jobs"],
        cache=not options["no_cache"],
        debug=options.get("debug", False),
        patches=patches,
        progress=progress,
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


def style_of(report: Report, options: dict[str, Any], stream: TextIO) -> Style:
    """Return how a report is shown on a stream."""
    prefix, inside = way(report.root, os.getcwd())
    color = wants_color(options["color"], stream)
    return Style(color=color, prefix=prefix, inside=inside, verbose=options.get("verbose", False))


def _show(report: Report, options: dict[str, Any], outputs: Prepared, stream: TextIO) -> None:
    """Show a report where the options say.

    Args:
        report: of the run.
        options: of the command.
        outputs: where documents go.
        stream: what people read: a diff or a fixed file on standard output has findings on the other one.
    """
    outputs.save(report, verbose=options["verbose"], statistics=options["statistics"])
    shown = outputs.on_stdout
    if outputs.has_document and shown is not None:
        write(sys.stdout, outputs.document(report, shown.format, statistics=options["statistics"]))
    is_text = shown is not None and not outputs.has_document and not options.get("diff")
    style = style_of(report, options, stream)
    if is_text and shown is not None:
        write_lines(stream, text(report, shown.format, style, statistics=options["statistics"]))
    if not outputs.has_document:
        errors = style_of(report, options, sys.stderr)
        write_lines(sys.stderr, totals.problems(report, errors))
        if not options["quiet"] and not options.get("diff"):
            write_lines(sys.stderr, totals.skipped(report, errors))
            write_lines(stream, [totals.line(report, style)])
    if any(item.format == "github" for item in outputs.outputs):
        summarize(report)


def _show_diff(report: Report, options: dict[str, Any]) -> None:
    from litestar_fix.report import diff

    if sys.stdout.isatty():
        write_lines(sys.stdout, diff.painted(report, style_of(report, options, sys.stdout)))
    else:
        write(sys.stdout, diff.document(report))
        if not options["quiet"] and diff.shows_secrets(report):
            note = "note: the diff shows secrets, as `git apply` needs them; keep it out of logs, and rotate them"
            write_lines(sys.stderr, [note])
