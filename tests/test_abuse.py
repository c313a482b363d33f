"""Trees that nobody wants to meet: odd entries and names, full disks, files that change under the run's hands."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from litestar_fix import api, discovery, rewriting
from litestar_fix import write as writing
from litestar_fix.finding import State
from litestar_fix.journal import state_folder
from litestar_fix.result import Report
from litestar_fix.settings import Settings
from tests.test_isolation import ROOMS

FIXED = ROOMS.replace('"/rooms"', '"/rooms", sync_to_thread=False')


class Ended(NamedTuple):
    """How a process ended and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with two healthy files."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF204']\n")
    for name in ("a_good.py", "z_good.py"):
        (folder / name).write_text(ROOMS)
    return folder


def process(
    root: Path, *words: str, prepare: Callable[[], None] | None = None, variables: dict[str, str] | None = None
) -> Ended:
    """Run the program as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "litestar_fix", *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **(variables or {})},
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=120,
        check=False,
        preexec_fn=prepare,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def fix(root: Path) -> Report:
    return api.fix([root], Settings(select=("LSF204",)), root=root, run=api.Run(cache=False, jobs=1))


def is_fixed(root: Path, *names: str) -> bool:
    return all((root / name).read_text() == FIXED for name in names or ("a_good.py", "z_good.py"))


def problems(report: Report) -> dict[str, str]:
    return {item.path: item.reason for item in report.problems}


# ------------------------------------------------------------------------------------------------------------- entries
def test_entries_that_are_no_files(root: Path) -> None:
    os.mkfifo(root / "pipe.py")
    (root / "folder.py").mkdir()
    (root / "self.py").symlink_to("self.py")
    (root / "ping.py").symlink_to("pong.py")
    (root / "pong.py").symlink_to("ping.py")
    (root / "loop").symlink_to(".")
    (root / "dangling.py").symlink_to("nowhere.py")
    (root / "null.py").symlink_to(os.devnull)

    ended = process(root, "fix", "-v")

    assert ended.code == 0
    assert is_fixed(root)
    assert "pipe.py: skipped: not a regular file" in ended.err


def test_links_out_of_the_tree_are_not_followed(root: Path) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    for name in ("soft.py", "hard.py", "deep.py"):
        (outside / name).write_text(ROOMS)
    (root / "soft.py").symlink_to(outside / "soft.py")
    (root / "folder").symlink_to(outside)
    os.link(outside / "hard.py", root / "hard.py")

    ended = process(root, "fix")

    assert ended.code == 2
    assert "hard.py: error: left alone: it is a hard link" in ended.err
    assert is_fixed(root)
    assert {path.read_text() for path in outside.iterdir()} == {ROOMS}


@pytest.mark.parametrize("name", ["two\nlines.py", "\x1b]0;title\x07.py", "\u202eyp.drow.py", "::error::.py", "-rf.py"])
def test_names_are_shown_on_one_line_and_obeyed_by_nobody(root: Path, name: str) -> None:
    (root / name).write_text("def broken(:\n")
    (root / f"good {name}").write_text(ROOMS)

    ended = process(root, "fix")

    assert ended.code == 2
    assert is_fixed(root, "a_good.py", "z_good.py", f"good {name}")
    (line,) = ended.err.splitlines()
    assert "not valid Python" in line
    assert not any(character in ended.err for character in "\x1b\x07\u202e")
    assert not line.startswith("::")


def test_names_that_differ_in_case_are_two_files(root: Path) -> None:
    (root / "Rooms.py").write_text(ROOMS)
    if (root / "rooms.py").exists():  # here they are one
        assert process(root, "fix").code == 0
        return
    (root / "rooms.py").write_text(f"# lower\n{ROOMS}")

    assert process(root, "fix").code == 0
    assert is_fixed(root, "Rooms.py")
    assert (root / "rooms.py").read_text() == f"# lower\n{FIXED}"


# ---------------------------------------------------------------------------------------------------- under our hands
def between_analysis_and_write(monkeypatch: pytest.MonkeyPatch, change: Callable[[], Any]) -> None:
    real = rewriting.Rewriting.write

    def write(self: rewriting.Rewriting, *arguments: Any, **keywords: Any) -> Any:
        change()
        return real(self, *arguments, **keywords)

    monkeypatch.setattr(rewriting.Rewriting, "write", write)


def replaced_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replaced_by_a_link(path: Path) -> None:
    path.rename(path.with_suffix(".txt"))
    path.symlink_to(path.with_suffix(".txt"))


@pytest.mark.parametrize(
    "change",
    [
        replaced_by_a_folder,
        replaced_by_a_pipe,
        replaced_by_a_link,
        Path.unlink,
        lambda path: path.write_text(f"{ROOMS}# mine\n"),
        lambda path: path.chmod(0o444),
        lambda path: os.link(path, path.with_suffix(".txt")),
    ],
)
def test_a_file_that_becomes_something_else_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], Any]
) -> None:
    (root / "m.py").write_text(ROOMS)
    between_analysis_and_write(monkeypatch, lambda: change(root / "m.py"))

    report = fix(root)

    assert set(problems(report)) == {"m.py"}
    assert is_fixed(root)
    assert {item.path: item.state for item in report.findings}["m.py"] is State.ERROR
    assert not [path for path in root.iterdir() if path.name.startswith(".")]


def test_a_folder_that_becomes_a_link_is_not_followed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "inner").mkdir()
    (root / "inner" / "m.py").write_text(ROOMS)
    moved = root.parent / "moved"

    def move() -> None:
        (root / "inner").rename(moved)
        (root / "inner").symlink_to(moved)

    between_analysis_and_write(monkeypatch, move)

    assert problems(fix(root)) == {"inner/m.py": "left alone: inner is a symbolic link"}
    assert (moved / "m.py").read_text() == ROOMS


def test_an_edit_in_the_last_moment_is_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = writing._stage

    def staged(top: Path, change: Any, *others: Any) -> None:
        real(top, change, *others)
        if change.path == "a_good.py":
            (root / "a_good.py").write_text("# mine\n")

    monkeypatch.setattr(writing, "_stage", staged)

    assert problems(fix(root)) == {"a_good.py": "changed since it was analysed; run again"}
    assert (root / "a_good.py").read_text() == "# mine\n"
    assert is_fixed(root, "z_good.py")


# ---------------------------------------------------------------------------------------------- disks and permissions
def test_a_disk_that_takes_no_more_leaves_files_whole(root: Path) -> None:
    (root / "large.py").write_text(ROOMS + "# filler\n" * 9_000)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    ended = process(root, "fix", "--no-cache", prepare=limit)

    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert {path.read_text()[: len(ROOMS)] for path in root.glob("*.py")} <= {ROOMS, FIXED[: len(ROOMS)]}
    assert (root / "large.py").read_text() == ROOMS + "# filler\n" * 9_000
    assert not [path for path in root.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EMFILE])
def test_a_folder_that_takes_no_new_file_is_named(root: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    (root / "inner").mkdir()
    (root / "inner" / "m.py").write_text(ROOMS)
    real = os.open

    def refused(path: Any, flags: int, *arguments: Any, **keywords: Any) -> int:
        if "inner/.m.py." in str(path) and flags & os.O_CREAT:
            raise OSError(number, os.strerror(number))
        return real(path, flags, *arguments, **keywords)

    monkeypatch.setattr(os, "open", refused)

    assert problems(fix(root)) == {"inner/m.py": f"cannot be written: {os.strerror(number)}"}
    assert is_fixed(root)


@pytest.mark.parametrize("name", ["fsync", "replace", "fchmod"])
def test_an_error_at_the_last_step_leaves_the_file(root: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real = getattr(os, name)

    def broken(target: Any, *arguments: Any, **keywords: Any) -> Any:
        place = os.readlink(f"/proc/self/fd/{target}") if isinstance(target, int) else str(target)
        if ".a_good.py." in place:
            raise OSError(errno.EIO, "Input/output error")
        return real(target, *arguments, **keywords)

    monkeypatch.setattr(os, name, broken)

    assert problems(fix(root)) == {"a_good.py": "cannot be written: Input/output error"}
    assert (root / "a_good.py").read_text() == ROOMS
    assert is_fixed(root, "z_good.py")
    assert not [path for path in root.iterdir() if path.name.startswith(".")]


# ---------------------------------------------------------------------------------------------------------------- state
def test_damaged_journals_are_no_obstacle(root: Path) -> None:
    fix(root)
    for kind in ("journal", "runs"):
        folder = state_folder(root) / kind
        for file in [*folder.iterdir(), folder / "0.journal", folder / "half.part"]:
            file.write_bytes(b"\xc1 no journal")
            file.chmod(0o600)
    (root / "a_good.py").write_text(ROOMS)

    ended = process(root, "fix")

    assert (ended.code, ended.err) == (0, "")
    assert is_fixed(root)
    assert process(root, "undo").code == 0
    assert (root / "a_good.py").read_text() == ROOMS


def test_without_a_place_for_the_journal_nothing_is_written(root: Path) -> None:
    file = root.parent / "file"
    file.write_text("")
    blocked = {"XDG_STATE_HOME": str(file / "below"), "HOME": str(file), "TMPDIR": str(root.parent / "missing")}
    # Python takes another folder where TMPDIR is none
    ended = process(root, "fix", "--no-cache", variables=blocked)

    assert ended.code in (0, 2)
    if ended.code == 2:
        assert "no journal can be kept" in ended.err
    else:
        assert process(root, "undo", variables=blocked).code == 0
    assert {path.read_text() for path in root.glob("*.py")} == {ROOMS}


def test_a_state_folder_that_others_may_write_to_is_not_trusted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = root.parent / "state"
    (folder / "litestar-fix").mkdir(parents=True)
    (folder / "litestar-fix").chmod(0o777)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))

    assert set(problems(fix(root))) == {"a_good.py", "z_good.py"}
    assert {path.read_text() for path in root.glob("*.py")} == {ROOMS}


def test_a_pipe_in_the_place_of_a_file_that_was_found_is_not_waited_for(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = discovery.discover

    def found(*arguments: Any, **keywords: Any) -> Any:
        files = real(*arguments, **keywords)
        replaced_by_a_pipe(root / "a_good.py")
        return files

    monkeypatch.setattr("litestar_fix.running.discover", found)
    fix(root)

    assert is_fixed(root, "z_good.py")


# -------------------------------------------------------------------------------------------------- nothing is executed
WATCHED = """
import os, sys

tree, folders = sys.argv[1], (*sys.argv[1:3], "/dev/null")
sys.path[:0] = sys.argv[3].split(os.pathsep)

def watch(event, args):
    match event, args:
        case "exec", [code] if code.co_filename.startswith(tree):
            wrong = code.co_filename
        case "import", [name, str(file), *_] if file.startswith(tree):
            wrong = name
        case "subprocess.Popen", [program, *_] if os.path.basename(program) != "git":
            wrong = program
        case ("os.system" | "os.exec" | "os.posix_spawn" | "socket.connect" | "socket.bind" | "ctypes.dlopen"), _:
            wrong = args
        case "open", [str(path), _, int(flags)] if flags & os.O_ACCMODE:
            if os.path.abspath(path).startswith(folders):
                return
            wrong = path
        case _:
            return
    os.write(2, f"{event} {wrong}".encode())
    os._exit(99)

from litestar_fix.cli import main
os.chdir(tree)
sys.addaudithook(watch)
sys.exit(main(sys.argv[4:]))
"""
EVIL = "import os\nos.system('touch executed')\n"


def test_nothing_of_the_repository_is_executed_and_nothing_else_is_written(root: Path, own_folders: Path) -> None:
    for name in ("sitecustomize", "conftest", "setup", "libcst", "fixit", "yaml", "msgspec", "app"):
        (root / f"{name}.py").write_text(EVIL + ROOMS)
    (root / ".fixit.config.py").write_text(EVIL)
    (root / "rules").mkdir()
    (root / "rules" / "__init__.py").write_text(EVIL)
    settings = "[tool.fixit]\nenable = ['.rules']\nformatter = 'black'\n[tool.litestar-fix]\nselect = ['LSF204']\n"
    (root / "pyproject.toml").write_text(settings)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "rooms"]):
        subprocess.run([*git, *words], cwd=root, check=True, env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull})
    paths = os.pathsep.join([*(path for path in sys.path if path)])

    for words in (["check"], ["fix", "--dry-run"], ["fix"], ["undo"]):
        command = [sys.executable, "-I", "-B", "-c", WATCHED, str(root), str(own_folders), paths, *words]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

        assert ended.returncode in (0, 1), ended.stderr
        assert is_fixed(root) == (words == ["fix"])
    assert not (root / "executed").exists()


def test_modules_of_the_current_folder_are_not_taken_for_those_of_python(root: Path) -> None:
    for name in ("enum", "json", "msgspec", "click", "libcst"):
        (root / f"{name}.py").write_text(EVIL)

    ended = process(root, "fix")

    assert ended.code == 0, ended.err
    assert is_fixed(root)
    assert not (root / "executed").exists()
