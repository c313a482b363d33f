"""What clients are answered when a handler parses the body itself, and when Litestar does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Request, get, post
from litestar.exceptions import ImproperlyConfiguredException
from litestar.testing import TestClient, create_test_client

from tests.goldens import AFTER, BEFORE
from tests.test_path_behaviour import application

EXAMPLE = "manual_json_parsing/example"
RAW = "manual_json_parsing/raw_bodies_and_the_decoders_of_libraries"
AT_ONCE = "manual_json_parsing/values_used_at_once_and_called_data"
TYPES = "manual_json_parsing/types_that_decoders_name"
MALFORMED, EMPTY, ARRAY, NULL = b'{"name"', b"", b"[1]", b"null"

Answer = tuple[int, str]


def answers(folder: Path, *asked: tuple[str, bytes], content_type: str = "application/json") -> list[Answer]:
    """Send bodies to paths of a case's application."""
    with TestClient(application(folder), raise_server_exceptions=False) as client:
        sent = [client.post(path, content=body, headers={"content-type": content_type}) for path, body in asked]
        return [(response.status_code, response.text) for response in sent]


def statuses(folder: Path, path: str, *bodies: bytes) -> set[int]:
    return {status for status, _ in answers(folder, *[(path, body) for body in bodies])}


def test_what_is_no_object_is_answered_with_500_before_and_400_after() -> None:
    bodies = (MALFORMED, EMPTY, ARRAY, NULL, b"7", b'"text"')

    assert statuses(BEFORE / EXAMPLE, "/bookings/bergen", *bodies) == {500}
    assert statuses(AFTER / EXAMPLE, "/bookings/bergen", *bodies) == {400}


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(
    ("case", "asked"),
    [
        (EXAMPLE, [("/bookings/bergen", b'{"name": "Ada", "cars": 2}')]),
        (
            RAW,
            [
                ("/wind", b'{"speed": 4.5}'),
                ("/rain", b'{"millimetres": 3, "more": [null]}'),
                ("/snow", b'{"depth": 1e3}'),
                ("/hail", '{"size": "5 mm \u00e9"}'.encode()),
                ("/frost", b'{"depth": 2, "depth": 3}'),
            ],
        ),
        (
            AT_ONCE,
            [
                ("/names", b'{"name": "sedge"}'),
                ("/specimens", b'{"name": "sedge", "found": "here"}'),
                ("/places", b'{"place": "shore"}'),
                ("/drawers", b'{"label": "A", "size": 123456789012345678901234567890}'),
                ("/keys", b"{}"),
                ("/merged", b'{"pages": "3"}'),
            ],
        ),
        (
            TYPES,
            [
                ("/orders", b'{"loaves": 3, "other": 1}'),
                ("/orders/kinds", b'["rye"]'),
                ("/orders/cakes", b'{"layers": "3"}'),
            ],
        ),
    ],
)
def test_bodies_that_fit_are_answered_alike(case: str, asked: list[tuple[str, bytes]], content_type: str) -> None:
    before, after = (answers(folder / case, *asked, content_type=content_type) for folder in (BEFORE, AFTER))

    assert before == after
    assert {status for status, _ in before} == {201}


def test_what_does_not_fit_the_named_type_is_answered_with_400() -> None:
    bodies = (b'{"loaves": "many"}', b"{}", ARRAY, MALFORMED, EMPTY)

    assert statuses(BEFORE / TYPES, "/orders", *bodies) == {500}
    assert statuses(AFTER / TYPES, "/orders", *bodies) == {400}


def test_litestar_converts_more_than_msgspec() -> None:
    asked = ("/orders", b'{"loaves": "3"}')

    assert [status for status, _ in answers(BEFORE / TYPES, asked)] == [500]
    assert answers(AFTER / TYPES, asked) == [(201, '{"loaves":3,"sliced":false}')]


def test_what_only_the_standard_library_accepts_is_answered_with_400() -> None:
    bodies = ('{"speed": 1}'.encode("utf-16"), b'\xef\xbb\xbf{"speed": 1}', b'{"speed": NaN}')

    assert statuses(BEFORE / RAW, "/wind", *bodies) == {201}
    assert statuses(AFTER / RAW, "/wind", *bodies) == {400}


def test_an_empty_body_is_none_for_the_request_and_no_value_for_a_parameter() -> None:
    @post("/request")
    async def by_request(request: Request[Any, Any, Any]) -> str:
        return str(await request.json())

    @post("/parameter")
    async def by_parameter(data: dict[str, int] | None) -> str:
        return str(data)

    with create_test_client([by_request, by_parameter]) as client:
        assert client.post("/request").text == "None"
        assert client.post("/parameter", content=NULL).text == "None"
        assert client.post("/parameter").status_code == 400


def test_the_schema_has_the_body_only_after_the_fix() -> None:
    before, after = (
        application(folder / EXAMPLE).openapi_schema.to_schema()["paths"]["/bookings/{port}"]["post"]
        for folder in (BEFORE, AFTER)
    )

    assert "requestBody" not in before
    assert after["requestBody"]["content"]["application/json"]["schema"]["type"] == "object"


def test_a_handler_may_answer_before_it_parses_the_body() -> None:
    case = BEFORE / "manual_json_parsing" / "refuse_something_happens_before"

    first, second = answers(case, ("/answers?closed=true", MALFORMED), ("/raises", MALFORMED))
    assert first == (201, "closed")
    assert second[0] == 401


def test_get_with_data_does_not_start() -> None:
    @get("/")
    async def read(data: dict[str, int]) -> None: ...

    with pytest.raises(ImproperlyConfiguredException, match="'data' kwarg"):
        Litestar([read])
