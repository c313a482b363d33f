"""The engine: passes, conflicts, groups over several files, and what happens when a rule or a codemod is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from litestar_fix import api, edits
from litestar_fix.finding import Applicability, Finding, State
from litestar_fix.model.project import Project
from litestar_fix.practice import PracticeRule
from litestar_fix.proof import names
from litestar_fix.result import Report
from tests.goldens import ROOT
from tests.plugin import at, engine, renaming, rule_for, write


@pytest.fixture(autouse=True)
def called_names_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small sources here call what they do not define."""
    monkeypatch.setattr(names, "ALWAYS", names.ALWAYS | {"new", "better", "ping", "pong"})


def states(report: Report) -> list[tuple[str, int, State]]:
    return [(item.path, item.span.line, item.state) for item in report.findings]


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.py"))}


def test_check_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, app="old()\n")

    report = engine(tmp_path, renaming("old", "new")).check()

    assert states(report) == [("app.py", 1, State.FIX)]
    assert contents(tmp_path) == {"app.py": "old()\n"}


def test_fix_writes_and_dry_run_only_says(tmp_path: Path) -> None:
    write(tmp_path, app="old()\n", other="x = 1\n")

    dry = engine(tmp_path, renaming("old", "new")).fix(unsafe=False, dry_run=True)
    assert states(dry) == [("app.py", 1, State.WOULD_FIX)]
    assert [(item.path, item.old, item.new) for item in dry.changes] == [("app.py", b"old()\n", b"new()\n")]
    assert contents(tmp_path)["app.py"] == "old()\n"

    report = engine(tmp_path, renaming("old", "new")).fix(unsafe=False, dry_run=False)
    assert states(report) == [("app.py", 1, State.FIXED)]
    assert report.changes == dry.changes
    assert report.passes == 1
    assert contents(tmp_path) == {"app.py": "new()\n", "other.py": "x = 1\n"}


def test_unsafe_fixes_are_asked_for(tmp_path: Path) -> None:
    write(tmp_path, app="old()\n")
    rule = renaming("old", "new", applicability=Applicability.UNSAFE)

    assert states(engine(tmp_path, rule).fix(unsafe=False, dry_run=False)) == [("app.py", 1, State.NEEDS_UNSAFE)]
    assert states(engine(tmp_path, rule).fix(unsafe=True, dry_run=False)) == [("app.py", 1, State.FIXED)]


def test_nested_findings_take_one_pass_each(tmp_path: Path) -> None:
    write(tmp_path, app="old(old(old(1)))\n")

    report = engine(tmp_path, renaming("old", "new")).fix(unsafe=False, dry_run=False)

    assert contents(tmp_path) == {"app.py": "new(new(new(1)))\n"}
    assert report.states == {State.FIXED: 3}
    assert report.passes == 3


@pytest.mark.parametrize("together", ["names", ""])
def test_edits_of_one_node_that_say_so_share_a_pass(tmp_path: Path, together: str) -> None:
    write(tmp_path, app="old()\n")

    def naming(_project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        rewrite = edits.compose(edits.set_keyword(finding.code.lower(), "1"), edits.rename_call("new"))
        return (edits.NodeEdit(finding.path, finding.span, cst.Call, rewrite, together=together),)

    rules = [rule_for("old", naming, code=code) for code in ("LSF991", "LSF992")]
    report = engine(tmp_path, *rules).fix(unsafe=False, dry_run=False)

    assert report.passes == 1
    assert contents(tmp_path) == {"app.py": "new(lsf991=1, lsf992=1)\n" if together else "new(lsf991=1)\n"}


def test_what_does_not_fit_into_ten_passes_is_deferred_and_named(tmp_path: Path) -> None:
    write(tmp_path, app=f"{'old(' * 12}1{')' * 12}\n")

    report = engine(tmp_path, renaming("old", "new")).fix(unsafe=False, dry_run=False)

    assert report.states == {State.FIXED: 10, State.DEFERRED: 2}
    assert [item.reason for item in report.problems] == ["LSF990: still not at an end after 10 passes"]


def test_rules_that_undo_one_another_are_stopped_and_named(tmp_path: Path) -> None:
    write(tmp_path, app="ping()\n")
    rules = renaming("ping", "pong", code="LSF991"), renaming("pong", "ping", code="LSF992")

    report = engine(tmp_path, *rules).fix(unsafe=False, dry_run=False)

    assert len(report.problems) == 1
    assert "LSF991" in report.problems[0].reason
    assert "LSF992" in report.problems[0].reason
    assert states(report) == [("app.py", 1, State.DEFERRED)]
    assert not report.changes
    assert contents(tmp_path) == {"app.py": "ping()\n"}


def cross_file(project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
    """Rename a call, and the one in the other file with it."""
    rename = edits.rename_call("new")
    twin = next(module for path, module in project.modules.items() if path != finding.path)
    (statement,) = twin.body
    here = edits.NodeEdit(finding.path, finding.span, cst.Call, rename)
    return here, edits.NodeEdit(twin.path, statement.span, cst.Call, rename)


def test_a_group_is_made_in_all_its_files(tmp_path: Path) -> None:
    write(tmp_path, a="old()\n", b="twin()\n")

    report = engine(tmp_path, rule_for("old", cross_file)).fix(unsafe=False, dry_run=False)

    assert contents(tmp_path) == {"a.py": "new()\n", "b.py": "new()\n"}
    assert states(report) == [("a.py", 1, State.FIXED)]


def test_a_group_that_leaves_the_given_paths_is_refused(tmp_path: Path) -> None:
    write(tmp_path, a="old()\n", b="twin()\n")

    within = (tmp_path / "a.py",)

    report = engine(tmp_path, rule_for("old", cross_file), paths=within).fix(unsafe=False, dry_run=False)

    assert states(report) == [("a.py", 1, State.REFUSED)]
    assert report.findings[0].reason == "its fix also changes b.py, which is not among the given paths"
    assert contents(tmp_path) == {"a.py": "old()\n", "b.py": "twin()\n"}
    assert engine(tmp_path, rule_for("old", cross_file), paths=within).check().findings == report.findings


def test_what_a_codemod_that_raises_would_change_is_not_known_before_the_fix(tmp_path: Path) -> None:
    write(tmp_path, a="old()\n", b="twin()\n")

    def fails(_project: Project, _finding: Finding) -> tuple[edits.Edit, ...]:
        raise LookupError("no such thing")

    only = (tmp_path / "a.py",)

    assert states(engine(tmp_path, rule_for("old", fails), paths=only).check()) == [("a.py", 1, State.FIX)]
    report = engine(tmp_path, rule_for("old", fails), paths=only).fix(unsafe=False, dry_run=False)
    assert states(report) == [("a.py", 1, State.ERROR)]


def test_a_group_whose_second_file_fails_is_dropped_whole_and_alone(tmp_path: Path) -> None:
    write(tmp_path, a="old()\nfine()\n", b="twin()\n")

    def half(project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        good, other = cross_file(project, finding)
        assert isinstance(other, edits.NodeEdit)
        return good, edits.NodeEdit(other.path, other.span, cst.ClassDef, other.rewrite)

    rules = rule_for("old", half), renaming("fine", "better", code="LSF991")
    report = engine(tmp_path, *rules).fix(unsafe=False, dry_run=False)

    assert states(report) == [("a.py", 1, State.ERROR), ("a.py", 2, State.FIXED)]
    assert contents(tmp_path) == {"a.py": "old()\nbetter()\n", "b.py": "twin()\n"}
    assert "no ClassDef at 1:1" in report.problems[0].reason


@pytest.mark.parametrize(
    ("rewrite", "reason"),
    [
        (lambda node, _config: node.with_changes(args=[]), "a comment would be lost"),
        (lambda _node, _config: cst.Name("def"), "no Python"),
        (lambda node, _config: node.args[7], "a rewrite failed"),
        (lambda _node, _config: cst.Call(cst.parse_expression("lambda: 1")), "does not read as it was meant"),
        (lambda node, _config: cst.ensure_type(node, cst.ClassDef), "a rewrite failed"),
    ],
)
def test_a_fix_that_does_harm_is_dropped_alone(tmp_path: Path, rewrite: Any, reason: str) -> None:
    write(tmp_path, app="old(\n    1,  # precious\n)\nfine()\n")

    def make(_project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        return (edits.NodeEdit(finding.path, finding.span, cst.Call, rewrite),)

    rules = rule_for("old", make), renaming("fine", "better", code="LSF991")
    report = engine(tmp_path, *rules).fix(unsafe=False, dry_run=False)

    assert states(report) == [("app.py", 1, State.ERROR), ("app.py", 4, State.FIXED)]
    assert contents(tmp_path) == {"app.py": "old(\n    1,  # precious\n)\nbetter()\n"}
    assert reason in report.problems[0].reason
    assert report.problems[0].code == "LSF990"


def test_a_fix_that_changes_nothing_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, app="old()\nfine()\n")

    def make(_project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        return (edits.NodeEdit(finding.path, finding.span, cst.Call, lambda node, _config: node),)

    rules = rule_for("old", make), renaming("fine", "better", code="LSF991")
    report = engine(tmp_path, *rules).fix(unsafe=False, dry_run=False)

    assert states(report) == [("app.py", 1, State.ERROR), ("app.py", 2, State.FIXED)]
    assert contents(tmp_path) == {"app.py": "old()\nbetter()\n"}


def test_a_fix_after_which_the_finding_is_still_there_is_dropped_alone(tmp_path: Path) -> None:
    write(tmp_path, app="old()\nfine()\n")

    def make(_project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        return (edits.NodeEdit(finding.path, finding.span, cst.Call, edits.set_keyword("again", "1")),)

    rules = rule_for("old", make), renaming("fine", "better", code="LSF991")
    report = engine(tmp_path, *rules).fix(unsafe=False, dry_run=False)

    assert contents(tmp_path) == {"app.py": "old()\nbetter()\n"}
    assert states(report) == [("app.py", 1, State.ERROR), ("app.py", 2, State.FIXED)]
    assert [(item.code, item.reason) for item in report.problems] == [
        ("LSF990", "line 1: fix dropped: what was found is still there after it")
    ]


def test_a_fix_may_make_what_another_has_just_removed_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, app="old(1)\nolder(2)\n")

    rules = renaming("old", "new"), renaming("older", "old", code="LSF991")
    report = engine(tmp_path, *rules).fix(unsafe=False, dry_run=False)

    assert contents(tmp_path) == {"app.py": "new(1)\nnew(2)\n"}
    assert not report.problems


def test_a_rule_or_codemod_that_raises_is_isolated(tmp_path: Path) -> None:
    write(tmp_path, app="old()\nfine()\n")

    def make(_project: Project, _finding: Finding) -> tuple[edits.Edit, ...]:
        raise ValueError("a bug")

    broken = renaming("broken", "x", code="LSF992")

    def find(_cls: type[PracticeRule], project: Project) -> Iterator[Finding]:
        raise RuntimeError(project.root)

    broken.find = classmethod(find)  # type: ignore[assignment, method-assign]
    rules = rule_for("old", make), broken, renaming("fine", "better", code="LSF991")
    report = engine(tmp_path, *rules).fix(unsafe=False, dry_run=False)

    assert contents(tmp_path) == {"app.py": "old()\nbetter()\n"}
    assert states(report) == [("app.py", 1, State.ERROR), ("app.py", 2, State.FIXED)]
    assert {(item.path, item.code) for item in report.problems} == {("app.py", "LSF990"), ("", "LSF992")}
    assert "a bug" in " ".join(item.reason for item in report.problems)


@pytest.mark.parametrize(
    "comment",
    [
        "# litestar-fix: ignore[LSF990] because",
        "# litestar-fix: ignore[no-old]",
        "# litestar-fix: ignore",
        "# lint-ignore: NoOld",
        "# lint-ignore",
        "# noqa: LSF990",
        "# noqa",
    ],
)
def test_suppressed_findings_are_counted_and_left_alone(tmp_path: Path, comment: str) -> None:
    write(tmp_path, app=f"old()  {comment}\nold()\n")

    report = engine(tmp_path, renaming("old", "new")).fix(unsafe=False, dry_run=False)

    assert states(report) == [("app.py", 1, State.SUPPRESSED), ("app.py", 2, State.FIXED)]
    assert contents(tmp_path) == {"app.py": f"old()  {comment}\nnew()\n"}


def test_other_codes_suppress_nothing(tmp_path: Path) -> None:
    write(tmp_path, app="old()  # noqa: LSF101\nold()  # lint-ignore: Other\n")
    assert engine(tmp_path, renaming("old", "new")).check().states == {State.FIX: 2}


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbfold()\r\n",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\nold()\n",
        b"old()\r\nx = 1\ny = 2\r\n",
        b"old()",
        b"x = '''\r\n'''\r\nif x:\r\n\told()\r\n",
        "x = 'straße'; old()\n".encode(),
        b"x = 1\x0c\nold()\n",
    ],
)
def test_other_bytes_stay(tmp_path: Path, source: bytes) -> None:
    write(tmp_path, app=source)

    report = engine(tmp_path, renaming("old", "new")).fix(unsafe=False, dry_run=False)

    assert not report.problems
    assert (tmp_path / "app.py").read_bytes() == source.replace(b"old()", b"new()")


def test_a_file_that_libcst_does_not_give_back_is_named_and_left(tmp_path: Path) -> None:
    write(tmp_path, app="old()\n\n\n   ", other="old()\n")

    report = engine(tmp_path, renaming("old", "new")).fix(unsafe=False, dry_run=False)

    assert states(report) == [("app.py", 1, State.ERROR), ("other.py", 1, State.FIXED)]
    assert "byte for byte" in report.problems[0].reason


def test_a_file_that_changed_since_it_was_analysed_is_left(tmp_path: Path) -> None:
    write(tmp_path, app="old()\n")
    running = engine(tmp_path, renaming("old", "new"))
    write(tmp_path, app="old()\n# meanwhile\n")

    report = running.fix(unsafe=False, dry_run=False)

    assert contents(tmp_path) == {"app.py": "old()\n# meanwhile\n"}
    assert states(report) == [("app.py", 1, State.ERROR)]
    assert "changed since it was analysed" in report.problems[0].reason


def test_unreadable_files_are_named_and_the_others_done(tmp_path: Path) -> None:
    write(tmp_path, app="old()\n", broken="def f(:\n")

    report = engine(tmp_path, renaming("old", "new")).fix(unsafe=False, dry_run=False)

    assert contents(tmp_path)["app.py"] == "new()\n"
    assert [item.path for item in report.problems] == ["broken.py"]


def test_comment_edits(tmp_path: Path) -> None:
    source = "old()  # one\n# two\nx = [\n    # three\n]\n\n\ndef f():  # four\n    # five\n    pass\n    # six\n"
    write(tmp_path, app=source)

    def make(_project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        names = ["# one", "# two", "# three", "# four", "# five", "# six"]
        spans = [at(source, name) for name in names]
        texts = ["# uno", None, None, None, "# cinco", None]
        changes = [edits.CommentEdit("app.py", span, text) for span, text in zip(spans, texts, strict=True)]
        return (edits.NodeEdit(finding.path, finding.span, cst.Call, edits.rename_call("new")), *changes)

    report = engine(tmp_path, rule_for("old", make)).fix(unsafe=False, dry_run=False)

    assert not report.problems
    assert contents(tmp_path) == {"app.py": "new()  # uno\nx = [\n]\n\n\ndef f():\n    # cinco\n    pass\n"}


def test_a_dry_run_says_what_the_real_one_does_with_read_only_files(tmp_path: Path) -> None:
    write(tmp_path, locked="old()\nplain()\n", free="old()\n")
    (tmp_path / "locked.py").chmod(0o444)
    rules = (
        rule_for("old", lambda _, item: (edits.NodeEdit(item.path, item.span, cst.Call, _two_lines),)),
        renaming("plain", "new", code="LSF991", applicability=Applicability.NONE),
    )

    dry = engine(tmp_path, *rules).fix(unsafe=False, dry_run=True)
    real = engine(tmp_path, *rules).fix(unsafe=False, dry_run=False)

    assert states(dry) == [
        ("free.py", 1, State.WOULD_FIX),
        ("locked.py", 1, State.ERROR),
        ("locked.py", 2, State.REPORT),
    ]
    assert [(path, line, State.FIXED if path == "free.py" else state) for path, line, state in states(dry)] == states(
        real
    )
    assert [(item.path, item.reason) for item in dry.problems] == [("locked.py", "left alone: it is read-only")]
    assert dry.problems == real.problems
    assert dry.changes == real.changes
    assert [item.path for item in dry.changes] == ["free.py"]


def _two_lines(node: cst.Call, config: cst.PartialParserConfig) -> edits.Result:
    return edits.replace_expression("new(\n    1,\n)")(node, config)


# ---------------------------------------------------------------------------------------------------- several processes
def test_rules_that_are_asked_apart_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    example = ROOT / "examples" / "booking-service"
    alone = api.check([example], run=api.Run(jobs=1, cache=False))

    monkeypatch.setattr("litestar_fix.asking._WORTH_LINES", 0)

    assert api.check([example], run=api.Run(jobs=2, cache=False)) == alone
    assert len(alone.findings) > 20


def test_a_rule_that_fails_in_a_process_of_its_own_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(tmp_path, app="one()\ntwo()\n")
    monkeypatch.setattr("litestar_fix.asking._WORTH_LINES", 0)
    found = engine(tmp_path, renaming("one", "len"), renaming("two", "any", code="LSF991"))
    found.asker.jobs = 2
    monkeypatch.setattr("litestar_fix.registry.selected", lambda _: ("LSF990", "LSF991"))
    monkeypatch.setattr(found.asker.rules[0], "find", lambda _: 1 // 0)

    report = found.check()

    assert [item.code for item in report.findings] == ["LSF991"]
    (problem,) = report.problems
    assert problem.code == "LSF990"
    assert "ZeroDivisionError" in problem.reason
