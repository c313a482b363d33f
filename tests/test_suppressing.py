"""`suppress` writes comments: each of them suppresses what it is for, and nothing else in the file changes."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from litestar_fix import api, registry
from litestar_fix.cli import main
from litestar_fix.finding import State
from litestar_fix.model.suppressions import with_codes
from litestar_fix.settings import Settings

FERRIES = """\
from litestar import Litestar, get, post


@get("/ferries")
def list_ferries() -> list[str]:
    '''Those that sail today.'''
    return ["north"]


@post(
    "/tickets", status_code=201,
)  # sold at the pier
def sell_ticket(
    passenger: str,  # type: ignore[misc]
) -> dict[str, str]:
    return {"passenger": passenger}


app = Litestar([list_ferries, sell_ticket])
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF001', 'LSF204', 'LSF403']\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capsys.readouterr()

    assert root.is_dir()
    return call


def comments(path: Path) -> list[tuple[int, str]]:
    lines = path.read_text().splitlines()
    return [
        (number, line.partition("# litestar-fix: ")[2])
        for number, line in enumerate(lines, 1)
        if "# litestar-fix:" in line
    ]


def test_every_finding_gets_a_comment_that_suppresses_it(root: Path, run: Run) -> None:
    app = root / "app.py"
    app.write_text(FERRIES)

    assert run("suppress", "--reason", "until the summer") == (0, "Suppressed 3 findings in 1 file\n", "")
    assert comments(app) == [
        (5, "ignore[LSF204] until the summer"),
        (13, "ignore[LSF204, LSF403] until the summer"),
    ]
    assert ast.dump(ast.parse(app.read_text())) == ast.dump(ast.parse(FERRIES))
    assert run("check")[0] == 0
    assert run("suppress") == (0, "Suppressed 0 findings in 0 files\n", "")
    assert run("undo")[0] == 0
    assert app.read_text() == FERRIES


def test_a_dry_run_prints_what_would_be_written(root: Path, run: Run) -> None:
    (root / "app.py").write_text(FERRIES)

    code, out, err = run("suppress", "-n", "--select", "LSF403")

    assert (code, err) == (1, "Would suppress 1 finding in 1 file\n")
    assert "\n+def sell_ticket(  # litestar-fix: ignore[LSF403]\n" in out
    assert (root / "app.py").read_text() == FERRIES
    subprocess.run(["git", "apply"], input=out.encode(), check=True)
    assert comments(root / "app.py") == [(13, "ignore[LSF403]")]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("", "# litestar-fix: ignore[LSF204] why"),
        ("# type: ignore[misc]", "# type: ignore[misc]  # litestar-fix: ignore[LSF204] why"),
        ("# litestar-fix: ignore[LSF403]", "# litestar-fix: ignore[LSF403, LSF204] why"),
        ("# litestar-fix: ignore[LSF403] old", "# litestar-fix: ignore[LSF403, LSF204] old"),
        ("#litestar-fix:ignore[LSF403,LSF402] x # y", "#litestar-fix:ignore[LSF403, LSF402, LSF204] x # y"),
        ("# a  # litestar-fix: ignore[LSF204]", "# a  # litestar-fix: ignore[LSF204] why"),
    ],
)
def test_a_comment_that_is_there_is_kept(comment: str, expected: str) -> None:
    assert with_codes(comment, ["LSF204"], "why") == expected


def test_codes_are_merged_into_a_comment_of_ours(root: Path, run: Run) -> None:
    app = root / "app.py"
    app.write_text(FERRIES.replace("[str]:\n", "[str]:  # litestar-fix: ignore[LSF603] as agreed\n", 1))

    assert run("suppress", "--select", "LSF204")[0] == 0
    assert comments(app) == [(5, "ignore[LSF603, LSF204] as agreed"), (13, "ignore[LSF204]")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (FERRIES.replace("\n", "\r\n").encode(), b"list[str]:  # litestar-fix: ignore[LSF204] weil \xc3\xbc\r\n"),
        (b"# coding: latin-1\n" + FERRIES.encode(), b"list[str]:  # litestar-fix: ignore[LSF204] weil \xfc\n"),
        (b"\xef\xbb\xbf" + FERRIES.encode(), b"list[str]:  # litestar-fix: ignore[LSF204] weil \xc3\xbc\n"),
        (FERRIES.replace("[str]:\n", "[str]: \t\n").encode(), b"[str]: \t  # litestar-fix: ignore[LSF204] weil \xc3"),
    ],
)
def test_other_bytes_stay(root: Path, content: bytes, expected: bytes) -> None:
    (root / "app.py").write_bytes(content)

    report = api.suppress([root], Settings(select=("LSF204",)), reason="weil ü")

    written = (root / "app.py").read_bytes()
    assert report.states == {State.SUPPRESSED: 2}
    assert expected in written
    comment = b"  # litestar-fix: ignore[LSF204] weil \xc3\xbc"
    bare = written.replace(comment.replace(b"\xc3\xbc", b"\xfc"), b"").replace(comment, b"")
    assert bare == content


#: In each of them the line of the finding ends in something else than code.
STATIONS = """\
from litestar import Litestar, get
from litestar.config.cors import CORSConfig

cors = CORSConfig(allow_origins=["*"], allow_credentials=True, allow_headers=[\"\"\"x
y\"\"\"])
other = \\
    CORSConfig(allow_origins=["*"], allow_credentials=True) \\
    if True else None
app = Litestar([], cors_config=cors)
app2 = Litestar([], cors_config=other)
"""


def test_a_line_without_room_leaves_it_to_the_end_of_its_statement(root: Path) -> None:
    app = root / "app.py"
    app.write_text(STATIONS)

    report = api.suppress([root], Settings(select=("LSF701",)))

    assert report.states == {State.SUPPRESSED: 2}
    assert comments(app) == [(5, "ignore[LSF701]"), (8, "ignore[LSF701]")]
    assert api.check([root], Settings(select=("LSF701",))).states == {State.SUPPRESSED: 2}


def test_what_takes_no_comment_is_named_and_left(root: Path, run: Run) -> None:
    app = root / "app.py"
    text = FERRIES.replace("[str]:\n", "[str]:  # litestar-fix: file-ignore[LSF603] none here\n", 1)
    app.write_text(text.replace("\n\n\n@post", "  # litestar-fix: ignore[LSF603]\n\n\n@post"))

    code, out, _ = run("suppress", "--select", "LSF001,LSF204,LSF603")

    assert code == 1
    assert out.splitlines()[-1] == "Suppressed 1 finding in 1 file; 3 left"
    assert "a comment on its line would not suppress it" in out
    assert out.count("the comment suppresses nothing: `litestar-fix fix` removes it") == 2
    assert comments(app)[-1] == (13, "ignore[LSF204]")


def test_a_reason_that_an_encoding_lacks_leaves_the_file(root: Path, run: Run) -> None:
    content = b"# coding: latin-1\n" + FERRIES.encode()
    (root / "app.py").write_bytes(content)

    code, out, _ = run("suppress", "--reason", "naïve → later", "--select", "LSF403")

    assert (code, (root / "app.py").read_bytes()) == (1, content)
    assert "the file takes no comment: " in out


@pytest.mark.parametrize("reason", ["one\ntwo", "as # said", "bell\a"])
def test_a_reason_is_a_line(run: Run, reason: str) -> None:
    code, _, err = run("suppress", "--reason", reason)

    assert (code, err.count("\n")) == (2, 1)


def test_what_git_does_not_have_is_left(root: Path, run: Run) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    (root / "app.py").write_text(FERRIES)

    code, out, err = run("suppress")

    assert (code, (root / "app.py").read_text()) == (2, FERRIES)
    assert "left alone: git does not track it" in err
    assert out.endswith("Suppressed 0 findings in 0 files; 3 left\n")
    assert run("suppress", "--allow-dirty")[0] == 0


@pytest.mark.parametrize(
    "stem", ["repeated_handler_config", "hardcoded_secret", "n_plus_one", "sensitive_field_exposed"]
)
def test_cases_of_rules_have_no_finding_afterwards(root: Path, stem: str) -> None:
    from tests.goldens import cases

    code = next(info.code for info in registry.rules() if info.stem == stem)
    for case in [case for case in cases() if case.stem == stem]:
        folder = case.copy(root / case.name)
        (folder / "litestar-fix.toml").write_text(f"select = ['{code}', 'LSF001']\n")
        report = api.suppress([folder])
        assert not report.remaining, case.name
        assert not api.check([folder]).remaining, case.name
