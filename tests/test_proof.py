"""A wrong codemod is caught by the check that is there for it, its fix dropped alone, and the rest done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from litestar_fix import edits
from litestar_fix import rewriting as engine_half
from litestar_fix.apply import apply
from litestar_fix.edits.values import ImportNeed
from litestar_fix.errors import EditError
from litestar_fix.finding import Finding, State
from litestar_fix.journal import state_folder
from litestar_fix.model.facts import Span
from litestar_fix.model.project import Project
from litestar_fix.practice import PracticeRule
from litestar_fix.proof.checks import check_output, check_syntax
from litestar_fix.proof.comments import check_comments
from litestar_fix.result import Report
from litestar_fix.surroundings import Surroundings
from tests.plugin import at, engine, renaming, rule_for, write

FINE = "sorted()\n"


def outcome(root: Path, rule: type[PracticeRule], source: str | bytes, *, debug: bool = False) -> Report:
    """Run a wrong practice, and a good one beside it in the same file."""
    content = source.encode() if isinstance(source, str) else source
    write(root, app=content + FINE.encode())
    report = engine(root, rule, renaming("sorted", "reversed", code="LSF991")).fix(
        unsafe=False, dry_run=False, debug=debug
    )
    assert (root / "app.py").read_bytes() == content + b"reversed()\n"
    assert {item.code: item.state for item in report.findings} == {"LSF990": State.ERROR, "LSF991": State.FIXED}
    return report


def wrong(rewrite: Any, kind: type[Any] = cst.Call, *, needs: tuple[ImportNeed, ...] = ()) -> type[PracticeRule]:
    """A practice that does this to every call of ``old``."""

    def make(_project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        return (edits.NodeEdit(finding.path, finding.span, kind, rewrite, needs),)

    return rule_for("old", make)


def code(text: str) -> Any:
    return lambda _node, _config: cst.parse_expression(text)


def only_the_call_is_named(_project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
    """An edit that says it is of a call, and rewrites the whole file."""

    def rewrite(module: cst.Module, _config: cst.PartialParserConfig) -> cst.Module:
        return module.with_deep_changes(cst.ensure_type(module.body[0], cst.SimpleStatementLine), body=[cst.Pass()])

    return (edits.NodeEdit(finding.path, finding.span, cst.Module, rewrite),)


NOT_EDITED = "code that is not edited would change"
WRONG: dict[str, tuple[Callable[[], type[PracticeRule]], str, str]] = {
    "syntax": (lambda: wrong(lambda _node, _config: cst.Name("def")), "old()\n", "no Python"),
    "compiler": (lambda: wrong(code("await len(())")), "def f():\n    old()\n", "'await' outside async function"),
    "version": (
        lambda: wrong(lambda node, _config: cst.NamedExpr(cst.Name("x"), node, [cst.LeftParen()], [cst.RightParen()])),
        "old()\n",
        "needs a newer Python than the file did",
    ),
    "meaning": (
        lambda: wrong(
            lambda _node, _config: cst.BinaryOperation(cst.parse_expression("1 + 2"), cst.Multiply(), cst.Integer("3"))
        ),
        "x = old()\n",
        "does not read as it was meant",
    ),
    "comment": (lambda: wrong(code("len()")), "old(\n    1,  # precious\n)\n", "a comment would be lost: # precious"),
    "doubled comment": (
        lambda: wrong(lambda node, _config: cst.List([cst.Element(node), cst.Element(node)])),
        "old(\n    1,  # precious\n)\n",
        "a comment would be doubled: # precious",
    ),
    "outside": (lambda: rule_for("old", only_the_call_is_named), "print()\nold()\n", NOT_EDITED),
    "name": (lambda: wrong(code("new()")), "old()\n", "new would not be defined"),
    "name in a function": (
        lambda: wrong(code("limit")),
        "def f(limit):\n    pass\n\n\nold()\n",
        "limit would not be defined",
    ),
    "order": (
        lambda: wrong(code("later()")),
        "old()\n\n\ndef later():\n    pass\n",
        "later would be used above its definition",
    ),
    "orphan": (
        lambda: wrong(code("len(())"), needs=(ImportNeed("json", "dumps"),)),
        "old()\n",
        "an import that nothing uses would be left: dumps",
    ),
    "second pass": (
        lambda: wrong(edits.set_keyword("again", "1")),
        "old()\n",
        "what was found is still there after it",
    ),
    "no edit": (lambda: wrong(lambda node, _config: node), "old()\n", "what was found is still there after it"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_codemod_is_caught_by_its_check(tmp_path: Path, case: str) -> None:
    rule, source, reason = WRONG[case]

    report = outcome(tmp_path, rule(), source)

    (problem,) = report.problems
    assert reason in problem.reason
    assert (problem.path, problem.code) == ("app.py", "LSF990")
    assert "\n" not in problem.reason


def test_a_suppression_that_would_lose_its_code_refuses_the_fix(tmp_path: Path) -> None:
    source = "x = old(\n    'token'  # noqa: S105\n)\nsorted()\n"
    write(tmp_path, app=source)
    moved = wrong(code("(\n    # noqa: S105\n    len('')\n)"))
    rules = moved, renaming("sorted", "reversed", code="LSF991")

    report = engine(tmp_path, *rules).fix(unsafe=False, dry_run=False, debug=True)

    assert [(item.code, item.state) for item in report.findings] == [
        ("LSF990", State.REFUSED),
        ("LSF991", State.FIXED),
    ]
    assert report.findings[0].reason == "a suppression would lose the code that it is for: # noqa: S105"
    assert report.problems == ()
    assert not (state_folder(tmp_path) / "reproducers").exists()
    assert (tmp_path / "app.py").read_text() == source.replace("sorted", "reversed")


def test_an_import_that_others_take_from_here_is_not_useless(tmp_path: Path) -> None:
    rule = wrong(code("len(())"), needs=(ImportNeed("json", "dumps"),))
    write(tmp_path, app="old()\n", other="from app import dumps\n")

    report = engine(tmp_path, rule).fix(unsafe=False, dry_run=False)

    assert report.problems == ()
    assert (tmp_path / "app.py").read_text() == "from json import dumps\n\nlen(())\n"


def test_an_import_is_added_below_a_line_that_goes_on_behind_one(tmp_path: Path) -> None:
    rule = wrong(code("dumps(())"), needs=(ImportNeed("json", "dumps"),))
    write(tmp_path, app="import io; LIMIT = 10\nMORE = io\nold()\n")

    report = engine(tmp_path, rule).fix(unsafe=False, dry_run=False)

    assert report.problems == ()
    fixed = (tmp_path / "app.py").read_text()
    assert fixed == "import io; LIMIT = 10\n\nfrom json import dumps\n\nMORE = io\ndumps(())\n"


def test_an_input_that_libcst_does_not_give_back_is_left(tmp_path: Path) -> None:
    write(tmp_path, app="old()\n\n   ")

    report = engine(tmp_path, renaming("old", "len")).fix(unsafe=False, dry_run=False)

    assert "does not give the file back byte for byte" in report.problems[0].reason
    assert (tmp_path / "app.py").read_text() == "old()\n\n   "


def test_a_file_that_changes_between_analysis_and_write_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, app="old()\n", other="old()\n")
    real = engine_half.Rewriting.write

    def edited(self: engine_half.Rewriting, *arguments: Any, **keywords: Any) -> Any:
        (tmp_path / "app.py").write_text("old()  # mine\n")
        return real(self, *arguments, **keywords)

    monkeypatch.setattr(engine_half.Rewriting, "write", edited)
    report = engine(tmp_path, renaming("old", "len")).fix(unsafe=False, dry_run=False)

    assert [(item.path, item.reason) for item in report.problems] == [
        ("app.py", "changed since it was analysed; run again")
    ]
    assert (tmp_path / "app.py").read_text() == "old()  # mine\n"
    assert (tmp_path / "other.py").read_text() == "len()\n"


# ------------------------------------------------------------------------------------------------------- what is right
class Nobody(Surroundings):
    """A file that nothing else knows."""

    def __init__(self) -> None:
        self.path = "app.py"

    def own_packages(self, new: Iterable[tuple[str, str]] = ()) -> frozenset[str]:  # noqa: ARG002
        return frozenset()

    exported = frozenset[str]()


def checked(source: str, new: str, *spans: Span) -> None:
    """Check a result that was made by editing these places."""
    named = [edits.NodeEdit("app.py", span, cst.CSTNode, lambda node, _config: node) for span in spans]
    check_output(source.encode(), new.encode(), named, Nobody())


@pytest.mark.parametrize(
    ("source", "edited", "new"),
    [
        ("x = old(1, 2)\ny = 3\n", "old(1, 2)", "x = len([1])\ny = 3\n"),
        ("f = [\n    old(),  # one\n    2,\n]\n", "old()", "f = [\n    # one\n    2,\n]\n"),
        ("# top\n\nold()\n", "old()", "# top\n\nimport json\n\njson.dumps(1)\n"),
        ('"""Doc."""\n\nold()\n', "old()", '"""Doc."""\n\nimport json\n\njson.dumps(1)\n'),
        ("x = 'stra\u00dfe'; old()\n", "old()", "x = 'stra\u00dfe'; len(x)\n"),
        ("x = 1\x0c\nold()\n", "old()", "x = 1\x0c\nlen([])\n"),
        ("if len([]): old()\n", "old()", "if len([]):\n    len([1])\n"),
        (
            "x = (  # one\n    old()  # two\n)\n",
            "old()",
            "x = len((  # one\n    old()  # two\n))\n".replace("old", "sum"),
        ),
        ("print(1)\nold()\n# why\nprint(2)\n", "old()", "print(1)\n# why\nprint(2)\n"),
    ],
)
def test_results_that_are_right_pass(source: str, edited: str, new: str) -> None:
    checked(source, new, at(source, edited))


@pytest.mark.parametrize(
    ("source", "edited", "new"),
    [
        ("a = 1\nold()\nb = 2\n", "old()", "a = 1\nlen([])\nb = 3\n"),
        ("a = 1\nold()\nb = 2\n", "old()", "a = 0\nlen([])\nb = 2\n"),
        ("a = 1\nold()\nb = 2\nold()\n", "old()", "a = 1\nlen([])\nb =  2\nold()\n"),
        ("a = 1\nold()\nb = 2  \n", "old()", "a = 1\nlen([])\nb = 2\n"),
        ("a = 1\nold()\nb = 2\n", "old()", "a = 1\nlen([])\nb = 2\nc = 3\n"),
        ("a = 1\nold()\nb = 2\n", "old()", "c = 3\na = 1\nlen([])\nb = 2\n"),
    ],
)
def test_code_that_is_not_edited_may_not_change(source: str, edited: str, new: str) -> None:
    with pytest.raises(EditError, match=NOT_EDITED):
        checked(source, new, at(source, edited))


def test_newlines_stay_of_their_kind() -> None:
    with pytest.raises(EditError, match="newlines of another kind"):
        checked("a = 'x'\r\nold()\r\n", "a = 'x'\nlen([])\r\n", Span(2, 0, 2, 5))


def test_what_was_wrong_before_may_stay() -> None:
    source = "unknown(old())\nlater\nimport json\n\n\nlater = 1\n"
    checked(source, source.replace("old()", "len([])"), at(source, "old()"))


def test_names_that_anything_may_bind_are_not_missed() -> None:
    for source in (
        "from tools import *\nold()\n",
        "def f():\n    global made\n    made = 1\n\n\nold(made)\n",
        "try:\n    import fast\nexcept ImportError:\n    fast = None\nold(fast)\n",
        "class A:\n    def f(self) -> 'A':\n        return __class__\n\n\nold(__file__)\n",
        "def f(*args, **kwargs):\n    return [a for a in args if (b := a)], b, kwargs\n\n\nold()\n",
    ):
        checked(source, source.replace("old(", "print("), at(source, source.splitlines()[-1]))


def test_a_quoted_annotation_is_a_use() -> None:
    source = "import decimal\n\n\ndef f(a: int) -> None: ...\n"
    checked(source, source.replace("a: int", "a: 'decimal.Decimal'"), at(source, "int"))
    with pytest.raises(EditError, match="Price would not be defined"):
        checked(source, source.replace("a: int", "a: 'Price'"), at(source, "int"))


def test_a_file_may_keep_the_syntax_that_it_has() -> None:
    old = b"match x:\n    case 1: ...\n"
    check_syntax(old, b"match y:\n    case 1: ...\n")
    with pytest.raises(EditError, match="needs a newer Python"):
        check_syntax(b"x = 1\n", old)


def test_comments_that_an_edit_names_may_go() -> None:
    check_comments(b"x = 1  # noqa: LSF204\n", b"x = 1\n", ["# noqa: LSF204"])
    with pytest.raises(EditError, match="a comment would be lost"):
        check_comments(b"x = 1  # noqa: LSF204\n", b"x = 1\n", [])


# ---------------------------------------------------------------------------------------------------------- reproducer
def test_debug_saves_what_shows_the_error_again(tmp_path: Path) -> None:
    rule, source, reason = WRONG["name"]

    (problem,) = outcome(tmp_path, rule(), source, debug=True).problems

    folder = Path(problem.reason.rpartition("; saved in ")[2])
    assert folder.is_relative_to(state_folder(tmp_path))
    assert not folder.is_relative_to(tmp_path)
    assert (folder / "input.py").read_bytes() == source.encode() + FINE.encode()
    assert (folder / "output.py").read_bytes().startswith(b"new()\n")
    assert "app.py:1:1-1:6 Call" in (folder / "edits.txt").read_text()
    assert reason in (folder / "error.txt").read_text()
    assert os.stat(folder).st_mode & 0o077 == 0


def test_without_debug_nothing_is_saved(tmp_path: Path) -> None:
    rule, source, _ = WRONG["name"]
    outcome(tmp_path, rule(), source)

    assert not (state_folder(tmp_path) / "reproducers").exists()


def test_a_check_that_fails_itself_lets_nothing_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("litestar_fix.proof.checks.check_names", broken)
    write(tmp_path, app="old()\n")
    report = engine(tmp_path, renaming("old", "len")).fix(unsafe=False, dry_run=False)

    assert "the result cannot be checked: KeyError" in report.problems[0].reason
    assert (tmp_path / "app.py").read_text() == "old()\n"


def test_apply_is_what_the_engine_checks() -> None:
    source = b"old()\n"
    edit = edits.NodeEdit("app.py", Span(1, 0, 1, 5), cst.Call, edits.rename_call("len"))
    check_output(source, apply(source, [edit], Nobody()), [edit], Nobody())
