"""A test that needs a server fails where none runs; rewritten, it passes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.goldens import AFTER, BEFORE

CASES = pytest.mark.parametrize("name", ["example", "real_code_shapes"])


def outcome(folder: Path) -> str:
    """Run the tests of a golden project, and return the last line of what pytest says."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-c", os.devnull]
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip().splitlines()[-1]


@CASES
def test_the_tests_fail_without_a_server(name: str) -> None:
    with socket.socket() as taken:
        if taken.connect_ex(("localhost", 8000)) == 0:
            pytest.skip("something answers at the port that the tests ask")

    last = outcome(BEFORE / "test_over_http" / name)

    assert "failed" in last
    assert "passed" not in last


@CASES
def test_the_rewritten_tests_pass(name: str) -> None:
    last = outcome(AFTER / "test_over_http" / name)

    assert "passed" in last
    assert "failed" not in last
    assert "error" not in last
