"""Taking back the last run; one run at a time; Ctrl-C while files are written."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from litestar_fix import api, last_run
from litestar_fix import write as writing
from litestar_fix.cli import main
from litestar_fix.errors import LitestarFixError
from litestar_fix.journal import state_folder
from litestar_fix.lock import locked
from litestar_fix.recovery import recover
from litestar_fix.result import Change
from litestar_fix.write import write
from tests.test_write import calls_until_killed, change, contents, killed

ROOMS = b"""\
from litestar import Litestar, get


@get("/rooms")
def list_rooms() -> list[str]:
    return ["blue"]


app = Litestar([list_rooms])
"""


def state_files(root: Path) -> list[Path]:
    return [path for path in state_folder(root).rglob("*") if path.is_file()]


def undo_if_there_is_something(root: Path) -> None:
    with suppress(LitestarFixError):
        assert api.undo([root], root=root).problems == ()


def test_undo_restores_bytes_and_modes(tmp_path: Path) -> None:
    changes = [change(tmp_path, "a.py"), change(tmp_path, "b.py")]
    (tmp_path / "a.py").chmod(0o750)
    write(tmp_path, changes)
    (tmp_path / "a.py").chmod(0o600)

    undone = api.undo([tmp_path], root=tmp_path)

    assert (undone.paths, undone.problems) == (("a.py", "b.py"), ())
    assert contents(tmp_path) == {"a.py": b"old\n", "b.py": b"old\n"}
    assert stat.S_IMODE((tmp_path / "a.py").stat().st_mode) == 0o750
    with pytest.raises(LitestarFixError, match="nothing to undo"):
        api.undo([tmp_path], root=tmp_path)


def test_a_change_set_with_a_file_that_changed_since_stays_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, [change(tmp_path, name) for name in ("a.py", "b.py", "c.py")], [{"a.py", "b.py"}])
    (tmp_path / "b.py").write_bytes(b"mine\n")

    undone = api.undo([tmp_path], root=tmp_path)

    assert undone.paths == ("c.py",)
    assert {item.path: item.reason for item in undone.problems} == {
        "a.py": "left alone, because b.py was",
        "b.py": "left alone: it changed since the run",
    }
    assert contents(tmp_path) == {"a.py": b"new\n", "b.py": b"mine\n", "c.py": b"old\n"}

    (tmp_path / "b.py").write_bytes(b"new\n")
    assert api.undo([tmp_path], root=tmp_path).paths == ("a.py", "b.py")


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: (path.unlink(), path.mkdir())])
def test_a_file_that_is_none_any_more_is_named(tmp_path: Path, spoil: Any) -> None:
    write(tmp_path, [change(tmp_path, "a.py")])
    spoil(tmp_path / "a.py")

    (problem,) = api.undo([tmp_path], root=tmp_path).problems

    assert problem.path == "a.py"


def test_a_run_that_wrote_nothing_is_not_the_last_one(tmp_path: Path) -> None:
    write(tmp_path, [change(tmp_path, "a.py")])
    write(tmp_path, [Change("a.py", b"what was analysed\n", b"newer\n")])

    assert api.undo([tmp_path], root=tmp_path).paths == ("a.py",)
    assert contents(tmp_path) == {"a.py": b"old\n"}


def test_only_the_last_run_is_undone(tmp_path: Path) -> None:
    write(tmp_path, [change(tmp_path, "a.py")])
    write(tmp_path, [Change("a.py", b"new\n", b"newer\n")])
    api.undo([tmp_path], root=tmp_path)

    assert contents(tmp_path) == {"a.py": b"new\n"}


@pytest.mark.parametrize("name", ["fsync", "replace", "unlink"])
@pytest.mark.parametrize("count", range(1, 16, 2))
def test_undo_after_a_kill_restores_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, count: int) -> None:
    changes = [change(tmp_path, file) for file in ("a.py", "b.py", "c.py")]

    def run() -> None:
        calls_until_killed(monkeypatch, name, count)
        write(tmp_path, changes, [{"a.py", "b.py"}])

    killed(run)
    undo_if_there_is_something(tmp_path)
    assert contents(tmp_path) == {"a.py": b"old\n", "b.py": b"old\n", "c.py": b"old\n"}


@pytest.mark.parametrize("count", range(1, 8))
def test_an_undo_that_is_killed_can_be_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    write(tmp_path, [change(tmp_path, file) for file in ("a.py", "b.py", "c.py")], [{"a.py", "b.py"}])

    def run() -> None:
        calls_until_killed(monkeypatch, "replace", count)
        api.undo([tmp_path], root=tmp_path)

    killed(run)
    recover(tmp_path)
    after = contents(tmp_path)
    assert after["a.py"] == after["b.py"]
    undo_if_there_is_something(tmp_path)
    assert set(contents(tmp_path).values()) == {b"old\n"}


def test_damaged_records_restore_nothing(tmp_path: Path) -> None:
    write(tmp_path, [change(tmp_path, "a.py")])
    for file in state_files(tmp_path):
        content = file.read_bytes()
        if content:
            file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    with pytest.raises(LitestarFixError, match="nothing to undo"):
        api.undo([tmp_path], root=tmp_path)
    assert contents(tmp_path) == {"a.py": b"new\n"}


def test_a_record_that_others_may_write_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, [change(tmp_path, "a.py")])
    for file in state_files(tmp_path):
        file.chmod(0o666)

    assert last_run.last_run(tmp_path) is None


def test_state_is_kept_outside_of_the_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    write(tmp_path, [change(tmp_path, "a.py")])

    assert contents(tmp_path) == {"a.py": b"new\n"}


def test_the_command_says_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "app.py").write_bytes(ROOMS)
    assert main(["fix", "--select", "LSF204", "-q"]) == 0
    assert (tmp_path / "app.py").read_bytes() != ROOMS
    capfd.readouterr()

    assert main(["undo"]) == 0
    assert capfd.readouterr() == ("1 file is as before the last run\n", "")
    assert (tmp_path / "app.py").read_bytes() == ROOMS
    assert main(["undo"]) == 2
    assert "nothing to undo" in capfd.readouterr().err


# ----------------------------------------------------------------------------------------------------- one at a time
def test_the_second_run_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "app.py").write_bytes(ROOMS)
    holding = (
        "import sys, pathlib; from litestar_fix.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n    print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert main(["fix"]) == 2
        assert "another run of litestar-fix is writing here" in capfd.readouterr().err
        assert main(["undo"]) == 2
        assert main(["check", "-q"]) == 1
        assert main(["--dry-run", "-q"]) == 1
        other.kill()
    assert (tmp_path / "app.py").read_bytes() == ROOMS

    # a lock ends with its process
    assert main(["fix", "-q", "--ignore", "LSF702"]) == 0


def test_a_lock_is_for_one_project_and_one_run(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    with locked(one), locked(two), pytest.raises(LitestarFixError, match="another run"), locked(one):
        pass
    with locked(one):
        pass


# ------------------------------------------------------------------------------------------------------------ Ctrl-C
@pytest.mark.parametrize("at", range(1, 5))
def test_an_interrupt_waits_for_the_change_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    changes = [change(tmp_path, name) for name in ("a.py", "b.py", "c.py", "d.py")]
    real = writing.read
    left = iter(range(at))

    def interrupted(path: str) -> bytes:
        if next(left, None) is None:
            signal.raise_signal(signal.SIGINT)
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(writing, "read", interrupted)
        with pytest.raises(KeyboardInterrupt, match="interrupted; 2 of 4 files are written"):
            write(tmp_path, changes, [{"a.py", "b.py"}])

    assert contents(tmp_path) == {"a.py": b"new\n", "b.py": b"new\n", "c.py": b"old\n", "d.py": b"old\n"}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert api.undo([tmp_path], root=tmp_path).paths == ("a.py", "b.py")


def test_an_interrupted_run_ends_with_130_and_whole_files(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    for number in range(300):
        (tmp_path / f"room{number}.py").write_bytes(ROOMS)
    command = [sys.executable, "-m", "litestar_fix", "fix", "--select", "LSF204", "--no-cache", "-q"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as run:
        deadline = time.monotonic() + 60
        while (tmp_path / "room0.py").read_bytes() == ROOMS and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate()

    after = {file.read_bytes() for file in tmp_path.glob("*.py")}
    assert len(after) == 2
    assert list(tmp_path.glob(".*")) == []
    assert run.returncode == 130
    assert b"of 300 files are written; `litestar-fix undo` takes them back" in said
    api.undo([tmp_path])
    assert {file.read_bytes() for file in tmp_path.glob("*.py")} == {ROOMS}
