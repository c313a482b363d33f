"""Every test has a cache and a state folder of its own."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from litestar_fix.model import isolation
from litestar_fix.model.cache import Store
from tests.goldens import FactsAtHand


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


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work done here, facts collected once for each content, and no waiting for the disk.

    For tests that run over everything. What copies of the process protect from is proved in test_isolation.py, what is
    kept between runs in test_cache.py, what is written in test_write.py.
    """
    monkeypatch.setattr(isolation, "is_possible", lambda: False)
    monkeypatch.setattr(Store, "of", lambda root, **_: FactsAtHand(root))
    monkeypatch.setattr(os, "fsync", lambda _: None)


def pytest_collection_finish() -> None:
    """Spare the collector, and the copies of this process, what has been imported by now."""
    gc.collect()
    gc.freeze()
