"""Rules of others run where the command line names their plug-in, and nowhere else."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from litestar_fix import plugins, registry
from litestar_fix.cli import main
from litestar_fix.errors import UsageError

PLUGIN = Path(__file__).with_name("example_plugin")
APP = """\
from litestar import Litestar, get

from piers import find_pier


@get("/piers")
async def show_pier() -> str:
    return find_pier(3)


app = Litestar([show_pier])
"""
FIXED = APP.replace("find_pier", "locate_pier")

Run = Callable[..., tuple[int, str, str]]


def install(folder: Path, points: str, name: str = "ferry-rules") -> None:
    """Write what a package index's client writes."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(points)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages, with the example."""
    folder = tmp_path / "site-packages"
    shutil.copytree(PLUGIN / "ferry_rules", folder / "ferry_rules")
    ((group, points),) = tomllib.loads((PLUGIN / "pyproject.toml").read_text())["project"]["entry-points"].items()
    install(folder, f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items()))
    monkeypatch.syspath_prepend(folder)
    yield folder
    registry.add(())
    for name in [name for name in sys.modules if name.partition(".")[0] == "ferry_rules"]:
        del sys.modules[name]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "ferries"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'ferries'\nversion = '1'\n")
    (folder / "piers.py").write_text(
        "def find_pier(number: int) -> str: ...\n\n\ndef locate_pier(number: int) -> str: ...\n"
    )
    (folder / "app.py").write_text(APP)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(root: Path, site: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capsys.readouterr()

    assert root.is_dir()
    assert site.is_dir()
    return call


def test_a_plug_in_is_listed_explained_selected_and_fixed(root: Path, run: Run) -> None:
    assert "FER101  old-lookup" in run("rules", "--plugin", "ferries")[1]
    listed = json.loads(run("rules", "--plugin", "ferries", "--output-format", "json")[1])
    assert {item["code"]: item["plugin"] for item in listed}["FER101"] == "ferries"
    page = run("rule", "old-lookup", "--plugin", "ferries")[1]
    assert "by mail" in page
    assert "    pier = find_pier(3)" in page

    for select in ((), ("--select", "FER"), ("--select", "FER101"), ("--select", "old-lookup"), ("--select", "ALL")):
        found = run("check", "--plugin", "ferries", "--output-format", "concise", *select)
        assert "app.py:8:12: FER101 medium" in found[1], select
    assert run("check", "--plugin", "ferries", "--ignore", "FER1,LSF")[0] == 0
    sarif = json.loads(run("check", "--plugin", "ferries", "--select", "FER", "--output-format", "sarif")[1])
    assert [rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]] == ["FER101"]
    assert run("fix", "--plugin", "ferries", "--select", "FER")[:2] == (0, "Fixed 1 finding in 1 file\n")
    assert (root / "app.py").read_text() == FIXED


def test_comments_suppress_it_and_stay_without_it(root: Path, run: Run) -> None:
    assert run("suppress", "--plugin", "ferries", "--select", "FER", "--reason", "agreed")[0] == 0
    written = (root / "app.py").read_text()

    assert "return find_pier(3)  # litestar-fix: ignore[FER101] agreed\n" in written
    assert run("check", "--plugin", "ferries", "--select", "FER,LSF001")[0] == 0
    assert run("fix", "--select", "LSF001")[0] == 0
    assert (root / "app.py").read_text() == written


def test_nothing_but_the_command_line_loads_it(root: Path, site: Path, run: Run) -> None:
    (site / "ferry_rules" / "__init__.py").write_text("raise SystemExit('executed')\n")
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nignore = ['LSF']\n")
    for command in (["check"], ["rules"], ["fix"], ["check", "--select", "LSF204"]):
        assert run(*command)[0] == 0

    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['FER101']\n")
    code, _, err = run("check")
    assert (code, err.count("\n")) == (2, 1)
    assert "unknown rule 'FER101'; did you mean 'LSF101'? (those of a plug-in need --plugin)" in err
    (root / "pyproject.toml").write_text("[tool.litestar-fix]\nplugins = ['ferries']\n")
    assert "unknown key 'plugins'" in run("check")[2]


def test_it_is_gone_in_the_next_run(run: Run) -> None:
    run("check", "--plugin", "ferries")
    assert "FER101" not in run("rules")[1]
    assert "FER101" not in run("check")[1]


def test_its_change_is_noticed(site: Path, run: Run) -> None:
    assert run("check", "--plugin", "ferries", "--select", "FER")[0] == 1
    rule = site / "ferry_rules" / "old_lookup.py"
    rule.write_text(rule.read_text().replace('== "find_pier"', '== "seek_pier"'))
    for name in [name for name in sys.modules if name.partition(".")[0] == "ferry_rules"]:
        del sys.modules[name]
    assert run("check", "--plugin", "ferries", "--select", "FER")[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"FER101"', '"LSF101"', "its code must be letters of its own and three digits"),
        ('"old-lookup"', '"lookup"', "its name must be words with hyphens"),
        ('"old-lookup"', '"fat-handler"', "fat-handler is a rule of litestar-fix already"),
        ("    severity", "    gravity", "it needs a severity and an applicability"),
        ("(practice.PracticeRule)", "", "is no class of PracticeRule"),
        ("from __future__", "import no_such_module", "cannot be loaded: SyntaxError"),
        ("import libcst as cst", "import no_such_module", "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_a_rule_that_is_none_is_one_line(site: Path, run: Run, old: str, new: str, message: str) -> None:
    rule = site / "ferry_rules" / "old_lookup.py"
    rule.write_text(rule.read_text().replace(old, new, 1))

    code, out, err = run("check", "--plugin", "ferries")

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_a_name_that_is_none(site: Path, run: Run) -> None:
    assert run("check", "--plugin", "fairies")[2].endswith(
        "no plug-in 'fairies' is installed; did you mean 'ferries'?\n"
    )
    assert run("check", "--plugin", "zoo")[2].endswith("no plug-in 'zoo' is installed; there is ferries\n")
    install(site, f"[{plugins.GROUP}]\nferries = ferry_rules:RULES\n", "ferry-rules-again")
    with pytest.raises(UsageError, match="several packages have a plug-in 'ferries'"):
        plugins.use(["ferries"])
