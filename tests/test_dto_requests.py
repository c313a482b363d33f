"""What clients get and may set, before and after the fixes of rules about DTOs."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
