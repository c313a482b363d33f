"""What the messages about authorization and authentication claim, shown by requests to the fixtures."""

from __future__ import annotations

import json
from pathlib import Path

from litestar.testing import TestClient

from tests.answering import answers
from tests.goldens import AFTER, BEFORE
from tests.test_path_behaviour import application

_VAULT = '["sceptre","crown"]'


def _asked_one_after_the_other(folder: Path, *badges: str) -> list[tuple[int, str]]:
    with TestClient(application(folder)) as client:
        found = [client.get("/vault", headers={"x-badge": badge}) for badge in badges]
    return [(answer.status_code, answer.text if answer.is_success else "") for answer in found]


def test_a_cached_response_goes_around_a_check_in_the_handler_and_not_around_a_guard() -> None:
    case = Path("inline_authorization") / "example"

    assert _asked_one_after_the_other(BEFORE / case, "eve", "ada", "eve") == [(403, ""), (200, _VAULT), (200, _VAULT)]
    assert _asked_one_after_the_other(AFTER / case, "eve", "ada", "eve") == [(403, ""), (200, _VAULT), (403, "")]


def test_whom_a_handler_denied_a_guard_denies_and_before_parameters_are_looked_at() -> None:
    case = Path("inline_authorization") / "one_guard_for_the_same_check"
    lines = ("GET /lamps", "GET /lamps/main/wear?year=1930", "GET /log", "GET /lamps/main/wear?year=last")

    assert [status for status, _ in answers(BEFORE / case, *lines)] == [200, 403, 401, 400]
    assert [status for status, _ in answers(AFTER / case, *lines)] == [200, 403, 401, 403]


def test_a_route_that_does_not_authenticate_by_hand_is_open() -> None:
    example = BEFORE / "manual_authentication" / "example"
    schema = json.loads(answers(example, "GET /schema/openapi.json")[0][1])

    assert [status for status, _ in answers(example, "GET /readings", "GET /stations")] == [401, 200]
    assert "securitySchemes" not in schema.get("components", {})
