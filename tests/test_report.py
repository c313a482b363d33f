"""What is shown: text of a repository first, because it must not do harm, then each format."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import msgspec
import pytest

from litestar_fix.finding import Applicability, Severity, State
from litestar_fix.model.span import Span
from litestar_fix.report import concise, diff, document, full, statistics, totals
from litestar_fix.report.style import Style, safe, way
from litestar_fix.result import Change, Place, Problem, Report, Reported, Skipped

PLAIN = Style()


def finding(state: State = State.FIX, *, message: str = "set it once", line: int = 3, **fields: object) -> Reported:
    values: dict[str, object] = {
        "code": "LSF101",
        "name": "repeated-handler-config",
        "severity": Severity.MEDIUM,
        "applicability": Applicability.SAFE,
        "path": "shop/app.py",
        "span": Span(line, 4, line, 9),
        "source": "    guard(x)  # why",
    }
    return Reported(**{**values, "message": message, "state": state, **fields})  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------------- harmless
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, é and 日本", "plain text, é and 日本"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("two\nlines\r\x85\u2028", "two\\x0alines\\x0d\\x85\\u2028"),
        ("a\tb", "a\\x09b"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_text_of_a_repository_commands_nothing(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_no_format_lets_a_line_escape() -> None:
    evil = "x\n::error::owned\x1b[31m\u202e"
    bad = finding(
        State.REFUSED,
        path=f"{evil}.py",
        message=evil,
        reason=evil,
        source=evil,
        related=(Place(evil, Span(1, 0, 1, 1), evil),),
    )
    report = Report("/r", (bad,), problems=(Problem(evil, evil),), skipped=(Skipped(evil, "cache"),))
    verbose = Style(verbose=True)

    lines = [
        *full.render(report, verbose),
        *concise.render(report, verbose),
        *totals.problems(report, verbose),
        *totals.skipped(report, verbose),
    ]

    assert not any(set(line) & set("\n\x1b\u202e") for line in lines)
    assert not any(line.startswith("::") for line in lines)


@pytest.mark.parametrize(
    ("path", "shown"), [("::error::x.py", "./::error::x.py"), ("a/##[x].py", "a/##\\x5bx].py"), ("a.py", "a.py")]
)
def test_a_path_is_no_command_to_a_ci_runner(path: str, shown: str) -> None:
    assert PLAIN.path(path) == shown


@pytest.mark.parametrize(
    ("root", "folder", "shown"),
    [
        ("/w/shop", "/w/shop", "api/v1/app.py"),
        ("/w/shop", "/w", "shop/api/v1/app.py"),
        ("/w/shop", "/w/shop/api/v1", "app.py"),
        ("/w/shop", "/w/shop/web", "../api/v1/app.py"),
        ("/w/shop", "/home", "/w/shop/api/v1/app.py"),
        ("/w/shop", "/w/sho", "/w/shop/api/v1/app.py"),
        ("/", "/", "api/v1/app.py"),
        ("/", "/w", "../api/v1/app.py"),
    ],
)
def test_paths_are_shown_as_the_user_would_type_them(root: str, folder: str, shown: str) -> None:
    prefix, inside = way(root, folder)

    assert Style(prefix=prefix, inside=inside).path("api/v1/app.py") == shown


# ------------------------------------------------------------------------------------------------------------- formats
def test_concise() -> None:
    report = Report(
        "/r",
        (
            finding(State.FIX),
            finding(State.REFUSED, reason="the path is computed", line=4),
            finding(State.SUPPRESSED, line=5),
            finding(State.FIXED, line=6),
        ),
    )

    assert list(concise.render(report, Style(prefix="../"))) == [
        "../shop/app.py:3:5: LSF101 medium fix: set it once",
        "../shop/app.py:4:5: LSF101 medium refused(the path is computed): set it once",
    ]
    assert len(list(concise.render(report, Style(verbose=True)))) == 4


def test_full() -> None:
    report = Report(
        "/r",
        (
            finding(State.WOULD_FIX, line=2),
            finding(State.NEEDS_UNSAFE, line=12, related=(Place("shop/b.py", Span(7, 0, 7, 1), "the model"),)),
            finding(State.REPORT, line=13, source=""),
            finding(State.REFUSED, line=14, reason="it is opaque"),
        ),
    )

    assert "\n".join(full.render(report, PLAIN)) == (
        "shop/app.py:2:5: LSF101 medium would-fix: set it once\n"
        "\n"
        "shop/app.py:12:5: LSF101 repeated-handler-config (medium)\n"
        "  set it once\n"
        "    |\n"
        " 12 | guard(x)  # why\n"
        "    | ^^^^^\n"
        "    = see shop/b.py:7:1: the model\n"
        "    = the fix changes behaviour on purpose: it needs --unsafe-fixes\n"
        "\n"
        "shop/app.py:13:5: LSF101 repeated-handler-config (medium)\n"
        "  set it once\n"
        "\n"
        "shop/app.py:14:5: LSF101 repeated-handler-config (medium)\n"
        "  set it once\n"
        "    |\n"
        " 14 | guard(x)  # why\n"
        "    | ^^^^^\n"
        "    = no fix: it is opaque\n"
    )


@pytest.mark.parametrize(
    ("source", "span", "text", "marks"),
    [
        ("\tx = f()\n", Span(1, 1, 1, 2), "x = f()", "^"),
        ("    class A(B):", Span(1, 4, 9, 0), "class A(B):", "^" * 11),
        ("x =\tf()", Span(1, 4, 1, 7), "x =    f()", "       ^^^"),
        ('s = "日本"; f()', Span(1, 10, 1, 13), 's = "日本"; f()', " " * 12 + "^^^"),
        ("e\u0301 = f()", Span(1, 5, 1, 8), "e\u0301 = f()", "    ^^^"),
        ("\u202ex", Span(1, 1, 1, 2), "\\u202ex", "      ^"),
        ("x", Span(1, 5, 1, 9), "x", " ^"),
        ("y" * 300, Span(1, 0, 1, 300), "y" * 157 + "...", "^" * 160),
    ],
)
def test_marks_stand_below_what_they_mark(source: str, span: Span, text: str, marks: str) -> None:
    assert full.frame(finding(span=span, source=source)) == (text, marks)


def test_colours_add_nothing_but_colours() -> None:
    report = Report("/r", (finding(State.REFUSED, reason="why"),), problems=(Problem("a.py", "bad"),))

    for render in (full.render, concise.render, statistics.render, totals.problems):
        colored = "\n".join(render(report, Style(color=True)))
        assert "\x1b[" in colored
        plain = "\n".join(render(report, PLAIN))
        for code in range(40):
            colored = colored.replace(f"\x1b[{code}m", "").replace(f"\x1b[1;{code}m", "")
        assert colored == plain


@pytest.mark.parametrize(
    ("states", "changes", "line"),
    [
        ([], 0, "No findings in 7 files"),
        ([State.SUPPRESSED], 0, "No findings in 7 files"),
        ([State.FIX], 0, "Found 1 finding in 1 file; 1 with a safe fix"),
        (
            [State.FIX, State.NEEDS_UNSAFE, State.REFUSED, State.REPORT],
            0,
            "Found 4 findings in 1 file; 1 with a safe fix; 1 needs --unsafe-fixes; 1 refused; 1 without a fix",
        ),
        (
            [State.WOULD_FIX, State.WOULD_FIX, State.NEEDS_UNSAFE, State.NEEDS_UNSAFE, State.DEFERRED, State.ERROR],
            5,
            "Would fix 2 findings in 5 files; 2 need --unsafe-fixes; 1 left for another run; 1 failed",
        ),
        ([State.FIXED], 1, "Fixed 1 finding in 1 file"),
    ],
)
def test_totals(states: list[State], changes: int, line: str) -> None:
    changed = tuple(Change(f"{number}.py", b"", b"x") for number in range(changes))
    report = Report("/r", tuple(finding(state) for state in states), changed, files=7)

    assert totals.line(report, PLAIN) == line


def test_totals_count_everything_when_asked() -> None:
    report = Report("/r", (finding(State.SUPPRESSED), finding(State.FIX)))

    assert totals.line(report, Style(verbose=True)).endswith("1 with a safe fix; 1 suppressed")


def test_problems_and_what_was_skipped() -> None:
    report = Report(
        "/r",
        problems=(Problem("a.py", "not valid Python"), Problem("", "it raised", "LSF101")),
        skipped=(Skipped("c.py", "cache"), Skipped("d.py", "cache", named=True), Skipped("e", "vendored")),
        files=2,
        lines=30,
    )

    assert list(totals.problems(report, PLAIN)) == ["a.py: error: not valid Python", "error[LSF101]: it raised"]
    assert list(totals.skipped(report, PLAIN)) == ["d.py: skipped: cache"]
    assert (
        list(totals.skipped(report, Style(verbose=True)))[-1] == "Read 2 files (30 lines); skipped 2 cache, 1 vendored"
    )


def test_statistics() -> None:
    other = {"code": "LSF204", "name": "implicit-sync-to-thread", "severity": Severity.CRITICAL}
    shared, stuck = (
        msgspec.structs.replace(finding(State.REFUSED, reason=reason), **other)
        for reason in ("it is shared", "it is\nstuck")
    )
    report = Report("/r", (finding(), *[shared] * 8, *[stuck] * 2, finding(State.REFUSED, reason="it is one")))

    assert list(statistics.render(report, PLAIN)) == [
        "10  LSF204  implicit-sync-to-thread  critical  10 refused",
        "      8 refused: it is shared",
        "      2 refused: it is\\x0astuck",
        " 2  LSF101  repeated-handler-config  medium    1 fix, 1 refused",
        "      1 refused: it is one",
    ]
    assert list(statistics.render(Report("/r"), PLAIN)) == []


def test_the_document() -> None:
    place = Place("b.py", Span(1, 0, 1, 2), "the model")
    report = Report(
        "/r",
        (finding(State.REFUSED, reason="why", related=(place,)),),
        (Change("a.py", b"x = 1\n", b"x = 2\n"),),
        (Problem("bad\udcff.py", "broken"),),
        (Skipped("c.py", "cache"),),
        files=2,
        lines=9,
        dry_run=True,
    )

    found = json.loads(document.render(report))

    assert found["findings"] == [
        {
            "code": "LSF101",
            "name": "repeated-handler-config",
            "severity": "medium",
            "path": "shop/app.py",
            "location": {"line": 3, "column": 5},
            "end_location": {"line": 3, "column": 10},
            "message": "set it once",
            "fingerprint": found["findings"][0]["fingerprint"],
            "state": "refused",
            "reason": "why",
            "applicability": "safe",
            "contract": None,
            "related": [
                {
                    "path": "b.py",
                    "location": {"line": 1, "column": 1},
                    "end_location": {"line": 1, "column": 3},
                    "message": "the model",
                }
            ],
        }
    ]
    assert found["changes"] == [{"path": "a.py", "diff": "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"}]
    assert found["problems"] == [{"path": "bad\\udcff.py", "reason": "broken", "code": None}]
    assert found["skipped"] == [{"path": "c.py", "reason": "cache"}]
    assert found["totals"] == {"files": 2, "lines": 9, "findings": 1, "remaining": 1, "states": {"refused": 1}}
    assert (found["root"], found["dry_run"], found["format"]) == ("/r", True, 1)
    assert json.loads(document.render(report, statistics=True))["statistics"][0]["states"] == {"refused": 1}
    assert json.loads(document.render(report, statistics=True))["statistics"][0]["refusals"] == {"why": 1}


# ---------------------------------------------------------------------------------------------------------------- diff
CONTENTS = {
    "plain.py": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "no newline.py": (b"a\nb", b"a\nb\nc"),
    "loses_newline.py": (b"a\nb\n", b"a\nb"),
    "gains_newline.py": (b"a\nb", b"a\nb\n"),
    "crlf.py": (b"a\r\nb\r\n", b"a\r\nB\r\nc\r\n"),
    "mixed.py": (b"a\rb\nc\x0cd\n\x85e\n", b"a\rb\nC\x0cd\n\x85e\n"),
    "latin.py": ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), "# coding: latin-1\ny = 'é'\n".encode("latin-1")),
    "bom.py": (b"\xef\xbb\xbfx = 1\n", b"\xef\xbb\xbfx = 2\n"),
    "empty.py": (b"", b"x = 1\n"),
    "emptied.py": (b"x = 1\n", b""),
    "dashes.py": (b"-- x\n", b"++ x\n"),
    'sub/ü "quoted" \\ tab\t.py': (b"a\n", b"b\n"),
    "long.py": (b"".join(b"%d\n" % n for n in range(3000)), b"".join(b"%d\n" % (n * 7 % 3000) for n in range(3000))),
}


@pytest.mark.parametrize("where", ["git root", "folder of a repository", "no repository"])
def test_the_diff_is_applied_by_git_to_the_same_bytes(tmp_path: Path, where: str) -> None:
    top = tmp_path / "top"
    root = top / "back end" if where == "folder of a repository" else top
    for path, (old, _) in CONTENTS.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(old)
    if where != "no repository":
        subprocess.run(["git", "init", "-q", str(top)], check=True)
    changes = tuple(Change(path, old, new) for path, (old, new) in CONTENTS.items())

    patch = b"".join(diff.render(Report(str(root), changes=changes)))

    subprocess.run(["git", "apply", "-"], cwd=top, input=patch, check=True)
    assert {path: (root / path).read_bytes() for path in CONTENTS} == {path: new for path, (_, new) in CONTENTS.items()}


def test_the_diff_leaves_out_blank_lines_that_stayed_behind_what_changed() -> None:
    tides = b"".join(b"high_%d = 1\n\n\n" % n for n in range(100))
    old, new = tides + b"if high_1:\n    ebb = 2\n" + b"\n" * 8, tides + b"ebb = 2\n" + b"\n" * 8

    lines = diff.text_diff(Change("tides.py", old, new)).splitlines()[2:]

    assert [line for line in lines if line[0] in "+-"] == ["-if high_1:", "-    ebb = 2", "+ebb = 2"]


def test_the_diff_at_a_terminal_commands_nothing() -> None:
    report = Report("/nowhere", changes=(Change("a.py", b"x\x1b[31m\n", b"\xff\r\n"),))

    lines = list(diff.painted(report, Style(color=True)))

    assert "\x1b[31m-x\\x1b[31m\x1b[0m" in lines
    assert not any("\r" in line or "\n" in line for line in lines)


def test_a_diff_as_text_has_the_encoding_of_its_file() -> None:
    old, new = CONTENTS["latin.py"]

    assert "-x = 'é'" in diff.text_diff(Change("latin.py", old, new))
    assert "\\xff" in diff.text_diff(Change("a.py", b"# coding: klingon\n", b"\xff\n"))
