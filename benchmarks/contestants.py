"""The commands that are compared; each does its whole job on the same files."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from measure import timed
from trees import Tree

PYTHON = sys.executable
#: A line for each finding, for us and for ruff: by default both show the code, and ruff finds a hundred times as much.
CONCISE = ("--quiet", "--output-format", "concise")
CACHE_VARIABLE = "LITESTAR_FIX_CACHE_DIR"
DONE = frozenset({0, 1})
RUFF = shutil.which("ruff", path=str(Path(PYTHON).parent)) or "ruff"

# Prints the seconds of the parse alone: start-up and reading are a gift to LibCST, so the bar is the stricter one.
PARSE = """
import json, sys, time
import libcst
sources = [open(path, "rb").read() for path in json.load(open(sys.argv[1]))]
started = time.perf_counter()
for source in sources:
    libcst.parse_module(source)
print(time.perf_counter() - started)
"""


@dataclass(frozen=True)
class Contestant:
    """One command of the comparison.

    Args:
        name: the row in the table.
        command: program and arguments.
        environment: what it needs beside this process's environment.
        prints_seconds: the command times itself and prints the number.
        before: runs, untimed, before every measurement.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    prints_seconds: bool = False
    before: Callable[[], None] | None = None

    def run(self) -> float:
        """Measure once and return seconds.

        Raises:
            MeasureError: the command did not do its job.
        """
        if self.before:
            self.before()
        elapsed, output = timed(self.command, self.environment, DONE)
        return float(output) if self.prints_seconds else elapsed


def refuse_absent() -> None:
    """Ask every program for its version: what is not installed ends with 1, as a check with findings does.

    Raises:
        MeasureError: one of them does not run.
    """
    for command in ((PYTHON, "-m", "litestar_fix"), (PYTHON, "-m", "fixit"), (RUFF,)):
        timed((*command, "--version"), {}, frozenset({0}))


def check(root: Path, cache: Path, *options: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return command and environment of ``litestar-fix check`` with a cache of its own."""
    return (PYTHON, "-m", "litestar_fix", "check", *options, str(root)), {CACHE_VARIABLE: str(cache)}


def click_start() -> Contestant:
    """Return the floor of every command line built on click."""
    return Contestant("python -c 'import click'", (PYTHON, "-c", "import click"))


def libcst_parse(tree: Tree, scratch: Path) -> Contestant:
    """Return the floor of every LibCST tool: parsing the files, in one process."""
    listing = scratch / "files.json"
    listing.write_text(json.dumps([str(file) for file in tree.files]), encoding="utf-8")
    return Contestant("LibCST parse_module", (PYTHON, "-c", PARSE, str(listing)), prints_seconds=True)


def cold_check(tree: Tree, scratch: Path, *options: str) -> Contestant:
    """Return our check with an empty cache, which it fills."""
    cache = scratch / "cache-cold"
    command, environment = check(tree.root, cache, *options)
    return Contestant(_named("litestar-fix check, cold", options), command, environment, before=lambda: remove(cache))


def warm_check(tree: Tree, scratch: Path) -> Contestant:
    """Return our check of an unchanged tree; the caller runs it once to fill the cache."""
    command, environment = check(tree.root, scratch / "cache-warm")
    return Contestant("litestar-fix check, warm", command, environment)


def ruff(tree: Tree, *options: str) -> Contestant:
    """Return ruff with every rule it has and no cache; without the projects' own settings, which leave out files."""
    command = (RUFF, "check", "--no-cache", "--isolated", "--select", "ALL", *options, str(tree.root))
    return Contestant(_named("ruff check --select ALL", options), command)


def _named(name: str, options: tuple[str, ...]) -> str:
    return f"{name}, concise" if options else name


def fixit_own(tree: Tree, scratch: Path) -> Contestant:
    """Return Fixit with the rules that come with it."""
    return _fixit("fixit lint, its own rules", tree, scratch / "own.toml", 'enable = ["fixit.rules"]')


def fixit_ours(tree: Tree, scratch: Path) -> Contestant:
    """Return Fixit with our rules alone."""
    configuration = 'enable = ["litestar_fix.rules"]\ndisable = ["fixit.rules"]'
    return _fixit("fixit lint, our rules", tree, scratch / "ours.toml", configuration)


def remove(folder: Path) -> None:
    """Delete a folder of this benchmark."""
    shutil.rmtree(folder, ignore_errors=True)


def _fixit(name: str, tree: Tree, file: Path, configuration: str) -> Contestant:
    file.write_text(f"[tool.fixit]\nroot = true\n{configuration}\n", encoding="utf-8")
    # --quiet keeps Fixit from printing a line a file; exit 1 means that there are findings.
    return Contestant(name, (PYTHON, "-m", "fixit", "--quiet", "--config-file", str(file), "lint", str(tree.root)))
