"""How many examples are tried, and which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for one project after the other."""
    return tmp_path / "project"


@pytest.fixture
def trying(request: pytest.FixtureRequest) -> Callable[[float], settings]:
    """The settings of a property that gets a share of the examples: always the same ones, unless a seed is given."""
    total: int = request.config.getoption("examples")
    seed = request.config.getoption("hypothesis_seed", None)

    def tried(share: float) -> settings:
        return settings(
            max_examples=max(1, round(total * share)),
            derandomize=seed is None,
            database=None,
            deadline=None,
            phases=(Phase.generate,),  # to shrink a project takes minutes, and as it is it can be read
            suppress_health_check=list(HealthCheck),
        )

    return tried
