"""The formats for machines: each decodes as its readers want it, with their columns, and says what was found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from litestar_fix import api
from litestar_fix.cli.formats import RENDERERS
from litestar_fix.cli.outputs import document
from litestar_fix.finding import Applicability, Severity, State
from litestar_fix.identity import code_at, identities, scope_at
from litestar_fix.model.span import Span
from litestar_fix.report.line_hash import line_hashes
from litestar_fix.result import Patch, Place, Problem, Report, Reported
from litestar_fix.settings import Settings
from tests import document_types as types

#: What is never empty; a diff is where nothing is changed.
DOCUMENTS = sorted(RENDERERS.keys() - {"diff"})
#: A finding after characters that take two units of UTF-16, four and two bytes of UTF-8, and after a tab.
WIDE = '\ts = "😀é"; guard(x)\n'
PATH = "dürre über/app é,:%.py"


def finding(state: State = State.REPORT, **fields: object) -> Reported:
    values: dict[str, object] = {
        "code": "LSF101",
        "name": "repeated-handler-config",
        "severity": Severity.MEDIUM,
        "applicability": Applicability.SAFE,
        "path": PATH,
        "span": Span(2, 11, 2, 19),
        "message": "set it once",
        "state": state,
    }
    return Reported(**{**values, **fields})  # type: ignore[arg-type]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    file = tmp_path / PATH
    file.parent.mkdir()
    file.write_text(f"if True:\n{WIDE}\tguard(y)\n", "utf-8")
    return tmp_path


def rendered(report: Report, name: str) -> bytes:
    return document(report, name, milliseconds=12)


def report(root: Path, *findings: Reported, problems: tuple[Problem, ...] = ()) -> Report:
    return Report(str(root), findings, problems=problems, files=1, lines=3)


# --------------------------------------------------------------------------------------------- what must never happen
EVIL = "x\n##[stop-commands]\n::error::owned\r\x1b[31m\u202e\udcff</failure>]]>`|<script>@everyone #1\x00"


def hostile(root: Path) -> Report:
    bad = finding(State.REFUSED, message=EVIL, reason=EVIL, related=(Place(EVIL, Span(1, 0, 1, 1), EVIL),))
    return report(root, bad, problems=(Problem(EVIL, EVIL), Problem("", EVIL, "LSF101")))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_text_of_a_repository_breaks_no_document(root: Path, name: str) -> None:
    content = rendered(hostile(root), name).decode()  # it is UTF-8

    match name:
        case "junit":
            assert ET.fromstring(content).attrib["failures"] == "1"
        case "github" | "markdown":
            assert not set(content) & set("\r\x1b\u202e\x00")
            commands = [line for line in content.splitlines() if line.lstrip().startswith("::")]
            assert "##[" not in content
            assert len(commands) == (3 if name == "github" else 0)
            outside_of_code = re.sub(r"`[^`]*`", "", content.replace("\\`", ""))
            assert "<script>" not in outside_of_code or name == "github"
        case "json-lines" | "rdjsonl":
            assert len([json.loads(line) for line in content.splitlines()]) == 1
        case _:
            json.loads(content)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_file_that_is_gone_breaks_no_document(tmp_path: Path, name: str) -> None:
    assert rendered(report(tmp_path, finding()), name)


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_what_is_fixed_or_suppressed_is_no_issue(root: Path, name: str) -> None:
    found = rendered(report(root, finding(State.FIXED), finding(State.SUPPRESSED)), name).decode()

    match name:
        case "gitlab":
            assert json.loads(found) == []
        case "github" | "rdjsonl":
            assert found == ""
        case "rdjson":
            assert json.loads(found)["diagnostics"] == []
        case "sarif":
            (only,) = json.loads(found)["runs"][0]["results"]
            assert only["suppressions"] == [{"kind": "inSource"}]
        case "junit":
            assert ET.fromstring(found).attrib["failures"] == "0"
        case "markdown":
            assert "LSF101" not in found
        case _:
            pass  # json and json-lines tell everything, with its state; codetf what was fixed


def test_no_secret_is_told(root: Path) -> None:
    (root / "keys.py").write_text('KEY = "hunter2-hunter2"\nuse(KEY, "hunter2-hunter2")\n')
    secrets = [
        finding(path="keys.py", span=Span(line, start, line, start + 17), is_secret=True, message="rotate it")
        for line, start in ((1, 6), (2, 9))
    ]
    other = finding(path="keys.py", span=Span(2, 0, 2, 27))
    texts = rendered(report(root, *secrets), "json-lines")

    for name in RENDERERS:
        assert "hunter2" not in rendered(report(root, *secrets, other), name).decode()
    (root / "keys.py").write_text('KEY = "another-secret1"\nuse(KEY, "another-secret1")\n')
    assert rendered(report(root, *secrets), "json-lines") == texts  # not even by a hash


# ------------------------------------------------------------------------------------------------------------- columns
def test_columns_are_counted_as_each_reader_counts(root: Path) -> None:
    found = report(root, finding())

    sarif = msgspec.json.decode(rendered(found, "sarif"), type=types.Sarif).runs[0].results[0]
    assert sarif.locations[0].physical_location.region == types.Region(
        start_line=2, start_column=12, end_line=2, end_column=20
    )
    (issue,) = msgspec.json.decode(rendered(found, "gitlab"), type=list[types.Issue])
    assert issue.location.positions.begin.column == 12
    (diagnostic,) = msgspec.json.decode(rendered(found, "rdjson"), type=types.Diagnostics).diagnostics
    assert (diagnostic.location.range.start.column, diagnostic.location.range.end.column) == (16, 24)
    assert "line=2,endLine=2,col=12,endColumn=20," in rendered(found, "github").decode()


def test_an_annotation_over_several_lines_has_no_columns(root: Path) -> None:
    text = rendered(report(root, finding(span=Span(2, 4, 3, 2))), "github").decode()

    assert "line=2,endLine=3,title=" in text
    assert "col" not in text


def test_paths_count_from_the_top_of_the_repository(root: Path) -> None:
    (root / ".git").mkdir()
    project = root / "dürre über"
    found = Report(str(project), (finding(path="app é,:%.py"),), files=1)

    sarif = msgspec.json.decode(rendered(found, "sarif"), type=types.Sarif).runs[0].results[0]
    assert (
        sarif.locations[0].physical_location.artifact_location.uri == "d%C3%BCrre%20%C3%BCber/app%20%C3%A9%2C%3A%25.py"
    )
    assert "file=dürre über/app é%2C%3A%25.py," in rendered(found, "github").decode()
    assert json.loads(rendered(found, "gitlab"))[0]["location"]["path"] == PATH


# -------------------------------------------------------------------------------------------------------- fingerprints
@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", {1: "c129715d7a2bc9a3:1"}),
        (
            " a\nb\n  \t\tc\n d",
            {1: "271789c17abda88f:1", 2: "54703d4cd895b18:1", 3: "180aee12dab6264:1", 4: "a23a3dc5e078b07b:1"},
        ),
        (
            "Lorem ipsum dolor sit amet.\n" * 10,
            {1: "a7f2ff13bc495cf2:1", 2: "a7f2ff13bc495cf2:2", 7: "a7f2ff1481e87703:1"},
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_hashed_as_github_does(text: str, hashes: dict[int, str], newline: str) -> None:
    found = line_hashes(text.replace("\n", newline))

    assert {line: found[line - 1] for line in hashes} == hashes


HANDLERS = """\
from litestar import Controller, get


class Tides(Controller):
    @get("/tides", guards=[x])
    async def low(self) -> None:
        check(self, 'a')

    @get("/high")
    async def high(self) -> None:
        check(self, 'a')
        check(self, 'a')
"""
MOVED = '''\
"""Tides."""

import os

from litestar import Controller, get


class Tides(Controller):
    @get("/high")
    async def high(self) -> None:
        check(
            self,  # the caller
            "a",
        )
        check(self, "a")

    @get(
        "/tides",
        guards=[x],
    )
    async def low(self) -> None:
        check(self, "a")
'''


def named(text: str) -> dict[tuple[str, int], str]:
    starts = [
        (number, line.index("check"))
        for number, line in enumerate(text.splitlines(), 1)
        if line.lstrip().startswith("check")
    ]
    lines = text.splitlines()
    ends = [next(n for n in range(line, len(lines) + 1) if lines[n - 1].rstrip().endswith(")")) for line, _ in starts]
    spans = [Span(line, at, end, len(lines[end - 1])) for (line, at), end in zip(starts, ends, strict=True)]
    found = identities([finding(span=span) for span in spans], lambda _: text)
    return {(item.scope, item.ordinal): item.fingerprint for item in found}


def test_identities_outlive_moves_and_formatters() -> None:
    before, after = named(HANDLERS), named(MOVED)

    assert set(before) == {("Tides.low", 1), ("Tides.high", 1), ("Tides.high", 2)}
    assert before == after
    assert len(set(before.values())) == 3


@pytest.mark.parametrize(
    ("line", "scope"), [(1, ""), (4, "Tides"), (5, "Tides.low"), (6, "Tides.low"), (8, "Tides"), (11, "Tides.high")]
)
def test_scopes_begin_with_decorators(line: int, scope: str) -> None:
    assert scope_at(HANDLERS, line) == scope


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("def f(a,\n      b):\n    return a\n", "def f ( a , b ) :"),
        ("call(a,  # why\n  'b',\n)", "call ( a , 'b' )"),
        ('x = """a\nb"""', "x = 'a\\nb'"),
        ("# litestar-fix: ignore", "# litestar-fix: ignore"),
        ("requests>=2", "requests >= 2"),
        ("[tool\n", "[ tool"),
        ("", ""),
    ],
)
def test_code_is_told_without_its_layout(text: str, code: str) -> None:
    lines = text.split("\n")

    assert code_at(text, Span(1, 0, len(lines), len(lines[-1]))) == code


# ------------------------------------------------------------------------------------------------------- real reports
SHOP = """\
from litestar import Litestar, get
from litestar.exceptions import HTTPException


@get("/rooms")
def list_rooms() -> list[str]:
    return ["blue"]


@get("/rooms/{name:str}")
async def read_room(name: str) -> str:
    if name != "blue":
        raise HTTPException(status_code=404, detail="no such room")
    return slow(name)


def slow(name: str) -> str:
    return open(name).read()


app = Litestar([list_rooms, read_room])
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A dry run over an application whose fixes are next to and far from each other."""
    root = tmp_path_factory.mktemp("hotel")
    (root / "app.py").write_text(SHOP)
    settings = Settings(select=("LSF204", "LSF603", "LSF501"))
    return api.fix([root], settings, dry_run=True, root=root, run=api.Run(jobs=1, cache=False, patches=True))


def test_sarif(whole: Report) -> None:
    run = msgspec.json.decode(rendered(whole, "sarif"), type=types.Sarif).runs[0]

    assert [rule.id for rule in run.tool.driver.rules] == ["LSF204", "LSF501", "LSF603"]
    by_rule = {result.rule_id: result for result in run.results}
    assert all(run.tool.driver.rules[item.rule_index].id == item.rule_id for item in run.results)
    assert {"primaryLocationLineHash", "litestarFix/v1"} == set(by_rule["LSF204"].partial_fingerprints)
    (flow,) = by_rule["LSF501"].code_flows
    lines = [item.location.physical_location.region for item in flow.thread_flows[0].locations]
    assert [region.start_line for region in lines if region] == [14, 18]
    assert _applied(SHOP, by_rule["LSF603"].fixes[0]) == SHOP.replace("HTTPException", "NotFoundException").replace(
        "status_code=404, ", ""
    )
    assert _applied(SHOP, by_rule["LSF204"].fixes[0]) == SHOP.replace('"/rooms")', '"/rooms", sync_to_thread=False)')


def _applied(text: str, fix: types.SarifFix) -> str:
    lines = text.splitlines(keepends=True)
    (change,) = fix.artifact_changes
    for item in reversed(change.replacements):
        region = item.deleted_region
        assert (region.start_column, region.end_column) == (1, 1)
        lines[region.start_line - 1 : region.end_line - 1] = [
            item.inserted_content.text if item.inserted_content else ""
        ]
    return "".join(lines)


def test_a_fix_at_the_end_of_a_file_names_no_line_beyond_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\ny = 2")
    patch = Patch("a.py", 2, 3, "y = 3")
    found = report(tmp_path, finding(State.WOULD_FIX, path="a.py", span=Span(2, 0, 2, 5), patches=(patch,)))

    (result,) = msgspec.json.decode(rendered(found, "sarif"), type=types.Sarif).runs[0].results
    region = result.fixes[0].artifact_changes[0].replacements[0].deleted_region
    assert region == types.Region(start_line=2, start_column=1, end_line=2, end_column=6)


def test_suggestions_are_of_lines_that_belong_together(whole: Report) -> None:
    found = msgspec.json.decode(rendered(whole, "rdjson"), type=types.Diagnostics)
    lines = [msgspec.json.decode(line, type=types.Diagnostic) for line in rendered(whole, "rdjsonl").splitlines()]

    assert [item.code.value for item in found.diagnostics] == [item.code.value for item in lines]
    by_rule = {item.code.value: item for item in found.diagnostics}
    (suggestion,) = by_rule["LSF204"].suggestions
    assert suggestion.text == '@get("/rooms", sync_to_thread=False)'
    assert suggestion.range == types.RdRange(
        start=types.Position(line=5, column=1), end=types.Position(line=5, column=15)
    )
    # the import and the raise are eleven lines apart: told as one piece, with what is between
    (near,) = by_rule["LSF603"].suggestions
    assert (near.range.start.line, near.range.end.line) == (2, 13)
    assert near.text.startswith("from litestar.exceptions import NotFoundException\n")
    assert by_rule["LSF501"].suggestions == []


def test_a_suggestion_that_only_inserts_or_removes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\ny = 2\nz = 3\n")
    added = finding(State.WOULD_FIX, path="a.py", span=Span(1, 0, 1, 1), patches=(Patch("a.py", 2, 2, "new = 1\n"),))
    removed = finding(State.WOULD_FIX, path="a.py", span=Span(2, 0, 2, 1), patches=(Patch("a.py", 2, 3, ""),))

    found = msgspec.json.decode(rendered(report(tmp_path, added, removed), "rdjson"), type=types.Diagnostics)

    first, second = (item.suggestions[0] for item in found.diagnostics)
    assert (first.text, first.range.start.line, first.range.end) == (
        "new = 1\ny = 2",
        2,
        types.Position(line=2, column=6),
    )
    assert (second.text, second.range.start.line, second.range.end) == ("", 2, types.Position(line=3, column=1))


@pytest.mark.parametrize("separator", ["\x0c", "\x0b", "\x1c", "\u2028"])
def test_lines_are_those_of_python(tmp_path: Path, separator: str) -> None:
    (tmp_path / "a.py").write_text(f"# one{separator}two\nx = 1\ny = 2\n")
    patch = Patch("a.py", 2, 3, "x = 3\n")
    found = finding(State.WOULD_FIX, path="a.py", span=Span(2, 0, 2, 1), patches=(patch,))

    (diagnostic,) = msgspec.json.decode(rendered(report(tmp_path, found), "rdjson"), type=types.Diagnostics).diagnostics
    assert diagnostic.suggestions[0].text == "x = 3"
    assert diagnostic.suggestions[0].range.end == types.Position(line=2, column=6)


def test_gitlab(whole: Report) -> None:
    issues = msgspec.json.decode(rendered(whole, "gitlab"), type=list[types.Issue])

    assert len({issue.fingerprint for issue in issues}) == len(issues) == 3
    assert issues[0].description.startswith("LSF204: ")


def test_codetf(whole: Report) -> None:
    found = msgspec.json.decode(rendered(whole, "codetf"), type=types.CodeTf)

    by_rule = {item.codemod.rpartition("/")[2]: item for item in found.results}
    assert list(by_rule) == ["implicit-sync-to-thread", "blocking-call-in-async", "generic-http-exception"]
    (changeset,) = by_rule["implicit-sync-to-thread"].changeset
    assert (changeset.path, changeset.changes[0].line_number) == ("app.py", 5)
    assert "NotFoundException" not in changeset.diff  # that is another codemod's
    assert by_rule["blocking-call-in-async"].unfixed_findings[0].reason


def test_junit(whole: Report) -> None:
    top = ET.fromstring(rendered(whole, "junit").decode())

    assert (top.attrib["tests"], top.attrib["failures"], top.attrib["errors"]) == ("3", "3", "0")
    names = [case.attrib["name"] for case in top.iter("testcase")]
    assert names == [
        "LSF204 implicit-sync-to-thread list_rooms",
        "LSF603 generic-http-exception read_room",
        "LSF501 blocking-call-in-async read_room",
    ]
    empty = ET.fromstring(rendered(Report("/r", files=3), "junit").decode())
    assert [case.attrib["name"] for case in empty.iter("testcase")] == ["no findings"]


def test_markdown(whole: Report) -> None:
    lines = rendered(whole, "markdown").decode().splitlines()

    assert "| LSF204 implicit-sync-to-thread | medium | 1 | 1 | 0 |" in lines
    assert [line for line in lines if line.startswith("###")] == ["### High", "### Medium"]
    mention = report(Path("/r"), finding(message="ask @staff about #12, a_b and <b>"))
    assert (
        rendered(mention, "markdown")
        .decode()
        .splitlines()[-1]
        .endswith("ask @<!-- -->staff about #<!-- -->12, a\\_b and \\<b\\>")
    )


def test_github_shows_ten_of_a_kind_and_says_so(root: Path) -> None:
    many = [finding(span=Span(2, at, 2, at + 1)) for at in range(13)]
    worst = finding(severity=Severity.CRITICAL, span=Span(3, 1, 3, 2))

    lines = rendered(report(root, *many, worst), "github").decode().splitlines()

    assert lines[0].startswith("::error ")
    assert sum(line.startswith("::warning ") for line in lines) == 10
    assert "3 more, of which GitHub shows no annotation:" in lines
    assert len(lines) == 1 + 10 + 1 + 3


# --------------------------------------------------------------------------------------------------- where they are put
@pytest.fixture
def hotel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "hotel"
    folder.mkdir()
    (folder / "app.py").write_text(SHOP)
    (folder / "pyproject.toml").write_text("[tool.litestar-fix]\nselect = ['LSF204', 'LSF603']\n")
    monkeypatch.chdir(folder)
    return folder


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "litestar_fix", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def test_several_outputs_of_one_run(hotel: Path) -> None:
    out = hotel.parent / "out"
    out.mkdir()
    kept = out / "old.json"
    kept.write_text("what was there")

    done = run("check", f"--output=sarif={out}/a.sarif", f"--output=json={kept}", f"--output=concise={out}/a.txt")

    assert done.returncode == 1
    assert done.stdout.splitlines() == ["Found 2 findings in 1 file; 2 with a safe fix"]
    assert sorted(path.name for path in out.iterdir()) == ["a.sarif", "a.txt", "old.json"]
    assert len(json.loads(kept.read_text())["findings"]) == 2
    assert len((out / "a.txt").read_text().splitlines()) == 2


def test_the_page_of_a_run(hotel: Path) -> None:
    done = run("--dry-run", f"--output=html={hotel.parent}/a.html")

    assert done.stdout.startswith("--- a/app.py")
    page = (hotel.parent / "a.html").read_text()
    assert "<title>Audit of hotel</title>" in page
    assert '<span class="row add">+@get(&#34;/rooms&#34;, sync_to_thread=False)</span>' in page
    assert run("check", "--output-format=html").stdout.startswith("<!DOCTYPE html>")


def test_a_dry_run_with_a_document_in_a_file_still_prints_its_diff(hotel: Path) -> None:
    done = run("--dry-run", f"--output=rdjson={hotel.parent}/a.json")

    assert done.stdout.startswith("--- a/app.py")
    assert json.loads((hotel.parent / "a.json").read_text())["diagnostics"][0]["suggestions"]


@pytest.mark.usefixtures("hotel")
def test_a_document_on_standard_output_is_all_of_it() -> None:
    done = run("--dry-run", "--output=sarif=-")

    assert json.loads(done.stdout)["runs"][0]["results"][0]["fixes"]
    assert done.stderr == ""


def test_a_file_that_cannot_be_written_stops_the_run_before_it_starts(hotel: Path) -> None:
    done = run("fix", "--output=sarif=/dev/null/x.sarif", "--output=json=ok.json")

    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "/dev/null/x.sarif cannot be written: Not a directory" in done.stderr
    assert (hotel / "app.py").read_text() == SHOP
    assert sorted(path.name for path in hotel.iterdir()) == ["app.py", "pyproject.toml"]


def test_a_run_that_ends_early_leaves_no_report_and_keeps_the_old_one(hotel: Path) -> None:
    (hotel / "old.json").write_text("what was there")

    done = run("check", "--select=LSF204", "nowhere", "--output=json=old.json")

    assert done.returncode == 2
    assert (hotel / "old.json").read_text() == "what was there"
    assert sorted(path.name for path in hotel.iterdir()) == ["app.py", "old.json", "pyproject.toml"]


@pytest.mark.usefixtures("hotel")
def test_a_device_is_written_as_it_is() -> None:
    assert run("check", "--output=json=/dev/null").returncode == 1
    assert Path("/dev/null").is_char_device()


def test_a_job_on_github_gets_the_whole_list(hotel: Path) -> None:
    summary = hotel.parent / "summary.md"
    summary.write_text("# Tests\n")

    done = run("check", "--output-format=github", GITHUB_STEP_SUMMARY=str(summary))

    assert done.stdout.startswith("::warning file=app.py,line=6,")
    assert summary.read_text().startswith("# Tests\n## litestar-fix\n")
    assert run("check", "--output-format=github", GITHUB_STEP_SUMMARY="/nowhere/x").returncode == 2
