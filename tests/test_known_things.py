"""What is known of libraries is data: each row says where that is said, and a project can add to it."""

from __future__ import annotations

import importlib.util

import pytest

from litestar_fix.model import blocking, resources
from litestar_fix.model.builtin_middleware import BUILTINS
from litestar_fix.model.database_calls import CURES
from litestar_fix.model.database_urls import ASYNC_DRIVERS
from litestar_fix.model.status_classes import HOME, STATUS_CLASSES
from litestar_fix.settings import Settings, load
from litestar_fix.settings.schema import documented
from tests.goldens import BEFORE

#: Setting -> the golden case that uses it.
EXTENDED = {
    "extend-blocking-calls": "blocking_call_in_async/settings_add_a_call",
    "extend-cpu-bound-calls": "cpu_bound_in_async/settings_add_a_call",
    "extend-closable-resources": "resource_without_cleanup/settings_add_a_resource",
    "extend-secret-names": "hardcoded_secret/settings_add_a_name",
    "extend-sensitive-fields": "sensitive_field_exposed/settings_add_a_name",
    "extend-sync-drivers": "sync_database_driver/settings_add_a_driver",
    "extend-status-classes": "generic_http_exception/settings_name_a_class",
    "extend-replaced-middleware": "reimplemented_builtin/settings_name_a_middleware",
}
SOURCES = [
    *(source for source, _, _ in blocking._TABLE),
    *(row.source for row in resources._ROWS),
    *(source for _, source in CURES.values()),
]


@pytest.mark.parametrize("source", sorted(set(SOURCES)))
def test_each_row_about_a_library_says_where_that_is_said(source: str) -> None:
    assert source.startswith("https://")


@pytest.mark.parametrize("builtin", BUILTINS, ids=lambda builtin: builtin.does)
def test_each_middleware_of_litestar_is_where_its_row_says(builtin: object) -> None:
    source: str = builtin.source  # type: ignore[attr-defined]

    assert importlib.util.find_spec(source.removesuffix(".py").replace("/", ".")) is not None


@pytest.mark.parametrize(("status", "name", "bases"), STATUS_CLASSES)
def test_each_class_has_its_status_and_its_bases(status: int, name: str, bases: tuple[str, ...]) -> None:
    class_ = getattr(importlib.import_module(HOME), name)

    assert class_.status_code == status
    assert set(bases) <= {
        f"{HOME if base.__module__.startswith(HOME) else base.__module__}.{base.__name__}" for base in class_.__mro__
    }


def test_each_driver_is_one_that_sqlalchemy_calls_asynchronous() -> None:
    from sqlalchemy.dialects import registry

    for dialect, driver in ASYNC_DRIVERS.items():
        assert registry.load(f"{dialect}.{driver}").is_async


@pytest.mark.parametrize(("key", "case"), EXTENDED.items())
def test_a_project_adds_what_it_knows(key: str, case: str) -> None:
    folder = BEFORE / case

    assert key in {item.key for item in documented()}
    field = key.replace("-", "_")
    assert getattr(load(folder), field) != getattr(Settings(), field)
    assert (folder / "findings.txt").read_text("utf-8")
