"""The scripts that contributors run: a scaffolded practice is whole, and the pages of the rules are up to date."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import guide_coverage

ROOT = Path(__file__).resolve().parent.parent


def run(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(folder / source) for source in ("src", "codemods"))
    command = [sys.executable, str(folder / "scripts" / script), *arguments]
    return subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("src", "codemods", "scripts", "fixtures", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_pages_of_the_rules_are_up_to_date() -> None:
    checked = run(ROOT, "document_rules.py", "--check")
    assert checked.stdout + checked.stderr == ""


def test_what_answers_the_guide_is_up_to_date() -> None:
    assert guide_coverage.TARGET.read_text(encoding="utf-8") == guide_coverage.page()


def test_a_page_that_was_edited_by_hand_is_noticed(copy: Path) -> None:
    page = next((copy / "docs" / "rules").glob("lsf*.md"))
    page.write_text("changed", encoding="utf-8")

    checked = run(copy, "document_rules.py", "--check")

    assert checked.returncode == 1
    assert page.name in checked.stdout


@pytest.mark.parametrize("applicability", ["safe", "none"])
def test_a_scaffolded_practice_is_whole(copy: Path, applicability: str) -> None:
    made = run(copy, "new_rule.py", "LSF999", "goat-in-garden", "high", "--applicability", applicability)
    assert made.returncode == 0, made.stderr

    assert (copy / "docs/rules/lsf999-goat-in-garden.md").is_file()
    assert (copy / "fixtures/before/goat_in_garden/noop_suppressed/app.py").is_file()
    assert (copy / "fixtures/after/goat_in_garden").is_dir() == (applicability != "none")
    loaded = "from litestar_fix.rules.goat_in_garden import GoatInGarden as R; print(R.code, R.severity)"
    if applicability != "none":
        loaded += "; from litestar_codemods.goat_in_garden import GoatInGardenCommand"
    paths = os.pathsep.join(str(copy / source) for source in ("src", "codemods"))
    imported = subprocess.run(
        [sys.executable, "-c", loaded],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert imported.stdout == "LSF999 high\n", imported.stderr


def test_codes_and_names_are_used_once(copy: Path) -> None:
    taken_code = run(copy, "new_rule.py", "LSF204", "goat-in-garden", "high")
    assert (taken_code.returncode, "LSF204 is taken" in taken_code.stderr) == (2, True)
    taken_name = run(copy, "new_rule.py", "LSF999", "implicit-sync-to-thread", "high")
    assert (taken_name.returncode, "exists already" in taken_name.stderr) == (2, True)
    misspelt = run(copy, "new_rule.py", "LSF99", "goat-in-garden", "high")
    assert (misspelt.returncode, "three digits" in misspelt.stderr) == (2, True)
