"""The README tells the truth: its first command prints what it shows, and CI runs its second."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import readme


def test_the_first_command_prints_what_the_readme_shows() -> None:
    first, _ = readme.commands()
    assert first.startswith("python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/litestar-fix --dry-run ")

    shown, printed = readme.README.read_text(encoding="utf-8"), readme.first_output()

    assert printed.diff == readme.blocks("diff", shown)[0]
    assert printed.findings == readme.blocks("text", shown)[0]
    assert printed.code == 1


def test_ci_runs_the_second_command_as_it_is_written() -> None:
    _, second = readme.commands()

    assert second.endswith("-m pytest -q")
    assert second in (readme.ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_tables_are_complete() -> None:
    shown = readme.README.read_text(encoding="utf-8")

    assert readme.rules_table() in shown
    assert readme.settings_table() in shown


@pytest.mark.slow
def test_the_first_command_works_on_a_fresh_machine(tmp_path: Path) -> None:
    copy = tmp_path / "clone"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")
    shutil.copytree(readme.ROOT, copy, ignore=ignored)
    (copy / ".git").mkdir()
    environment = os.environ | {"LITESTAR_FIX_CACHE_DIR": str(tmp_path / "cache")}

    done = subprocess.run(
        ["bash", "-c", readme.commands()[0]], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )

    shown = readme.README.read_text(encoding="utf-8")
    assert done.stdout == readme.blocks("diff", shown)[0]
    assert done.stderr.endswith(readme.blocks("text", shown)[0])
    installed = next((copy / ".venv" / "lib").glob("python*/site-packages"))
    assert all((installed / package / "py.typed").is_file() for package in ("litestar_fix", "litestar_codemods"))
