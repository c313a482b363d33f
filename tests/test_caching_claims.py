"""What the messages about caches claim, shown by requests to the applications of the fixtures."""

from __future__ import annotations

from tests.answering import answers
from tests.goldens import BEFORE


def test_a_cached_coroutine_fails_the_second_client() -> None:
    first, second, cached = answers(
        BEFORE / "manual_caching" / "example", "GET /wind/bude", "GET /wind/bude", "GET /tides/bude"
    )

    assert first == (200, "4")
    assert second[0] == 500
    assert cached == (200, "2.0")
