"""What a project begins with: `init` adds and touches nothing else, `ci-setup` gives what services read."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from litestar_fix import __version__
from litestar_fix.cli import main
from litestar_fix.cli.setup import PLACES
from litestar_fix.first_settings import first_settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capsys.readouterr()

    assert root.is_dir()
    return call


def external(path: Path) -> object:
    document = tomllib.loads(path.read_bytes().decode())
    ruff = document["tool"]["ruff"] if path.name == "pyproject.toml" else document
    return ruff["lint"]["external"] if "external" in ruff.get("lint", {}) else ruff.get("external")


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[project]\nname = 'x'",
        b"[project]\r\nname = 'x'\r\n\r\n[tool.ruff.lint]\r\nselect = ['E']  # as ever\r\n\r\n[tool.mypy]\r\n",
        b"[tool.ruff]\nline-length = 99\n\n\n[tool.mypy] # strict\nstrict = true\n",
        b"[tool.ruff]\nlint.select = ['E']\n[tool.mypy]\nstrict=true\n",
        b"[tool.mypy]\nstrict = true\n[tool.ruff.format]\nquote-style = 'single'\n[[tool.x]]\na = [\n 1,\n]\n",
    ],
)
def test_init_adds_and_touches_nothing_else(root: Path, run: Run, manifest: bytes) -> None:
    (root / "pyproject.toml").write_bytes(manifest)

    assert run("init", "--allow-dirty")[0] == 0

    written = (root / "pyproject.toml").read_bytes()
    kept = iter(written.splitlines(keepends=True))
    assert all(any(line.startswith(old) for line in kept) for old in manifest.splitlines(keepends=True))
    document = tomllib.loads(written.decode())
    assert document["tool"].pop("litestar-fix") == {}
    if b"ruff" in manifest:
        assert document["tool"]["ruff"]["lint"].pop("external") == ["LSF"]
        document["tool"]["ruff"] = {key: value for key, value in document["tool"]["ruff"].items() if value != {}}
    assert {**document, "tool": document.get("tool", {})} == {"tool": {}, **tomllib.loads(manifest.decode())}
    assert main(["check"]) == 0


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("ruff.toml", "line-length = 99\n", ["LSF"]),
        (".ruff.toml", "[lint]\nexternal = ['V']\n", ["V", "LSF"]),
        ("ruff.toml", "[lint]\nexternal = [\n    'V',  # vulture\n]\n", ["V", "LSF"]),
        ("ruff.toml", "external = ['V']\n", ["V", "LSF"]),
        ("ruff.toml", "[lint]\nexternal = ['LSF']\n", ["LSF"]),
        ("ruff.toml", "[lint]\nexternal = ['LS']\n", ["LS"]),
    ],
)
def test_the_file_that_ruff_reads_is_the_one(root: Path, run: Run, name: str, text: str, expected: list[str]) -> None:
    (root / name).write_text(text)
    (root / "pyproject.toml").write_text("[tool.ruff.lint]\nselect = ['E']\n")

    assert run("init", "--allow-dirty")[0] == 0
    assert external(root / name) == expected
    assert external(root / "pyproject.toml") is None
    again = first_settings(_without_table(root))
    assert [change.path for change in again.changes] == ["pyproject.toml"], "ruff knows already"


def _without_table(root: Path) -> Path:
    (root / "pyproject.toml").write_text("[tool.ruff.lint]\nselect = ['E']\n")
    return root


def test_a_list_that_others_extend_is_left(root: Path, run: Run) -> None:
    (root / "ruff.toml").write_text("extend = '../ruff.toml'\n")

    code, out, err = run("init")

    assert (code, out) == (0, "Wrote litestar-fix.toml\n")
    assert err.startswith(
        'ruff.toml: its ruff settings extend others, whose list a new one would replace; add "LSF" to'
    )
    assert (root / "ruff.toml").read_text() == "extend = '../ruff.toml'\n"


def test_a_list_in_a_line_of_others_is_left(root: Path, run: Run) -> None:
    (root / "pyproject.toml").write_text("[tool.ruff]\nlint = { select = ['E'] }\n")

    code, _, err = run("init", "--allow-dirty")

    assert (code, external(root / "pyproject.toml")) == (0, None)
    assert err.startswith("pyproject.toml: its list cannot be changed alone; add")


def test_a_project_without_a_manifest_gets_a_file(root: Path, run: Run) -> None:
    code, diff, _ = run("init", "-n")
    assert (code, list(root.glob("*.toml"))) == (0, [])

    assert run("init")[:2] == (0, "Wrote litestar-fix.toml\n")
    assert diff.startswith("--- /dev/null\n+++ b/litestar-fix.toml\n")
    written = (root / "litestar-fix.toml").read_bytes()
    assert tomllib.loads(written.decode()) == {}
    (root / "litestar-fix.toml").unlink()
    (root / ".git").rmdir()
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "apply"], input=diff.encode(), check=True)
    assert (root / "litestar-fix.toml").read_bytes() == written


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pyproject.toml", "[tool.litestar-fix]\n", "pyproject.toml has a [tool.litestar-fix] table already"),
        ("pyproject.toml", "tool = {}\n", "pyproject.toml: its `tool` takes no [tool.litestar-fix] table"),
        ("pyproject.toml", "tool = {\n", "not valid TOML"),
        ("litestar-fix.toml", "", "is there already; it holds the settings"),
    ],
)
def test_what_is_there_is_left(root: Path, run: Run, name: str, text: str, message: str) -> None:
    (root / name).write_text(text)

    code, out, err = run("init", "--allow-dirty")

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert (root / name).read_text() == text


def test_uncommitted_changes_are_left(root: Path, run: Run) -> None:
    (root / ".git").rmdir()
    subprocess.run(["git", "init", "-q"], check=True)
    (root / "pyproject.toml").write_text("[project]\n")

    assert run("init")[0] == 2
    assert (root / "pyproject.toml").read_text() == "[project]\n"
    assert run("init", "--allow-dirty")[0] == 0
    assert run("undo")[0] == 0
    assert (root / "pyproject.toml").read_text() == "[project]\n"


def test_ruff_would_remove_our_codes_and_no_longer_does(root: Path, run: Run) -> None:
    code = "import os  # noqa: LSF101\n\nprint(os.sep)\n"
    (root / "app.py").write_text(code)
    (root / "pyproject.toml").write_text("[tool.ruff.lint]\nselect = ['RUF102']\npreview = true\n")
    ruff = [sys.executable, "-m", "ruff", "check", "-q", "--no-cache", "--fix", "app.py"]

    subprocess.run(ruff, check=False)
    assert (root / "app.py").read_text() != code, "the trap is there"
    (root / "app.py").write_text(code)
    assert run("init", "--allow-dirty")[0] == 0
    subprocess.run(ruff, check=True)
    assert (root / "app.py").read_text() == code


# ---------------------------------------------------------------------------------------------------------- ci-setup
@pytest.mark.parametrize("service", list(PLACES))
def test_ci_setup_prints_and_creates(root: Path, run: Run, service: str) -> None:
    code, printed, _ = run("ci-setup", service)

    assert code == 0
    assert f"litestar-fix=={__version__}" in printed
    assert yaml.safe_load(printed)
    assert run("ci-setup", service, "--write") == (0, f"Wrote {PLACES[service]}\n", "")
    assert (root / PLACES[service]).read_text() == printed
    code, _, err = run("ci-setup", service, "--write")
    assert (code, (root / PLACES[service]).read_text()) == (2, printed)
    assert "is there already" in err


def test_ci_setup_writes_nothing_elsewhere(root: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (root / ".github").symlink_to(elsewhere)
    (root / ".gitlab-ci.yml").symlink_to(elsewhere / "gone.yml")

    for service in ("github", "gitlab"):
        code, _, err = run("ci-setup", service, "--write")
        assert (code, err.count("\n")) == (2, 1)
    assert list(elsewhere.iterdir()) == []


def test_the_job_of_gitlab_writes_its_report(root: Path, run: Run) -> None:
    job = yaml.safe_load(run("ci-setup", "gitlab")[1])["litestar-fix"]
    (root / "app.py").write_text("from litestar import get\n\n\n@get('/')\ndef index() -> str:\n    return ''\n")

    (line,) = job["script"]
    program, *words = shlex.split(line)
    code, out, _ = run(*words)

    assert (program, code) == ("litestar-fix", 1)
    found = json.loads((root / job["artifacts"]["reports"]["codequality"]).read_text())
    assert "LSF204" in [item["check_name"] for item in found]
    assert "LSF204" in out


def test_ci_setup_knows_its_services(run: Run) -> None:
    code, _, err = run("ci-setup", "travis")

    assert (code, err.count("\n")) == (2, 1)


def test_the_workflow_lets_no_input_into_a_script(run: Run) -> None:
    job = yaml.safe_load(run("ci-setup", "github")[1])["jobs"]["check"]

    assert all("${{" not in step.get("run", "") for step in job["steps"])
    assert all(len(step["uses"].partition("@")[2]) == 40 for step in job["steps"] if "uses" in step)
