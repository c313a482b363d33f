"""What the messages about loading claim, shown by requests to the applications of the fixtures."""

from __future__ import annotations

from tests.answering import answers
from tests.goldens import AFTER, BEFORE


def test_a_lazy_relationship_of_an_async_session_is_answered_with_500() -> None:
    case = ("n_plus_one", "async_sessions_and_awaitable_attributes")
    asked = ("GET /stars", "GET /first-stars")

    before, after = answers(BEFORE.joinpath(*case), *asked), answers(AFTER.joinpath(*case), *asked)
    assert before[0][0] == 500
    assert before[1] == after[1] == (200, '["Vega","Altair"]')
    assert after[0] == (200, '["Vega","Deneb","Altair"]')


def test_the_values_of_a_sync_session_stay() -> None:
    case = ("n_plus_one", "example")

    assert answers(BEFORE.joinpath(*case), "GET /ferries") == [(200, '{"Astrid":2,"Boreas":2,"Clio":2}')]
    assert answers(AFTER.joinpath(*case), "GET /ferries") == [(200, '{"Astrid":2,"Boreas":2,"Clio":2}')]
