"""`litestar fix` works where the application does not, and nothing else of `litestar` notices it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from litestar_fix.litestar_cli import fix, words_of

ROOMS = """\
from litestar import Litestar, get


@get("/rooms")
def list_rooms() -> list[str]:
    return ["blue"]


app = Litestar([list_rooms])
"""
TIDY = ROOMS.replace('"/rooms"', '"/rooms", sync_to_thread=False')
FAILING = {
    "an error of syntax elsewhere": "import broken\n",
    "a missing module": "import no_such_module_anywhere\n",
    "a missing variable": "import os\n\nos.environ['NO_SUCH_VARIABLE_ANYWHERE']\n",
    "what it does when it is imported": "open('executed', 'w').close()\n",
}

Litestar = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF204']\nexclude = ['broken.py']\n")
    (tmp_path / "app.py").write_text(ROOMS)
    (tmp_path / "broken.py").write_text("def (:\n")
    return tmp_path


@pytest.fixture
def litestar(root: Path) -> Litestar:
    program = Path(sys.executable).with_name("litestar")

    def call(*words: str, by: tuple[str, ...] = (str(program),)) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LITESTAR_APP")}
        return subprocess.run(
            [*by, *words], cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    return call


@pytest.mark.parametrize("start", FAILING.values(), ids=list(FAILING))
def test_an_application_is_fixed_that_does_not_import(root: Path, litestar: Litestar, start: str) -> None:
    (root / "app.py").write_text(start + ROOMS)

    ended = litestar("fix")

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "Fixed 1 finding in 1 file\n", "")
    assert (root / "app.py").read_text() == start + TIDY
    assert not (root / "executed").exists()


MODULE = (sys.executable, "-m", "litestar")


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ((), ["--app", "app:app", "fix", "--dry-run"]),
        (MODULE, ["--app=app:app", "--app-dir", ".", "fix", "-n"]),
        (MODULE, ["fix", "-n", "app.py"]),
    ],
)
def test_options_of_litestar_may_come_first(
    root: Path, litestar: Litestar, words: list[str], by: tuple[str, ...]
) -> None:
    ended = litestar(*words, by=by) if by else litestar(*words)

    assert ended.returncode == 1
    assert ended.stderr.endswith("\nWould fix 1 finding in 1 file\n")
    assert ended.stdout.startswith("--- a/app.py\n")
    assert (root / "app.py").read_text() == ROOMS


def test_other_commands_and_bad_options(root: Path, litestar: Litestar) -> None:
    assert litestar("fix", "check", "-q").returncode == 1
    assert litestar("fix", "rule", "LSF204").stdout.startswith("LSF204 ")
    bad = litestar("fix", "--dryrun")
    assert (bad.returncode, bad.stderr) == (
        2,
        "litestar-fix: error: no such option --dryrun; did you mean '--dry-run'?\n",
    )
    (root / "libcst.py").write_text("raise SystemExit('executed')\n")
    assert litestar("fix", by=MODULE).returncode == 0


def test_litestar_itself_goes_on_as_before(litestar: Litestar) -> None:
    assert litestar("version").returncode == 0
    routes = litestar("--app", "app:app", "routes")
    assert routes.returncode == 0, routes.stderr
    assert "/rooms" in routes.stdout
    assert "Audit and rewrite the application" in litestar("--help").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["/venv/bin/pytest", "fix"],
        ["/venv/bin/litestar", "run", "fix"],
        ["/venv/bin/litestar", "--app-dir", "fix", "run"],
        ["/venv/bin/litestar", "--app", "fix"],
        ["/venv/bin/litestar", "--unknown", "fix"],
        ["/venv/bin/litestar"],
        ["/venv/lib/other/__main__.py", "fix"],
        ["litestar_app/fix.py", "fix"],
        ["-c", "fix"],
        [""],
    ],
)
def test_no_other_call_is_taken_for_it(arguments: list[str]) -> None:
    assert words_of(arguments) is None


def test_the_programs_of_litestar() -> None:
    for program in ("litestar", "/venv/bin/litestar", "C:/venv/litestar.exe", "/venv/lib/litestar/__main__.py"):
        assert words_of([program, "--app", "fix", "fix", "fix"]) == ["fix"]


def test_a_group_in_the_same_process_runs_it_as_any_command(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)

    ended = CliRunner().invoke(fix, ["--dry-run", "--quiet"])

    assert ended.exit_code == 1
    assert (root / "app.py").read_text() == ROOMS


def test_a_tool_that_cannot_be_started_is_one_line(root: Path) -> None:
    code = (
        "import sys; sys.argv = ['litestar', 'fix']; sys.modules['litestar_fix.cli'] = None; "
        "import litestar_fix.litestar_cli"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert ended.stderr.startswith("litestar-fix: error: cannot be started: ")
    assert ended.stderr.count("\n") == 1


def test_it_costs_other_commands_nothing() -> None:
    code = (
        "import sys, time, click; before = set(sys.modules); start = time.perf_counter(); "
        "import litestar_fix.litestar_cli; print(time.perf_counter() - start, *sorted(set(sys.modules) - before))"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(5)]
    seconds = [float(run.stdout.split()[0]) for run in runs]

    assert min(seconds) < 0.005
    assert set(runs[0].stdout.split()[1:]) <= {"__future__", "litestar_fix", "litestar_fix.litestar_cli"}
