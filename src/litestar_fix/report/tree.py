"""The layer tree of a project for a person: what is registered where, and what holds on each route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litestar_fix.report.style import BOLD, CYAN, DIM, Style, safe

_UNKNOWN = " (not all of it is known)"


def render(found: dict[str, Any], style: Style) -> Iterator[str]:
    """Yield the lines of a graph.

    Args:
        found: what `model.graph.graph` returned.
        style: how it is shown.
    """
    yield f"Litestar {found['litestar'] or 'of unknown version'}"
    for application in found["applications"]:
        yield ""
        yield from _node(application, "", style)
    if not found["applications"]:
        yield "No application found."
    if found["unregistered"]:
        yield ""
        yield style.paint("Registered by no application that could be seen", BOLD)
        for node in found["unregistered"]:
            yield from _node(node, "  ", style)


def _node(node: dict[str, Any], indent: str, style: Style) -> Iterator[str]:
    where = style.paint(f"{style.path(node['path'])}:{node['line']}", DIM)
    if node["kind"] == "handler":
        methods = ",".join(node["methods"]) if node["methods"] is not None else "?"
        paths = " ".join(map(safe, node["paths"])) if node["paths"] is not None else "?"
        yield f"{indent}{style.paint(methods, CYAN)} {paths}  {style.paint(safe(node['name']), BOLD)}  {where}"
        yield from _effective(node["effective"], f"{indent}    ")
    else:
        unknown = "" if node["complete"] else _UNKNOWN
        yield f"{indent}{node['kind']} {style.paint(safe(node['name']), BOLD)}  {where}{unknown}"
        for option, value in node["options"].items():
            yield f"{indent}    {option} = {safe(value)}"
    for child in node["children"]:
        yield from _node(child, f"{indent}  ", style)


def _effective(options: dict[str, Any], indent: str) -> Iterator[str]:
    """What holds on a handler: one line an option that is set, or that may be."""
    for option, effective in options.items():
        unknown = "" if effective["known"] else _UNKNOWN
        if "values" not in effective:
            if effective["value"] is not None or unknown:
                source = f" from {safe(effective['from'])}" if effective["from"] else ""
                yield f"{indent}{option} = {safe(str(effective['value']))}{source}{unknown}"
            continue
        values = effective["values"]
        shown = [f"{key}: {value}" for key, value in values.items()] if isinstance(values, dict) else values
        if shown or unknown:
            yield f"{indent}{option} = {safe(', '.join(shown))}{unknown}"
