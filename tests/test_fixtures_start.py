"""Every golden application is started under real Litestar, and a safe fix leaves it with the same contract.

The tests of a case come one after the other, so that its applications are started once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from litestar_fix.discovery import discover
from litestar_fix.engine import Engine
from litestar_fix.model.contents import hash_files
from litestar_fix.model.gather import gather
from litestar_fix.proof.announced import fixed, unannounced
from tests.goldens import AFTER, Case, FactsAtHand, cases
from tests.runtime import started
from tests.test_graph import disagreements

pytestmark = pytest.mark.usefixtures("in_this_process")
#: pydantic keeps the field out of responses, Litestar's schema shows it all the same, until a DTO leaves it out.
BEYOND = {
    "sensitive_field_exposed/pydantic_models_of_an_older_litestar": (
        "GET /owner: responses.200.content.application/json.schema.properties.draft",
        "GET /visits: responses.200.content.application/json.schema.items.properties.animal.properties.owner",
    )
}


def installed() -> tuple[int, ...]:
    return tuple(int(part) for part in version("litestar").split(".")[:2])


def startable() -> Iterator[Case]:
    """The cases that the installed Litestar is new enough for."""
    for case in cases():
        needed = case.header("needs litestar>=")
        if tuple(int(part) for part in (needed or "0").split(".")) <= installed():
            yield case


def start(case: Case, folder: Path) -> dict[str, Any]:
    return started(folder, case.header("app") or "app:app")


ALL = pytest.mark.parametrize("case", list(startable()), ids=str, scope="module")
FIXED = pytest.mark.parametrize(
    "case",
    [case for case in startable() if case.after != case.before and not case.header("does not start")],
    ids=str,
    scope="module",
)


@ALL
def test_the_application_starts_or_fails_as_announced(case: Case) -> None:
    reason = case.header("does not start")
    before = start(case, case.before)["error"]

    if reason:
        assert before is not None
        assert reason in before
    else:
        assert before is None
    if (AFTER / case.stem / case.name).is_dir():
        assert start(case, case.after)["error"] is None


@ALL
def test_the_graph_agrees_with_litestar(case: Case) -> None:
    folders = {case.before, case.after} - ({case.before} if case.header("does not start") else set())

    for folder in folders:
        is_fixed = folder != case.before
        are_known = not case.header("no route is ever known") and (is_fixed or not case.header("no route is known"))
        assert list(disagreements(folder, start(case, folder), are_known=are_known)) == []


@FIXED
def test_a_safe_fix_keeps_the_contract(case: Case) -> None:
    states = {line.split()[3].partition("(")[0].rstrip(":") for line in case.findings}
    before, after = start(case, case.before), start(case, case.after)

    if "needs-unsafe" in states:
        assert served(before) == served(after)
    else:
        # a key that a handler does not use may come to it with what is hoisted
        old, new = rows(before), rows(after)
        assert all(set(row["dependencies"]) <= set(other["dependencies"]) for row, other in zip(old, new, strict=True))
        assert [{**row, "dependencies": ()} for row in old] == [{**row, "dependencies": ()} for row in new]
        assert before["openapi"] == after["openapi"]


def rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The routes; the automatic OPTIONS ones are declared to change with what is hoisted on Litestar 2."""
    return sorted(
        (row for row in answer["routes"] if row["method"] != "OPTIONS"), key=lambda row: (row["path"], row["method"])
    )


def served(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((row["method"], row["path"]) for row in answer["routes"])


@FIXED
def test_what_a_fix_changes_at_run_time_is_what_it_announces(case: Case) -> None:
    before, after = (start(case, folder)["contract"] for folder in (case.before, case.after))
    found = discover([case.before], case.settings, case.before)
    sources = hash_files(found.root, found.files)
    gathered = gather(found.root, sources, FactsAtHand(found.root), jobs=1)
    engine = Engine(found, sources, case.settings, gathered, jobs=1)
    mended = engine._attempt(True, {}).rewriting.mended

    changed = [str(item) for item in unannounced(before, after, [fixed(*item) for item in mended])]
    assert len(changed) == len(BEYOND.get(str(case), ()))
    assert all(name in line for name, line in zip(BEYOND.get(str(case), ()), changed, strict=True))
