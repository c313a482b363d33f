"""What clients get and may set, before and after the fixes of rules about DTOs."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from advanced_alchemy.base import UUIDBase
from litestar.testing import TestClient

from tests.goldens import AFTER, BEFORE


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that gives a client of a case's application."""
    known = set(sys.modules)

    def of(folder: Path) -> TestClient[Any]:
        for name in set(sys.modules) - known:
            if str(BEFORE.parent) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
        UUIDBase.metadata.clear()  # the case before and the one after define the same tables
        monkeypatch.syspath_prepend(str(folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return TestClient(importlib.import_module("app").app)

    yield of
    for name in set(sys.modules) - known:
        if str(BEFORE.parent) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize(
    ("case", "path", "field"),
    [
        ("ignored_dto_mark/example", "/readers", "email"),
        ("ignored_dto_mark/example", "/readers", "token"),
        ("ignored_dto_mark/aliases_in_another_file", "/guards", "door_code"),
        ("ignored_dto_mark/structs_and_pydantic_models", "/drugs", "margin"),
        ("ignored_dto_mark/keys_of_field_metadata", "/parcel", "content"),
        ("ignored_dto_mark/real_code_shapes", "/members", "card"),
        ("ignored_dto_mark/columns_keep_marks_in_info", "/", "diagnosis"),
        ("inert_return_dto/returned_models_are_known", "/cheeses/one", "recipe"),
        ("inert_return_dto/returned_models_are_known", "/cheeses/all", "recipe"),
        ("inert_return_dto/returned_models_are_known", "/cheeses/found", "recipe"),
        ("inert_return_dto/real_code_shapes", "/v1/trams/next", "driver"),
        ("unknown_dto_field/example", "/patients", "internalNote"),
        ("unknown_dto_field/indexes_left_out", "/", "chip_number"),
        ("unknown_dto_field/wire_names_and_aliases", "/account", "secret_pin"),
    ],
)
def test_the_field_is_in_the_response_before_and_gone_after(client: Any, case: str, path: str, field: str) -> None:
    before, after = (client(folder / case).get(path) for folder in (BEFORE, AFTER))

    assert before.status_code == after.status_code == 200
    assert f'"{field}":' in before.text
    assert f'"{field}":' not in after.text


def test_a_read_only_field_is_taken_from_clients_before_and_not_after(client: Any) -> None:
    case = "ignored_dto_mark/structs_and_pydantic_models"
    sent = {"drug": "Aspirin", "price": 99.0, "pin": "1234"}

    before, after = (client(folder / case).post("/orders", json=sent) for folder in (BEFORE, AFTER))

    assert before.json() == sent
    assert after.json() == {"drug": "Aspirin", "price": 1.0}


@pytest.mark.parametrize(
    ("case", "path", "field"),
    [
        ("inert_return_dto/example", "/members", "password"),
        ("inert_return_dto/inherited_across_files", "/books", "price"),
        ("inert_return_dto/inherited_across_files", "/shelf/latest", "price"),
        ("inert_return_dto/dictionaries_and_any", "/one", "sender"),
        ("inert_return_dto/dictionaries_and_any", "/any", "sender"),
        ("inert_return_dto/dictionaries_and_any", "/all", "sender"),
        ("inert_return_dto/base_class_of_the_model", "/Ada", "captain"),
    ],
)
def test_a_response_dto_for_another_model_hides_nothing(client: Any, case: str, path: str, field: str) -> None:
    response = client(BEFORE / case).get(path)

    assert response.status_code == 200
    assert f'"{field}":' in response.text


@pytest.mark.parametrize("number", [1, 2, 5, 7, 9])
def test_a_response_dto_for_the_model_hides_its_fields(client: Any, number: int) -> None:
    response = client(BEFORE / "inert_return_dto/noop_models_that_match").get(f"/{number}")

    assert response.status_code == 200
    assert "price" not in response.text


# --------------------------------------------------------------------------------- DTOs that serve both directions
@pytest.mark.parametrize(
    ("case", "sent", "path", "mine"),
    [
        (
            "shared_dto/example",
            {"guest": "Ada", "nights": 2, "id": "00000000-0000-0000-0000-000000000001"},
            "/bookings",
            {"id": "00000000-0000-0000-0000-000000000001"},
        ),
        (
            "shared_dto/requests_and_responses_get_a_dto_each",
            {"name": "Bo", "voice": "bass", "password": "do re mi", "id": 99, "created_at": "2020-02-02"},
            "/singers",
            {"id": 99, "created_at": "2020-02-02"},
        ),
        (
            "shared_dto/patch_gets_a_partial_dto",
            {"name": "Ida", "callSign": "OZ1", "id": "00000000-0000-0000-0000-000000000001"},
            "/v1/ferries",
            {"id": "00000000-0000-0000-0000-000000000001"},
        ),
        ("shared_dto/dto_without_a_name", {"species": "Heron", "seen_by": "Bo", "id": 7}, "/sightings", {"id": 7}),
        (
            "shared_dto/dto_of_a_base_controller_in_another_file",
            {"title": "Water Lilies", "id": 99},
            "/paintings",
            {"id": 99},
        ),
        (
            "shared_dto/a_dto_that_there_is_already",
            {"title": "Spelt", "flour": 1.5, "created_by": "an admin"},
            "/recipes",
            {"created_by": "an admin"},
        ),
    ],
)
def test_what_is_the_servers_is_taken_from_clients_before_and_not_after(
    client: Any, case: str, sent: dict[str, Any], path: str, mine: dict[str, Any]
) -> None:
    answers = []
    for folder in (BEFORE, AFTER):
        there = client(folder / case)
        assert there.post(path, json=sent).status_code == 201
        answers.append(there.get(path).json()[-1])
    before, after = answers

    assert {name: before[name] for name in mine} == mine
    assert {name: after[name] for name in mine if name in after} != mine
    # everything else is taken as before
    others = sent.keys() - mine.keys() & before.keys()
    assert {name: after[name] for name in others & after.keys()} == {name: sent[name] for name in others & after.keys()}


@pytest.mark.parametrize(
    ("case", "path", "field"),
    [
        ("shared_dto/requests_and_responses_get_a_dto_each", "/singers", "password"),
        ("shared_dto/requests_and_responses_get_a_dto_each", "/singers/1", "password"),
        ("shared_dto/only_the_responses_are_split", "/gardeners", "password"),
        ("shared_dto/only_the_responses_are_split", "/gardeners", "gate_secret"),
        ("shared_dto/real_code_shapes", "/v1/patients", "passwd"),
        ("shared_dto/pages_and_other_containers", "/letters", "secret"),
        ("shared_dto/pages_and_other_containers", "/letters/page", "secret"),
        ("shared_dto/pages_and_other_containers", "/letters/response", "secret"),
        ("shared_dto/pages_and_other_containers", "/letters/by-sender", "secret"),
        ("shared_dto/pages_and_other_containers", "/letters/last", "secret"),
    ],
)
def test_what_clients_write_is_not_sent_to_them_after(client: Any, case: str, path: str, field: str) -> None:
    before, after = (client(folder / case).get(path) for folder in (BEFORE, AFTER))

    assert before.status_code == after.status_code == 200
    assert f'"{field}":' in before.text
    assert f'"{field}":' not in after.text


def test_requests_still_take_the_secret_when_only_responses_are_split(client: Any) -> None:
    sent = {"id": 2, "name": "Jo", "password": "mulch"}

    after = client(AFTER / "shared_dto/only_the_responses_are_split").post("/gardeners", json=sent)

    assert after.status_code == 201
    assert after.json() == {"id": 2, "name": "Jo", "plot": None}


def test_a_patch_with_a_partial_dto_changes_what_it_is_sent(client: Any) -> None:
    there, path = client(AFTER / "shared_dto/patch_gets_a_partial_dto"), f"/v1/ferries/{uuid4()}"
    made = there.put(path, json={"name": "Ida", "callSign": "OZ1"}).json()

    changed = there.patch(path, json={"name": "Ane", "id": str(uuid4())})

    assert changed.status_code == 200
    assert changed.json() == made | {"name": "Ane"}


# -------------------------------------------------------------------------------------------------------------- PATCH
@pytest.mark.parametrize(
    ("case", "path", "sent", "kept"),
    [
        ("example", "/trees/1", {"height": 22.5}, {"species": "Ginkgo biloba", "height": 22.5, "planted_in": 1822}),
        (
            "dto_serves_others_too",
            "/windmills/1",
            {"sails": 2},
            {"name": "De Kat", "town": "Zaandam", "sails": 2, "keeper": None},
        ),
        (
            "fields_that_are_not_copied",
            "/flights/1",
            {"minutes": 60},
            {"pilot": "Hanna", "minutes": 60, "towed": True},
        ),
        ("configurations_of_all_kinds", "/plain/1", {"grams": 9.5}, {"label": "ore", "grams": 9.5}),
        ("configurations_of_all_kinds", "/named/1", {"grams": 9.5}, {"label": "ore", "grams": 9.5}),
        ("configurations_of_all_kinds", "/annotated/1", {"grams": 9.5}, {"label": "ore", "grams": 9.5}),
        ("configurations_of_all_kinds", "/inherited/1", {"grams": 9.5}, {"label": "ore", "grams": 9.5}),
        ("configurations_of_all_kinds", "/inline/1", {"grams": 9.5}, {"label": "ore", "grams": 9.5}),
        ("real_code_shapes", "/v1/rooms/1", {"seats": 90}, {"name": "Studio", "seats": 90, "stage": None}),
    ],
)
def test_a_part_of_a_thing_is_refused_before_and_changed_after(
    client: Any, case: str, path: str, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    before, after = (
        client(folder / "patch_without_partial" / case).patch(path, json=sent) for folder in (BEFORE, AFTER)
    )

    assert before.status_code == 400
    assert after.status_code == 200
    assert after.json() == kept


@pytest.mark.parametrize("case", ["example", "configurations_of_all_kinds", "dto_serves_others_too"])
def test_nothing_is_changed_by_a_patch_of_nothing(client: Any, case: str) -> None:
    path = {"example": "/trees/1", "dto_serves_others_too": "/windmills/1"}.get(case, "/plain/1")
    there = client(AFTER / "patch_without_partial" / case)

    first, second = (there.patch(path, json={}) for _ in range(2))

    assert first.status_code == 200
    assert first.json() == second.json()


def test_the_renamed_field_is_changed_by_its_name_on_the_wire(client: Any) -> None:
    there = client(AFTER / "patch_without_partial" / "fields_that_are_not_copied")

    assert there.patch("/corrections/1", json={"duration": 61, "towed": False}).status_code == 200
    assert there.patch("/flights/1", json={"pilot": "not taken"}).json() == {
        "pilot": "Hanna",
        "minutes": 61,
        "towed": True,
    }


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/courses/1", {"weeks": 3}),
        ("/lessons/1", {"hours": 2.0}),
        ("/teachers/1", {"licence": "A"}),
        ("/boats/1", {"sails": 3}),
    ],
)
def test_a_model_without_a_dto_refuses_a_part_of_it(client: Any, path: str, sent: dict[str, Any]) -> None:
    response = client(BEFORE / "patch_without_partial" / "handlers_without_a_dto").patch(path, json=sent)

    assert response.status_code == 400
