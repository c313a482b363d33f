"""What the messages about exceptions claim, shown by requests to the applications of the fixtures."""

from __future__ import annotations

from tests.answering import answers
from tests.goldens import AFTER, BEFORE


def test_a_status_in_the_first_place_is_answered_with_500_and_without_the_detail() -> None:
    case = ("positional_status_code", "example")

    ((status, body),) = answers(BEFORE.joinpath(*case), "GET /lifts/7")
    assert (status, "there is no lift" in body) == (500, False)
    ((status, body),) = answers(AFTER.joinpath(*case), "GET /lifts/7")
    assert (status, "there is no lift 7" in body) == (404, True)


def test_a_specific_class_keeps_its_status_and_says_a_number_for_a_detail() -> None:
    case = ("positional_status_code", "specific_classes_and_subclasses")
    asked = [f"GET /seeds/{number}" for number in range(4)]

    before, after = answers(BEFORE.joinpath(*case), *asked), answers(AFTER.joinpath(*case), *asked)
    assert [status for status, _ in before] == [404, 403, 500, 400]
    assert '"detail":"404"' in before[0][1]
    assert [status for status, _ in after] == [404, 403, 423, 422]
    assert '"detail":"no such seed"' in after[0][1]
    assert '"detail":"the vault is closed"' in after[2][1]


def test_a_result_method_on_the_coroutine_is_answered_with_500() -> None:
    case = ("await_misplaced", "every_way_to_a_session")

    assert [status for status, _ in answers(BEFORE.joinpath(*case), "GET /berths", "GET /berths/1")] == [500, 500]
    assert answers(AFTER.joinpath(*case), "GET /berths", "GET /berths/1") == [(200, '["Ada"]'), (200, "Olga")]


def test_an_awaited_publish_is_answered_with_500() -> None:
    case = ("awaited_publish", "real_code_shapes")

    assert answers(BEFORE.joinpath(*case), "POST /goals")[0][0] == 500
    assert answers(AFTER.joinpath(*case), "POST /goals")[0][0] == 201


def test_debug_answers_errors_with_tracebacks() -> None:
    ((status, body),) = answers(BEFORE / "debug_enabled" / "example", "GET /horses/7")

    assert (status, "IndexError" in body, "Traceback" in body) == (500, True, True)


def test_a_tuple_with_a_status_is_sent_as_an_array_with_the_status_of_success() -> None:
    case = ("tuple_status_return", "every_way_to_return")
    asked = ("POST /seats/5", "GET /seats/5", "GET /seats/6", "GET /prices/901", "POST /seats/5")

    before = answers(BEFORE.joinpath(*case), *asked)
    assert before[:2] == [(201, '[{"seat":5},201]'), (200, '["sold",410,{"x-sold":"yes"}]')]
    after = answers(AFTER.joinpath(*case), *asked)
    assert [status for status, _ in after] == [201, 410, 200, 404, 409]
    assert [body for _, body in after] == ['{"seat":5}', "sold", '{"seat":6}', '{"seat":901}', '{"seat":5}']


def test_a_coroutine_function_answers_no_exception() -> None:
    case = ("broken_exception_handler", "real_code_shapes")
    asked = ("GET /tracks/1?b=3", "GET /tracks/13", "GET /tracks/100", "GET /tracks/7")

    assert [status for status, _ in answers(BEFORE.joinpath(*case), *asked)] == [500, 500, 500, 200]
    after = answers(AFTER.joinpath(*case), *asked)
    assert [status for status, _ in after] == [500, 409, 404, 200]
    assert [body for _, body in after[:3]] == ["crashed", "punctured \u26a0", "there are 99 laps"]


def test_a_namesake_of_the_validation_exception_sees_no_request_that_does_not_validate() -> None:
    folder = BEFORE / "broken_exception_handler" / "shadowed_validation_exception"

    (raised, invalid) = answers(folder, "GET /pilots/Ida", "GET /pilots/Amelia?least=many")
    assert raised == (422, "no such pilot")
    assert (invalid[0], invalid[1].startswith('{"status_code":400,')) == (400, True)


def test_a_guard_that_returns_false_lets_everybody_in() -> None:
    case = ("guard_returns_bool", "example")

    assert answers(BEFORE.joinpath(*case), "GET /cellar") == [(200, "7000")]
    assert answers(AFTER.joinpath(*case), "GET /cellar")[0][0] == 403


def test_the_text_of_an_exception_is_sent_where_the_handler_returns_it() -> None:
    case = ("swallowed_exception", "example")
    asked = ("GET /sailings/1", "GET /sailings/2")

    before, after = answers(BEFORE.joinpath(*case), *asked), answers(AFTER.joinpath(*case), *asked)
    assert [status for status, _ in before] == [200, 200]
    assert "s3cret" in before[0][1]
    assert [status for status, _ in after] == [500, 404]
    assert "s3cret" not in after[0][1]
    assert "there is no such sailing" in after[1][1]


def test_litestar_sends_the_text_of_exceptions_but_not_the_detail_of_a_500() -> None:
    told = answers(
        BEFORE / "swallowed_exception" / "every_way_to_tell_the_text",
        *[f"GET /{name}/7" for name in ("maps", "deeds", "wills", "letters", "photos", "seals", "coins", "stamps")],
        "GET /scrolls/7",
        "POST /imports",
    )
    hidden = answers(BEFORE / "swallowed_exception" / "noop_clauses_that_raise", "GET /kegs/rye", "POST /kegs/rye")

    assert [status for status, _ in told] == [500, 200, 200, 200, 403, 400, 500, 409, 200, 201]
    assert all("postgresql://archive" in body for _, body in told)
    assert [status for status, _ in hidden] == [500, 500]
    assert not any("rye" in body for _, body in hidden)


def test_failures_are_answered_with_success_or_without_a_trace() -> None:
    folder = BEFORE / "swallowed_exception" / "answers_of_success_and_silence"
    asked = ["GET /usage/1", "GET /tents/1", "DELETE /tents/1", "POST /tents/1", "POST /payments/1"]

    assert [status for status, _ in answers(folder, *asked)] == [200, 200, 204, 201, 201]


def test_an_error_payload_is_sent_with_success_and_raised_with_its_status() -> None:
    case = ("error_payload_returned", "every_status")
    asked = [f"POST /lessons/{number}?pupil=Ada" for number in (400, 401, 403, 404, 409, 422, 429)]
    asked += ["POST /lessons/7?pupil=Max", "POST /rooms/100", "POST /rooms/0"]

    before, after = answers(BEFORE.joinpath(*case), *asked), answers(AFTER.joinpath(*case), *asked)
    assert [status for status, _ in before] == [201] * 9 + [200]
    assert [status for status, _ in after] == [400, 401, 403, 404, 409, 422, 429, 409, 503, 404]
    assert "who is Ada?" in after[1][1]
    assert '"detail":"taken by Ada"' in after[4][1]
