"""Prints how fast litestar-fix is beside the tools it stands on, as ratios measured in one run.

``python benchmarks/run.py [FOLDER]``; benchmarks/README.md says what each row means.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import contestants
from contestants import CONCISE, DONE, Contestant
from measure import Peak, peak, timed
from trees import LARGE, SMALL, Tree, copied, download, lines_of

MEGABYTE = 1_000_000
SMALL_CHANGE_LINES = 100_000
MEMORY_LINES = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the options ask for and print it as Markdown."""
    options = _options().parse_args(arguments)
    source = options.folder or download(SMALL, options.sdists)
    contestants.refuse_absent()
    with tempfile.TemporaryDirectory(prefix="litestar-fix-benchmark-") as folder:
        scratch = Path(folder)
        if "compare" in options.parts:
            compare("One tree", source, scratch, options.rounds, fixit=not options.no_fixit)
            if options.folder is None:
                pinned = download(SMALL + LARGE, options.sdists)
                compare("All pinned projects", pinned, scratch, options.rounds, fixit=False)
        if "growth" in options.parts:
            growth(source, scratch, options.rounds)
        if "change" in options.parts:
            change(source, scratch, options.rounds)
        if "memory" in options.parts:
            memory(source, scratch)
    return 0


def compare(title: str, source: Path, scratch: Path, rounds: int, *, fixit: bool) -> None:
    """Print every tool on one tree: the rounds are interleaved, so that a busy moment hits all of them."""
    scratch = Path(tempfile.mkdtemp(dir=scratch))
    tree = copied(source, scratch / "tree")
    heading(title, tree)
    click, parse = contestants.click_start(), contestants.libcst_parse(tree, scratch)
    cold, warm = contestants.cold_check(tree, scratch), contestants.warm_check(tree, scratch)
    ruff = contestants.ruff(tree)
    concise = contestants.cold_check(tree, scratch, *CONCISE), contestants.ruff(tree, *CONCISE)
    fixits = [contestants.fixit_ours(tree, scratch), contestants.fixit_own(tree, scratch)] if fixit else []
    warm.run()
    seconds = interleaved([click, warm, cold, parse, ruff, *concise, *fixits], rounds)
    unit = seconds[parse.name]
    rows = [(name, f"{value:.3f}", f"{value / unit:.2f}") for name, value in seconds.items()]
    table(("command", "seconds (median)", "LibCST parse = 1"), rows)

    allowance = 2.5 * seconds[click.name] + tree.lines / 1_000_000
    table(
        ("bar", "measured", "allowed"),
        [
            bar("cold check / LibCST parse", seconds[cold.name] / unit, 0.5),
            bar("cold check / ruff --select ALL", seconds[cold.name] / seconds[ruff.name], 5),
            bar("the same, both concise", seconds[concise[0].name] / seconds[concise[1].name], 5),
            bar("warm check, seconds (2.5 x import click + 1 us a line)", seconds[warm.name], allowance),
        ],
    )
    peaks = [(each.name, *megabytes(peak_of(each))) for each in (cold, warm, parse, ruff, *fixits)]
    table(("command", "peak memory MB, resident", "peak memory MB, proportional"), peaks)


def growth(source: Path, scratch: Path, rounds: int) -> None:
    """Print the cold check of 1, 4 and 16 copies: the last column stays level when time is linear in lines."""
    trees = [copied(source, scratch / f"growth-{copies}", copies) for copies in (1, 4, 16)]
    heading("Growth", trees[-1])
    checks = [contestants.cold_check(tree, tree.root.with_suffix(".scratch")) for tree in trees]
    medians = [statistics.median(each.run() for _ in range(rounds)) for each in checks]
    rows = [
        (f"{tree.lines:,}", f"{seconds:.3f}", f"{1_000_000 * seconds / tree.lines:.2f}")
        for tree, seconds in zip(trees, medians, strict=True)
    ]
    table(("lines", "cold check, seconds", "microseconds a line"), rows)
    for tree in trees:
        contestants.remove(tree.root)


def change(source: Path, scratch: Path, rounds: int) -> None:
    """Print the check after one file of a large, otherwise unchanged tree was edited."""
    tree = copied(source, scratch / "change", -(-SMALL_CHANGE_LINES // lines_of(source)))
    heading("One changed file", tree)
    command, environment = contestants.check(tree.root, scratch / "cache-change")
    timed(command, environment, DONE)
    candidates = [file for file in tree.files if b"litestar" in file.read_bytes()] or list(tree.files)
    measured = [_after_edit(command, environment, file) for file in itertools.islice(_spread(candidates), rounds + 2)]
    table(("bar", "measured", "allowed"), [bar("one changed file, seconds", statistics.median(measured), 0.5)])
    contestants.remove(tree.root)


def memory(source: Path, scratch: Path) -> None:
    """Print the memory of all processes together on a million lines."""
    tree = copied(source, scratch / "memory", -(-MEMORY_LINES // lines_of(source)))
    heading("Memory", tree)
    command, environment = contestants.check(tree.root, scratch / "cache-memory")
    cold, warm = peak(command, environment, DONE), peak(command, environment, DONE)
    table(
        ("command", "resident MB", "proportional MB"),
        [("check, cold", *megabytes(cold)), ("check, warm", *megabytes(warm))],
    )
    worst = max(cold.proportional or cold.resident, warm.proportional or warm.resident)
    table(("bar", "measured", "allowed"), [bar("peak memory, MB", worst / MEGABYTE, 400)])
    contestants.remove(tree.root)


def interleaved(participants: Sequence[Contestant], rounds: int) -> dict[str, float]:
    """Return the median seconds of every participant, measured in turns."""
    measured: dict[str, list[float]] = {each.name: [] for each in participants}
    for _ in range(rounds):
        for each in participants:
            measured[each.name].append(each.run())
    return {name: statistics.median(values) for name, values in measured.items()}


def peak_of(contestant: Contestant) -> Peak:
    """Measure a contestant's memory in a run of its own, because sampling costs time."""
    if contestant.before:
        contestant.before()
    return peak(contestant.command, contestant.environment, DONE)


def heading(title: str, tree: Tree) -> None:
    """Print a section's title and how much is measured in it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"\n## {title}: {len(tree.files):,} files, {tree.lines:,} lines, {cores} cores\n", flush=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table whose columns line up."""
    widths = [max(len(row[index]) for row in (columns, *rows)) for index in range(len(columns))]
    for row in (columns, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
    print(flush=True)


def bar(name: str, measured: float, allowed: float) -> tuple[str, str, str]:
    """Return the row of a bar; one that is missed says so."""
    return name, f"{measured:.2f}" + ("" if measured <= allowed else " OVER"), f"{allowed:.2f}"


def megabytes(measured: Peak) -> tuple[str, str]:
    """Return both numbers of a peak as text."""
    proportional = f"{measured.proportional / MEGABYTE:.0f}" if measured.proportional else "unknown"
    return f"{measured.resident / MEGABYTE:.0f}", proportional


def _after_edit(command: tuple[str, ...], environment: dict[str, str], file: Path) -> float:
    file.write_bytes(file.read_bytes() + b"\n# one more line\n")
    return timed(command, environment, DONE)[0]


def _spread(files: Sequence[Path]) -> Iterator[Path]:
    """Yield files from all over the tree."""
    step = max(1, len(files) // 7)
    return itertools.chain.from_iterable(files[start::step] for start in range(step))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("compare", "growth", "change", "memory")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "litestar-fix-benchmarks"
    parser.add_argument("folder", nargs="?", type=Path, help="measure this folder instead of the pinned projects")
    parser.add_argument("--sdists", type=Path, default=cache, help="where downloads are kept (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements a command (default: %(default)s)")
    parser.add_argument("--no-fixit", action="store_true", help="leave out the two slow rows")
    parser.add_argument(
        "--parts", nargs="+", choices=parts, default=parts, help="what to measure (default: everything)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
