"""What clients are answered when a handler parses the body itself, and when Litestar does."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar, Request, get, post
from litestar.exceptions import ImproperlyConfiguredException
from litestar.testing import TestClient, create_test_client

from tests.goldens import AFTER, BEFORE
from tests.test_path_behaviour import application as loaded

EXAMPLE = "manual_json_parsing/example"
RAW = "manual_json_parsing/raw_bodies_and_the_decoders_of_libraries"
AT_ONCE = "manual_json_parsing/values_used_at_once_and_called_data"
TYPES = "manual_json_parsing/types_that_decoders_name"

application = cache(loaded)
OBJECT, MALFORMED, EMPTY, ARRAY, NULL = b'{"name": "Ada", "cars": 2}', b'{"name"', b"", b"[1]", b"null"


def answer(folder: Path, path: str, body: bytes, method: str = "POST", **headers: str) -> tuple[int, str]:
    with TestClient(application(folder), raise_server_exceptions=False) as client:
        response = client.request(method, path, content=body, headers={"content-type": "application/json"} | headers)
        return response.status_code, response.text


@pytest.mark.parametrize("body", [MALFORMED, EMPTY, ARRAY, NULL, b"7", b'"text"'])
def test_what_is_no_object_is_answered_with_500_before_and_400_after(body: bytes) -> None:
    assert answer(BEFORE / EXAMPLE, "/bookings/bergen", body)[0] == 500
    assert answer(AFTER / EXAMPLE, "/bookings/bergen", body)[0] == 400


@pytest.mark.parametrize("sent_as", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(
    ("case", "path", "body"),
    [
        (EXAMPLE, "/bookings/bergen", OBJECT),
        (RAW, "/wind", b'{"speed": 4.5}'),
        (RAW, "/rain", b'{"millimetres": 3, "more": [null]}'),
        (RAW, "/snow", b'{"depth": 1e3}'),
        (RAW, "/hail", '{"size": "5 mm \u00e9"}'.encode()),
        (RAW, "/frost", b'{"depth": 2, "depth": 3}'),
        (AT_ONCE, "/names", b'{"name": "sedge"}'),
        (AT_ONCE, "/specimens", b'{"name": "sedge", "found": "here"}'),
        (AT_ONCE, "/places", b'{"place": "shore"}'),
        (AT_ONCE, "/drawers", b'{"label": "A", "size": 123456789012345678901234567890}'),
        (AT_ONCE, "/keys", b"{}"),
        (AT_ONCE, "/merged", b'{"pages": "3"}'),
        (TYPES, "/orders", b'{"loaves": 3, "other": 1}'),
        (TYPES, "/orders/kinds", b'["rye"]'),
        (TYPES, "/orders/cakes", b'{"layers": "3"}'),
    ],
)
def test_objects_are_answered_alike(case: str, path: str, body: bytes, sent_as: str) -> None:
    before, after = (answer(folder / case, path, body, **{"content-type": sent_as}) for folder in (BEFORE, AFTER))

    assert before == after
    assert before[0] == 201


@pytest.mark.parametrize("body", [b'{"loaves": "many"}', b"{}", b"[]", MALFORMED, EMPTY])
def test_what_does_not_fit_the_named_type_is_answered_with_400(body: bytes) -> None:
    assert answer(BEFORE / TYPES, "/orders", body)[0] == 500
    assert answer(AFTER / TYPES, "/orders", body)[0] == 400


def test_litestar_converts_more_than_msgspec() -> None:
    assert answer(BEFORE / TYPES, "/orders", b'{"loaves": "3"}')[0] == 500
    assert answer(AFTER / TYPES, "/orders", b'{"loaves": "3"}') == (201, '{"loaves":3,"sliced":false}')


@pytest.mark.parametrize("body", ['{"speed": 1}'.encode("utf-16"), b'\xef\xbb\xbf{"speed": 1}', b'{"speed": NaN}'])
def test_what_only_the_standard_library_accepts_is_answered_with_400(body: bytes) -> None:
    assert answer(BEFORE / RAW, "/wind", body)[0] == 201
    assert answer(AFTER / RAW, "/wind", body)[0] == 400


def test_an_empty_body_is_none_for_the_request_and_no_value_for_a_parameter() -> None:
    @post("/request")
    async def by_request(request: Request) -> str:
        return str(await request.json())

    @post("/parameter")
    async def by_parameter(data: dict[str, int] | None) -> str:
        return str(data)

    with create_test_client([by_request, by_parameter]) as client:
        assert client.post("/request").text == "None"
        assert client.post("/parameter", content=b"null").text == "None"
        assert client.post("/parameter").status_code == 400


def test_the_schema_has_the_body_only_after_the_fix() -> None:
    before, after = (_operation(application(folder / EXAMPLE)) for folder in (BEFORE, AFTER))

    assert "requestBody" not in before
    assert after["requestBody"]["content"]["application/json"]["schema"]["type"] == "object"


def _operation(app: Litestar) -> dict[str, dict[str, dict[str, dict[str, dict[str, str]]]]]:
    schema = msgspec.to_builtins(app.openapi_schema.to_schema())
    operation: dict[str, dict[str, dict[str, dict[str, dict[str, str]]]]] = schema["paths"]["/bookings/{port}"]["post"]
    return operation


def test_a_body_is_parsed_before_the_handler_begins() -> None:
    """Why a fix is refused where a handler may answer before it reads."""
    case = BEFORE / "manual_json_parsing" / "refuse_something_happens_before"

    assert answer(case, "/answers?closed=true", MALFORMED) == (201, "closed")
    assert answer(case, "/raises", MALFORMED)[0] == 401


def test_get_with_a_body_does_not_start() -> None:
    @get("/")
    async def read(data: dict[str, int]) -> None: ...

    with pytest.raises(ImproperlyConfiguredException, match="'data' kwarg"):
        Litestar([read])
