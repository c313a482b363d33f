"""All golden cases, in three hosts: our engine, Fixit, and LibCST's codemod command."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest
from fixit.api import fixit_bytes
from fixit.ftypes import Config, LintViolation, QualifiedRule
from libcst.codemod import CodemodContext
from libcst.metadata import FullRepoManager

from litestar_fix import provider, registry
from litestar_fix.api import Run, check, fix
from litestar_fix.finding import Applicability, State
from litestar_fix.practice import command_for
from litestar_fix.result import Report, Reported, VerdictKind
from litestar_fix.settings import Settings
from tests.goldens import Case, cases, tree

RUN = Run(jobs=1, cache=False)
pytestmark = pytest.mark.usefixtures("in_this_process")
ALL = pytest.mark.parametrize("case", list(cases()), ids=str)
#: A guest host asks one rule at a time.
ALONE = pytest.mark.parametrize("case", [case for case in cases() if not case.header("selects")], ids=str)


def shown(item: Reported) -> str:
    """A finding as findings.txt has it."""
    state = f"{item.state}({item.reason})" if item.state is State.REFUSED else str(item.state)
    return f"{item.path}:{item.span.line}:{item.span.column + 1} {item.code} {item.severity} {state}: {item.message}"


def found(report: Report) -> list[str]:
    return sorted(shown(item) for item in report.findings if item.state is not State.SUPPRESSED)


@ALL
def test_check_finds_what_findings_txt_says(case: Case, tmp_path: Path) -> None:
    folder = case.copy(tmp_path)

    report = check([folder], case.settings, root=folder, run=RUN)

    assert report.problems == ()
    assert found(report) == sorted(case.findings)
    assert tree(folder) == tree(case.before)


@ALL
def test_fix_makes_the_project_after_and_a_second_run_makes_no_edit(case: Case, tmp_path: Path) -> None:
    folder = case.copy(tmp_path)

    report = fix([folder], case.settings, unsafe_fixes=True, root=folder, run=RUN)

    assert report.problems == ()
    assert _text(tree(folder)) == _text(tree(case.after))
    assert tree(folder) == tree(case.after)
    if case.after == case.before:
        assert not report.changes
        assert not [line for line in case.findings if f" {State.FIX}: " in line or f" {State.NEEDS_UNSAFE}: " in line]
    else:
        again = fix([folder], case.settings, unsafe_fixes=True, root=folder, run=RUN)
        assert again.changes == ()
        states = (State.FIX, State.FIXED, State.DEFERRED, State.ERROR)
        assert not [item for item in again.findings if item.state in states]
    if report.passes <= 1 and not case.header("selects"):
        _the_libcst_command_makes_the_same_files(case, tmp_path / "again")


@ALL
def test_safe_fixes_alone_preserve_the_contract_and_leave_the_unsafe_ones(case: Case, tmp_path: Path) -> None:
    folder = case.copy(tmp_path)

    report = fix([folder], case.settings, dry_run=True, root=folder, run=RUN)

    for item in report.findings:
        if item.state is State.WOULD_FIX:
            assert item.contract is not None
            assert item.contract.kind is VerdictKind.PRESERVED, item.contract.telling
    assert tree(folder) == tree(case.before)
    expected = sum(f" {State.FIX}: " in line for line in case.findings)
    assert report.states[State.WOULD_FIX] >= expected
    assert bool(report.changes) == bool(expected)


def _text(files: dict[str, bytes]) -> dict[str, str]:
    """Readable in a failing assertion."""
    return {path: content.decode("utf-8", "replace") for path, content in files.items()}


# ------------------------------------------------------------------------------------------------------------- Fixit
def violations(case: Case, folder: Path) -> Iterator[tuple[str, LintViolation]]:
    """Run the case's rule in Fixit, file by file."""
    for path in sorted(folder.rglob("*.py")):
        for result in fixit_bytes(path, path.read_bytes(), config=_config(case, folder, path)):
            assert result.error is None, result.error
            if result.violation:
                yield path.relative_to(folder).as_posix(), result.violation


def _config(case: Case, folder: Path, path: Path) -> Config:
    return Config(
        path=path,
        root=folder,
        enable=[QualifiedRule(f"litestar_fix.rules.{case.stem}")],
        disable=[QualifiedRule("fixit.rules")],
    )


@ALONE
def test_fixit_reports_the_same_places_and_offers_only_replacements_that_give_the_same_tree(
    case: Case, tmp_path: Path
) -> None:
    folder = case.copy(tmp_path)
    provider.forget()
    found_there = [*violations(case, folder)]

    expected = [tuple(line.split()[:2]) for line in case.findings if line.partition(":")[0].endswith(".py")]
    places = [(f"{path}:{_place(violation)}", violation.message.split()[0]) for path, violation in found_there]
    assert sorted(places) == sorted(expected)
    offered = [violation for _, violation in found_there if violation.autofixable]
    said = [violation.message for _, violation in found_there if not violation.autofixable]
    safe = [line for line in case.findings if f" {State.FIX}: " in line]
    assert len(offered) <= len(safe)
    advice = [line for line in said if line.endswith("; run `litestar-fix fix`")]
    assert len(offered) + len(advice) == len(safe)
    if not offered or len(offered) != len(case.findings):
        return
    for path in sorted(folder.rglob("*.py")):
        provider.forget()
        path.write_bytes(_autofixed(case, folder, path))
    assert _text(tree(folder)) == _text(tree(case.after))


def _place(violation: LintViolation) -> str:
    return f"{violation.range.start.line}:{violation.range.start.column + 1}"


def _autofixed(case: Case, folder: Path, path: Path) -> bytes:
    content = path.read_bytes()
    steps = fixit_bytes(path, content, config=_config(case, folder, path), autofix=True)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value or content


# ------------------------------------------------------------------------------------------------------------ LibCST
def _the_libcst_command_makes_the_same_files(case: Case, where: Path) -> None:
    folder = case.copy(where)
    (rule,) = registry.load([case.code])
    if rule.applicability is Applicability.NONE:
        return  # there is no command
    command = command_for(rule)
    files = sorted(str(path) for path in folder.rglob("*.py"))
    provider.forget()
    manager = FullRepoManager(str(folder), files, {provider.ProjectProvider})
    for name in files:
        context = CodemodContext(filename=name, metadata_manager=manager)
        result = command(context, unsafe_fixes=True).transform_module(cst.parse_module(Path(name).read_bytes()))
        assert result.bytes == (case.after / Path(name).relative_to(folder)).read_bytes()


# --------------------------------------------------------------------------------------------------- all rules at once
@ALL
def test_all_rules_together_come_to_an_end(case: Case, tmp_path: Path) -> None:
    folder = case.copy(tmp_path)
    settings = registry.override(case.settings, select=("ALL",), extend_select=(), ignore=())

    _comes_to_an_end(folder, settings)


@pytest.mark.parametrize("case", [case for case in cases() if case.after != case.before], ids=str)
def test_all_rules_together_come_to_an_end_after_the_fix(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / case.name
    shutil.copytree(case.after, folder, ignore=shutil.ignore_patterns("__pycache__"))
    settings = registry.override(case.settings, select=("ALL",), extend_select=(), ignore=())

    _comes_to_an_end(folder, settings)


def _comes_to_an_end(folder: Path, settings: Settings) -> None:
    """Nothing crashes, stays in conflict or oscillates."""
    report = fix([folder], settings, unsafe_fixes=True, dry_run=True, root=folder, run=RUN)

    assert report.problems == ()
    assert not {State.DEFERRED, State.ERROR} & set(report.states)
    if not report.changes:
        return  # a second run would be the same one
    for change in report.changes:
        (folder / change.path).write_bytes(change.new)
    again = fix([folder], settings, unsafe_fixes=True, dry_run=True, root=folder, run=RUN)
    assert again.problems == ()
    assert again.changes == ()
