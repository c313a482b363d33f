"""What is imported when: start-up time is a promise, and modules are what it is made of."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import litestar_fix
from litestar_fix import registry
from litestar_fix.model.patterns import regex

ROOT = Path(__file__).parent.parent
HEAVY = (
    "fixit",
    "libcst",
    "libcst.codemod",
    "rich",
    "tomlkit",
    "pathspec",
    "litestar",
    "asyncio",
    "tomllib",
    "difflib",
)

_LOADED = """
import json, os, sys
from litestar_fix.cli import main
from litestar_fix.host import Host
Host.wants_lint_rules = False  # as the program does it
sys.stdout = sys.stderr = open(os.devnull, "w")
code = main(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.__stdout__)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'hotel'\n")
    (tmp_path / ".gitignore").write_text("*.pyc\n/build\nx[ab]*.py\n")
    (tmp_path / "app.py").write_text("from litestar import get\n\n\n@get('/')\ndef rooms() -> None: ...\n")
    return tmp_path


def loaded(folder: Path, *arguments: str, code: int) -> set[str]:
    """The heavy modules that a run has imported."""
    ended = subprocess.run(
        [sys.executable, "-c", _LOADED, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    exit_code, modules = json.loads(ended.stdout)
    assert exit_code == code
    return {name for name in HEAVY if name in modules}


def test_light_commands_import_nothing_heavy(project: Path) -> None:
    assert loaded(project, "--version", code=0) == set()
    assert loaded(project, "--help", code=0) == set()
    assert loaded(project, "rules", "--output-format", "json", code=0) == set()
    assert loaded(project, "rule", "LSF204", code=0) == set()


def test_misspelt_words_cost_a_comparison_only(project: Path) -> None:
    assert loaded(project, "check", "--select", "LSF2004", code=2) == {"difflib"}


def test_the_graph_needs_the_model_only(project: Path) -> None:
    assert loaded(project, "graph", code=0) <= {"tomllib"}


def test_a_cold_check_imports_neither_fixit_nor_libcst(project: Path) -> None:
    assert loaded(project, "check", code=1) <= {"tomllib"}


def test_every_regular_expression_that_is_compiled_later_is_one() -> None:
    registry.import_all()
    gc.unfreeze()  # what other tests imported is hidden else
    later = [item for item in gc.get_objects() if isinstance(item, type(regex("")))]

    assert len(later) > 80
    for item in later:
        item.search("")  # compiles it, or raises


@pytest.mark.parametrize("name", ["json", "json-lines", "sarif", "rdjson", "gitlab", "junit", "github", "codetf"])
def test_documents_of_a_check_need_no_codemod(project: Path, name: str) -> None:
    loaded(project, "check", code=1)

    assert loaded(project, "check", "--output-format", name, code=1) <= {"tomllib", "difflib"}


def test_rules_are_lint_rules_wherever_the_program_does_not_run_them() -> None:
    from fixit import LintRule

    assert all(issubclass(rule, LintRule) for rule in registry.load(info.code for info in registry.rules()))


@pytest.mark.parametrize("arguments", [["check"], ["check", "--select", "LSF204", "-v"], ["--dry-run"]])
def test_a_warm_unchanged_run_imports_nothing_heavy(project: Path, arguments: list[str]) -> None:
    loaded(project, *arguments, code=1)

    # click compares the names of options where it sees a short one
    assert loaded(project, *arguments, code=1) <= (set() if arguments == ["check"] else {"difflib"})


def test_importing_the_package_imports_nothing() -> None:
    command = "import sys; known = set(sys.modules); import litestar_fix; print(sorted(set(sys.modules) - known))"
    ended = subprocess.run(
        [sys.executable, "-S", "-c", command], capture_output=True, text=True, check=True, cwd=ROOT / "src"
    )

    assert ended.stdout == "['litestar_fix']\n"


def test_everything_public_is_there() -> None:
    for name in litestar_fix.__all__:
        assert getattr(litestar_fix, name) is not None
    assert dir(litestar_fix) == litestar_fix.__all__
    with pytest.raises(AttributeError, match="has no attribute 'lint'"):
        _ = litestar_fix.lint


def test_the_version_is_the_one_that_is_packaged() -> None:
    manifest = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert manifest["project"]["version"] == litestar_fix.__version__
