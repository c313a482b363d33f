"""What other tools call: hooks, editors, CI servers, `litestar` itself. Each is run as they run it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from litestar_fix.cli import main
from tests.goldens import ROOT

ROOMS = """\
from litestar import Litestar, get


@get("/rooms")
def list_rooms() -> list[str]:
    return ["blue"]


app = Litestar([list_rooms])
"""
TIDY = ROOMS.replace('"/rooms"', '"/rooms", sync_to_thread=False')


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one safe fix, and the current folder."""
    folder = tmp_path / "hotel"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF204', 'LSF603']\n")
    (folder / "app.py").write_text(ROOMS)
    monkeypatch.chdir(folder)
    return folder


# -------------------------------------------------------------------------------------------------------- pre-commit
def test_the_hooks_of_pre_commit_are_commands_that_exist() -> None:
    hooks = {hook.pop("id"): hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}

    assert list(hooks) == ["litestar-check", "litestar-fix", "litestar-fix-project"]
    assert {hook["language"] for hook in hooks.values()} == {"python"}
    assert all(hook["require_serial"] and hook["types"] == ["python"] for hook in hooks.values())
    assert [hook.get("pass_filenames", True) for hook in hooks.values()] == [True, True, False]
    for hook in hooks.values():
        program, *words = hook["entry"].split()
        assert program == "litestar-fix"
        assert main([*words, "--help"]) == 0


def test_a_file_that_is_named_by_a_hook_may_be_excluded(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF204']\nexclude = ['old']\n")
    (root / "old").mkdir()
    (root / "old" / "app.py").write_text(ROOMS)

    assert main(["check", "old/app.py", "-q"]) == 1
    capsys.readouterr()
    assert main(["check", "old/app.py", "--force-exclude"]) == 0
    assert capsys.readouterr().out == "No findings in 0 files\n"
    assert main(["fix", "old/app.py", "app.py", "--force-exclude"]) == 0
    assert ((root / "old" / "app.py").read_text(), (root / "app.py").read_text()) == (ROOMS, TIDY)
    assert main(["check", "old/app.py", "-q", "--config", str(root / "pyproject.toml")]) == 1


def test_excluding_by_force_may_be_a_setting(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nexclude = ['app.py']\nforce-exclude = true\n")

    assert main(["check", "app.py", "-q"]) == 0
