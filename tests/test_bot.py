"""A bot fixes what a pull request touched, trusts nothing of it, answers itself never; a change is told from ours."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from litestar_fix.baseline import NAME
from litestar_fix.bot import AUTHOR
from litestar_fix.cli import main
from tests.boats import BOATS

APP = f"""\
{BOATS}

@get("/piers")
def list_piers() -> list[str]:
    return ["one"]


app = Litestar([list_boats, read_boat, list_piers])
"""
CHANGED = APP.replace('["one"]', '["two"]').replace("no boat", "no such boat")
SETTINGS = "[tool.litestar-fix]\nselect = ['LSF204', 'LSF603', 'LSF402']\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pull request that touches two handlers of three."""
    folder = tmp_path / "harbour"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(SETTINGS)
    (folder / "app.py").write_text(APP)
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    git(folder, "checkout", "-q", "-b", "topic")
    (folder / "app.py").write_text(CHANGED)
    commit(folder)
    monkeypatch.chdir(folder)
    return folder


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "as it is")


def bot(root: Path, *arguments: str, base: str = "main") -> int:
    out = root.parent / "out"
    return main(["bot", "--base", base, "--output-dir", str(out), "--no-cache", "-q", *arguments])


def test_what_was_touched_is_fixed_and_nothing_is_written(root: Path) -> None:
    assert bot(root) == 1

    assert (root / "app.py").read_text() == CHANGED
    out = root.parent / "out"
    assert sorted(path.name for path in out.iterdir()) == ["fixes.patch", "review.json", "summary.md"]
    git(root, "apply", str(out / "fixes.patch"))
    text = (root / "app.py").read_text()
    assert '@get("/piers", sync_to_thread=False)' in text
    assert "NotFoundException" in text
    assert '@get("/boats")\n' in text  # nobody touched that
    summary = (out / "summary.md").read_text()
    assert "| LSF204 implicit-sync-to-thread | 1 | preserved |" in summary
    assert "No code of this repository ran." in summary


def test_suggestions_stand_on_lines_that_the_pull_request_shows(root: Path) -> None:
    bot(root)

    (comment,) = json.loads((root.parent / "out" / "review.json").read_text())["comments"]
    assert (comment["path"], comment["line"], comment["side"]) == ("app.py", 17, "RIGHT")
    assert comment["body"].endswith('\n\n```suggestion\n@get("/piers", sync_to_thread=False)\n```')
    assert "start_line" not in comment


def test_a_commit_for_each_rule_and_their_sum_is_the_whole(root: Path) -> None:
    bot(root)
    patch = (root.parent / "out" / "fixes.patch").read_text()
    (root / "notes.txt").write_text("staged by somebody\n")
    git(root, "add", "notes.txt")

    assert bot(root, "--commit-per-rule") == 1

    subjects = git(root, "log", "--format=%s", "topic~2..topic").splitlines()
    assert subjects == ["LSF603: generic-http-exception", "LSF204: implicit-sync-to-thread"]
    assert git(root, "log", "-1", "--format=%an <%ae>").strip() == f"{AUTHOR[0]} <{AUTHOR[1]}>"
    assert git(root, "status", "--short").split() == ["A", "notes.txt"]  # that is not ours
    made = git(root, "diff", "topic~2..topic")
    assert [line for line in made.splitlines() if line[:1] in "+-"] == [
        line for line in patch.splitlines() if line[:1] in "+-"
    ]
    for name in ("topic", "topic~1"):
        compile(git(root, "show", f"{name}:app.py"), "app.py", "exec")


def test_it_does_not_answer_itself(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bot(root, "--commit-per-rule")
    head = git(root, "rev-parse", "HEAD")

    again = ["bot", "--base", "main", "--output-dir", str(root.parent / "again"), "--commit-per-rule"]
    assert main(again) == 0

    assert "the last commit is the bot's own: nothing is committed" in capsys.readouterr().out
    assert git(root, "rev-parse", "HEAD") == head
    assert "Nothing to do" in (root.parent / "again" / "summary.md").read_text()


def test_after_the_bot_another_run_finds_nothing(root: Path) -> None:
    bot(root, "--commit-per-rule")
    git(root, "commit", "-q", "--allow-empty", "-m", "a person goes on")

    assert bot(root) == 0
    assert "Nothing to do" in (root.parent / "out" / "summary.md").read_text()


def test_settings_and_baseline_are_those_of_the_base(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF402']\n")
    (root / NAME).write_text('{"format": 1, "findings": []}')
    commit(root)

    assert bot(root) == 1

    git(root, "checkout", "-q", "main")
    main(["baseline", "create"])
    commit(root)
    git(root, "checkout", "-q", "topic")
    git(root, "merge", "-q", "main", "-X", "theirs")
    assert bot(root) == 1  # the raise has other words now, so it is new; what the handlers say is no part of theirs
    summary = (root.parent / "out" / "summary.md").read_text()
    assert "LSF603" in summary
    assert "LSF204" not in summary


def test_nothing_of_the_repository_is_run(root: Path) -> None:
    mark = root.parent / "ran"
    hooks = root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (hooks / name).chmod(0o755)
    (root / ".gitattributes").write_text("*.py filter=evil\n")
    git(root, "config", "filter.evil.clean", f"touch {mark}; cat")
    (root / "app.py").write_text(f"open({str(mark)!r}, 'w')\n{CHANGED}")
    git(root, "-c", "core.hooksPath=/dev/null", "-c", "filter.evil.clean=cat", "commit", "-qam", "evil")

    assert bot(root, "--commit-per-rule") == 1

    assert git(root, "log", "-1", "--format=%an").strip() == AUTHOR[0]
    assert not mark.exists()


@pytest.mark.parametrize("base", ["nowhere", "--all"])
def test_a_base_that_is_not_there_is_one_line(root: Path, capsys: pytest.CaptureFixture[str], base: str) -> None:
    assert bot(root, base=base) == 2

    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list((root.parent / "out").iterdir()) == []


# ----------------------------------------------------------------------------------------------------------- verify-pr
def verify(*arguments: str) -> int:
    return main(["verify-pr", *arguments, "--no-cache"])


def test_a_change_that_is_ours(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bot(root, "--commit-per-rule")
    capsys.readouterr()

    assert verify("topic~2..topic") == 0
    assert "is what litestar-fix makes, and nothing else" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("no such boat", "no boat!", 13), ("app = ", "extra = 1\napp = ", 22), ("return name", "return name.lower()", 13)],
)
def test_what_a_hand_added_is_shown(
    root: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, line: int
) -> None:
    bot(root, "--commit-per-rule")
    (root / "app.py").write_text((root / "app.py").read_text().replace(old, new, 1))
    commit(root)
    capsys.readouterr()

    assert verify("topic~3..topic") == 1
    assert f"app.py:{line}: not what litestar-fix makes" in capsys.readouterr().out


def test_another_file_is_a_hand_too(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bot(root, "--commit-per-rule")
    (root / "more.py").write_text("x = 1\n")
    commit(root)
    capsys.readouterr()

    assert verify("topic~3..topic") == 1
    assert capsys.readouterr().out.splitlines()[0] == "more.py:1: not what litestar-fix makes"


@pytest.mark.parametrize("words", ["main", "main...topic", "nowhere..topic", "..topic"])
def test_a_range_that_is_none(root: Path, capsys: pytest.CaptureFixture[str], words: str) -> None:
    assert (root / "app.py").exists()
    assert verify(words) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_is_not_analysed_is_a_hand(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bot(root, "--commit-per-rule")
    (root / "Dockerfile").write_text("FROM scratch\n")
    (root / "app.py").chmod(0o755)
    commit(root)
    capsys.readouterr()

    assert verify("topic~3..topic") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["Dockerfile:1: not what litestar-fix makes", "app.py:1: not what litestar-fix makes"]


def test_half_a_fix_is_none(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bot(root, "--commit-per-rule")
    text = (root / "app.py").read_text()
    (root / "app.py").write_text(text.replace("import NotFoundException", "import HTTPException"))
    git(root, "commit", "-q", "--amend", "-am", "half of it")
    capsys.readouterr()

    assert verify("topic~2..topic") == 1
    assert capsys.readouterr().out.startswith("app.py:1: not what litestar-fix makes")


def test_some_whole_fixes_are_ours(root: Path) -> None:
    (root / "app.py").write_text(CHANGED.replace('@get("/piers")', '@get("/piers", sync_to_thread=False)'))
    commit(root)

    assert verify("topic~1..topic") == 0


def test_what_is_ours_is_what_extended_settings_say(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = root / "harbour"
    inner.mkdir()
    (inner / "litestar-fix.toml").write_text("extend = '../shared.toml'\n")
    (root / "shared.toml").write_text("select = ['LSF204']\n")
    (inner / "app.py").write_text(CHANGED)
    commit(root)
    for route in ("/boats", "/piers"):
        text = (inner / "app.py").read_text()
        (inner / "app.py").write_text(text.replace(f'@get("{route}")', f'@get("{route}", sync_to_thread=False)'))
        commit(root)
    monkeypatch.chdir(inner)

    assert verify("topic~2..topic") == 0
    (root / "shared.toml").write_text("select = ['LSF603']\n")
    git(root, "reset", "-q", "topic~2")
    git(root, "add", "shared.toml")
    git(root, "commit", "-q", "-m", "another choice")
    commit(root)
    assert verify("topic~1..topic") == 1


def test_a_path_that_leads_out_of_the_tree_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = root.parent / "owned.py"
    blob = git(root, "hash-object", "-w", "app.py").split()[0]
    for name in ("../owned.py", str(target)):
        entry = f"100644 blob {blob}\t{name}\n"
        made = subprocess.run(
            ["git", "mktree"], cwd=root, input=entry, capture_output=True, text=True, check=False
        ).stdout.strip()
        if not made:  # this git makes none
            raw = b"100644 " + name.encode() + b"\0" + bytes.fromhex(blob)
            made = (
                subprocess.run(
                    ["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"],
                    cwd=root,
                    input=raw,
                    capture_output=True,
                    check=True,
                )
                .stdout.decode()
                .strip()
            )
        head = git(root, "commit-tree", made, "-m", "evil").strip()
        capsys.readouterr()

        assert verify(f"{head}..topic") == 2
        assert "which no checkout could hold" in capsys.readouterr().err
        assert not target.exists()


def test_newlines_of_a_checkout_are_not_committed(root: Path) -> None:
    (root / ".gitattributes").write_text("*.py text eol=crlf\n")
    (root / "app.py").write_bytes(CHANGED.replace("\n", "\r\n").encode())
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "newlines")

    bot(root, "--commit-per-rule")

    assert b"\r" not in subprocess.run(["git", "show", "HEAD:app.py"], cwd=root, capture_output=True, check=True).stdout
    assert b"\r\n" in (root / "app.py").read_bytes()
    assert git(root, "status", "--short") == ""


def test_a_pull_request_does_not_choose_its_settings(root: Path) -> None:
    inner = root / "harbour"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF402']\n")
    (inner / "app.py").write_text(CHANGED)
    commit(root)
    out = root.parent / "out"

    assert main(["bot", str(inner), "--base", "main", "--output-dir", str(out), "--no-cache", "-q"]) == 1
    assert "LSF204" in (out / "summary.md").read_text()


def test_settings_that_the_base_extends_are_those_of_the_base(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inner = root / "harbour"
    inner.mkdir()
    (inner / "litestar-fix.toml").write_text("extend = '../shared.toml'\n")
    (root / "shared.toml").write_text("select = ['LSF603']\n")
    (inner / "app.py").write_text("")
    git(root, "checkout", "-q", "main")
    commit(root)
    git(root, "checkout", "-q", "topic")
    git(root, "merge", "-q", "main")
    (inner / "app.py").write_text(CHANGED)
    (root / "shared.toml").write_text("select = ['LSF204']\n")
    commit(root)
    out = root.parent / "out"
    words = ["bot", str(inner), "--base", "main", "--output-dir", str(out), "--no-cache", "-q"]

    assert main(words) == 1
    assert "LSF603" in (out / "summary.md").read_text()
    assert "LSF204" not in (out / "summary.md").read_text()

    git(root, "checkout", "-q", "main")
    (root / "shared.toml").unlink()
    (root / "shared.toml").symlink_to(root.parent / "secret.toml")
    commit(root)
    assert main(words) == 2
    assert "shared.toml: a link, a folder or a submodule at main; it must be a file" in capsys.readouterr().err


def test_a_link_of_the_pull_request_is_no_output_folder(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root.parent / "victim").mkdir()
    (root / "out").symlink_to(root.parent / "victim")

    assert main(["bot", "--base", "main", "--output-dir", "out", "-q"]) == 2
    assert "a link of the repository leads out of it" in capsys.readouterr().err
    assert list((root.parent / "victim").iterdir()) == []
