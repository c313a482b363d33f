"""Git is asked before files are written: what nobody could get back stays as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from litestar_fix.model.cache import digest
from litestar_fix.result import Change
from litestar_fix.worktree import CONFLICT, UNSTAGED, UNTRACKED, unsaved
from litestar_fix.write import write

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.autocrlf=false"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *settings, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one committed file."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "app.py").write_bytes(b"old\n")
    git(folder, "add", "app.py")
    git(folder, "commit", "-qm", "first")
    return folder


def asked(root: Path, path: str = "app.py", own: dict[str, bytes] | None = None) -> str:
    """Why a file is not to be written."""
    return unsaved(root, [Change(path, (root / path).read_bytes(), b"new\n")], own or {}).get(path, "")


def test_committed_and_staged_contents_may_be_replaced(root: Path) -> None:
    assert asked(root) == ""

    (root / "app.py").write_bytes(b"staged\n")
    assert asked(root) == UNSTAGED
    git(root, "add", "app.py")
    assert asked(root) == ""

    (root / "app.py").write_bytes(b"staged, and changed since\n")
    assert asked(root) == UNSTAGED


def test_untracked_and_ignored_files_are_left(root: Path) -> None:
    (root / ".gitignore").write_text("ignored.py\n")
    for name in ("untracked.py", "ignored.py"):
        (root / name).write_bytes(b"old\n")
        assert asked(root, name) == UNTRACKED


def test_our_own_work_may_be_changed_again(root: Path) -> None:
    (root / "app.py").write_bytes(b"ours\n")

    assert asked(root, own={"app.py": digest(b"ours\n")}) == ""
    assert asked(root, own={"app.py": digest(b"something else\n")}) == UNSTAGED


def test_a_merge_conflict_is_left(root: Path) -> None:
    git(root, "checkout", "-qb", "other")
    (root / "app.py").write_bytes(b"theirs\n")
    git(root, "commit", "-qam", "theirs")
    git(root, "checkout", "-q", "-")
    (root / "app.py").write_bytes(b"ours\n")
    git(root, "commit", "-qam", "ours")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "other")

    assert asked(root) == CONFLICT


def test_newlines_of_a_checkout_are_no_change(root: Path) -> None:
    (root / "app.py").write_bytes(b"old\r\n")

    assert asked(root) == ""


def test_outside_of_git_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.py").write_bytes(b"old\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("git was run"))

    assert asked(tmp_path) == ""


def test_an_empty_folder_called_git_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "app.py").write_bytes(b"old\n")

    assert asked(tmp_path) == ""


def test_odd_names_are_found(root: Path) -> None:
    for name in ("-n.py", ":(top)x.py", "two\nlines.py", "qu\"ote's.py", "*.py", "caf\u00e9.py"):
        (root / name).write_bytes(b"old\n")
        git(root, "--literal-pathspecs", "add", "--", name)
        assert asked(root, name) == "", name


def test_a_repository_in_a_repository_answers_for_itself(root: Path) -> None:
    inner = root / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    (inner / "app.py").write_bytes(b"old\n")
    assert asked(root, "inner/app.py") == UNTRACKED

    git(inner, "add", "app.py")
    assert asked(root, "inner/app.py") == ""


def test_a_linked_work_tree_and_the_index_of_a_hook(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "-q", str(linked), "-b", "side")
    assert asked(linked) == ""

    (linked / "app.py").write_bytes(b"to be committed\n")
    own_index = Path(git(linked, "rev-parse", "--absolute-git-dir").strip(), "next-index-1.lock")
    shutil.copy(own_index.with_name("index"), own_index)
    monkeypatch.setenv("GIT_INDEX_FILE", str(own_index))
    git(linked, "add", "app.py")
    assert asked(linked) == ""

    # the variables of a hook that runs for another repository
    monkeypatch.setenv("GIT_DIR", str(root / ".git"))
    assert asked(linked) == ""
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "foreign"))
    assert asked(linked) == UNSTAGED


def test_git_that_cannot_answer_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".git" / "index").write_bytes(b"no index")
    assert "index file" in asked(root)

    monkeypatch.setenv("PATH", str(root))
    assert "no git on the PATH" in asked(root)


def test_a_git_of_the_repository_is_not_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap, fallen = root / "git", root.parent / "fallen"
    trap.write_text(f"#!/bin/sh\ntouch {fallen}\n")
    trap.chmod(0o755)
    monkeypatch.chdir(root)
    monkeypatch.setenv("PATH", f".:{root}:{os.environ['PATH']}")

    assert asked(root) == ""
    assert not fallen.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("core.fsmonitor", "touch {trap}; false"),
        ("core.pager", "touch {trap}"),
        ("pager.ls-files", "touch {trap}"),
        ("filter.trap.clean", "touch {trap}; cat"),
        ("filter.trap.process", "touch {trap}"),
        ("diff.trap.textconv", "touch {trap}"),
        ("core.sshCommand", "touch {trap}"),
        ("credential.helper", "!touch {trap}"),
        ("alias.ls-files", "!touch {trap}"),
    ],
)
def test_no_program_of_the_configuration_is_run(root: Path, key: str, value: str) -> None:
    trap = root.parent / "fallen"
    git(root, "config", key, value.format(trap=trap))
    (root / ".gitattributes").write_text("*.py filter=trap diff=trap\n")
    hook = root / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    hook.chmod(0o755)
    os.utime(root / "app.py")
    before = (root / ".git" / "index").read_bytes()

    assert asked(root) == ""
    assert not trap.exists()
    assert (root / ".git" / "index").read_bytes() == before


def test_git_is_asked_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[list[str]] = []
    real: Callable[..., subprocess.CompletedProcess[bytes]] = subprocess.run

    def run(command: list[str], **keywords: object) -> subprocess.CompletedProcess[bytes]:
        runs.append(command)
        return real(command, **keywords)

    monkeypatch.setattr(subprocess, "run", run)
    assert write(root, []) == ()
    assert runs == []

    (root / "b.py").write_bytes(b"old\n")
    (root / "c.py").write_bytes(b"old\n")
    git(root, "add", "c.py")
    runs.clear()
    changes = [Change(name, b"old\n", b"new\n") for name in ("app.py", "b.py", "c.py")]
    problems = write(root, changes, [{"b.py", "c.py"}])

    assert len(runs) == 1
    assert [(item.path, item.reason) for item in problems] == [
        ("b.py", UNTRACKED),
        ("c.py", "left alone, because b.py was"),
    ]
    assert (root / "app.py").read_bytes() == b"new\n"

    assert write(root, [Change("b.py", b"old\n", b"new\n")], allow_dirty=True) == ()
    assert len(runs) == 1
