"""``contract``: what an application promises, and how two such answers differ."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from litestar_fix.cli.output import wants_color, write, write_lines
from litestar_fix.errors import UsageError
from litestar_fix.proof.comparison import Difference, differences, shown
from litestar_fix.proof.processes import environment, stable_contract
from litestar_fix.proof.verification import START
from litestar_fix.report.style import BOLD, GREEN, RED, Style, safe


def contract(options: dict[str, Any]) -> int:
    """Print a contract, or compare two; return the exit code."""
    match options["words"]:
        case ("diff", before, after):
            style = Style(color=wants_color(options["color"], sys.stdout))
            return _compare(_read(before), _read(after), style)
        case ("diff", *_):
            raise UsageError("contract diff compares two files; give both")
        case (app,):
            return _print(app, options)
        case ():
            raise UsageError("contract of what? give the application as module:attribute")
        case _:
            raise UsageError("contract takes one application, module:attribute, or diff and two files")


def _print(app: str, options: dict[str, Any]) -> int:
    where = environment(
        Path.cwd(),
        python=options["python"],
        env_file=options["env_file"],
        timeout=options["timeout"] or START,
        verbose=options["verbose"],
    )
    found = stable_contract(app, where)
    write(sys.stdout, json.dumps(found, indent=1, sort_keys=True).encode() + b"\n")
    return 0


def _read(name: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(name).read_bytes())
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{name}: not a contract; make one with `litestar-fix contract APP`") from None
    if not isinstance(found, dict) or not isinstance(found.get("routes"), dict):
        raise UsageError(f"{name}: not a contract; make one with `litestar-fix contract APP`")
    return found


def _compare(before: dict[str, Any], after: dict[str, Any], style: Style) -> int:
    found = differences(before, after)
    write_lines(sys.stdout, [_line(item, style) for item in found])
    return int(bool(found))


def _line(item: Difference, style: Style) -> str:
    where = f"{item.route}: {'.'.join(item.field)}" if item.field else item.route
    old, new = (safe(shown(value)) for value in (item.old, item.new))
    return f"{style.paint(safe(where), BOLD)}: {style.paint(old, RED)} -> {style.paint(new, GREEN)}"
