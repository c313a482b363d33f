"""Prints what batch costs beside the fixes themselves, and how many repositories it does an hour.

``python benchmarks/batch.py``; benchmarks/README.md says what each row means.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from run import bar, table

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
_ALONE = """
import os, sys, time
from litestar_fix import api
from litestar_fix.host import prepare_process

prepare_process()
run = api.Run(cache=False, jobs=1)
first, *_ = places = sys.argv[1:]
api.fix([first], dry_run=True, run=run)
started, before = time.perf_counter(), os.times()
for place in places:
    api.fix([place], dry_run=True, run=run)
print(time.perf_counter() - started, sum(os.times()[:4]) - sum(before[:4]))
"""
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


class Spent(NamedTuple):
    """What a command took: seconds, seconds of processors, and the most kilobytes that its first process had."""

    seconds: float
    processor: float
    peak: int = 0


def timed(command: list[str], environment: dict[str, str]) -> Spent:
    """Run a command, and return what it took."""
    started, before = time.perf_counter(), os.times()
    running = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)
    peak = 0
    while running.poll() is None:
        peak = max(peak, _peak(running.pid))
        time.sleep(_SAMPLE_SECONDS)
    if running.returncode:
        raise SystemExit(f"{command[:4]} ended with {running.returncode}")
    return Spent(time.perf_counter() - started, sum(os.times()[:4]) - sum(before[:4]), peak)


def _peak(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM:")), 0)


class Bench:
    """Repositories, and a folder for what is made of them; each run begins with nothing."""

    def __init__(self, folder: Path, places: Sequence[Path]) -> None:
        self.scratch = folder / "scratch"
        self.places = [str(place) for place in places]

    def alone(self, count: int) -> Spent:
        """Return what the fixes of some repositories take by themselves, in one process that is warm."""
        command = [sys.executable, "-c", _ALONE, *self.places[:count]]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds, processor = map(float, told.split())
        return Spent(seconds, processor)

    def loop(self, count: int) -> Spent:
        """Return what a loop of a shell takes."""
        return self._run(["sh", "-c", _LOOP, "loop", *self.places[:count]])

    def batch(self, *words: str, count: int) -> Spent:
        """Return what batch takes."""
        state = str(self.scratch / "state")
        return self._run([*_TOOL, "batch", *self.places[:count], "-q", "--state", state, *words])

    def _run(self, command: list[str]) -> Spent:
        self.scratch.mkdir()
        environment = {
            "LITESTAR_FIX_CACHE_DIR": str(self.scratch / "cache"),
            "WORK": str(self.scratch / "loop"),
            "PYTHON": sys.executable,
        }
        try:
            return timed(command, environment)
        finally:
            shutil.rmtree(self.scratch)


@contextmanager
def cluster() -> Iterator[str]:
    """Start two Dask workers of one thread on this machine, and yield the address of their scheduler."""
    from distributed import LocalCluster

    made = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1")  # type: ignore[no-untyped-call]
    with made as started:
        yield started.scheduler_address


def overhead(bench: Bench, count: int, rounds: int) -> None:
    """Print what a repository costs beside its fixes; the rows take turns, so that a busy moment hits all of them."""
    spent: dict[str, list[Spent]] = {"the fixes alone": [], "batch --one-commit -j 1": [], "loop of a shell": []}
    alone, batch, loop = spent.values()
    for _ in range(rounds):
        alone.append(bench.alone(count))
        batch.append(bench.batch("--one-commit", "-j1", count=count))
        loop.append(bench.loop(count))

    def median(values: Iterable[float]) -> float:
        return statistics.median(values) / count

    def over(some: Sequence[Spent]) -> float:
        return median(one.seconds - other.seconds for one, other in zip(some, alone, strict=True))

    rows = []
    for name, some in spent.items():
        seconds, processor = median(item.seconds for item in some), median(item.processor for item in some)
        rows.append((name, f"{seconds:.3f}", f"{over(some):+.3f}", f"{processor:.3f}"))
    table((f"{count} repositories, {rounds} rounds", "seconds each", "over the fixes alone", "of processors"), rows)
    table(("bar", "measured", "allowed"), [bar("batch over the fixes alone, seconds each", over(batch), 0.2)])


def throughput(bench: Bench, count: int, *, with_dask: bool) -> None:
    """Print how many repositories are done an hour, and the memory of the process that divides the work."""
    rows = []

    def row(name: str, *words: str, number: int = count) -> int:
        spent = bench.batch(*words, count=number)
        each, memory = spent.seconds / number, f"{spent.peak / 1024:.0f}"
        rows.append((name, str(number), f"{spent.seconds:.1f}", f"{each:.3f}", f"{3600 / each:.0f}", memory))
        return spent.peak

    few = row("batch --one-commit -j 2", "--one-commit", "-j2", number=max(1, count // 4))
    many = row("batch --one-commit -j 2", "--one-commit", "-j2")
    row("batch --one-commit -j 1", "--one-commit", "-j1")
    row("batch -j 2, a commit for each rule", "-j2")
    if with_dask:
        with cluster() as address:
            row("batch --one-commit, Dask, 2 workers", "--one-commit", "--dask", address)
    table(("command", "repositories", "seconds", "each", "an hour", "peak MB of the parent"), rows)
    table(("bar", "measured", "allowed"), [bar("peak of the parent, all / a quarter", many / few, 1.1)])


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("overhead", "throughput")
    parser.add_argument("--repositories", type=int, default=200, help="for throughput (default: %(default)s)")
    parser.add_argument("--few", type=int, default=20, help="for a round of overhead (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of overhead (default: %(default)s)")
    parser.add_argument("--lines", type=int, default=2000, help="of a repository (default: %(default)s)")
    parser.add_argument("--no-dask", action="store_true", help="leave out the row that needs Dask")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts, help="what to measure (default: all)")
    options = parser.parse_args()
    wanted = {"overhead": options.few, "throughput": options.repositories}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        count = max(wanted[part] for part in options.parts)
        bench = Bench(folder, generate(folder / "all", count, options.lines))
        if "overhead" in options.parts:
            overhead(bench, options.few, options.rounds)
        if "throughput" in options.parts:
            throughput(bench, options.repositories, with_dask=not options.no_dask)


if __name__ == "__main__":
    main()
