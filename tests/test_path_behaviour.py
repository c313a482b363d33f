"""What the messages about paths claim, shown by requests to the applications of the fixtures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from litestar import Litestar
from litestar.testing import TestClient

from tests.goldens import BEFORE


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
