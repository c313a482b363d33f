"""Streams that cannot take what is written, and links that are named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = "from litestar import get\n\n\n@get('/')\ndef ping() -> str:\n    return 'pong'\n"


def run(folder: Path, redirection: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the tool from a shell, which can close a stream."""
    command = f'"$0" -m litestar_fix "$@" {redirection}'
    return subprocess.run(
        ["bash", "-c", command, sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_closed_standard_output_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SOURCE)

    done = run(tmp_path, ">&-", "--dry-run")

    assert done.returncode == 1
    assert "Would fix 1 finding" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SOURCE)

    done = run(tmp_path, ">/dev/full", "--dry-run")

    assert done.returncode == 2
    assert done.stderr.endswith("litestar-fix: error: the output cannot be written: No space left on device\n")


def test_a_link_that_is_named_is_refused_and_its_target_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.py"
    target.write_text(SOURCE)
    project = tmp_path / "project"
    project.mkdir()
    (project / "link.py").symlink_to(target)

    done = run(project, "", "link.py")

    assert done.returncode == 2
    assert "link.py: a symbolic link; name the file that it points to" in done.stderr
    assert target.read_text() == SOURCE
