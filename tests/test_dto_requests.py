"""What clients get and may set, before and after the fixes of rules about DTOs."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
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
