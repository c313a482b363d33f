"""Wall time and memory of one command, children included."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.02
PROC = Path("/proc")


class MeasureError(Exception):
    """A measured command failed, so its time says nothing."""


@dataclass(frozen=True)
class Peak:
    """Most memory that a command and all its descendants had at one moment, in bytes.

    Args:
        resident: sum of the resident sets; pages that processes share are counted in each of them.
        proportional: the same with shared pages divided among their users; 0 where the system does not tell.
    """

    resident: int
    proportional: int


def _installed() -> dict[str, str]:
    """This process's environment, but bytecode is kept: pip compiles what it installs, so no user waits for that."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def timed(command: Sequence[str], environment: Mapping[str, str], expected: frozenset[int]) -> tuple[float, str]:
    """Run a command and return its wall time in seconds and its output.

    Args:
        command: program and arguments.
        environment: added to this process's environment.
        expected: exit codes that mean that the whole job was done.

    Raises:
        MeasureError: any other exit code.
    """
    started = time.perf_counter()
    run = subprocess.run(command, env=_installed() | dict(environment), capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - started
    if run.returncode not in expected:
        raise MeasureError(f"{' '.join(command)} ended with {run.returncode}:\n{run.stderr[-2000:]}")
    return elapsed, run.stdout


def peak(command: Sequence[str], environment: Mapping[str, str], expected: frozenset[int]) -> Peak:
    """Run a command and sample the memory of its process tree.

    Args:
        command: program and arguments.
        environment: added to this process's environment.
        expected: exit codes that mean that the whole job was done.

    Raises:
        MeasureError: any other exit code.
    """
    process = subprocess.Popen(
        command, env=_installed() | dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    samples: list[Peak] = [Peak(0, 0)]
    done = threading.Event()

    def sample() -> None:
        while not done.wait(SAMPLE_SECONDS):
            samples.append(_memory(_family(process.pid)))

    sampler = threading.Thread(target=sample)
    sampler.start()
    code = process.wait()
    done.set()
    sampler.join()
    if code not in expected:
        raise MeasureError(f"{' '.join(command)} ended with {code}")
    return Peak(max(each.resident for each in samples), max(each.proportional for each in samples))


def _parents() -> dict[int, int]:
    """Every process and its parent."""
    if PROC.is_dir():
        pairs = ((entry.name, _read(entry / "stat")) for entry in PROC.iterdir() if entry.name.isdigit())
        # The name in brackets may hold spaces, so fields are counted from the last bracket.
        return {int(pid): int(text.rpartition(")")[2].split()[1]) for pid, text in pairs if text}
    rows = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return {int(pid): int(parent) for pid, parent in (row.split() for row in rows.splitlines())}


def _family(root: int) -> set[int]:
    parents = _parents()
    family, size = {root}, 0
    while len(family) != size:
        size = len(family)
        family |= {pid for pid, parent in parents.items() if parent in family}
    return family


def _memory(family: set[int]) -> Peak:
    if PROC.is_dir():
        rollups = [_rollup(pid) for pid in family]
        return Peak(sum(each.resident for each in rollups), sum(each.proportional for each in rollups))
    listed = ",".join(map(str, family))
    rows = subprocess.run(["ps", "-o", "rss=", "-p", listed], capture_output=True, text=True, check=False).stdout
    return Peak(sum(int(row) for row in rows.split()) * 1024, 0)


def _rollup(pid: int) -> Peak:
    fields = dict(line.split(":", 1) for line in _read(PROC / str(pid) / "smaps_rollup").splitlines() if ":" in line)

    def size(name: str) -> int:
        return int(fields[name].split()[0]) * 1024 if name in fields else 0

    return Peak(size("Rss"), size("Pss"))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended meanwhile
        return ""
