"""The formatter of the command line: what it makes of a file is written, or nothing is."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from litestar_fix import api
from litestar_fix.cli import main
from litestar_fix.errors import FormatterError, UsageError
from litestar_fix.finding import State
from litestar_fix.formatting import Formatter
from tests.goldens import tree

RUFF = shutil.which("ruff", path=sysconfig.get_path("scripts")) or "ruff"
APP = """\
from litestar import Litestar, get

names = [ 'Ada', 'Bo' ]   # of the crew


@get("/crew")
def list_crew() -> list[str]:
    return names


app = Litestar([ list_crew ])
"""
FIXED = APP.replace('@get("/crew")', '@get("/crew", sync_to_thread=False)')


@pytest.fixture
def harbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "harbour"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "other.py").write_text("x = [ 1 ]\n")
    (folder / "pyproject.toml").write_text("[tool.ruff.format]\nquote-style = 'single'\n")
    monkeypatch.chdir(folder)
    return folder


def script(body: str) -> str:
    """A command that runs a piece of Python, in which ``text`` is what it is given and ``print`` answers."""
    start = "import sys; text = sys.stdin.read(); "
    return shlex.join([sys.executable, "-c", f"{start}{body}", "{path}"])


def ended(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["--select", "LSF204", "--no-cache", *words])
    return code, *capsys.readouterr()


def refused(folder: Path, capsys: pytest.CaptureFixture[str], command: str, *words: str) -> str:
    """The line of a run that writes nothing because of its formatter."""
    before = tree(folder)

    code, out, err = ended(capsys, "--format-cmd", command, *words)

    assert code == 2
    assert out == ""
    assert tree(folder) == before
    assert err.startswith("litestar-fix: error: ")
    assert err.count("\n") == 1
    return err


# -------------------------------------------------------------------------------------------------------- it is right
def test_changed_files_are_formatted_with_the_settings_that_their_path_leads_to(
    harbour: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = ended(capsys, "--format-cmd", f"{RUFF} format --stdin-filename {{path}} -")

    assert (code, err) == (0, "")
    assert (harbour / "app.py").read_text() == FIXED.replace("[ ", "[").replace(" ]   #", "]  #").replace(
        " ]", "]"
    ).replace('"', "'")
    assert (harbour / "other.py").read_text() == "x = [ 1 ]\n"


def test_a_dry_run_shows_what_would_be_written(harbour: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(harbour)
    command = f"{RUFF} format --stdin-filename {{path}} -"

    code, out, _ = ended(capsys, "--diff", "--format-cmd", command)

    assert code == 1
    assert tree(harbour) == before
    subprocess.run(["git", "apply", "-"], input=out.encode(), check=True)
    shown = tree(harbour)
    (harbour / "app.py").write_text(APP)
    ended(capsys, "--format-cmd", command)
    assert tree(harbour) == shown


def test_undo_takes_the_formatted_file_back(harbour: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(harbour)
    ended(capsys, "--format-cmd", script("print(text.replace('[ ', '['), end='')"))
    assert tree(harbour) != before

    assert main(["undo"]) == 0
    assert tree(harbour) == before


def test_nothing_is_run_where_nothing_changes(harbour: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (harbour / "app.py").write_text(FIXED)

    assert ended(capsys, "--format-cmd", "no-such-formatter")[0] == 0


@pytest.mark.usefixtures("harbour")
def test_a_cached_report_is_not_that_of_another_command(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--select", "LSF204", "--diff"]
    main(words)
    plain = capsys.readouterr().out

    main([*words, "--format-cmd", script("print(text.replace('[ ', '['), end='')")])
    formatted = capsys.readouterr().out
    main(words)

    assert plain != formatted
    assert capsys.readouterr().out == plain


def test_findings_that_are_left_have_the_lines_of_the_formatted_file(harbour: Path) -> None:
    (harbour / "app.py").write_text(APP + "\n\n@get('/ships')\ndef list_ships():\n    return open('ships').read()\n")
    command = script("print(text.replace('names =', '\\n\\n\\nnames ='), end='')")

    report = api.fix(["."], formatter=Formatter(command), run=api.Run(jobs=1, cache=False))

    left = [item for item in report.findings if item.state is not State.FIXED]
    lines = (harbour / "app.py").read_text().splitlines()
    assert left
    assert all(lines[item.span.line - 1] == item.source for item in left)


def test_settings_name_no_formatter(harbour: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (harbour / "pyproject.toml").write_text("[tool.litestar-fix]\nformat-cmd = 'touch evil'\n")

    assert "unknown key 'format-cmd'" in ended(capsys)[2]
    assert not (harbour / "evil").exists()


def test_no_shell_is_asked(harbour: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(harbour, capsys, "cat; touch evil")


# -------------------------------------------------------------------------------------------------------- it is wrong
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("sys.exit('no ships today')", r"app\.py: .* ends with 1: no ships today$"),
        ("sys.exit(3)", r"app\.py: .* ends with 3$"),
        ("None", r"app\.py: .* writes nothing to standard output: it has to read the file from standard input"),
        ("print('def')", r"app\.py: what .* writes is no Python: "),
        ("print(text.replace('Ada', 'Eve'))", r"app\.py: .* would change the code, not only its layout$"),
        ("print(text.replace('# of the crew', ''))", r"app\.py: .* would lose the comment 'of the crew'$"),
        ("print(text.replace(', get', ', get, post'))", r"would change the code"),
    ],
)
def test_a_formatter_that_cannot_be_trusted(
    harbour: Path, capsys: pytest.CaptureFixture[str], body: str, says: str
) -> None:
    assert re.search(says, refused(harbour, capsys, script(body)))


def test_a_dry_run_is_refused_as_well(harbour: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "ends with 3" in refused(harbour, capsys, script("sys.exit(3)"), "--dry-run")


def test_a_formatter_that_is_not_there(harbour: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(harbour, capsys, "no-such-formatter -")

    assert line == "litestar-fix: error: no-such-formatter: the formatter cannot be run: No such file or directory\n"


def test_a_formatter_that_hangs(harbour: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(harbour, capsys, script("import time; time.sleep(60)"), "--timeout", "0.5")

    assert "is not at an end after 0.5 s" in line


@pytest.mark.parametrize(("command", "says"), [("", "names no command"), ("'ruff", "cannot be read: No closing")])
def test_a_command_that_is_none(harbour: Path, capsys: pytest.CaptureFixture[str], command: str, says: str) -> None:
    assert says in refused(harbour, capsys, command)


def test_a_suppression_must_stay_where_it_counts(harbour: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = "\n\n@get('/ships')  # litestar-fix: ignore[LSF204]\ndef list_ships() -> str:\n    return ''\n"
    (harbour / "app.py").write_text(APP + quiet)
    moved = "print('# litestar-fix: ignore[LSF204]\\n' + text.replace('# litestar-fix: ignore[LSF204]', ''), end='')"

    assert "would change what LSF204 finds: a comment was moved" in refused(harbour, capsys, script(moved))


# ------------------------------------------------------------------------------------------------- what a layout is
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('def f():\n    """One.\n      two\t\n    """\n', 'def f():\n    """One.\n    two\n    """\n'),
        ("x = u'a'\n", 'x = "a"\n'),
        ("del (a, b)\n", "del a, b\n"),
        ("x = 1 #why\n", "x = 1  # why\n"),
        ("x = (1)\n", "x = 1\n"),
    ],
)
def test_what_formatters_do_is_layout(old: str, new: str, tmp_path: Path) -> None:
    answer = Formatter(script(f"sys.stdout.write({new!r})")).formatted(tmp_path, {"app.py": old.encode()})

    assert answer == {"app.py": new.encode()}


TEXTS = [("x = ' a '\n", "x = 'a'\n"), ("def f():\n    'a b'\n", "def f():\n    'ab'\n")]


@pytest.mark.parametrize(("old", "new"), TEXTS)
def test_texts_are_no_layout(old: str, new: str, tmp_path: Path) -> None:
    with pytest.raises(FormatterError, match="would change the code"):
        Formatter(script(f"sys.stdout.write({new!r})")).formatted(tmp_path, {"app.py": old.encode()})


def test_an_empty_file_may_stay_empty(tmp_path: Path) -> None:
    assert Formatter("cat").formatted(tmp_path, {"app.py": b""}) == {"app.py": b""}
    with pytest.raises(UsageError):
        Formatter(" ").formatted(tmp_path, {"app.py": b""})
