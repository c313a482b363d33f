"""What clients get and may send, before and after dicts have become dataclasses (LSF304, LSF305)."""

from __future__ import annotations

import json

import pytest

from tests.answering import answers
from tests.goldens import AFTER, BEFORE


@pytest.mark.parametrize(
    ("case", "paths"),
    [
        ("example", ["/telescopes", "/telescopes/Tycho", "/telescopes/unknown"]),
        ("values_of_all_kinds", ["/batches", "/batches/Stout", "/batches/Gose", "/batches/unknown"]),
        ("models_of_other_files", ["/exhibits", "/exhibits/00000000-0000-0000-0000-000000000001"]),
        ("names_are_taken", ["/hives/3", "/number", "/inspection"]),
        ("real_code_shapes", ["/stops", "/stops/Am%20Wehr", "/stops/by-name/Am%20Wehr", "/stops/unknown"]),
    ],
)
def test_a_dataclass_is_the_same_json_as_the_dict(case: str, paths: list[str]) -> None:
    requests = [f"GET {path}" for path in paths]
    before, after = (answers(folder / "dict_response" / case, *requests) for folder in (BEFORE, AFTER))

    assert before == after
    assert before[0][0] == 200
    assert '":' in before[0][1]


def test_hooks_and_decorators_see_the_dict_itself() -> None:
    folder = BEFORE / "dict_response" / "refuse_something_sees_the_dict"
    plain = {"name": "Knut", "species": "polar bear", "legs": 4}

    signed, ordered, shouted = answers(folder, "GET /signed", "GET /sorted", "GET /shouting")

    assert json.loads(signed[1]) == {**plain, "signed": True}
    assert list(json.loads(ordered[1])) == sorted(plain)
    assert json.loads(shouted[1]) == {key.upper(): value for key, value in plain.items()}


REMARK = '"station": "00000000-0000-0000-0000-000000000001", "day": "2024-01-02", "remark": " low "'


def asked(case: str, *requests: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """What the application of a case of LSF305 answers before and after."""
    before, after = (answers(folder / "untyped_request_body" / case, *requests) for folder in (BEFORE, AFTER))
    return before, after


@pytest.mark.parametrize(
    ("case", "requests"),
    [
        (
            "example",
            [
                'POST /orders {"beer": "Stout", "kegs": 2}',
                'POST /orders {"beer": "Stout", "kegs": 2, "note": "soon"}',
                'POST /orders {"beer": "Stout", "kegs": 2, "note": null, "colour": "black"}',
            ],
        ),
        (
            "types_that_are_clearly_meant",
            [
                'POST /stations {"name": "Ford", "kilometre": 3.5, "depth": 1}',
                'POST /stations {"name": "Ford", "kilometre": 3.5, "depth": 1, "sensors": ["pH"], "is_open": false}',
                'PUT /stations {"name": "Ford", "keeper": null, "depth": 2}',
                f'PATCH /stations {{{REMARK}, "wind": {{"speed": 3}}}}',
                f'PATCH /stations {{{REMARK}, "wind": {{"speed": 3.5}}, "level": 1.5, "extra": {{"a": [1]}}}}',
                f'PATCH /stations {{{REMARK}, "wind": {{"speed": 1}}, "marks": [1, "b"], "weather": ["rain"]}}',
                f'PATCH /stations {{{REMARK}, "wind": {{"speed": 1}}, "by": "Bo", "urgent": true, "level": null}}',
            ],
        ),
        ("models_of_other_files", ['POST /singers {"name": "Bo"}', 'POST /singers {"name": "Bo", "song": [1]}']),
        ("explicit_body_of_a_new_litestar", ['POST /parcels {"to": "Ulm", "weight": "heavy"}']),
        (
            "real_code_shapes",
            [
                'POST /shifts {"ward": "A", "hours": 8}',
                'POST /shifts/new {"ward": "A", "hours": 8, "nurse": "Bo"}',
                "PUT /shifts/move {}",
                'PATCH /shifts/move {"ward": "B"}',
            ],
        ),
    ],
)
def test_what_is_meant_is_answered_alike(case: str, requests: list[str]) -> None:
    before, after = asked(case, *requests)

    assert before == after
    assert {status // 100 for status, _ in before} == {2}


@pytest.mark.parametrize(
    ("case", "request_", "key"),
    [
        ("example", 'POST /orders {"kegs": 2}', "beer"),
        ("example", 'POST /orders {"beer": "Stout"}', "kegs"),
        ("types_that_are_clearly_meant", 'PUT /stations {"name": "Ford", "depth": 2}', "keeper"),
        ("models_of_other_files", "POST /singers {}", "name"),
        ("real_code_shapes", 'POST /shifts {"hours": 8}', "ward"),
    ],
)
def test_a_missing_key_is_an_error_of_the_client_instead_of_the_server(case: str, request_: str, key: str) -> None:
    (before,), (after,) = asked(case, request_)

    assert before[0] == 500
    assert after[0] == 400
    assert f"`{key}`" in after[1]


@pytest.mark.parametrize(
    ("case", "request_"),
    [
        ("example", 'POST /orders {"beer": 5, "kegs": 2}'),
        ("example", 'POST /orders {"beer": "Stout", "kegs": "many"}'),
        ("example", 'POST /orders {"beer": null, "kegs": 2}'),
        ("models_of_other_files", 'POST /singers {"name": "Bo", "is_guest": "perhaps"}'),
    ],
)
def test_a_value_of_another_type_reaches_the_handler_before_and_not_after(case: str, request_: str) -> None:
    (before,), (after,) = asked(case, request_)

    assert before[0] == 201
    assert after[0] == 400


def test_numbers_that_come_as_text_become_numbers() -> None:
    (before,), (after,) = asked("example", 'POST /orders {"beer": "Stout", "kegs": "2"}')

    assert json.loads(before[1])["kegs"] == "2"
    assert json.loads(after[1])["kegs"] == 2


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ('POST /branch {"kind": "van"}', 201),
        ("POST /suppressed {}", 201),
        ("POST /mixed {}", 201),
        ("POST /caught {}", 400),
    ],
)
def test_a_key_may_be_missing_where_no_field_is_written_for_it(request_: str, status: int) -> None:
    folder = BEFORE / "untyped_request_body" / "refuse_keys_that_may_be_missing_today"

    ((answered, _),) = answers(folder, request_)

    assert answered == status
