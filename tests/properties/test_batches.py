"""Properties of whole runs, over one tree that holds many composed projects."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given

from litestar_fix.api import Run, fix
from litestar_fix.report.diff import render
from litestar_fix.result import Report
from tests.goldens import ROOT, tree
from tests.properties.conftest import Trying
from tests.properties.projects import Sample, samples
from tests.properties.runs import ALL, failures, write

SEEDS = range(20)
#: A process for every seed takes its time.
FEW = 5


@pytest.fixture
def many(trying: Trying, tmp_path: Path) -> Path:
    """A tree of projects, a folder for each; it is the root of a project itself."""
    folder = tmp_path / "many"
    files: dict[str, bytes] = {"pyproject.toml": b'[project]\nname = "many"\ndependencies = ["requests"]\n'}
    count = 0

    @trying(0.04)
    @given(samples())
    def place(sample: Sample) -> None:
        nonlocal count
        files.update({f"project_{count}/{path}": content for path, content in sample.laid_out.items()})
        count += 1

    place()
    write(folder, files)
    return folder


def test_any_number_of_workers_comes_to_the_same_end(many: Path) -> None:
    reports = [_dry_run(many, Run(jobs=jobs, cache=False)) for jobs in (1, 2, 8)]

    assert reports[0].changes
    assert reports[1:] == reports[:1] * 2


def _dry_run(folder: Path, run: Run) -> Report:
    return fix([folder], ALL, unsafe_fixes=True, dry_run=True, root=folder, run=run)


@pytest.mark.usefixtures("in_this_process")
def test_the_diff_of_a_dry_run_makes_the_tree_of_the_real_run(many: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    write(copy, tree(many))
    run = Run(jobs=1, cache=False)
    diff = b"".join(render(_dry_run(copy, run)))
    (tmp_path / "all.diff").write_bytes(diff)
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    subprocess.run(["git", "apply", str(tmp_path / "all.diff")], cwd=copy, check=True, env=os.environ | git)

    report = fix([many], ALL, unsafe_fixes=True, root=many, run=run)

    assert diff
    assert failures(report) == []
    assert tree(copy) == tree(many)


HASHED = """
import hashlib, sys
from pathlib import Path
from litestar_fix.api import Run, fix
from litestar_fix.settings import Settings
folder = Path(sys.argv[1])
run = Run(jobs=1, cache=False)
report = fix([folder], Settings(select=("ALL",)), unsafe_fixes=True, dry_run=True, root=folder, run=run)
print(hashlib.sha256(repr(report).encode()).hexdigest())
"""


@pytest.mark.slow
def test_any_seed_of_hashes_comes_to_the_same_end(many: Path) -> None:
    folders = [f"project_{number}/" for number in range(FEW)]
    write(many, {path: content for path, content in tree(many).items() if path.startswith(tuple(folders))})

    ends = {seed: _end(many, seed) for seed in SEEDS}

    assert len(set(ends.values())) == 1, ends


def _end(folder: Path, seed: int) -> bytes:
    """Run in a fresh process, because the seed of hashes is set at its start."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "codemods"), *sys.path])
    environment = os.environ | {"PYTHONHASHSEED": str(seed), "PYTHONPATH": path}
    command = [sys.executable, "-c", HASHED, str(folder)]
    return subprocess.run(command, check=True, capture_output=True, env=environment).stdout
