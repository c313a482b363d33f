"""The other two hosts from their command lines, on a project of several files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fixit.api import fixit_bytes
from fixit.ftypes import Config, QualifiedRule

from litestar_fix import provider
from tests.goldens import ROOT, Case, tree

CASE = Case("implicit_sync_to_thread", "bare_callables_on_every_layer")
COMMAND = "litestar_codemods.implicit_sync_to_thread.ImplicitSyncToThreadCommand"
RULE = "litestar_fix.rules.implicit_sync_to_thread"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this Python in a project."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "codemods")])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def codemod(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "-m", "libcst.tool", "codemod", "--no-format", "-x", COMMAND, *words)


def test_libcst_tool_makes_the_same_project(tmp_path: Path) -> None:
    folder = CASE.copy(tmp_path)

    result = codemod(folder, ".")

    assert result.returncode == 0, result.stderr
    assert tree(folder) == tree(CASE.after)


def test_libcst_tool_in_several_processes_sees_the_project_as_it_was(tmp_path: Path) -> None:
    folder = CASE.copy(tmp_path)

    result = codemod(folder, "--jobs", "2", ".")

    assert result.returncode == 0, result.stderr
    assert tree(folder) == tree(CASE.after)


def test_libcst_tool_reads_stdin(tmp_path: Path) -> None:
    source = "from litestar import get\n\n\n@get('/')\ndef index() -> str:\n    return 'x'\n"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "codemods")])}
    words = [sys.executable, "-m", "libcst.tool", "codemod", "--no-format", "-x", COMMAND, "-"]
    result = subprocess.run(
        words, cwd=tmp_path, env=environment, input=source, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.stdout.rstrip() == source.replace("@get('/')", "@get('/', sync_to_thread=False)").rstrip()


def test_fixit_lints_and_fixes(tmp_path: Path) -> None:
    case = Case("implicit_sync_to_thread", "example")
    folder = case.copy(tmp_path)
    (folder / "pyproject.toml").write_text(
        f'[tool.fixit]\nroot = true\nenable = ["{RULE}"]\ndisable = ["fixit.rules"]\n'
    )

    linted = run(folder, "-m", "fixit", "lint", ".")
    assert linted.returncode == 1, linted.stderr
    assert "app.py@20:0 ImplicitSyncToThread: LSF204 " in linted.stdout

    fixed = run(folder, "-m", "fixit", "fix", "--automatic", ".")
    assert fixed.returncode in (0, 1), fixed.stderr
    assert (folder / "app.py").read_bytes() == (case.after / "app.py").read_bytes()


def test_fixit_says_what_it_cannot_do_itself(tmp_path: Path) -> None:
    folder = CASE.copy(tmp_path)
    (folder / "pyproject.toml").write_text(
        f'[tool.fixit]\nroot = true\nenable = ["{RULE}"]\ndisable = ["fixit.rules"]\n'
    )

    linted = run(folder, "-m", "fixit", "lint", "app.py")

    # Provide would have to be imported
    assert linted.stdout.splitlines()
    assert all(line.endswith("; run `litestar-fix fix`") for line in linted.stdout.splitlines()[:2])


def test_the_sample_of_every_rule_passes_fixits_own_test(tmp_path: Path) -> None:
    result = run(tmp_path, "-m", "fixit", "test", "litestar_fix.rules")
    assert result.returncode == 0, result.stderr


def test_an_unsaved_buffer_stands_for_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text("x = 1\n")
    (folder / "other.py").write_text("from app import provide\n")
    provider.forget()
    source = b"from litestar import get\n\n\n@get('/')\ndef index() -> str:\n    return 'x'\n"
    config = Config(path=folder / "app.py", root=folder, enable=[QualifiedRule(RULE)], disable=[])

    (result,) = fixit_bytes(folder / "app.py", source, config=config)

    assert result.violation is not None
    assert result.violation.range.start.line == 5


@pytest.mark.parametrize("root", [Path("/"), None])
def test_a_file_without_any_configuration_is_linted_within_its_folder(tmp_path: Path, root: Path | None) -> None:
    folder = tmp_path / "lonely"
    shutil.copytree(Case("implicit_sync_to_thread", "example").before, folder)
    provider.forget()
    path = folder / "app.py"
    config = Config(path=path, root=root or folder, enable=[QualifiedRule(RULE)], disable=[])

    results = list(fixit_bytes(path, path.read_bytes(), config=config))

    assert not [result.error for result in results if result.error]
    assert len(results) == 3
