"""LSF201: applications answer alike before and after their services are handed values instead of requests."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from pathlib import Path

import pytest

from tests.answering import answers
from tests.goldens import AFTER, BEFORE

STEM = "request_in_service"


@pytest.mark.parametrize(
    ("case", "requests"),
    [
        ("example", ["POST /telescopes/north/nights"]),
        ("imports_as_the_module_has_them", ["GET /"]),
        ("keywords_and_positions", ["GET /?lang=fr", "GET /"]),
        ("named_values_and_docstrings", ["GET /reports?tide=high", "GET /reports?beach=south", "GET /reports"]),
        ("one_service_calls_another", ["GET /beers/stout"]),
        ("real_code_shapes", ["GET /huts/eagle?keeper=Uli", "GET /huts/eagle"]),
        ("tests_call_it_too", ["GET /rides"]),
        ("users_of_authenticated_requests", ["POST /harvests"]),
    ],
)
def test_the_responses_stay_as_they_were(case: str, requests: list[str]) -> None:
    before, after = (answers(folder / STEM / case, *requests) for folder in (BEFORE, AFTER))

    assert before == after
    assert all(status in (200, 201) for status, _ in before)


@pytest.mark.parametrize("folder", [BEFORE, AFTER], ids=["before", "after"])
def test_what_a_service_is_handed_can_be_made_without_a_request(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder / STEM / "one_service_calls_another"))
    known = set(sys.modules)
    notes = importlib.import_module("brewery.services.notes")
    for name in set(sys.modules) - known:
        del sys.modules[name]

    takes_request = "request" in inspect.signature(notes.note_down).parameters
    assert takes_request == (folder == BEFORE)
    if takes_request:
        with pytest.raises(AttributeError, match="headers"):
            notes.note_down("stout", "Ann")
    else:
        assert notes.note_down("stout", "Ann") == "stout, tasted by Ann"


def test_a_user_that_may_be_missing_is_why_the_order_matters() -> None:
    status, body = answers(BEFORE / STEM / "refuse_users_that_may_be_missing", "GET /")[0]

    assert status == 500
    assert "Internal Server Error" in json.loads(body)["detail"]
