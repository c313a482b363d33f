"""What is known stays known while code moves, and hides nothing else; what was touched counts, and nothing else."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from litestar_fix.baseline import NAME, Baseline, Entry, decode, encode
from litestar_fix.cli import main
from litestar_fix.errors import LitestarFixError
from litestar_fix.identity import Identity
from litestar_fix.touched import changed, since, staged

TANKS = """\
from litestar import Litestar, get


@get("/tanks")
def list_tanks() -> list[str]:
    return ["north"]


@get("/pumps")
def list_pumps() -> list[str]:
    return ["one"]


app = Litestar([list_tanks, list_pumps])
"""
PUMPS = """\
from litestar import get


@get("/pumps")
def list_pumps() -> list[str]:
    return ["one"]
"""
TIDY = '"/tanks", sync_to_thread=False'

Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two findings, committed, and the current folder."""
    folder = tmp_path / "aquarium"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF204', 'LSF402']\n")
    (folder / "app.py").write_text(TANKS)
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    monkeypatch.chdir(folder)
    return folder


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "as it is")


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    assert Path.cwd() == root

    def call(*arguments: str) -> tuple[int, list[str]]:
        capsys.readouterr()
        code = main([*arguments, "--no-cache"])
        captured = capsys.readouterr()
        return code, (captured.out + captured.err).splitlines()

    return call


def check(run: Run, *arguments: str) -> tuple[int, list[str]]:
    """The exit code, and the places of the findings that count."""
    code, lines = run("check", "-q", "--output-format=concise", *arguments)
    return code, [line.rpartition(": ")[0].partition(": LSF")[0] for line in lines]


# ------------------------------------------------------------------------------------------------------------- known
def test_what_is_known_does_not_count(root: Path, run: Run) -> None:
    assert check(run) == (1, ["app.py:5:1", "app.py:10:1"])

    assert run("baseline", "create") == (0, [f"2 findings written to {NAME}"])

    assert check(run) == (0, [])
    assert check(run, "--no-baseline") == (1, ["app.py:5:1", "app.py:10:1"])
    assert run("baseline", "check") == (0, ["2 findings known, all of them still there"])
    states = json.loads("".join(run("check", "--output-format=json")[1]))["totals"]["states"]
    assert states == {"baselined": 2}
    assert run("fix")[0] == 0
    assert (root / "app.py").read_text() == TANKS  # nobody asked for that to be mended


@pytest.mark.parametrize(
    "moved",
    [
        {"app.py": "# a comment\n" * 100 + TANKS},
        {"app.py": TANKS.replace('@get("/tanks")\n', '@get(\n    "/tanks",\n)\n')},
        {"app.py": None, "main.py": TANKS},
        {"app.py": None, "tanks/app.py": TANKS},
        {
            "app.py": TANKS.replace(PUMPS.partition("\n\n\n")[2], "").replace(
                "get\n", "get\n\nfrom pumps import list_pumps\n", 1
            ),
            "pumps.py": PUMPS,
        },
    ],
    ids=["lines above", "layout", "renamed", "in a folder", "function in a module of its own"],
)
def test_it_stays_known_where_it_moves(root: Path, run: Run, moved: dict[str, str | None]) -> None:
    run("baseline", "create")

    for path, text in moved.items():
        if text is None:
            (root / path).unlink()
        else:
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_text(text)

    assert check(run) == (0, [])
    assert len(check(run, "--no-baseline")[1]) == 2
    assert run("baseline", "check")[0] == 0


def test_a_new_finding_does_not_hide_behind_a_fixed_one(root: Path, run: Run) -> None:
    run("baseline", "create")

    mended = TANKS.replace('"/tanks"', TIDY)
    (root / "app.py").write_text(mended.replace("app =", '@get("/fish")\ndef list_fish() -> None: ...\n\n\napp ='))

    assert check(run) == (1, ["app.py:15:1"])


def test_a_copy_elsewhere_does_not_hide_behind_a_fixed_one(root: Path, run: Run) -> None:
    run("baseline", "create")

    (root / "app.py").write_text(TANKS.replace('"/pumps"', '"/pumps", sync_to_thread=False'))
    (root / "pumps.py").write_text(PUMPS)

    assert check(run) == (1, ["pumps.py:5:1"])


def test_a_second_one_with_the_same_code_is_new(root: Path, run: Run) -> None:
    raised = "    if not name:\n        raise HTTPException(status_code=404)\n"
    text = (
        "from litestar import get\nfrom litestar.exceptions import HTTPException\n\n\n"
        f'@get("/tanks/{{name:str}}")\nasync def read_tank(name: str) -> str:\n{raised}    return name\n'
    )
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF603']\n")
    (root / "app.py").write_text(text)
    run("baseline", "create")

    (root / "app.py").write_text(text.replace(raised, raised * 2))

    assert check(run) == (1, ["app.py:10:15"])


def test_it_shrinks_when_it_is_pruned(root: Path, run: Run) -> None:
    run("baseline", "create")
    (root / "app.py").write_text(TANKS.replace('"/tanks"', TIDY))

    code, lines = run("baseline", "check")
    assert (code, lines) == (1, ["app.py: LSF204 in list_tanks is gone; run `litestar-fix baseline prune`"])
    assert run("baseline", "prune") == (0, [f"1 finding taken out of {NAME}"])
    assert run("baseline", "check") == (0, ["1 finding known, all of them still there"])
    assert run("baseline", "prune") == (0, [f"0 findings taken out of {NAME}"])
    (root / "app.py").write_text(TANKS)
    assert check(run) == (1, ["app.py:5:1"])


def test_what_is_added_to_it_is_told_against_another_commit(root: Path, run: Run) -> None:
    run("baseline", "create")
    assert run("baseline", "check", "--base=main")[0] == 0  # the first one
    commit(root)
    (root / "app.py").write_text(TANKS.replace("app =", '@get("/fish")\ndef list_fish() -> None: ...\n\n\napp ='))
    run("baseline", "create", "--force")

    code, lines = run("baseline", "check", "--base=main")

    assert code == 1
    assert lines == ["app.py: LSF204 in list_fish was not known at main; fix it, or suppress it with a reason"]


def test_a_baseline_is_not_replaced_by_accident(root: Path, run: Run) -> None:
    run("baseline", "create")
    (root / "app.py").write_text(TANKS.replace('"/tanks"', TIDY))

    code, lines = run("baseline", "create")

    assert code == 2
    assert "is there already; `litestar-fix baseline prune` shortens it, --force replaces it" in lines[0]
    assert run("baseline", "create", "--force") == (0, [f"1 finding written to {NAME}"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "no baseline: input data was truncated"),
        (b"[]", "no baseline: expected `object`, got `array`"),
        (b'{"format": 1, "findings": [{"rule": 1}]}', "no baseline: expected `str`, got `int` - at"),
        (b'{"format": 2}', "a baseline of format 2, and this version knows 1"),
        (b"<<<<<<< HEAD\n", "no baseline: JSON is malformed"),
    ],
)
@pytest.mark.parametrize("arguments", [("check",), ("baseline", "check"), ("baseline", "prune"), ("fix",)])
def test_a_broken_baseline_is_one_line(
    root: Path, run: Run, content: bytes, reason: str, arguments: tuple[str, ...]
) -> None:
    (root / NAME).write_bytes(content)

    code, lines = run(*arguments)

    assert (code, len(lines)) == (2, 1)
    assert reason.lower() in lines[0].lower()
    assert "`litestar-fix baseline create --force`" in lines[0]
    assert (root / NAME).read_bytes() == content
    assert (root / "app.py").read_text() == TANKS


def test_a_baseline_that_is_named_must_be_there(run: Run) -> None:
    code, lines = run("check", "--baseline=nowhere.json")

    assert (code, lines) == (
        2,
        ["litestar-fix: error: nowhere.json: the baseline cannot be read: No such file or directory"],
    )
    assert run("check", "--baseline=x", "--no-baseline")[0] == 2


def test_a_project_that_cannot_be_read_whole_loses_nothing(root: Path, run: Run) -> None:
    run("baseline", "create")
    (root / "app.py").write_text("def broken(:\n")

    assert run("baseline", "prune")[0] == 2
    assert len(decode((root / NAME).read_bytes(), "").findings) == 2


def test_a_baseline_is_written_with_one_entry_a_line() -> None:
    entry = Entry(rule="LSF204", path="ä.py", scope="", snippet="0f", count=2)
    baseline = Baseline(findings=(entry,))

    assert decode(encode(baseline), "") == baseline
    assert len(encode(baseline).splitlines()) == 6
    assert decode(encode(Baseline()), "") == Baseline()
    with pytest.raises(LitestarFixError):
        decode(b"null", "x")


def test_moves_are_no_additions() -> None:
    def of(*paths: str) -> Baseline:
        return Baseline.of(Identity("LSF204", path, "list_tanks", "0f") for path in paths)

    assert of("b.py").additions_to(of("a.py"), lambda path, _: path == "a.py") == ()
    assert of("b.py").additions_to(of("a.py"), lambda *_: False) == of("b.py").findings
    assert of("a.py", "b.py").additions_to(of("a.py"), lambda *_: False) == of("b.py").findings


def test_a_secret_is_told_from_another_by_its_name(root: Path, run: Run) -> None:
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF703']\n")
    (root / "keys.py").write_text('JWT_SECRET = "tR0ub4dor-and-3-horses"\n')
    run("baseline", "create")

    (root / "keys.py").write_text('JWT_SECRET = "tR0ub4dor-and-7-horses"\n')
    assert check(run) == (0, [])
    (root / "keys.py").write_text('API_KEY = "tR0ub4dor-and-7-horses"\n')
    assert check(run) == (1, ["keys.py:1:11"])


def test_a_file_that_is_no_longer_read_has_not_moved(root: Path, run: Run) -> None:
    run("baseline", "create")
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF204']\nexclude = ['app.py']\n")
    (root / "pumps.py").write_text(PUMPS)

    assert check(run) == (1, ["pumps.py:5:1"])


def test_a_baseline_is_no_stream(run: Run) -> None:
    code, lines = run("baseline", "create", "--baseline=-")

    assert code == 2
    assert "name a file; a baseline is read again by the next run" in lines[0]


# ------------------------------------------------------------------------------------------------------------ touched
def test_a_decorator_is_a_part_of_its_function(root: Path, run: Run) -> None:
    text = TANKS.replace('@get("/pumps")', '@get(\n    "/pumps",\n    sync_to_thread=False,\n)')
    (root / "app.py").write_text(text)
    commit(root)

    (root / "app.py").write_text(text.replace("sync_to_thread=False", 'name="pumps"'))

    assert check(run, "--changed") == (1, ["app.py:13:1"])


def test_only_what_was_analysed_can_be_renamed(root: Path, run: Run) -> None:
    (root / "sample.txt").write_text(PUMPS)
    commit(root)
    git(root, "mv", "sample.txt", "pumps.py")

    assert check(run, "--changed") == (1, ["pumps.py:5:1"])


def test_a_rename_has_one_target(root: Path, run: Run) -> None:
    (root / "app.py").rename(root / "one.py")
    (root / "two.py").write_text(TANKS)

    assert check(run, "--changed") == (1, ["two.py:5:1", "two.py:10:1"])


def test_repetitive_files_take_no_time(root: Path) -> None:
    rows = ["    0,"] * 4000
    (root / "table.py").write_text("\n".join(["x = [", *rows, "]\n"]))
    commit(root)
    for at in range(0, 4000, 10):
        rows[at] = "    1,"
    (root / "table.py").write_text("\n".join(["x = [", *rows, "]\n"]))

    started = time.perf_counter()
    assert changed(root).files["table.py"].meet(2, 2)
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize("content", ["gitdir: /nowhere\n", ""])
def test_a_repository_that_git_cannot_read(tmp_path: Path, content: str) -> None:
    (tmp_path / "app.py").write_text(TANKS)
    (tmp_path / ".git").write_text(content)

    for ask in (changed, staged, lambda root: since(root, "main")):
        with pytest.raises(LitestarFixError, match="git"):
            ask(tmp_path)


def test_only_lines_that_changed_count(root: Path, run: Run) -> None:
    git(root, "checkout", "-q", "-b", "topic")
    (root / "app.py").write_text(TANKS.replace('["one"]', '["two"]'))

    assert check(run, "--changed") == (1, ["app.py:10:1"])
    assert check(run, "--since=main") == (1, ["app.py:10:1"])
    assert check(run, "--staged") == (0, [])
    git(root, "add", "-A")
    assert check(run, "--staged") == (1, ["app.py:10:1"])
    commit(root)
    assert check(run, "--changed") == (0, [])
    assert check(run, "--since=main") == (1, ["app.py:10:1"])
    assert check(run, "--since=main", "--whole-files") == (1, ["app.py:5:1", "app.py:10:1"])


def test_what_others_did_on_the_base_does_not_count(root: Path, run: Run) -> None:
    git(root, "checkout", "-q", "-b", "topic")
    git(root, "checkout", "-q", "main")
    (root / "app.py").write_text(TANKS.replace('["north"]', '["south"]'))
    commit(root)
    git(root, "checkout", "-q", "topic")

    assert check(run, "--since=main") == (0, [])


def test_new_files_count_and_renamed_ones_do_not(root: Path, run: Run) -> None:
    (root / "app.py").rename(root / "main.py")
    (root / "pumps.py").write_text(PUMPS)

    assert check(run, "--changed") == (1, ["pumps.py:5:1"])


def test_only_what_was_touched_is_fixed(root: Path, run: Run) -> None:
    (root / "app.py").write_text(TANKS.replace('["one"]', '["two"]'))

    run("fix", "--changed", "--allow-dirty")

    text = (root / "app.py").read_text()
    assert '@get("/pumps", sync_to_thread=False)' in text
    assert '@get("/tanks")' in text


def test_what_is_above_a_fix_does_not_move_the_lines_that_count(root: Path, run: Run) -> None:
    """The fix of the first pass adds lines; the finding of the second is still that of its own lines."""
    raised = "from litestar.exceptions import HTTPException\n" + TANKS.replace(
        '    return ["north"]\n', '    raise HTTPException(status_code=404, detail="no tank")\n'
    )
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF204', 'LSF603']\n")
    (root / "app.py").write_text(raised)
    commit(root)
    (root / "app.py").write_text(raised.replace("no tank", "no such tank"))

    run("fix", "--changed", "--allow-dirty", "--unsafe-fixes")

    text = (root / "app.py").read_text()
    assert "NotFoundException" in text
    assert '@get("/pumps")\n' in text


def test_a_project_below_the_top_of_its_repository(root: Path) -> None:
    inner = root / "services" / "fish"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("")
    (inner / "app.py").write_text(PUMPS)

    assert list(changed(inner).files) == ["app.py"]
    assert changed(inner).files["app.py"].meet(1, 1)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--since=nowhere",), "nowhere: no such commit here; a shallow clone may have to fetch it"),
        (("--since=--output=x",), "--output=x: no such commit here"),
        (("--since=main", "--changed"), "--since and --changed are two ways to say what counts"),
        (("--whole-files",), "--whole-files is about --since, --changed and --staged"),
    ],
)
def test_one_line_says_what_is_wrong(root: Path, run: Run, arguments: tuple[str, ...], reason: str) -> None:
    code, lines = run("check", *arguments)

    assert (code, len(lines)) == (2, 1)
    assert reason in lines[0]
    assert not (root / "x").exists()


def test_branches_without_a_common_commit(root: Path, run: Run) -> None:
    git(root, "checkout", "-q", "--orphan", "other")
    (root / "app.py").write_text(PUMPS)
    commit(root)

    code, lines = run("check", "--since=main")

    assert code == 2
    assert "no commit in common with HEAD; a shallow clone needs `git fetch --unshallow`" in lines[0]


def test_without_git_nobody_knows_what_changed(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(TANKS)

    for ask in (changed, staged, lambda root: since(root, "main")):
        with pytest.raises(LitestarFixError, match="lies in no git repository"):
            ask(tmp_path)


def test_nothing_that_the_repository_names_is_run(root: Path) -> None:
    mark = root.parent / "ran"
    (root / ".gitattributes").write_text("*.py diff=evil filter=evil\n")
    for name in (
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "core.fsmonitor",
    ):
        git(root, "config", name, f"touch {mark}; cat")
    (root / "app.py").write_text(TANKS.replace('["one"]', '["two"]'))

    assert changed(root).files["app.py"].meet(11, 11)
    assert since(root, "main").files
    staged(root)
    assert not mark.exists()


def test_before_the_first_commit_everything_is_new(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "app.py").write_text(TANKS)

    assert changed(tmp_path).files["app.py"].meet(1, 1)
    assert staged(tmp_path).files == {}
    git(tmp_path, "add", "-A")
    assert staged(tmp_path).files["app.py"].meet(14, 14)
