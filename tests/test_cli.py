"""The command line: how a run ends first, then what goes where."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from litestar_fix import __version__, api, registry
from litestar_fix.cli import main
from litestar_fix.cli.output import PipeClosed
from litestar_fix.cli.progress import ProgressLine
from litestar_fix.finding import State
from litestar_fix.result import Report

ROOMS = """\
from litestar import Litestar, get


@get("/rooms")
def list_rooms() -> list[str]:
    return ["blue"]


app = Litestar([list_rooms])
"""
TIDY = ROOMS.replace('"/rooms"', '"/rooms", sync_to_thread=False')


class Ended(NamedTuple):
    """How a run ended and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one safe fix, and the current folder."""
    folder = tmp_path / "hotel"
    (folder / "hotel").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF204', 'LSF603']\n")
    (folder / "hotel" / "app.py").write_text(ROOMS)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> Ended:
        code = main(arguments)
        return Ended(code, *capsys.readouterr())

    assert root.is_dir()
    return call


def process(*arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "litestar_fix", *arguments]
    return subprocess.run(command, capture_output=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


# --------------------------------------------------------------------------------------------------- what is misspelt
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dryrun"], "no such option --dryrun; did you mean '--dry-run'?"),
        (["check", "--selct", "X"], "no such option --selct; did you mean '--select'?"),
        (["check", "--zzz"], "no such option --zzz"),
        (["check", "--dry-run"], "no such option --dry-run"),
        (["chek"], "chek: no such command, file or folder; did you mean 'check'?"),
        (["nowhere"], "nowhere: no such file or folder"),
        (["check", "hotl"], "hotl: no such file or folder; did you mean 'hotel'?"),
        (["check", "--select", "shared-dt0"], "unknown rule 'shared-dt0'; did you mean 'shared-dto'?"),
        (["--ignore", "implicit-sync"], "unknown rule 'implicit-sync'; did you mean 'implicit-sync-to-thread'?"),
        (["rule", "LSF2004"], "unknown rule 'LSF2004'; did you mean 'LSF204'?"),
        (["rule"], "Missing argument 'CODE'."),
        (["check", "--color", "blue"], "'blue' is not one of 'auto', 'always', 'never'"),
        (["check", "--fail-on", "hihg"], "'hihg' is not one of 'low', 'medium', 'high', 'critical'"),
        (["check", "-j", "0"], "0 is not in the range x>=1"),
        (["check", "--config", "nope.toml"], "nope.toml: no such settings file"),
        (["check", "--config", "x", "--isolated"], "--config names settings and --isolated wants none"),
        (["check", "--output-format", "xml"], "'xml' is not one of 'full', 'concise', 'grouped', 'json'"),
        (["check", "--output", "sarfi=x"], "no such format 'sarfi'; did you mean 'sarif'?"),
        (["check", "--output", "sarif"], "say where sarif goes: `--output sarif=FILE`, or `sarif=-`"),
        (["check", "--output", "json=-", "--output", "sarif=-"], "two formats for standard output"),
        (["check", "--output", "json=."], ". is a folder; name a file in it"),
        (["check", "--output", "json=nowhere/x.json"], "nowhere/x.json cannot be written: No such file or directory"),
        (["check", "--output", "sarif=x", "--statistics"], "--statistics goes with full, concise, grouped and json"),
    ],
)
def test_one_line_says_what_would_be_right(run: Run, arguments: list[str], message: str) -> None:
    ended = run(*arguments)

    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("litestar-fix: error: ")
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_an_unknown_settings_key_is_one_line(run: Run, root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nmin-repeat = 3\n")

    ended = run("check")

    assert ended.code == 2
    assert ended.err == (
        "litestar-fix: error: pyproject.toml: [tool.litestar-fix]: unknown key 'min-repeat'; "
        "did you mean 'min-repeats'?\n"
    )


# ------------------------------------------------------------------------------------------------------ how a run ends
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check"], 1),
        (["check", "--exit-zero"], 0),
        (["check", "--fail-on", "medium"], 1),
        (["check", "--fail-on", "HIGH"], 0),
        (["check", "--select", "LSF603"], 0),
        (["check", "--ignore", "LSF2"], 0),
        (["--dry-run"], 1),
        (["--dry-run", "--fail-on", "critical"], 1),
        (["--dry-run", "--exit-zero"], 0),
        (["--diff"], 1),
        (["fix"], 0),
        ([], 0),
        (["graph"], 0),
        (["rules"], 0),
        (["rule", "LSF204"], 0),
        (["--version"], 0),
        (["--help"], 0),
        (["-h", "-v"], 0),
        (["check", "--help"], 0),
    ],
)
def test_exit_codes(run: Run, arguments: list[str], code: int) -> None:
    assert run(*arguments).code == code


def test_a_file_that_cannot_be_read_wins_over_findings(run: Run, root: Path) -> None:
    (root / "hotel" / "bad.py").write_text("def broken(:\n")

    for arguments in (["check"], ["check", "--exit-zero"], ["--dry-run"], ["graph"], ["--output-format", "json"]):
        ended = run(*arguments)
        assert ended.code == 2
        assert "bad.py" in ended.err + ended.out
        assert "list_rooms" in ended.out  # the rest is done all the same


@pytest.mark.parametrize("deep", ["x = a" + ".b(1)" * 1000, "if a: pass\n" + "elif a: pass\n" * 1000])
def test_deep_code_is_analysed_and_rewritten(root: Path, deep: str) -> None:
    (root / "hotel" / "app.py").write_text(f"{ROOMS}\n{deep}\n")

    assert process(cwd=root).stdout == b"Fixed 1 finding in 1 file\n"


@pytest.mark.parametrize(
    "deep", ["x = a" + ".b(1)" * 9000, "x = " + "(" * 9000 + ")" * 9000, "x = " + "-" * 90000 + "1"]
)
def test_too_deep_code_is_named_and_the_rest_is_done(root: Path, deep: str) -> None:
    (root / "hotel" / "deep.py").write_text(f"{deep}\n")

    ended = process(cwd=root)

    assert ended.stdout == b"Fixed 1 finding in 1 file\n"
    assert ended.stderr.startswith(b"hotel/deep.py: error: n")
    assert (ended.stderr.count(b"\n"), ended.returncode) == (1, 2)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (click.exceptions.Abort(), 130),
        (PipeClosed(), 141),
        (RuntimeError("no\nluck\x1b"), 2),
    ],
)
def test_what_goes_wrong_has_a_code(run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    def fail(*_: object, **__: object) -> Report:
        raise error

    monkeypatch.setattr(api, "check", fail)

    ended = run("check")

    assert ended.code == code
    assert "Traceback" not in ended.err
    if code == 2:
        assert ended.err.startswith("litestar-fix: error: internal error: RuntimeError: no luck\\x1b; -v shows")
        assert "Traceback" in run("check", "-v").err


def test_a_reader_that_leaves_is_no_crash(root: Path) -> None:
    (root / "hotel" / "many.py").write_text(
        "from litestar import get\n" + "\n".join(f'@get("/{n}")\ndef f{n}() -> None: ...' for n in range(900))
    )
    command = [sys.executable, "-m", "litestar_fix", "check"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(1)
        running.stdout.close()
        errors = running.stderr.read()

    assert (running.returncode, errors) == (141, b"")


def test_an_interrupt_leaves_no_traceback(root: Path) -> None:
    assert root.is_dir()
    command = [sys.executable, "-c", _WAITING, "check"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"waiting\n"
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=20)

    assert (running.returncode, errors.strip()) == (130, b"")


_WAITING = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from litestar_fix import api
from litestar_fix.cli import main
def wait(*_, **__):
    print("waiting", flush=True)
    time.sleep(60)
api.check = wait
sys.exit(main())
"""


# ------------------------------------------------------------------------------------------------- what is the command
@pytest.mark.parametrize(
    "arguments",
    [["check", "."], ["-v", "check", "."], ["--select", "LSF204", "check"], ["-j", "1", "--color=never", "check"]],
)
def test_a_first_word_that_is_a_commands_name_is_the_command(run: Run, root: Path, arguments: list[str]) -> None:
    assert run(*arguments).code == 1
    assert (root / "hotel" / "app.py").read_text() == ROOMS


@pytest.mark.parametrize("arguments", [["./check"], ["fix", "check"], ["--", "check"], ["hotel", "check"]])
def test_otherwise_it_is_a_path_to_fix(run: Run, root: Path, arguments: list[str]) -> None:
    (root / "check").mkdir()
    (root / "check" / "app.py").write_text(ROOMS)

    assert run(*arguments).code == 0
    assert (root / "check" / "app.py").read_text() == TIDY
    assert (root / "hotel" / "app.py").read_text() == (TIDY if "hotel" in arguments else ROOMS)


# ------------------------------------------------------------------------------------------------------ what goes where
def test_check(run: Run, root: Path) -> None:
    ended = run("check")

    first, *_, last = ended.out.splitlines()
    assert first.startswith("hotel/app.py:5:1: LSF204 implicit-sync-to-thread (medium)")
    assert last == "Found 1 finding in 1 file; 1 with a safe fix"
    assert ended.err == ""
    assert (root / "hotel" / "app.py").read_text() == ROOMS


def test_paths_are_relative_to_the_current_folder(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "hotel")
    assert run("check", "--output-format", "concise").out.startswith("app.py:5:1: LSF204 medium fix: ")

    monkeypatch.chdir(root.parent)
    assert run("check", "hotel", "--output-format", "concise").out.startswith("hotel/hotel/app.py:5:1: ")


def test_fix(run: Run, root: Path) -> None:
    ended = run()

    assert (ended.code, ended.out, ended.err) == (0, "Fixed 1 finding in 1 file\n", "")
    assert (root / "hotel" / "app.py").read_text() == TIDY
    assert run() == (0, "No findings in 1 file\n", "")


@pytest.mark.parametrize("flag", ["--dry-run", "-n"])
def test_a_dry_run_writes_nothing_and_prints_a_diff(run: Run, root: Path, flag: str) -> None:
    ended = run(flag)

    assert ended.out.startswith("--- a/hotel/app.py\n+++ b/hotel/app.py\n@@ -1,7 +1,7 @@\n")
    assert '+@get("/rooms", sync_to_thread=False)\n' in ended.out
    assert ended.err.splitlines()[0].startswith("hotel/app.py:5:1: LSF204 medium would-fix: ")
    assert ended.err.splitlines()[-1] == "Would fix 1 finding in 1 file"
    assert (root / "hotel" / "app.py").read_text() == ROOMS


def test_diff_prints_the_diff_alone(run: Run) -> None:
    ended = run("--diff")

    assert ended.out == run("--dry-run").out
    assert ended.err == ""


@pytest.mark.parametrize("unsafe", [[], ["--unsafe-fixes"]])
def test_git_apply_of_a_dry_run_is_the_real_run(root: Path, unsafe: list[str]) -> None:
    (root / "hotel" / "win.py").write_bytes(ROOMS.replace("\n", "\r\n").encode())
    (root / "hotel" / "latin.py").write_bytes(b"# coding: latin-1\n# \xe9\n" + ROOMS.encode().rstrip(b"\n"))
    subprocess.run(["git", "init", "-q", "."], cwd=root.parent, check=True)
    before = {path: path.read_bytes() for path in root.rglob("*.py")}
    dry = process("--dry-run", *unsafe, cwd=root)
    assert {path: path.read_bytes() for path in before} == before

    real = process("--allow-dirty", *unsafe, cwd=root)
    after = {path: path.read_bytes() for path in before}
    for path, content in before.items():
        path.write_bytes(content)
    subprocess.run(["git", "apply", "-"], cwd=root.parent, input=dry.stdout, check=True)

    assert {path: path.read_bytes() for path in before} == after != before
    assert (dry.returncode, real.returncode) == (1, 0)
    assert b"sync_to_thread=False" in after[root / "hotel" / "latin.py"]


def test_json_is_the_whole_of_standard_output(run: Run) -> None:
    checked, planned = run("check", "--output-format", "json"), run("-n", "--output-format", "json")

    assert (checked.err, planned.err) == ("", "")
    assert [item["code"] for item in json.loads(checked.out)["findings"]] == ["LSF204"]
    assert json.loads(planned.out)["findings"][0]["state"] == State.WOULD_FIX
    assert json.loads(planned.out)["changes"][0]["diff"] == run("--diff").out


def test_quiet_verbose_and_statistics(run: Run, root: Path) -> None:
    (root / "node_modules").mkdir()
    (root / "hotel" / "spa.py").write_text(
        ROOMS.replace("def ", "def ", 1).replace('s")', 's")  # litestar-fix: ignore')
    )
    short = ("check", "--output-format", "concise")

    assert run(*short, "-q").out.count("\n") == 1
    assert run(*short, "--statistics", "-q").out.endswith(
        "LSF204  implicit-sync-to-thread  medium    1 fix, 1 suppressed\n"
    )
    verbose = run(*short, "-v")
    assert "suppressed" in verbose.out
    assert verbose.out.endswith("Found 1 finding in 1 file; 1 with a safe fix; 1 suppressed\n")
    assert verbose.err == "node_modules: skipped: vendored\nRead 2 files (18 lines); skipped 1 vendored\n"


def test_what_is_named_and_not_read_is_said(run: Run, root: Path) -> None:
    (root / "stub.pyi").touch()

    assert run("check", "stub.pyi").err == "stub.pyi: skipped: not a .py file\n"


def test_settings_come_from_the_project_a_file_or_nowhere(run: Run, root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF603']\n")
    (root / "other.toml").write_text("select = ['LSF603']\n")

    assert run("check").code == 0
    assert run("check", "--isolated").code == 1
    assert run("check", "--config", "other.toml").code == 0
    assert run("check", "--select", "LSF204").code == 1
    assert run("check", "--extend-select", "LSF603,implicit-sync-to-thread").code == 1


@pytest.mark.parametrize(
    ("environment", "flag", "is_colored"),
    [
        ({}, "auto", False),
        ({}, "always", True),
        ({"NO_COLOR": "1"}, "always", True),
        ({"FORCE_COLOR": "1"}, "auto", True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False),
        ({"FORCE_COLOR": "1"}, "never", False),
    ],
)
def test_colours(
    run: Run, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], flag: str, is_colored: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    for arguments in (["check"], ["rules"], ["rule", "LSF204"], ["graph"]):
        assert ("\x1b[" in run(*arguments, "--color", flag).out) is is_colored


def test_output_in_a_poor_encoding(root: Path) -> None:
    (root / "hotel" / "app.py").write_text(ROOMS.replace("list_rooms", "räume"), encoding="utf-8")

    ended = process("check", env={**os.environ, "PYTHONIOENCODING": "ascii"}, cwd=root)

    assert ended.returncode == 1
    assert b"r\\xe4ume" in ended.stdout


def test_the_environment_may_choose_the_format(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITESTAR_FIX_OUTPUT_FORMAT", "json")

    assert json.loads(run("check").out)["format"] == 1


def test_progress_is_drawn_on_a_terminal_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    with ProgressLine(wanted=True) as line:
        line("reading", 1, 2)
        assert line._drawn is None

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with ProgressLine(wanted=True) as line:
        line("reading", 1, 9)
        assert line._drawn is None
        line._started = time.monotonic() - 2
        line("reading", 2, 9)
        assert line._drawn is not None
        assert line._drawn.tasks[0].completed == 2


# ------------------------------------------------------------------------------------------------- what the tool knows
def test_rules_as_json_for_other_programs(run: Run) -> None:
    listed = json.loads(run("rules", "--output-format", "json").out)

    assert [entry["code"] for entry in listed] == [info.code for info in registry.rules()]
    for entry in listed:
        assert entry["severity"] in ("critical", "high", "medium", "low")
        assert entry["applicability"] in ("safe", "unsafe", "none")
        assert entry["name"]
        assert entry["summary"]
        assert entry["guide"]


def test_rules_as_a_list(run: Run) -> None:
    lines = run("rules").out.splitlines()

    assert len(lines) == len(registry.rules())
    assert any(line.startswith("LSF204  implicit-sync-to-thread ") for line in lines)


@pytest.mark.parametrize("word", ["LSF204", "lsf204", "implicit-sync-to-thread"])
def test_a_rule_is_explained(run: Run, word: str) -> None:
    text = run("rule", word).out

    for part in (
        "LSF204 implicit-sync-to-thread",
        "Why",
        "When it is quiet",
        "Fix safety",
        "Source",
        "Bad",
        "Good",
        "ignore[LSF204]",
    ):
        assert part in text
    assert json.loads(run("rule", word, "--output-format", "json").out)["documentation"]


def test_graph(run: Run) -> None:
    text = run("graph").out
    tree = json.loads(run("graph", "--output-format", "json").out)

    assert "GET /rooms" in text
    assert "list_rooms" in text
    assert tree["applications"][0]["children"][0]["paths"] == ["/rooms"]


def test_version(run: Run) -> None:
    assert run("--version").out == run("-V").out == f"litestar-fix {__version__}\n"
    assert process("--version").stdout.decode() == f"litestar-fix {__version__}\n"


def test_completion_knows_commands_options_and_rules(root: Path) -> None:
    def completed(words: str, index: int) -> list[str]:
        environment = {
            **os.environ, "_LITESTAR_FIX_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(index),
        }  # fmt: skip
        program = Path(sys.executable).with_name("litestar-fix")
        ended = subprocess.run([program], env=environment, cwd=root, capture_output=True, text=True, check=False)
        return [line.partition(",")[2] for line in ended.stdout.splitlines()]

    assert "check" in completed("litestar-fix ch", 1)
    assert "--dry-run" in completed("litestar-fix --dr", 1)
    assert "--select" in completed("litestar-fix check --sel", 2)
    assert completed("litestar-fix rule implicit", 2) == ["implicit-sync-to-thread"]
