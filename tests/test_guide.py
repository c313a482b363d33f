"""Every code block of the guide is a small project in ``fixtures/guide``: the rules find in it what it shows."""

from __future__ import annotations

import re
import shutil
from itertools import groupby
from pathlib import Path

import pytest

from guide_coverage import AUDIT_CHECKS, CHECKLIST, Snippet, snippets
from litestar_fix import registry
from litestar_fix.api import Run, check, fix
from litestar_fix.finding import State
from litestar_fix.result import Report
from litestar_fix.settings import Settings
from tests.runtime import failures, resolved

RUN = Run(jobs=1, cache=False)
ALL = pytest.mark.parametrize("snippet", snippets(), ids=str)
#: The blocks of the guide; the first is a diagram.
BLOCKS = range(2, 40)
KINDS = (["anti-pattern"], ["good block"], ["good block as written", "good block mended"])


@pytest.fixture
def project(snippet: Snippet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for pair in snippet.header("environment").split():
        monkeypatch.setenv(*pair.split("=", 1))
    target = tmp_path / snippet.folder.name
    shutil.copytree(snippet.folder, target, ignore=shutil.ignore_patterns("expected.txt", "__pycache__"))
    return target


def settings(snippet: Snippet) -> Settings:
    """All rules for what is good; for the rest, those that are on by default, and those that it names."""
    select = ("ALL",) if snippet.is_good else ()
    named = tuple(snippet.header("selects").split())
    return registry.override(Settings(), select=select, extend_select=named, ignore=())


def found(report: Report) -> list[str]:
    return [f"{item.path}:{item.span.line} {item.code}" for item in report.findings]


def start(snippet: Snippet, folder: Path) -> str:
    """Why the application does not start, '' where it does."""
    error = resolved(folder, snippet.header("app") or "app:app")["error"]
    return str(error) if error is not None else ""


@pytest.mark.parametrize("info", registry.rules(), ids=lambda info: info.code)
def test_a_rule_stands_where_it_says_that_the_guide_asks_for_it(info: registry.RuleInfo) -> None:
    chapters = re.match(r"[\d, ]*", info.guide)[0].replace(",", " ").split()  # type: ignore[index] # it may be empty

    assert set(chapters) <= {chapter for chapter, _, codes in AUDIT_CHECKS if info.code in codes}
    if "checklist" in info.guide:
        assert any(info.code in codes for _, _, codes in CHECKLIST)


def test_every_block_is_there() -> None:
    blocks = {block: [item.head[1] for item in items] for block, items in groupby(snippets(), lambda item: item.block)}

    assert list(blocks) == list(BLOCKS)
    assert all(kinds in KINDS for kinds in blocks.values()), blocks


@ALL
def test_check_finds_what_the_block_shows_and_nothing_else(snippet: Snippet, project: Path) -> None:
    report = check([project], settings(snippet), root=project, run=RUN)

    assert report.problems == ()
    assert sorted(found(report)) == sorted(snippet.expected)
    assert bool(snippet.expected) != (snippet.is_good or bool(snippet.header("no rule names it")))


@ALL
def test_the_application_starts_or_says_why_not(snippet: Snippet, project: Path) -> None:
    reason, error = snippet.header("does not start"), start(snippet, project)

    assert reason in error
    assert bool(error) == bool(reason)


@pytest.mark.parametrize("snippet", [item for item in snippets() if not item.is_good], ids=str)
def test_what_is_fixed_is_found_no_more_and_the_application_starts(snippet: Snippet, project: Path) -> None:
    report = fix([project], settings(snippet), unsafe_fixes=True, root=project, run=RUN)
    after = check([project], settings(snippet), root=project, run=RUN)

    assert report.problems == ()
    assert {item.state for item in report.findings} <= {State.FIXED, State.REPORT, State.REFUSED}
    left = [item.code for item in report.findings if item.state is not State.FIXED]
    assert sorted(item.code for item in after.findings) == sorted(left)
    assert {item.state for item in after.findings} <= {State.REPORT, State.REFUSED}
    assert bool(report.changes) == (len(left) < len(report.findings))
    reason = snippet.header("does not start after the fix")
    error = start(snippet, project)
    assert reason in error
    assert bool(error) == bool(reason)


@pytest.mark.parametrize(
    "snippet", [item for item in snippets() if item.is_good and not item.header("does not start")], ids=str
)
@pytest.mark.usefixtures("snippet")
def test_a_good_block_works(project: Path) -> None:
    assert failures(project) == []
