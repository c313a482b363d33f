"""How many examples are tried, and which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, seed, settings

#: What makes a property of a test one that gets a share of the examples.
Trying: TypeAlias = Callable[[float], Callable[[Callable[..., Any]], Callable[..., Any]]]
#: A property is tried in so many tests of their own, because a test runs in one process.
PARTS = 8


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for one project after the other."""
    return tmp_path / "project"


@pytest.fixture
def trying(request: pytest.FixtureRequest) -> Trying:
    """How a property gets a share of the examples: always the same ones, unless a seed is given."""
    return _trying(request.config, 0, 1)


@pytest.fixture(params=range(PARTS), ids=lambda part: f"part {part + 1} of {PARTS}")
def trying_part(request: pytest.FixtureRequest) -> Trying:
    """The same, for a test that is run once for each part of the examples."""
    return _trying(request.config, request.param, PARTS)


def _trying(config: pytest.Config, part: int, parts: int) -> Trying:
    total: int = config.getoption("examples")
    start = config.getoption("hypothesis_seed", None) or "0"

    def tried(share: float) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        how = settings(
            max_examples=max(1, round(total * share / parts)),
            database=None,
            deadline=None,
            phases=(Phase.generate,),  # to shrink a project takes minutes, and as it is it can be read
            suppress_health_check=list(HealthCheck),
        )
        return lambda holds: seed(f"{start} {part}")(how(holds))

    return tried
