"""How long the lines of a project may be, as its formatter is told."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: What black and ruff take where they are told nothing.
_USUAL = 88


def line_length(root: Path) -> int:
    """Return the length that ruff or black are configured with; what they take without that otherwise."""
    for table in _tables(root):
        for name in ("line-length", "line_length"):
            found = table.get(name)
            if isinstance(found, int) and found > 0:
                return found
    return _USUAL


def _tables(root: Path) -> Iterator[dict[str, Any]]:
    for name in ("ruff.toml", ".ruff.toml"):
        yield _read(root / name)
    tool = _read(root / "pyproject.toml").get("tool", {})
    for formatter in ("ruff", "black"):
        table = tool.get(formatter, {}) if isinstance(tool, dict) else {}
        yield table if isinstance(table, dict) else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8", "replace"))
    except (OSError, tomllib.TOMLDecodeError):
        return {}
