"""Batch migration: repositories an hour with one and two processes and on Dask, against a loop of a shell.

python benchmarks/batch.py [--repositories 200] [--lines 2000] [--no-dask]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HANDLERS = """\
@get("/{name}")
def list_{name}() -> list[str]:
    return ["one", "two"]


@get("/{name}/{{key:str}}")
async def read_{name}(key: str) -> str:
    if key != "one":
        raise HTTPException(status_code=404, detail="there is none")
    return key


"""
HEAD = """\
from litestar import Router, get
from litestar.exceptions import HTTPException


"""
APP = "from litestar import Litestar\n\n{imports}\napp = Litestar([{routers}])\n"
#: Lines of a module: an application has many small ones.
_MODULE = 200
_SAMPLE_SECONDS = 0.05
_TOOL = [sys.executable, "-m", "litestar_fix"]
_LOOP = """
set -e
mkdir "$WORK"
for repository in "$@"; do
    clone="$WORK/$(basename "$repository")"
    git clone --quiet --no-local --depth=1 "$repository" "$clone"
    cd "$clone"
    git checkout --quiet -b litestar-fix
    "$PYTHON" -m litestar_fix fix --quiet --exit-zero -j 1 > /dev/null
    git -c user.name=loop -c user.email=loop@example.org commit --quiet -a -m "Fixes of litestar-fix"
done
"""


def git(folder: Path, *words: str) -> None:
    """Run git."""
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def generate(folder: Path, count: int, lines: int) -> list[Path]:
    """Make repositories of so many lines each; no two files are equal."""
    made = []
    for number in range(count):
        place = folder / f"service{number:03}"
        place.mkdir(parents=True)
        names = []
        for part in range(max(1, lines // _MODULE)):
            handlers = [f"m{number}_{part}_{item}" for item in range(_MODULE // (HANDLERS.count("\n")))]
            text = HEAD + "".join(HANDLERS.format(name=name) for name in handlers)
            routes = ", ".join(f"list_{name}, read_{name}" for name in handlers)
            (place / f"part{part}.py").write_text(f'{text}router = Router("/part{part}", route_handlers=[{routes}])\n')
            names.append(f"part{part}")
        imports = "".join(f"from {name} import router as {name}\n" for name in names)
        (place / "app.py").write_text(APP.format(imports=imports, routers=", ".join(names)))
        (place / "pyproject.toml").write_text(
            f'[project]\nname = "service{number}"\nversion = "1"\ndependencies = ["litestar>=2.12"]\n'
        )
        git(place, "init", "-q", "-b", "main")
        git(place, "add", "-A")
        git(place, "commit", "-q", "-m", "as it is")
        made.append(place)
    return made


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """Run a command; return its seconds, and the most memory in kilobytes that its first process had."""
    started = time.perf_counter()
    running = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)
    peak = 0
    while running.poll() is None:
        peak = max(peak, _peak(running.pid))
        time.sleep(_SAMPLE_SECONDS)
    if running.returncode:
        raise SystemExit(f"{command[:4]} ended with {running.returncode}")
    return time.perf_counter() - started, peak


def _peak(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM:")), 0)


def own_seconds(places: list[Path]) -> float:
    """Return the seconds that the fixes of all repositories take by themselves, in one process that is warm."""
    from litestar_fix import api

    run = api.Run(cache=False, jobs=1)
    api.fix([places[0]], dry_run=True, root=places[0], run=run)
    started = time.perf_counter()
    for place in places:
        api.fix([place], dry_run=True, root=place, run=run)
    return time.perf_counter() - started


@contextmanager
def cluster() -> Iterator[str]:
    """Start two Dask workers of one thread on this machine, and yield the address of their scheduler."""
    from distributed import LocalCluster

    made = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1")  # type: ignore[no-untyped-call]
    with made as started:
        yield started.scheduler_address


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--no-dask", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        places = generate(folder / "all", options.repositories, options.lines)
        _measure(folder, places, with_dask=not options.no_dask)


def _measure(folder: Path, places: list[Path], *, with_dask: bool) -> None:
    environment = {"LITESTAR_FIX_CACHE_DIR": str(folder / "cache")}
    count = len(places)
    own = own_seconds(places)
    print(f"| {count} repositories | seconds | each | over own fix time | peak of the parent |")
    print("| --- | ---: | ---: | ---: | ---: |")

    def row(name: str, seconds: float, peak: int, *, number: int = count) -> None:
        each = seconds / number
        memory = f"{peak / 1024:.0f} MB" if peak else ""
        print(f"| {name} | {seconds:.1f} | {each:.3f} | {each - own / count:+.3f} | {memory} |", flush=True)

    def batch(state: str, *words: str, number: int = count) -> tuple[float, int]:
        named = [str(place) for place in places[:number]]
        return timed([*_TOOL, "batch", *named, "-q", "--state", str(folder / state), *words], environment)

    row("the fixes alone", own, 0)
    loop = ["sh", "-c", _LOOP, "loop", *map(str, places)]
    seconds, _ = timed(loop, environment | {"WORK": str(folder / "loop"), "PYTHON": sys.executable})
    row("loop of a shell", seconds, 0)
    few = max(1, count // 4)
    row(f"batch --one-commit -j 1, {few} of them", *batch("few", "--one-commit", "-j1", number=few), number=few)
    row("batch --one-commit -j 1", *batch("one", "--one-commit", "-j1"))
    row("batch --one-commit -j 2", *batch("two", "--one-commit", "-j2"))
    row("batch -j 2, a commit for each rule", *batch("rules", "-j2"))
    if with_dask:
        with cluster() as address:
            row("batch --one-commit, Dask, 2 workers", *batch("far", "--one-commit", "--dask", address))


if __name__ == "__main__":
    main()
