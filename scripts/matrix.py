"""Start every application of the fixtures on each Python with each Litestar that is promised.

``python scripts/matrix.py [--python 3.11 ...] [--litestar 2.0 ...]``: an environment a pair, in a temporary folder. The
interpreters are looked for as ``python3.11`` and so on; one that is missing is a failure, not a shorter matrix.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LITESTARS = {"3.11": ("2.0", "2.12", "2.25"), "3.12": ("2.12", "2.25"), "3.13": ("2.12", "2.25")}
FIXTURES_NEED = ("advanced-alchemy", "aiosqlite", "attrs", "pydantic", "pytest", "requests")
# Litestar's test client of those days passes arguments that later httpx versions no longer take, and imports
# sniffio, which anyio has stopped to bring along.
FORMERLY = ("httpx<0.28", "sniffio")
TESTS = "tests/test_fixtures_start.py"


class Pair(NamedTuple):
    """One cell of the matrix."""

    python: str
    litestar: str


class PairFailed(Exception):
    """A cell of the matrix failed; the text says where."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the matrix and print one line a pair.

    Args:
        arguments: of the command line.

    Returns:
        The exit code: 1 if a pair failed.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", nargs="+", choices=LITESTARS, default=list(LITESTARS))
    parser.add_argument("--litestar", nargs="+", default=["2.0", "2.12", "2.25"])
    options = parser.parse_args(arguments)
    failed = False
    for pair in pairs(options.python, options.litestar):
        try:
            summary = run(pair)
        except PairFailed as error:
            failed, summary = True, f"FAILED: {error}"
        print(f"Python {pair.python}, Litestar {pair.litestar}: {summary}", flush=True)
    return int(failed)


def pairs(pythons: Sequence[str], litestars: Sequence[str]) -> Iterator[Pair]:
    """Yield the cells of the matrix that were asked for."""
    for python in pythons:
        yield from (Pair(python, litestar) for litestar in LITESTARS[python] if litestar in litestars)


def run(pair: Pair) -> str:
    """Make the environment of a pair and run the tests that start applications in it.

    Returns:
        What pytest says in its last line.

    Raises:
        PairFailed: no such interpreter, an installation that failed, or a test that did.
    """
    with tempfile.TemporaryDirectory(prefix="litestar-fix-matrix-") as folder:
        python = Path(folder) / "bin" / "python"
        _call("environment", interpreter(pair.python), "-m", "venv", folder)
        wanted = [f"litestar=={pair.litestar}.*", *FIXTURES_NEED]
        wanted += FORMERLY if pair.litestar != "2.25" else ("httpx",)
        _call("installation", python, "-m", "pip", "install", "--quiet", "--editable", ROOT, *wanted)
        said = _call("tests", python, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", TESTS)
    return said.strip().splitlines()[-1]


def interpreter(version: str) -> str:
    """Return a program that runs this version of Python.

    Raises:
        PairFailed: there is none, or what has its name is something else.
    """
    found = shutil.which(f"python{version}") or ""
    shows = [found, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    if not found or subprocess.run(shows, capture_output=True, text=True, check=False).stdout.strip() != version:
        raise PairFailed(f"no python{version} on the path")
    return found


def _call(step: str, *command: str | Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PairFailed(f"{step} ended with {done.returncode}\n{done.stdout[-6000:]}{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
