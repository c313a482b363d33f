"""Writing into a tree: whole files or nothing, also when the run is killed in between."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from litestar_fix import journal
from litestar_fix import write as writing
from litestar_fix.journal import Entry, record, state_folder
from litestar_fix.model.cache import digest
from litestar_fix.recovery import recover
from litestar_fix.result import Change
from litestar_fix.write import obstacles, write


def change(root: Path, name: str, new: bytes = b"new\n") -> Change:
    """A change of a file that exists then."""
    (root / name).write_bytes(b"old\n")
    return Change(name, b"old\n", new)


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def journals() -> list[Path]:
    return list((state_folder(Path("/nowhere")) / "journal").glob("*"))


def test_files_are_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    changes = [change(tmp_path, "a.py"), change(tmp_path, "b.py"), change(tmp_path, "c.py")]

    assert write(tmp_path, changes, [{"a.py", "b.py"}]) == ()

    assert contents(tmp_path) == {"a.py": b"new\n", "b.py": b"new\n", "c.py": b"new\n"}
    assert journals() == []


def test_mode_and_owner_are_kept(tmp_path: Path) -> None:
    changes = [change(tmp_path, "a.py")]
    (tmp_path / "a.py").chmod(0o751)
    before = (tmp_path / "a.py").stat()

    write(tmp_path, changes)

    after = (tmp_path / "a.py").stat()
    assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid) == (0o751, before.st_uid, before.st_gid)


def symlink(path: Path) -> None:
    path.rename(path.with_suffix(".target"))
    path.symlink_to(path.with_suffix(".target").name)


def hard_link(path: Path) -> None:
    os.link(path, path.with_suffix(".other"))


def changed(path: Path) -> None:
    path.write_bytes(b"somebody else's\n")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (symlink, "symbolic link"),
        (hard_link, "hard link"),
        (lambda path: path.chmod(0o444), "read-only"),
        (changed, "changed since it was analysed"),
        (Path.unlink, "cannot be written"),
    ],
)
def test_what_cannot_be_replaced_is_named_and_its_change_set_left(
    tmp_path: Path, spoil: Callable[[Path], Any], reason: str
) -> None:
    changes = [change(tmp_path, name) for name in ("a.py", "b.py", "c.py")]
    spoil(tmp_path / "b.py")
    before = contents(tmp_path)

    problems = {item.path: item.reason for item in write(tmp_path, changes, [{"a.py", "b.py"}])}

    assert set(problems) == {"a.py", "b.py"}
    assert reason in problems["b.py"]
    assert problems["a.py"] == "left alone, because b.py was"
    assert contents(tmp_path) == {**before, "c.py": b"new\n"}
    assert journals() == []


@pytest.mark.parametrize("spoil", [symlink, hard_link, lambda path: path.chmod(0o444), Path.unlink])
def test_a_dry_run_names_the_same_files_for_the_same_reasons(tmp_path: Path, spoil: Callable[[Path], Any]) -> None:
    changes = [change(tmp_path, name) for name in ("a.py", "b.py", "c.py")]
    spoil(tmp_path / "b.py")

    expected = obstacles(tmp_path, ["a.py", "b.py", "c.py"], [{"a.py", "b.py"}])

    assert {problem.path for problem in expected} == {"a.py", "b.py"}
    assert sorted(expected, key=str) == sorted(write(tmp_path, changes, [{"a.py", "b.py"}]), key=str)


def test_a_dry_run_names_files_of_a_folder_that_takes_no_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(tmp_path, "a.py")
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(tmp_path) and may(path, mode))

    assert [problem.reason for problem in obstacles(tmp_path, ["a.py"])] == ["cannot be written: Permission denied"]


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (outside / "a.py").write_bytes(b"old\n")
    (root / "linked").symlink_to(outside)

    (problem,) = write(root, [Change("linked/a.py", b"old\n", b"new\n")])

    assert "linked is a symbolic link" in problem.reason
    assert contents(outside) == {"a.py": b"old\n"}


def test_a_full_disk_leaves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [change(tmp_path, "a.py"), change(tmp_path, "b.py")]
    syncs = iter([None, None, None])

    def full(_descriptor: int) -> None:
        # what is kept and the first file still fit
        if next(syncs, "full"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(writing, "sync_folder", lambda _folder: None)
    monkeypatch.setattr(journal, "sync_folder", lambda _folder: None)
    problems = write(tmp_path, changes, [{"a.py", "b.py"}])

    assert {item.path for item in problems} == {"a.py", "b.py"}
    assert "No space left on device" in " ".join(item.reason for item in problems)
    assert contents(tmp_path) == {"a.py": b"old\n", "b.py": b"old\n"}


def test_no_place_for_a_journal_leaves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [change(tmp_path, "a.py")]
    blocked = tmp_path / "blocked"
    blocked.write_bytes(b"")
    monkeypatch.setattr(journal, "state_folder", lambda _root: blocked)

    (problem,) = write(tmp_path, changes)

    assert "journal" in problem.reason
    assert (tmp_path / "a.py").read_bytes() == b"old\n"


# ----------------------------------------------------------------------------------------------------------- killed
def calls_until_killed(monkeypatch: pytest.MonkeyPatch, name: str, count: int) -> None:
    """Kill the process at the given call of a function of ``os``."""
    real = getattr(os, name)
    left = iter(range(count))

    def call(*args: Any, **kwargs: Any) -> Any:
        if next(left, None) is None:
            os._exit(9)
        return real(*args, **kwargs)

    monkeypatch.setattr(os, name, call)


def killed(action: Callable[[], object]) -> bool:
    """Run something in a process of its own; tell whether it was killed."""
    child = os.fork()
    if child == 0:
        action()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("name", ["fsync", "replace", "unlink", "open"])
@pytest.mark.parametrize("count", range(16))
def test_a_kill_leaves_all_or_nothing_after_recovery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, count: int
) -> None:
    changes = [change(tmp_path, file) for file in ("a.py", "b.py", "c.py", "d.py")]

    def run() -> None:
        calls_until_killed(monkeypatch, name, count)
        write(tmp_path, changes, [{"a.py", "b.py", "c.py"}])

    killed(run)
    for content in contents(tmp_path).values():
        assert content in (b"old\n", b"new\n", b"", b"ne")
    recover(tmp_path)

    after = contents(tmp_path)
    assert set(after) == {"a.py", "b.py", "c.py", "d.py"}
    assert after["a.py"] == after["b.py"] == after["c.py"]
    assert set(after.values()) <= {b"old\n", b"new\n"}
    assert [path for path in journals() if path.suffix == ".journal"] == []


def test_recovery_leaves_what_somebody_changed_since(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [change(tmp_path, "a.py"), change(tmp_path, "b.py")]

    def run() -> None:
        # the second journal is complete, no file of the set is renamed
        calls_until_killed(monkeypatch, "replace", 3)
        write(tmp_path, changes, [{"a.py", "b.py"}])

    assert killed(run)
    (tmp_path / "b.py").write_bytes(b"mine\n")

    assert recover(tmp_path) == ()
    assert contents(tmp_path) == {"a.py": b"old\n", "b.py": b"mine\n"}


def test_recovery_completes_what_was_staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [change(tmp_path, "a.py"), change(tmp_path, "b.py")]

    def run() -> None:
        calls_until_killed(monkeypatch, "replace", 4)
        write(tmp_path, changes, [{"a.py", "b.py"}])

    assert killed(run)
    assert (tmp_path / "a.py").read_bytes() != (tmp_path / "b.py").read_bytes()
    assert recover(tmp_path) == ("b.py",)
    assert contents(tmp_path) == {"a.py": b"new\n", "b.py": b"new\n"}


def test_recovery_of_another_project_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    changes = [change(root, "a.py"), change(root, "b.py")]

    def run() -> None:
        calls_until_killed(monkeypatch, "replace", 4)
        write(root, changes, [{"a.py", "b.py"}])

    assert killed(run)
    assert recover(other) == ()
    assert recover(root) == ("b.py",)


def test_a_journal_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    old, new = digest(b"old\n"), digest(b"new\n")
    (outside / "a.py").write_bytes(b"old\n")
    (outside / ".a.py.0.litestar-fix-new").write_bytes(b"new\n")
    entry = Entry("../outside/a.py", str(outside / ".a.py.0.litestar-fix-new"), old, new)
    file = record(root, [entry], ready=True)
    assert file.is_file()

    assert recover(root) == ()
    assert contents(outside) == {"a.py": b"old\n", ".a.py.0.litestar-fix-new": b"new\n"}
