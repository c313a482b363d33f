"""What the messages about security claim, shown by requests to the applications of the fixtures."""

from __future__ import annotations

from litestar.testing import TestClient

from tests.goldens import BEFORE
from tests.test_path_behaviour import application


def test_credentials_with_every_origin_let_any_site_read() -> None:
    with TestClient(application(BEFORE / "permissive_cors" / "example")) as client:
        headers = {"origin": "https://evil.example", "cookie": "session=1"}
        answer = client.get("/balance", headers=headers)

    assert answer.text == "120"
    assert answer.headers["access-control-allow-origin"] == "https://evil.example"
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_a_cached_response_is_given_to_the_next_client() -> None:
    with TestClient(application(BEFORE / "cached_private_response" / "example")) as client:
        first = client.get("/loans", headers={"x-reader": "ada"}).json()
        second = client.get("/loans", headers={"x-reader": "ida"}).json()

    assert (first, second) == (["Flatland"], ["Flatland"])
