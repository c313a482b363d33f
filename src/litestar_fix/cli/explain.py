"""``rules``, ``rule`` and ``graph``: what the tool knows, of its rules and of a project."""

from __future__ import annotations

import os
import sys
from typing import Any

import msgspec

from litestar_fix import registry
from litestar_fix.cli.options import settings_of, use_plugins
from litestar_fix.cli.output import wants_color, write, write_lines
from litestar_fix.report import rule_page
from litestar_fix.report.style import Style, way


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def rules(options: dict[str, Any]) -> int:
    """List all rules."""
    use_plugins(options)
    if options["output_format"] == "json":
        write(sys.stdout, _json([rule_page.facts(info) for info in registry.rules()]))
    else:
        style = Style(color=wants_color(options["color"], sys.stdout))
        write_lines(sys.stdout, rule_page.listing(registry.rules(), style))
    return 0


def rule(options: dict[str, Any]) -> int:
    """Explain one rule."""
    use_plugins(options)
    info = registry.rule(options["code"])
    if options["output_format"] == "json":
        write(sys.stdout, _json({**rule_page.facts(info), "documentation": info.documentation}))
    else:
        style = Style(color=wants_color(options["color"], sys.stdout))
        write_lines(sys.stdout, rule_page.page(info, registry.samples(info), style))
    return 0


def graph(options: dict[str, Any]) -> int:
    """Show the resolved layers of a project."""
    from litestar_fix import api
    from litestar_fix.host import prepare_process
    from litestar_fix.model.graph import graph as layer_tree
    from litestar_fix.report import totals, tree
    from litestar_fix.result import Report
    from litestar_fix.settings import find_root

    prepare_process()
    paths = options["paths"] or (".",)
    root = find_root(paths)
    settings = settings_of(options, root)
    run = api.Run(jobs=options["jobs"], cache=not options["no_cache"])
    project, problems = api.project(paths, settings, root=root, run=run)
    found = layer_tree(project)
    prefix, inside = way(str(project.root), os.getcwd())
    if options["output_format"] == "json":
        write(sys.stdout, _json(found))
    else:
        style = Style(color=wants_color(options["color"], sys.stdout), prefix=prefix, inside=inside)
        write_lines(sys.stdout, tree.render(found, style))
    report = Report(root=str(project.root), problems=problems)
    style = Style(color=wants_color(options["color"], sys.stderr), prefix=prefix, inside=inside)
    write_lines(sys.stderr, totals.problems(report, style))
    return 2 if problems else 0
