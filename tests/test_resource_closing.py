"""LSF203: who closes what, and when, before the fix and after it: applications are started and asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from litestar_fix.api import Run, fix
from litestar_fix.settings import Settings
from tests.answering import answers
from tests.goldens import AFTER, BEFORE

EXAMPLE = "manual_resource_close/example"
SHARED = "manual_resource_close/several_handlers_close_what_one_provider_makes"

#: Sessions note that they are closed.
NOTING = """
from litestar import get
from sqlalchemy.ext.asyncio import AsyncSession

events = []
close = AsyncSession.close


async def note_close(session):
    events.append("closed")
    await close(session)


AsyncSession.close = note_close


@get("/events", sync_to_thread=False)
def read_events() -> str:
    return " ".join(events)


app.register(read_events)
"""


def noted(folder: Path, request: str) -> tuple[int, str]:
    """Ask an application, and then what it noted."""
    with (folder / "app.py").open("a") as file:
        file.write(NOTING)
    (status, _), (_, found) = answers(folder, request, "GET /events")
    return status, found


def copied(case: str, folder: Path, root: Path, *replaced: tuple[str, str]) -> Path:
    """Copy a case's application, changed."""
    shutil.copytree(root / case, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    source = (folder / "app.py").read_text("utf-8")
    for old, new in replaced:
        assert old in source
        source = source.replace(old, new)
    (folder / "app.py").write_text(source, "utf-8")
    return folder


@pytest.mark.parametrize(("root", "events"), [(BEFORE, "closed responded"), (AFTER, "responded closed")])
def test_what_a_handler_is_given_is_closed_after_the_response_is_made(tmp_path: Path, root: Path, events: str) -> None:
    hook = ("app = Litestar(", "app = Litestar(after_request=lambda it: events.append('responded') or it, ")

    assert noted(copied(EXAMPLE, tmp_path, root, hook), "GET /bookings") == (200, events)


@pytest.mark.parametrize("root", [BEFORE, AFTER])
def test_what_a_handler_is_given_is_closed_when_it_raises(tmp_path: Path, root: Path) -> None:
    broken = ("select 7", "select nothing")

    assert noted(copied(EXAMPLE, tmp_path, root, broken), "GET /bookings") == (500, "closed")


@pytest.mark.parametrize(("root", "events"), [(BEFORE, ""), (AFTER, "closed")])
def test_what_a_handler_opens_is_closed_when_it_raises(tmp_path: Path, root: Path, events: str) -> None:
    broken = ("select 30", "select nothing")

    assert noted(copied(EXAMPLE, tmp_path, root, broken), "GET /nights") == (500, events)


def test_a_handler_in_a_file_that_ignores_the_rule_keeps_its_close_and_so_do_the_others(tmp_path: Path) -> None:
    folder = copied(SHARED, tmp_path, BEFORE)
    settings = Settings(select=("LSF203",), per_file_ignores={"ferries/harbours.py": ("LSF203",)})

    report = fix([folder], settings, unsafe_fixes=True, root=folder, run=Run(jobs=1, cache=False))

    assert report.changes == ()
    assert {item.path for item in report.findings} == {"ferries/crossings.py"}
    assert {item.reason for item in report.findings} == {
        "list_harbours closes it, too, and per-file-ignores keeps that"
    }


REQUESTS = (
    "GET /crossings",
    "GET /crossings/5",
    "GET /crossings/10",
    "POST /crossings",
    "GET /harbours",
    "GET /harbours/count",
)


@pytest.mark.parametrize("request_line", REQUESTS)
@pytest.mark.parametrize("root", [BEFORE, AFTER])
def test_every_handler_of_a_provider_has_its_session_closed_once(tmp_path: Path, root: Path, request_line: str) -> None:
    assert noted(copied(SHARED, tmp_path, root), request_line)[1] == "closed"


def test_a_handler_that_did_not_close_leaks_no_longer(tmp_path: Path) -> None:
    before = noted(copied(SHARED, tmp_path / "before", BEFORE), "GET /crossings/season")
    after = noted(copied(SHARED, tmp_path / "after", AFTER), "GET /crossings/season")

    assert before == (200, "")
    assert after == (200, "closed")


@pytest.mark.parametrize(("provider", "events"), [(BEFORE, ""), (AFTER, "closed closed")])
def test_a_half_of_the_fix_would_be_a_leak_or_a_second_close(tmp_path: Path, provider: Path, events: str) -> None:
    handlers = AFTER if provider == BEFORE else BEFORE
    folder = copied(SHARED, tmp_path, handlers)
    shutil.copy(provider / SHARED / "ferries" / "db.py", folder / "ferries" / "db.py")

    assert noted(folder, "GET /harbours/count") == (200, events)


def test_answers_stay_the_same(tmp_path: Path) -> None:
    before, after = (answers(copied(SHARED, tmp_path / root.name, root), *REQUESTS) for root in (BEFORE, AFTER))

    assert before == after
    assert [status for status, _ in before] == [200, 200, 404, 201, 200, 200]
