"""What other tools call: hooks, editors, CI servers, `litestar` itself. Each is run as they run it."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest
import yaml

from litestar_fix.cli import main
from tests.goldens import ROOT, Case, tree

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


# ------------------------------------------------------------------------------------------------------------- editors
class Standard(NamedTuple):
    """How a run with a standard input ended."""

    code: int
    out: bytes
    err: str


Piped = Callable[..., Standard]


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Piped:
    def call(content: bytes, *arguments: str) -> Standard:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        code = main(arguments)
        out, err = capfdbinary.readouterr()
        return Standard(code, out, err.decode())

    return call


def test_a_buffer_takes_the_place_of_its_file(root: Path, piped: Piped) -> None:
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF204']\n")
    (root / "guests.py").write_text("from app import list_rooms\n")
    (root / "app.py").write_text("")

    checked = piped(ROOMS.encode(), "check", "-", "--stdin-filename", "app.py", "--output-format", "concise", "-q")
    assert (checked.code, checked.out.partition(b" ")[0]) == (1, b"app.py:5:1:")
    fixed = piped(ROOMS.encode(), "fix", "-", "--stdin-filename", str(root / "app.py"))
    assert fixed == (0, TIDY.encode(), "Fixed 1 finding in 1 file\n")
    dry = piped(ROOMS.encode(), "fix", "-", "--stdin-filename", "app.py", "--dry-run")
    assert dry.code == 1
    assert b'+@get("/rooms", sync_to_thread=False)\n' in dry.out
    assert (root / "app.py").read_text() == ""
    assert piped(TIDY.encode(), "fix", "-", "--stdin-filename", "app.py")[:2] == (0, TIDY.encode())
    assert main(["check", "-q"]) == 0, "what an editor has is forgotten afterwards"


def test_a_buffer_keeps_its_bytes(root: Path, piped: Piped) -> None:
    for content in (
        ROOMS.replace("\n", "\r\n").encode(),
        b"# coding: latin-1\n# Z\xfcrich\n" + ROOMS.encode("latin-1"),
    ):
        fixed = piped(content, "-", "--stdin-filename", "app.py")

        assert fixed.out == content.replace(b'"/rooms"', b'"/rooms", sync_to_thread=False')
    assert (root / "app.py").read_text() == ROOMS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x = (", "app.py: error: not valid Python: '(' was never closed (line 1)"),
        (b"# Z\xfcrich\n", "app.py: error: "),
        (b"x = 1\0", "app.py: error: "),
    ],
)
@pytest.mark.usefixtures("root")
def test_a_buffer_that_cannot_be_read_comes_back_as_it_was(piped: Piped, content: bytes, reason: str) -> None:
    fixed = piped(content, "fix", "-q", "-", "--stdin-filename", "app.py")

    assert fixed[:2] == (2, content)
    assert fixed.err.startswith(reason)
    assert fixed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "-"], "`-` is standard input; say which file it is: `- --stdin-filename FILE`"),
        (["--stdin-filename", "app.py"], "--stdin-filename says which file standard input is; the path is `-` then"),
        (["-", "app.py", "--stdin-filename", "app.py"], "`-` is the one file that --stdin-filename names; give no"),
        (["-", "--stdin-filename", "ap.py"], "ap.py: no such file or folder; did you mean 'app.py'?"),
        (["-", "--stdin-filename", "."], "--stdin-filename: . is a folder; name a file in it"),
        (["-", "--stdin-filename", "app.py", "--changed"], "--changed looks at what is on disk; leave it out with `-`"),
        (["-", "--stdin-filename", "app.py", "--output-format", "json"], "standard output is for the fixed file;"),
    ],
)
@pytest.mark.usefixtures("root")
def test_what_standard_input_cannot_be(piped: Piped, arguments: list[str], message: str) -> None:
    ended = piped(ROOMS.encode(), *arguments)

    assert ended[:2] == (2, b"")
    assert ended.err.startswith(f"litestar-fix: error: {message}")
    assert ended.err.count("\n") == 1


@pytest.mark.usefixtures("root")
def test_a_buffer_that_is_too_large_is_no_file(piped: Piped) -> None:
    assert piped(b"#" * 1_000_001, "-", "--stdin-filename", "app.py").err.endswith("standard input: larger than 1 MB\n")


def test_a_fix_in_a_buffer_changes_no_other_file(tmp_path: Path, piped: Piped, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case("sync_http_client", "requests_leaves_pyproject_with_its_last_import")
    monkeypatch.chdir(case.copy(tmp_path))
    before = tree(Path.cwd())
    file = next(path for path, content in before.items() if b"import requests" in content)

    checked = piped(before[file], "check", "-", "--stdin-filename", file, "--select", "LSF502")
    assert b"its fix also changes " in checked.out
    fixed = piped(before[file], "fix", "-", "--unsafe-fixes", "--stdin-filename", file, "--select", "LSF502")
    assert fixed[:2] == (1, before[file])
    assert "its fix also changes pyproject.toml, which is not among the given paths" in fixed.err
    assert tree(Path.cwd()) == before


# ------------------------------------------------------------------------------------------------------ GitHub Action
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
Step = Callable[..., "Ran"]


class Ran(NamedTuple):
    """How a step of a job ended."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str


@pytest.fixture
def step(root: Path, tmp_path: Path) -> Step:
    """The step that runs litestar-fix, as a runner runs it; installing it is what makes `bin/python`."""
    python = tmp_path / "temp" / "litestar-fix" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=root, check=True)

    def call(github: Mapping[str, str] = MappingProxyType({}), **given: str) -> Ran:
        told = {name: tmp_path / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in told.values():
            file.write_text("")
        inputs = {name: item["default"] for name, item in ACTION["inputs"].items()}
        inputs |= {name.replace("_", "-"): value for name, value in given.items()}
        found = next(item for item in ACTION["runs"]["steps"] if item.get("id") == "run")
        environment = {
            name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], value)
            for name, value in found["env"].items()
        }
        environment |= {name: str(file) for name, file in told.items()}
        environment |= {"RUNNER_TEMP": str(tmp_path / "temp"), **github}
        script = tmp_path / "step.sh"
        script.write_text(found["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=root / inputs["working-directory"],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = told["GITHUB_OUTPUT"].read_text().splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        return Ran(done.returncode, done.stdout + done.stderr, outputs, told["GITHUB_STEP_SUMMARY"].read_text())

    return call


def test_the_action_lets_no_input_into_a_script_and_takes_no_token() -> None:
    steps = ACTION["runs"]["steps"]

    assert all(item["shell"] == "bash" for item in steps if "run" in item)
    assert all("${{" not in item.get("run", "") for item in steps)
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", item["uses"]) for item in steps if "uses" in item)
    assert "token" not in (ROOT / "action.yml").read_text().lower()
    used = set(re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", (ROOT / "action.yml").read_text()))
    assert used == set(ACTION["inputs"])


def test_the_action_checks(root: Path, step: Step) -> None:
    ran = step()

    assert ran.code == 1
    assert "::warning file=app.py,line=5," in ran.log
    assert ran.outputs == {
        "changed": "false",
        "fixed": "0",
        "remaining": "1",
        "sarif-file": "",
        "patch-file": "",
        "exit-code": "1",
    }
    assert set(ran.outputs) == set(ACTION["outputs"])
    assert "LSF204" in ran.summary
    assert step(fail_on="critical").code == 0
    assert step(args="--select LSF603", sarif_file="found.sarif").outputs["sarif-file"] == "found.sarif"
    assert json.loads((root / "found.sarif").read_text())["version"] == "2.1.0"


@pytest.mark.parametrize("mode", ["suggest", "fix"])
def test_the_action_fixes(root: Path, step: Step, mode: str) -> None:
    ran = step(mode=mode, paths="app.py")

    assert (ran.code, ran.outputs["changed"], ran.outputs["fixed"]) == (int(mode == "suggest"), "true", "1")
    assert (root / "app.py").read_text() == (TIDY if mode == "fix" else ROOMS)
    if mode == "fix":
        subprocess.run(["git", "checkout", "-q", "app.py"], cwd=root, check=True)
    subprocess.run(["git", "apply", ran.outputs["patch-file"]], cwd=root, check=True)
    assert (root / "app.py").read_text() == TIDY
    again = step(mode=mode, args="--allow-dirty" if mode == "fix" else "")
    assert (again.code, again.outputs["changed"], again.outputs["patch-file"]) == (0, "false", "")


def test_the_action_counts_what_a_pull_request_touches(root: Path, step: Step) -> None:
    subprocess.run(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=root, check=True)

    assert step({"GITHUB_BASE_REF": "main"}, changed_only="true").outputs["remaining"] == "0"
    (root / "app.py").write_text(ROOMS.replace("list_rooms", "all_rooms"))
    assert step({"GITHUB_BASE_REF": "main"}, changed_only="true").outputs["remaining"] == "1"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"mode": "destroy"}, "::error::mode: write check, suggest, fix, not 'destroy'"),
        ({"changed_only": "yes"}, "::error::changed-only: write true or false, not 'yes'"),
        ({"changed_only": "true"}, "::error::changed-only: only pull requests have a base"),
        ({"paths": "'"}, "::error::args and paths are split as a shell does"),
        ({"paths": "$(touch gone) ;touch${IFS}gone"}, "no such file or folder"),
        ({"paths": "--isolated"}, "--isolated: no such file or folder"),
    ],
)
def test_the_action_says_what_is_wrong(root: Path, step: Step, inputs: dict[str, str], message: str) -> None:
    ran = step({"GITHUB_BASE_REF": ""}, **inputs)

    assert (ran.code, ran.outputs["exit-code"], ran.outputs["changed"]) == (2, "2", "false")
    assert message in ran.log
    assert not (root / "gone").exists()


def test_the_action_imports_nothing_of_the_repository(root: Path, step: Step) -> None:
    for name in ("litestar_fix", "click", "msgspec", "sitecustomize"):
        (root / f"{name}.py").write_text("raise SystemExit('executed')\n")

    assert step({"PYTHONPATH": "."}).outputs["exit-code"] == "1"
