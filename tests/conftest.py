"""Every test has a cache and a state folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--examples",
        type=int,
        default=100,
        help="how many examples the property tests try, all together; with --hypothesis-seed others than usual",
    )


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("LITESTAR_FIX_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    for name in ("LITESTAR_FIX_OUTPUT_FORMAT", "LITESTAR_FIX_NO_CACHE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return folder
