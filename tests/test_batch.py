"""Many repositories: a plan, commits that can be reviewed, a run that is killed anywhere and goes on; nothing runs."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from litestar_fix import api, bot
from litestar_fix import git as reaching
from litestar_fix.batch import apart, clones, effects, series
from litestar_fix.batch.outcome import Outcome, ProjectOutcome, Status, Tally
from litestar_fix.batch.pool import Pool, local
from litestar_fix.batch.projects import Selection
from litestar_fix.batch.report import planned, render
from litestar_fix.batch.repository import Repository, repositories
from litestar_fix.batch.series import Fixing
from litestar_fix.batch.work import Job, Migration, done
from litestar_fix.cli import main
from litestar_fix.errors import LitestarFixError, UsageError
from litestar_fix.finding import Severity
from tests.boats import BOATS

APP = f"""\
{BOATS}

app = Litestar([list_boats, read_boat])
"""
MANIFEST = """\
[project]
name = "harbour"
version = "1"
dependencies = ["litestar>=2.12"]
"""
RULES = ("--select", "LSF204,LSF603")


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def repository(folder: Path, files: dict[str, str | bytes] | None = None) -> Path:
    """A repository with one commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for path, content in (files or {"app.py": APP, "pyproject.toml": MANIFEST}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "as it is")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a run begins; no user has settings of git here, nor an identity."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("LITESTAR_FIX_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes are needed where nothing is about them."""
    if "processes" in request.keywords or "slow" in request.keywords:
        return

    def outcomes(_: Pool, jobs: Iterator[Job]) -> Iterator[object]:
        yield from map(done, jobs)

    monkeypatch.setattr(Pool, "outcomes", outcomes)


def batch(*words: str | Path) -> int:
    return main(["batch", *map(str, words), "--state", "state.db"])


def tree(folder: Path, commit: str) -> str:
    return git(folder, "rev-parse", f"{commit}^{{tree}}").strip()


def clone_of(name: str) -> Path:
    return Path("state.db.work/repositories", name)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# ----------------------------------------------------------------------------------------------------------------- plan
def plan(*words: str | Path) -> tuple[int, dict[str, Any]]:
    code = main(["plan", *map(str, words), "--output-format", "json", "-o", "plan.json"])
    return code, json.loads(Path("plan.json").read_text())


def test_a_plan_counts_what_single_runs_find_and_changes_nothing(folder: Path) -> None:
    one, other = repository(folder / "one"), repository(folder / "other", {"api.py": APP.replace("boat", "pier")})
    before = snapshot(one) | snapshot(other)

    code, found = plan(one, other)

    assert code == 0
    assert snapshot(one) | snapshot(other) == before
    assert not (folder / "cache").exists() or not list((folder / "cache").iterdir())
    reports = [api.check([place], root=place) for place in (one, other)]
    totals = found["totals"]
    for severity in ("critical", "high", "medium", "low"):
        expected = sum(finding.severity == severity for report in reports for finding in report.remaining)
        assert totals[severity] == expected
    assert totals["safe"] >= 4
    assert totals["repositories"] == 2
    rows = found["repositories"]
    assert [(row["name"], row["state"], row["litestar"]) for row in rows] == [
        ("one", "ok", "2.12"),
        ("other", "ok", ""),
    ]
    assert rows[0]["commit"] == git(one, "rev-parse", "HEAD").strip()


def test_what_is_not_committed_does_not_count(folder: Path) -> None:
    one = repository(folder / "one")
    (one / "app.py").write_text("nonsense(")

    code, found = plan(one)

    assert code == 0
    assert found["totals"]["states"] == {"ok": 1}


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".toml"])
def test_repositories_are_named_in_a_file(folder: Path, suffix: str) -> None:
    repository(folder / "lists" / "one")
    text = {
        ".txt": "# ours\none\n\nhttps://example.org/group/two.git\n",
        ".csv": "team,repository\nred,one\nblue,https://example.org/group/two.git\n",
        ".toml": 'repositories = ["one", "https://example.org/group/two.git"]\n',
    }
    file = folder / "lists" / f"ours{suffix}"
    file.write_text(text[suffix])

    one, two = repositories(["lists/one"], [file])

    assert one == Repository("one", str((folder / "lists/one").resolve()))
    assert two == Repository("two", "https://example.org/group/two.git")
    assert two.is_remote
    assert not one.is_remote


@pytest.mark.usefixtures("folder")
def test_repositories_of_one_name_are_told_apart_by_their_place() -> None:
    names = [item.name for item in repositories(["a/api", "b/api", "git@example.org:group/api.git", "web"])]

    assert len(set(names)) == 4
    assert names[3] == "web"
    assert next(item.name for item in repositories(["b/api", "c/api"])) == names[1]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.yaml", "x", "a list of repositories ends in .toml, .txt, .csv"),
        ("a.toml", "x", "not valid TOML"),
        ("a.toml", "repositories = [1]", "write the folders and URLs as"),
        ("a.csv", "repo\nx\n", "the column with the folders and URLs is called 'repository'"),
        ("a.txt", "# none\n", "name repositories"),
    ],
)
def test_a_list_that_is_none_is_named(folder: Path, name: str, content: str, said: str) -> None:
    (folder / name).write_text(content)

    with pytest.raises(UsageError, match=said):
        repositories([], [folder / name])


def test_a_broken_repository_is_a_row_and_the_others_are_done(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = repository(folder / "good")
    broken = repository(folder / "broken", {"app.py": APP, "bad.py": "def (:\n"})
    settings = repository(folder / "settings", {"app.py": APP, "litestar-fix.toml": "selekt = []\n"})
    toml = repository(folder / "toml", {"app.py": APP, "litestar-fix.toml": "select = [\n"})
    foreign = repository(folder / "foreign", {"app.py": "print(1)\n"})
    (folder / "plain").mkdir()
    (folder / "empty").mkdir()
    git(folder / "empty", "init", "-q")
    (good / "sub").mkdir()

    places = (good, broken, settings, toml, foreign, folder / "plain", folder / "empty", good / "sub", folder / "none")
    code, found = plan(*places)

    assert code == 2
    rows = found["repositories"]
    said = {row["name"]: (row["state"], row["reason"]) for row in rows}
    assert said["good"] == ("ok", "")
    assert said["broken"][0] == "incomplete"
    assert said["broken"][1].startswith("bad.py: ")
    assert said["settings"][0] == "failed"
    assert "unknown key 'selekt'; did you mean 'select'?" in said["settings"][1]
    assert said["toml"][1].startswith("litestar-fix.toml: not valid TOML: ")
    assert said["foreign"] == ("skipped", "nothing in it uses Litestar")
    assert said["plain"] == ("failed", "it is no git repository")
    assert said["empty"] == ("failed", "it has no commit")
    assert said["sub"] == ("failed", f"it lies within the repository {good.resolve()}; name that")
    assert said["none"] == ("failed", "there is no such folder")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["text", "csv", "markdown", "html"])
def test_formats_show_every_repository_and_no_markup_of_theirs(
    folder: Path, name: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    files: dict[str, str | bytes] = {"app.py": APP, "<b>|`x.py": "def (:\n"}
    repository(folder / "one", files)

    assert main(["plan", "one", "no\x1b[31mne", "--output-format", name]) == 2

    shown = capsysbinary.readouterr().out.decode()
    assert "\x1b" not in shown
    assert "one" in shown
    match name:
        case "csv":
            rows = list(csv.DictReader(io.StringIO(shown)))
            assert [row["state"] for row in rows] == ["incomplete", "failed"]
        case "html":
            assert "<b>" not in shown
            assert "&lt;b&gt;" in shown
            assert "default-src 'none'" in shown
        case "markdown":
            assert "``<b>\\|`x.py" in shown.replace("`` <", "``<")


REFUSED = """

async def moor() -> None:
    raise HTTPException(409, status_code=409)
"""


@pytest.mark.parametrize("name", ["text", "csv", "markdown", "html"])
def test_a_plan_tells_rules_share_and_reasons(
    folder: Path, name: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    repository(folder / "one", {"app.py": APP + REFUSED})
    (folder / "two").mkdir()
    _, found = plan("one", "two")
    (one, two), totals = found["repositories"], found["totals"]
    assert (one["safe"], one["unsafe"], one["refused"], one["manual"]) == (2, 0, 1, 1)
    assert (one["fixable_percent"], two["fixable_percent"], totals["fixable_percent"]) == (50, None, 50)

    main(["plan", "one", "two", "--output-format", name])

    shown = capsysbinary.readouterr().out.decode()
    match name:
        case "csv":
            first, second = csv.DictReader(io.StringIO(shown))
            assert (first["fixable_percent"], second["fixable_percent"]) == ("50", "")
            assert (first["LSF204"], second["LSF204"]) == ("1", "0")
        case "text":
            assert "4 findings, 50% fixable: 2 with a safe fix, " in shown
            assert "one: 1 LSF" in shown
            assert "\n    refused 1: " in shown
        case "markdown":
            assert " | 50% | 1 LSF" in shown
            assert "| `one` | ok | `unknown` | 1 | 0 | " in shown
            assert "| `two` | failed |" + "  |" * 11 in shown
        case "html":
            assert "50% have a fix" in shown
            assert "&nbsp;<code>LSF204</code>" in shown
            assert "refused 1: " in shown


def test_of_many_reasons_the_frequent_ones_are_shown() -> None:
    reasons = {f"reason {number}": number for number in range(1, 12)}
    tally = Tally(code="LSF604", name="x", severity=Severity.HIGH, refused=66, reasons=reasons)
    part = ProjectOutcome(path="", version="", files=1, lines=1, tallies=(tally,))
    outcome = Outcome(name="one", source="one", status=Status.OK, projects=(part,))

    shown = render([planned(outcome)], "text", "Plan").decode().splitlines()

    assert shown[-8] == "    refused 11: reason 11"
    assert shown[-1] == "    refused 10: 4 other reasons"


def test_each_project_of_a_monorepo_has_its_settings_and_its_litestar(folder: Path) -> None:
    mono = repository(
        folder / "mono",
        {
            "pyproject.toml": "[tool.litestar-fix]\nselect = ['LSF603']\n",
            "shared/app.py": APP,
            "services/one/pyproject.toml": MANIFEST + "[tool.litestar-fix]\nselect = ['LSF204']\n",
            "services/one/app.py": APP,
            "services/two/pyproject.toml": MANIFEST.replace("2.12", "2.8"),
            "services/two/app.py": APP,
            "services/three/litestar-fix.toml": "extend = '../../shared.toml'\nextend-select = ['LSF603']\n",
            "services/three/pyproject.toml": MANIFEST,
            "services/three/app.py": APP,
            "shared.toml": "select = ['LSF204']\n",
            "services/tools/pyproject.toml": '[project]\nname = "tools"\nversion = "1"\n',
            "services/tools/run.py": "print(1)\n",
        },
    )

    _, found = plan(mono)

    (row,) = found["repositories"]
    seen = {item["path"]: (item["litestar"], [rule["code"] for rule in item["rules"]]) for item in row["projects"]}
    assert seen == {
        "": ("", ["LSF603"]),
        "services/one": ("2.12", ["LSF204"]),
        "services/three": ("2.12", ["LSF204", "LSF603"]),  # together with those that they extend
        "services/two": ("2.8", ["LSF603"]),  # those of the nearest folder that has some
    }
    assert batch(mono) == 0
    changed = git(clone_of("mono"), "diff", "--name-only", "litestar-fix~2..litestar-fix").split()
    assert changed == ["services/one/app.py", "services/three/app.py", "services/two/app.py", "shared/app.py"]


def test_no_repository_extends_settings_of_another(folder: Path) -> None:
    (folder / "secret.toml").write_text("token-of-somebody = 1\n")
    climbing = "extend = '" + "../" * 20 + str(folder / "secret.toml").lstrip("/") + "'\n"
    above = repository(folder / "above", {"app.py": APP, "litestar-fix.toml": climbing})
    link = repository(folder / "link", {"app.py": APP, "litestar-fix.toml": "extend = 'base.toml'\n"})
    (link / "base.toml").symlink_to(folder / "secret.toml")
    git(link, "add", "-A")
    git(link, "commit", "-q", "-m", "a link")
    good = repository(folder / "good")

    code, found = plan(above, link, good)

    said = {row["name"]: (row["state"], row["reason"]) for row in found["repositories"]}
    assert code == 2
    assert said["above"][0] == said["link"][0] == "failed"
    assert said["above"][1].endswith("is outside of the repository; copy it there, or use --config")
    assert (
        said["link"][1] == "litestar-fix.toml: extend: the repository has no file 'base.toml'; a link is not followed"
    )
    assert said["good"][0] == "ok"


# ---------------------------------------------------------------------------------------------------------------- batch
def test_a_commit_for_each_rule_and_their_sum_is_one_run(folder: Path) -> None:
    one = repository(folder / "one")
    before = snapshot(one)

    assert batch(one, *RULES, "--patch-dir", "patches") == 0

    assert snapshot(one) == before
    clone = clone_of("one")
    assert git(clone, "log", "--format=%s", "litestar-fix").splitlines()[:2] == [
        "LSF603: generic-http-exception",
        "LSF204: implicit-sync-to-thread",
    ]
    assert (
        git(clone, "log", "-1", "--format=%an <%ae> %cn").strip()
        == f"{bot.AUTHOR[0]} <{bot.AUTHOR[1]}> {bot.AUTHOR[0]}"
    )
    assert git(clone, "status", "--short") == ""
    for commit in ("litestar-fix", "litestar-fix~1"):
        compile(git(clone, "show", f"{commit}:app.py"), "app.py", "exec")
    git(one, "am", "-q", *sorted(map(str, (folder / "patches" / "one").resolve().iterdir())))
    assert tree(one, "HEAD") == tree(clone, "litestar-fix")
    git(one, "reset", "-q", "--hard", "HEAD~2")
    assert main(["fix", str(one), *RULES, "-q"]) == 0
    git(one, "commit", "-q", "-a", "-m", "by hand")
    assert tree(one, "HEAD") == tree(clone, "litestar-fix")


def test_one_commit_for_all(folder: Path) -> None:
    one = repository(folder / "one")

    assert batch(one, *RULES, "--one-commit", "--branch", "tidy") == 0

    assert git(clone_of("one"), "log", "--format=%B", "tidy", "-1").splitlines() == [
        "Fixes of litestar-fix",
        "",
        "- LSF204: implicit-sync-to-thread",
        "- LSF603: generic-http-exception",
        "",
    ]


CAUGHT = APP.replace("app = Litestar([list_boats, read_boat])", """
def tell(request: Request, error: Exception) -> Response[str]:
    return Response("nothing here", status_code=404)


app = Litestar([list_boats, read_boat], exception_handlers={NotFoundException: tell})""").replace(
    "import Litestar, get", "import Litestar, Request, Response, get").replace(
    "import HTTPException", "import HTTPException, NotFoundException")  # fmt: skip


@pytest.mark.parametrize("words", [(), ("--one-commit",), ("--shard-by", "dir", "--one-commit")])
def test_a_message_says_where_behaviour_changes_and_how(folder: Path, words: tuple[str, ...]) -> None:
    files: dict[str, str | bytes] = {"pyproject.toml": "", "sea/pyproject.toml": MANIFEST, "sea/app.py": CAUGHT}
    one = repository(folder / "one", files)

    assert batch(one, *RULES, "--unsafe-fixes", *words, "--patch-dir", "patches") == 0

    git(one, "am", "-q", *sorted(map(str, (folder / "patches" / "one").resolve().iterdir())))
    message = git(one, "log", "-1", "--format=%B")
    line = CAUGHT.splitlines().index('        raise HTTPException(status_code=404, detail="no boat")') + 1
    told = message.partition("\nBehaviour changes on purpose:\n\n")[2]
    assert told.startswith(f"- sea/app.py:{line}: read_boat raises HTTPException with status_code=404; raise")
    assert "would then take it" in " ".join(told.split())
    assert told.count("- sea") == 1
    assert all(len(row) <= 100 for row in told.splitlines())
    assert "sync" not in told


def test_a_message_is_not_longer_than_anybody_reads() -> None:
    told = series._announced([f"app.py:{number}: raises another error" for number in range(12)])

    assert told.count("raises another error") == 10
    assert told.endswith("\n- and in 2 more\n")


def test_a_fix_that_the_command_of_the_user_does_not_like_is_not_made(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = repository(folder / "one")

    assert batch(one, *RULES, "--verify-cmd", "grep -q status_code=404 app.py") == 2

    assert "fix dropped: it breaks 'grep -q status_code=404 app.py'" in capsys.readouterr().out
    assert git(clone_of("one"), "log", "--format=%s", "litestar-fix").splitlines() == [
        "LSF204: implicit-sync-to-thread",
        "as it is",
    ]


def test_what_one_run_makes_at_once_is_a_last_commit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = repository(folder / "one")
    monkeypatch.setattr("litestar_fix.batch.series._ROUNDS", 0)

    assert batch(one, *RULES) == 0

    clone = clone_of("one")
    assert git(clone, "rev-list", "--count", "litestar-fix").strip() == "2"
    assert main(["fix", str(one), *RULES, "-q"]) == 0
    git(one, "commit", "-q", "-a", "-m", "by hand")
    assert tree(one, "HEAD") == tree(clone, "litestar-fix")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--pr", "draft"), "give --push, too"),
        (("--branch", "a..b"), "git takes no such name"),
        (("--branch", "-x"), "git takes no such name"),
        (("--python", "x"), "give that, too"),
        (("--select", "LSF999"), "LSF999"),
        (("--config", "x.toml", "--isolated"), "give one of them"),
    ],
)
def test_options_that_cannot_be_are_named_before_anything_is_done(
    folder: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch(repository(folder / "one"), *words) == 2

    assert said in capsys.readouterr().err
    assert not (folder / "state.db").exists()


def test_bytes_and_modes_stay_whatever_the_attributes_say(folder: Path) -> None:
    content = APP.replace("\n", "\r\n").encode() + "# \u00e4 \u2028\r\n".encode()
    attributes = "*.py text eol=lf filter=evil diff=evil working-tree-encoding=UTF-16\n* ident\n"
    one = folder / "one"
    one.mkdir()
    git(one, "init", "-q", "-b", "main")
    (one / "app.py").write_bytes(content)
    (one / "app.py").chmod(0o755)
    git(one, "-c", "core.autocrlf=false", "add", "-A")
    git(one, "commit", "-q", "-m", "as it is")
    (one / ".gitattributes").write_text(attributes)
    git(one, "add", ".gitattributes")
    git(one, "commit", "-q", "-m", "attributes")

    assert batch(one, *RULES, "--patch-dir", "patches") == 0

    clone = clone_of("one")
    made = subprocess.run(["git", "show", "litestar-fix:app.py"], cwd=clone, capture_output=True, check=True).stdout
    assert made.replace(b"\r\n", b"").count(b"\n") == 0
    assert b"NotFoundException" in made
    assert git(clone, "ls-tree", "litestar-fix", "app.py").startswith("100755 ")
    (one / ".git" / "info").mkdir(exist_ok=True)
    (one / ".git" / "info" / "attributes").write_text("* -text -filter -ident !eol !working-tree-encoding\n")
    git(one, "checkout", "-q", "-f", "HEAD~1")
    git(one, "checkout", "-q", "-f", "main")
    git(one, "am", "-q", "--keep-cr", *sorted(map(str, (folder / "patches" / "one").resolve().iterdir())))
    assert tree(one, "HEAD") == tree(clone, "litestar-fix")


@pytest.mark.parametrize("shape", ["bare", "detached", "modules", "pointers"])
def test_unusual_repositories_are_done(folder: Path, shape: str) -> None:
    one = repository(folder / "one")
    match shape:
        case "bare":
            git(folder, "clone", "-q", "--bare", str(one), "bare.git")
            one = folder / "bare.git"
        case "detached":
            git(one, "checkout", "-q", "--detach")
            git(one, "commit", "-q", "--allow-empty", "-m", "apart")
        case "modules":
            repository(folder / "inner")
            git(one, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(folder / "inner"), "inner")
            git(one, "commit", "-q", "-m", "with another")
        case "pointers":
            oid = "0" * 64
            (one / "big.bin").write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 9\n")
            git(one, "add", "-A")
            git(one, "commit", "-q", "-m", "large")

    assert batch(one, *RULES) == 0

    clone = clone_of(one.name.removesuffix(".git"))
    assert tree(clone, "litestar-fix") != tree(clone, "litestar-fix~2")
    assert git(clone, "rev-parse", "litestar-fix~2") == git(one, "rev-parse", "HEAD")
    assert git(clone, "diff", "--name-only", "litestar-fix~2", "litestar-fix").split() == ["app.py"]
    main(["batch", "report", "--state", "state.db", "-o", "report.txt"])
    text = (folder / "report.txt").read_text()
    assert ("1 submodule left alone" in text) == (shape == "modules")
    assert ("1 file is a pointer of Git LFS, left alone" in text) == (shape == "pointers")


def test_a_repository_that_is_too_large_is_refused_before_it_is_cloned(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = repository(folder / "huge", {"app.py": APP, "data.bin": b"\0" * 9_000})
    good = repository(folder / "good")
    git(folder, "clone", "-q", "--bare", str(huge), "bare.git")
    monkeypatch.setattr(clones, "_MAX_BYTES", 9_000)
    cloned: list[str] = []
    reach = reaching.reach

    def noted(*words: str) -> bytes:
        cloned.append(words[-2])
        return reach(*words)

    monkeypatch.setattr(reaching, "reach", noted)

    code, found = plan(huge, good, f"file://{huge}", folder / "bare.git")

    assert code == 2
    said = [(row["state"], row["reason"]) for row in found["repositories"]]
    refused = ("failed", "its files are larger than 0 GB")
    assert said == [refused, ("ok", ""), refused, refused]
    assert str(huge) not in cloned


def test_large_files_are_there_for_the_tests_of_a_repository_and_for_its_owner(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {"app.py": APP, "data/a b\n.bin": b"\0" * 9_000, "big.py": "#" * 9_000}
    one = repository(folder / "one", files)
    monkeypatch.setattr(clones, "_LARGE_BYTES", 5_000)
    for with_large, expected in ((False, ["app.py", "big.py"]), (True, ["app.py", "big.py", "data/a b\n.bin"])):
        top = folder / f"top{with_large}"
        top.mkdir()
        clones.check_out(one, "HEAD", top, with_large=with_large)
        assert [str(file.relative_to(top)) for file in sorted(top.rglob("*")) if file.is_file()] == expected

    assert batch(one, *RULES, "--verify-cmd", "sh -c 'test -s data/*.bin'") == 0

    assert git(clone_of("one"), "status", "--short") == ""
    assert git(clone_of("one"), "diff", "--name-only", "litestar-fix~2..litestar-fix").split() == ["app.py"]


def test_nothing_of_a_hostile_repository_runs(folder: Path) -> None:
    one = repository(folder / "one", {"app.py": APP, ".gitattributes": "* filter=evil diff=evil merge=evil\n"})
    mark = folder / "mark"
    script = folder / "evil.sh"
    script.write_text(f"#!/bin/sh\necho ran >> {mark}\ncat\n")
    script.chmod(0o755)
    for name in (
        "post-checkout",
        "pre-commit",
        "pre-push",
        "post-commit",
        "reference-transaction",
        "post-index-change",
    ):
        hook = one / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(script.read_text())
        hook.chmod(0o755)
    keys = ("core.fsmonitor", "filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv", "core.sshCommand",
            "uploadpack.packObjectsHook", "core.pager", "core.editor", "diff.external", "core.askPass")  # fmt: skip
    for key in keys:
        git(one, "config", key, str(script))
    mark.unlink(missing_ok=True)

    assert batch(one, *RULES, "--patch-dir", "patches") == 0

    assert not mark.exists()
    assert (folder / "patches" / "one" / "0001-LSF204-implicit-sync-to-thread.patch").is_file()


def test_nothing_is_written_through_a_link(folder: Path) -> None:
    (folder / "outside").mkdir()
    top = folder / "top"
    top.mkdir()
    (top / "inner").symlink_to(folder / "outside")
    fixing = Fixing(top, (), unsafe_fixes=False, verification=None, run=api.Run())

    with pytest.raises(LitestarFixError, match="a symbolic link"):
        fixing.write({"inner/app.py": b"x = 1\n"})

    assert not list((folder / "outside").iterdir())


def test_what_cannot_be_done_is_named_and_the_others_are_done(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, taken, closed = (repository(folder / name) for name in ("good", "taken", "closed"))
    git(taken, "branch", "litestar-fix")
    refused = os.access
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda path, mode: str(path) != str(closed) and refused(path, mode))
        assert batch(good, taken, closed, *RULES) == 2

    out, err = capsys.readouterr()
    assert out == "good: done: litestar-fix\n"
    lines = err.splitlines()
    assert "taken: failed after waiting: it has a branch litestar-fix already; give another name with --branch" in lines
    assert "closed: failed after waiting: it cannot be read: Permission denied" in lines
    assert main(["batch", "status", "--state", "state.db"]) == 2
    git(taken, "branch", "-D", "litestar-fix")
    capsys.readouterr()
    assert batch(*RULES, "--failed") == 0
    assert capsys.readouterr().out.splitlines() == ["taken: done: litestar-fix", "closed: done: litestar-fix"]


def test_a_batch_goes_on_only_as_it_was_begun(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = repository(folder / "one"), repository(folder / "other")
    assert batch(one, *RULES) == 0

    assert batch(one, "--select", "LSF204") == 2
    assert "the state is of a batch with another selection" in capsys.readouterr().err
    assert batch(other, *RULES) == 2
    assert "the state is of a batch of other repositories" in capsys.readouterr().err
    assert batch(one, *RULES) == 0
    (folder / "state.db").write_text("a text of somebody")
    assert batch(one, *RULES) == 2
    assert "not the state of a batch" in capsys.readouterr().err
    assert (folder / "state.db").read_text() == "a text of somebody"
    with sqlite3.connect(folder / "notes.db") as notes:
        notes.execute("CREATE TABLE notes (text)")
    notes.close()
    assert main(["batch", "status", "--state", "notes.db"]) == 2
    assert "another database" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------------------- sharding
SEVERAL: dict[str, str | bytes] = {
    "pyproject.toml": MANIFEST,
    "north/app.py": APP,
    "north/more.py": APP.replace("boat", "pier"),
    "south/app.py": APP.replace("boat", "crane"),
    "CODEOWNERS": "* @all\n/south/ @south\n",
}


@pytest.mark.parametrize(
    ("words", "branches"),
    [
        (("--shard-by", "rule"), ["1-LSF204", "2-LSF603"]),
        (("--shard-by", "dir"), ["1-north", "2-south"]),
        (("--shard-by", "codeowners"), ["1-all", "2-south"]),
        (("--max-files", "2"), ["1-files-1-of-2", "2-files-2-of-2"]),
        (("--shard-by", "dir", "--max-files", "1"), ["1-north-1-of-2", "2-north-2-of-2", "3-south"]),
    ],
)
def test_parts_stand_upon_each_other_and_their_sum_is_one_run(
    folder: Path, words: tuple[str, ...], branches: list[str]
) -> None:
    one = repository(folder / "one", SEVERAL)

    assert batch(one, *RULES, *words) == 0

    clone = clone_of("one")
    made = git(clone, "for-each-ref", "--format=%(refname:short)", "refs/heads/litestar-fix").split()
    assert [name.replace("-", "") for name in made] == [f"litestarfix/{name}".replace("-", "") for name in branches]
    start = git(one, "rev-parse", "HEAD").strip()
    for name in made:
        git(clone, "merge-base", "--is-ancestor", start, name)
        files = git(clone, "diff", "--name-only", start, name).split()
        if "--max-files" in words:
            assert len(files) <= int(words[-1])
        start = name
    assert main(["fix", str(one), *RULES, "-q"]) == 0
    git(one, "commit", "-q", "-a", "-m", "by hand")
    assert tree(one, "HEAD") == tree(clone, made[-1])


def test_what_only_several_parts_have_together_is_told_by_its_own_rule(folder: Path) -> None:
    handlers = "".join(
        f"\n\n@{verb}('/boats{path}')\nasync def {name}({given}) -> None:\n    return None\n"
        for verb, path, name, given in (
            ("post", "", "add_boat", ""),
            ("put", "/{name:str}", "paint_boat", "name: str"),
            ("patch", "/{name:str}/mast", "step_mast", "name: str"),
        )
    )
    app = "from litestar import Litestar, get\n\nfrom north.boats import add_boat, paint_boat, step_mast\n\n\n"
    app += "@get('/')\ndef home() -> str:\n    return ''\n\n\n"
    app += "app = Litestar([home, add_boat, paint_boat, step_mast])\n"
    one = repository(
        folder / "one",
        {
            "north/boats.py": f"from litestar import patch, post, put\n{handlers}",
            "south/app.py": app,
            "pyproject.toml": MANIFEST,
        },
    )

    words = ("--select", "LSF204,LSF406", "--unsafe-fixes", "--shard-by", "dir")
    assert batch(one, *words) == 0

    clone = clone_of("one")
    last = git(clone, "log", "-1", "--format=%B")
    assert git(clone, "diff", "--name-only", "HEAD~1", "HEAD").split() == ["north/boats.py", "south/app.py"]
    assert last.startswith("LSF406: ungrouped-resource\n")
    assert "LSF204" not in last
    assert "Behaviour changes on purpose:\n\n- north/boats.py:" in last


def test_without_codeowners_nobody_can_divide_by_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch(repository(folder / "one"), *RULES, "--shard-by", "codeowners") == 2

    assert "it has no CODEOWNERS" in capsys.readouterr().err


# -------------------------------------------------------------------------------------------------------------- pushing
def with_remote(folder: Path) -> tuple[Path, Path]:
    one = repository(folder / "one")
    git(folder, "clone", "-q", "--bare", str(one), "remote.git")
    git(one, "remote", "add", "origin", str(folder / "remote.git"))
    return one, folder / "remote.git"


def fake_gh(folder: Path, monkeypatch: pytest.MonkeyPatch, *, body: str) -> Path:
    program = folder / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport json, sys\nlog = {str(folder / 'gh.log')!r}\n{body}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return folder / "gh.log"


GH = """
with open(log, "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[2] == "list":
    made = [json.loads(line) for line in open(log)]
    if any(words[1] == "create" and words[words.index("--head") + 1] == sys.argv[4] for words in made):
        print("https://example.org/pr/1")
else:
    print("https://example.org/pr/1")
"""


def test_branches_are_pushed_and_drafts_opened_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, remote = with_remote(folder)
    log = fake_gh(folder, monkeypatch, body=GH)

    assert batch(one, *RULES, "--push", "--pr", "draft") == 0

    assert "one: done: litestar-fix; https://example.org/pr/1" in capsys.readouterr().out
    assert git(remote, "rev-parse", "litestar-fix") == git(clone_of("one"), "rev-parse", "litestar-fix")
    asked, created = map(json.loads, log.read_text().splitlines())
    assert asked[:4] == ["pr", "list", "--head", "litestar-fix"]
    assert created[:3] == ["pr", "create", "--draft"]
    assert created[created.index("--base") + 1] == "main"
    assert "- LSF204: implicit-sync-to-thread (1 file)" in created[-1]
    assert git(one, "branch", "--list").split() == ["*", "main"]


def test_a_repository_is_reached_by_its_url(folder: Path) -> None:
    one, remote = with_remote(folder)

    assert batch(f"file://{remote}", *RULES, "--push") == 0

    assert git(remote, "rev-parse", "litestar-fix~2") == git(one, "rev-parse", "main")


@pytest.mark.usefixtures("folder")
def test_no_report_tells_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://me:gh0st-t0ken@127.0.0.1:9/group/api.git"

    assert batch(url) == 2
    for name in ("text", "json", "csv", "markdown", "html"):
        assert main(["batch", "report", "--state", "state.db", "--output-format", name]) == 2

    out, err = capsys.readouterr()
    assert "api: failed after waiting: it cannot be cloned: " in err
    assert "gh0st" not in out + err
    assert "https://***@127.0.0.1:9/group/api.git" in out


def test_a_branch_of_somebody_else_is_not_pushed_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, remote = with_remote(folder)
    git(remote, "branch", "litestar-fix", "main")
    before = git(remote, "rev-parse", "litestar-fix")

    assert batch(one, *RULES, "--push") == 2

    assert "one: failed after committed: " in (out := capsys.readouterr().err)
    assert "has a branch litestar-fix with other commits" in out
    assert git(remote, "rev-parse", "litestar-fix") == before


def test_without_a_remote_or_gh_that_is_the_reason(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = repository(folder / "one")
    assert batch(one, *RULES, "--push") == 2
    assert "it has no remote called origin to push to" in capsys.readouterr().err
    two, _ = with_remote(folder / "second")
    fake_gh(folder, monkeypatch, body="sys.exit('not logged in')")

    assert main(["batch", str(two), *RULES, "--push", "--pr", "draft", "--state", "other.db"]) == 2

    assert "one: failed after pushed: gh pr list: not logged in" in capsys.readouterr().err


# --------------------------------------------------------------------------------------------------------------- killed
class Killed(BaseException):
    """As if the process ended here."""


@pytest.mark.parametrize("name", ["commit", "patches", "push", "propose"])
@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
def test_killed_around_a_step_a_batch_goes_on_without_doing_it_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_late: bool
) -> None:
    one, remote = with_remote(folder)
    log = fake_gh(folder, monkeypatch, body=GH)
    words = (one, *RULES, "--patch-dir", "patches", "--push", "--pr", "draft")
    step = getattr(effects, name)

    def killed(*arguments: object) -> None:
        if is_late:
            step(*arguments)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(effects, name, killed)
        with pytest.raises(Killed):
            batch(*words)
    assert main(["batch", "status", "--state", "state.db"]) == 2

    assert batch(*words) == 0

    assert git(remote, "rev-list", "--count", "main..litestar-fix").strip() == "2"
    assert len(list((folder / "patches" / "one").iterdir())) == 2
    assert sum('"create"' in line for line in log.read_text().splitlines()) == 1
    assert main(["batch", "status", "--state", "state.db"]) == 0
    with closing(sqlite3.connect("state.db")) as connection:
        assert connection.execute("SELECT count(*) FROM repositories WHERE commits IS NOT NULL").fetchone() == (0,)


def program(*words: str | Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "litestar_fix", "batch", *map(str, words), "--state", "state.db"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


@pytest.mark.slow
def test_killed_at_random_a_batch_ends_like_one_that_was_not(folder: Path) -> None:
    places = [repository(folder / "all" / f"r{number}", SEVERAL) for number in range(6)]
    words: tuple[str | Path, ...] = (*places, *RULES, "--patch-dir", "patches", "-j", "2")
    seed = random.Random(8)
    kills = 0
    for _ in range(60):
        running = program(*words)
        try:
            running.wait(seed.uniform(0.3, 1 + 0.3 * kills))  # on a busy machine a run takes long
            break
        except subprocess.TimeoutExpired:
            # sometimes the run alone, sometimes its workers and their git with it
            (os.kill if kills % 2 else os.killpg)(running.pid, signal.SIGKILL)
            running.communicate()
            kills += 1
    assert running.returncode == 0, running.communicate()
    assert kills > 1
    for place in places:
        clone = clone_of(place.name)
        git(clone, "fsck", "--strict")
        assert git(clone, "rev-list", "--count", "litestar-fix~2..litestar-fix").strip() == "2"
        assert git(clone, "rev-parse", "litestar-fix~2") == git(place, "rev-parse", "HEAD")
        git(place, "am", "-q", *sorted(map(str, (folder / "patches" / place.name).resolve().iterdir())))
        assert tree(place, "HEAD") == tree(clone, "litestar-fix")


@pytest.mark.slow
def test_ctrl_c_ends_a_batch_at_once(folder: Path) -> None:
    place = repository(folder / "one", SEVERAL)
    running = program(place, *RULES, "--verify-cmd", f"sh -c 'touch {folder}/begun; sleep 60'")
    while not (folder / "begun").exists():
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    started = time.monotonic()

    running.send_signal(signal.SIGINT)

    assert running.wait(30) == 130
    assert time.monotonic() - started < 10
    assert not (folder / "state.db.work" / "scratch").exists()
    assert main(["batch", "status", "--state", "state.db"]) == 2


def die(job: Job, seconds: float) -> object:
    """Work that ends its process, as one without memory would."""
    assert seconds == 3600
    if job.repository.name == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    return done(job)


@pytest.mark.slow
def test_a_repository_that_ends_its_process_is_named_and_the_others_are_done(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("one", "bad", "two", "three")
    jobs = [
        Job(Repository(name, str(repository(folder / name))), Selection(select=("LSF603",)), Migration(branch="x"))
        for name in names
    ]
    monkeypatch.setattr("litestar_fix.batch.pool.done_in_time", die)

    outcomes = list(local(2).outcomes(iter(jobs)))

    assert {item.name: item.status for item in outcomes} == dict.fromkeys(names, Status.OK) | {"bad": Status.FAILED}
    assert len(outcomes) == 4


# ----------------------------------------------------------------------------------------------------------- time limit
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarms here")
def test_work_that_does_not_end_is_ended_and_no_alarm_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object) -> None:
        (folder / "made").mkdir()
        try:
            while True:
                try:
                    time.sleep(0.01)
                except Exception:  # noqa: BLE001 (as an engine that lets no codemod take others with it)
                    continue
        finally:
            (folder / "made").rmdir()

    before = signal.getsignal(signal.SIGALRM)
    monkeypatch.setattr(apart, "done", hang)

    outcome = apart.done_in_time(Job(Repository("one", "there"), Selection()), 0.3)

    assert outcome.status is Status.FAILED
    assert outcome.reason == "it takes more than 0.3 s; --repository-timeout gives it more"
    assert not (folder / "made").exists()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


SLOW = "sh -c 'echo $$ >> {}; test ! -f slow || sleep 600'"


@pytest.mark.slow
def test_a_repository_that_takes_forever_holds_nobody_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = repository(folder / "good")
    slow = repository(folder / "slow", {"app.py": APP, "pyproject.toml": MANIFEST, "slow": ""})
    words = (good, slow, *RULES, "--verify-cmd", SLOW.format(folder / "pids"), "-j", "1")

    assert batch(*words, "--repository-timeout", "4") == 2

    out, err = capsys.readouterr()
    assert out == "good: done: litestar-fix\n"
    assert err == "slow: failed after waiting: it takes more than 4 s; --repository-timeout gives it more\n"
    for pid in (folder / "pids").read_text().split():
        with pytest.raises(ProcessLookupError):
            os.killpg(int(pid), 0)  # a session of its own, with the sleep in it
    git(slow, "rm", "-q", "slow")
    git(slow, "commit", "-q", "-m", "faster")
    shutil.rmtree(clone_of("slow"))
    assert batch(*words, "--failed", "--repository-timeout", "600") == 0
    assert capsys.readouterr().out == "slow: done: litestar-fix\n"
