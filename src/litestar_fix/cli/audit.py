"""``audit``: a report on a project as a whole."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from litestar_fix import api, registry
from litestar_fix.audit.summary import Audit
from litestar_fix.audit.summary import audit as summed_up
from litestar_fix.cli.options import narrowing_of, paths_of
from litestar_fix.cli.output import write, write_lines
from litestar_fix.cli.outputs import STDOUT, Output, joined, prepared
from litestar_fix.cli.progress import ProgressLine
from litestar_fix.cli.run import project_of, run_of, style_of
from litestar_fix.report import totals
from litestar_fix.result import Report

_NO_LINES = {"since": None, "changed": False, "staged": False, "whole_files": False}


def audit(options: dict[str, Any]) -> int:
    """Audit, show it, and return 2 where something could not be analysed: findings are what was asked for."""
    root, settings = project_of(options)
    name, target = options["output_format"], options["output_file"] or STDOUT
    paths = paths_of(options)
    with prepared([Output(name, target)]) as outputs:
        with ProgressLine(wanted=not options["quiet"]) as progress:
            narrowing = narrowing_of({**options, **_NO_LINES}, root)
            run = run_of(options, progress)
            # the page shows what each fix would change
            ask = api.outlook if name == "html" else api.check
            report = ask(paths, settings, narrowing=narrowing, root=root, run=run)
            project, _ = api.project(paths, settings, root=root, run=run)
        found = summed_up(report, project, registry.selected(settings))
        content = _rendered(found, report, options)
        if target == STDOUT:
            write(sys.stdout, content)
        else:
            outputs.put(target, content)
    write_lines(sys.stderr, totals.problems(report, style_of(report, options, sys.stderr)))
    return 2 if report.problems else 0


def _rendered(found: Audit, report: Report, options: dict[str, Any]) -> bytes:
    # a format is imported when it is wanted: start-up time is budgeted
    module = import_module(f"litestar_fix.report.audit_{options['output_format']}")
    if options["output_format"] != "text":
        made = module.render(found)
    else:
        is_file = options["output_file"] is not None
        made = module.render(found, style_of(report, options | ({"color": "never"} if is_file else {}), sys.stdout))
    return made if isinstance(made, bytes) else joined(made)
