"""The README tells the truth: its first command prints what it shows, and CI runs its second."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from litestar_fix import settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_first_command_prints_what_the_readme_shows(tmp_path: Path) -> None:
    first = blocks("sh")[0].strip()
    # Installing again would test pip; what runs is the last part of the command, as it is written.
    make, install, job = first.split(" && ")
    assert (make, install) == ("python3 -m venv .venv", ".venv/bin/pip install -q .")
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    installed = Path(sys.executable).with_name("litestar-fix")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "litestar-fix").symlink_to(installed)

    done = subprocess.run(
        ["bash", "-c", job],
        cwd=tmp_path,
        env=os.environ | {"LITESTAR_FIX_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == blocks("diff")[0]
    assert done.stderr == blocks("text")[0]
    assert done.returncode == 1


def test_ci_runs_the_second_command_as_it_is_written() -> None:
    second = blocks("sh")[1].strip()

    assert second.endswith("-m pytest -q")
    assert second in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_table_of_settings_is_complete() -> None:
    rows = [f"| `{each.key}` | {default(each.default)} | {each.description} |" for each in settings.documented()]

    assert "\n".join(["| key | default | meaning |", "|---|---|---|", *rows]) in README


def default(value: object) -> str:
    """A default as TOML, or in words where it would fill the table."""
    if value is settings.SENSITIVE_FIELDS:
        return f"{len(settings.SENSITIVE_FIELDS)} names, `password`, `*_token` and the like"
    return "none" if value is None else f"`{msgspec.json.encode(value).decode()}`"
