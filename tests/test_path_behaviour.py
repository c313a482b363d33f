"""What the messages about paths claim, shown by requests to the applications of the fixtures."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar, get
from litestar.exceptions import ImproperlyConfiguredException
from litestar.testing import TestClient

from litestar_fix.model.paths import BECOMES, CONVERTERS
from tests.goldens import AFTER, BEFORE


def application(folder: Path) -> Litestar:
    """Load the application of a case of one file, under a name of its own."""
    spec = importlib.util.spec_from_file_location("_".join(folder.parts[-3:]), folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    app: Litestar = module.app
    return app


def statuses(folder: Path, *paths: str) -> list[int]:
    with TestClient(application(folder), raise_server_exceptions=False) as client:
        return [client.get(path).status_code for path in paths]


def test_a_parameter_that_is_a_part_of_a_segment_is_never_found() -> None:
    folder = BEFORE / "dead_path_pattern" / "example"

    assert statuses(folder, "/gauges/g5", "/gauges/g5?number=5", "/gauges/5/log") == [404, 404, 200]
    assert "/gauges/g{number:int}" in application(folder).openapi_schema.to_schema()["paths"]


def test_two_parameters_of_one_segment_are_one_that_no_handler_receives() -> None:
    folder = BEFORE / "dead_path_pattern" / "two_parameters_are_taken_for_one"

    assert statuses(folder, "/weather/59.9,10.7", "/weather/10.7") == [404, 400]


def test_a_value_that_the_annotation_never_accepts_is_answered_with_400() -> None:
    folder = BEFORE / "untyped_path_parameter" / "values_that_never_fit"

    asked = ("/stalls/6ba7b810-9dad-11d1-80b4-00c04fd430c8", "/bunches/5", "/prices/5/on/2024-01-02", "/scents/1.5")
    assert statuses(folder, *asked) == [400, 400, 400, 400]
    assert statuses(folder, "/ages/P1D/10:00:00/2024-01-02T00:00:00") == [400]


def test_an_application_with_an_untyped_parameter_starts_after_the_fix_only() -> None:
    case = ("untyped_path_parameter", "example")

    with pytest.raises(ImproperlyConfiguredException, match="should be declared with a type"):
        application(BEFORE.joinpath(*case))
    key = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    assert statuses(AFTER.joinpath(*case), f"/keys/{key}", "/keys/5", "/lockers/5") == [200, 404, 400]


SCALARS = (bool, bytes, date, datetime, time, timedelta, float, int, str, Decimal, Path, UUID, type(None))
VALUES = {
    "int": ("0", "1", "5", "20240102"),
    "float": ("0", "1", "1.5"),
    "decimal": ("0", "1", "1.5"),
    "uuid": ("6ba7b810-9dad-11d1-80b4-00c04fd430c8",),
    "date": ("2024-01-02",),
    "datetime": ("2024-01-02T03:04:05", "2024-01-02T00:00:00"),
    "time": ("03:04:05", "00:00:00"),
    "timedelta": ("P1D", "86400", "1"),
}


@pytest.mark.parametrize("converter", VALUES)
def test_the_table_of_what_a_converter_makes_is_what_litestar_does(converter: str) -> None:
    for scalar in SCALARS:

        async def show(value: Any) -> str:
            return type(value).__name__

        show.__annotations__["value"] = scalar
        app = Litestar([get(f"/{{value:{converter}}}")(show)], openapi_config=None, logging_config=None)
        with TestClient(app) as client:
            accepted = any(client.get(f"/{value}").status_code == 200 for value in VALUES[converter])
        name = "None" if scalar is type(None) else f"{scalar.__module__}.{scalar.__name__}"
        assert accepted == (name in {CONVERTERS[converter], *BECOMES[converter]}), name
