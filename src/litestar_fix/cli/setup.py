"""``init`` and ``ci-setup``: what a project needs to begin with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from litestar_fix import __version__
from litestar_fix.cli.options import paths_of
from litestar_fix.cli.output import write, write_lines
from litestar_fix.errors import LitestarFixError, UsageError
from litestar_fix.report.diff import base_of, unified
from litestar_fix.settings import find_root

#: Where the files of each service lie.
PLACES = {
    "github": ".github/workflows/litestar-fix.yml",
    "gitlab": ".gitlab-ci.yml",
    "pre-commit": ".pre-commit-config.yaml",
}


def init(options: dict[str, Any]) -> int:
    """Give a project its first settings."""
    from litestar_fix.first_settings import first_settings
    from litestar_fix.lock import locked
    from litestar_fix.write import create
    from litestar_fix.write import write as write_files

    root = find_root(paths_of(options))
    found = first_settings(root)
    base = base_of(str(root))
    write_lines(sys.stderr, found.notes)
    if options["dry_run"]:
        made = [line for change in found.changes for line in unified(change, base)]
        if found.created is not None:
            made += unified(found.created, base, is_new=True)
        write(sys.stdout, b"".join(made))
        return 0
    with locked(root):
        problems = write_files(
            root, found.changes, [[change.path for change in found.changes]], allow_dirty=options["allow_dirty"]
        )
        if problems:
            raise LitestarFixError("; ".join(f"{item.path}: {item.reason}" for item in problems))
        if found.created is not None:
            create(root, found.created.path, found.created.new)
    names = [*(change.path for change in found.changes), *([found.created.path] if found.created else [])]
    write_lines(sys.stdout, [f"Wrote {' and '.join(names)}"])
    return 0


def ci_setup(options: dict[str, Any]) -> int:
    """Print what a service needs to run us, or create it."""
    from litestar_fix.write import create

    service = options["service"]
    content = template(service)
    if not options["write"]:
        write(sys.stdout, content)
        return 0
    root, place = find_root(["."]), PLACES[service]
    if (root / place).exists():
        raise UsageError(f"{place} is there already; without --write this prints what to add to it")
    create(root, place, content)
    write_lines(sys.stdout, [f"Wrote {place}"])
    return 0


def template(service: str) -> bytes:
    """Return what a service needs, for the version of this tool."""
    content = Path(__file__).with_name("templates").joinpath(f"{service}.yml").read_bytes()
    return content.replace(b"VERSION", __version__.encode())
