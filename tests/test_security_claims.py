"""What the messages about security claim, shown by requests to the applications of the fixtures."""

from __future__ import annotations

from itertools import count
from typing import Any

from litestar import get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware.csrf import generate_csrf_token
from litestar.testing import TestClient, create_test_client

from tests.answering import answers
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


def test_without_csrf_config_the_cookie_alone_lets_a_request_through() -> None:
    folder = BEFORE / "missing_app_protection" / "example"

    _, (status, body) = answers(folder, "POST /sign-in?name=judit", "POST /resign")

    assert (status, body) == (201, "judit resigned")


def test_who_has_the_secret_of_a_csrf_config_makes_tokens_that_pass() -> None:
    with TestClient(application(BEFORE / "hardcoded_secret" / "example")) as client:
        made = generate_csrf_token("hG7x-Qm2Lr9ZtV4bNs81")
        client.cookies.set("csrftoken", made)
        forged = client.post("/beers?name=Kriek", headers={"x-csrftoken": made})
        refused = client.post("/beers?name=Kriek", headers={"x-csrftoken": "guessed"})

    assert (forged.status_code, refused.status_code) == (201, 403)


def test_guards_are_asked_before_a_cached_response_is_given() -> None:
    def requires_reader(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if "x-reader" not in connection.headers:
            raise NotAuthorizedException

    made = count(1)

    @get("/", cache=60, guards=[requires_reader])
    async def count_answers() -> int:
        return next(made)

    with create_test_client([count_answers]) as client:
        found = [client.get("/", headers=headers) for headers in ({"x-reader": "ada"}, {"x-reader": "ida"}, {})]

    assert [answer.status_code for answer in found] == [200, 200, 401]
    assert [answer.text for answer in found[:2]] == ["1", "1"]
