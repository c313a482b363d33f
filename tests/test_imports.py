"""Who may import whom: the drawing in docs/architecture.md, enforced."""

from __future__ import annotations

import ast
import fnmatch
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.goldens import ROOT

SOURCE = ROOT / "src" / "litestar_fix"
CODEMODS = ROOT / "codemods" / "litestar_codemods"

#: Each part may import those of the rows above it, and itself.
ROWS = (
    ("errors", "globs", "git", "line_map"),
    ("settings",),
    ("model",),
    ("finding",),
    ("result",),
    ("discovery", "registry", "http_clients", "manifest", "journal", "texts", "identity"),
    ("first_settings",),
    ("last_run", "lock", "interruption", "worktree", "touched", "baseline"),
    ("narrowing",),
    ("surroundings",),
    ("edits",),
    ("apply",),
    ("proof",),
    ("provider", "host"),
    ("lint_rule",),
    ("practice",),
    ("rules",),
    ("plan", "plugins"),
    ("command",),
    ("litestar_codemods",),
    ("write", "outcome", "given_paths", "files", "judging"),
    ("patches", "passes", "unmade"),
    ("trial",),
    ("audit", "rewriting", "recovery"),
    ("report",),
    ("verifying", "formatting", "asking"),
    ("engine",),
    ("suppressing",),
    ("running",),
    ("api",),
    ("bot",),
    ("batch",),
    ("__init__",),
    ("cli",),
    ("__main__", "litestar_cli"),
)
RANK = {part: row for row, parts in enumerate(ROWS) for part in parts}
#: A position in a file, and the version: known to everything, and they know nothing.
FREE = frozenset({"litestar_fix.model.span", "litestar_fix.__version__"})
LATE = {("lint_rule", "practice"), ("practice", "command"), ("registry", "practice"), ("registry", "rules")}


def files() -> Iterator[Path]:
    yield from sorted(SOURCE.rglob("*.py"))
    yield from sorted(CODEMODS.rglob("*.py"))


def part_of(file: Path) -> str:
    if file.is_relative_to(CODEMODS):
        return "litestar_codemods"
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """The modules that a file imports, and whether that is when it is loaded itself."""
    tree = ast.parse(file.read_text())
    late = {
        id(node)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_type_checking(outer)
        for node in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) not in late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "litestar_fix":
            yield from ((f"litestar_fix.{alias.name}", id(node) not in late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", id(node) not in late


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@pytest.mark.parametrize("file", list(files()), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_imports_go_downwards(file: Path) -> None:
    own = part_of(file)
    for module, is_early in imports(file):
        top, _, rest = module.partition(".")
        if top not in ("litestar_fix", "litestar_codemods") or module in FREE:
            continue
        target = rest.partition(".")[0] if top == "litestar_fix" else top
        if target not in RANK:  # a name of the package itself
            target = "__init__"
        assert RANK[target] < RANK[own] or target == own or (not is_early and (own, target) in LATE), module


@pytest.mark.parametrize("file", list(files()), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_hosts_are_named_in_one_file_each(file: Path) -> None:
    modules = {module for module, _ in imports(file)}
    names = {module.partition(".")[0] for module in modules}
    part = part_of(file)

    assert "fixit" not in names or part == "lint_rule"
    assert not any(module.startswith("libcst.codemod") for module in modules) or part == "command"
    assert "libcst" not in names or RANK[part] >= RANK["edits"]
    if part == "model":
        assert names <= {*sys.stdlib_module_names, "msgspec", "litestar_fix"}
    if part == "rules":
        # Fixit would run a base class that it sees by name
        assert "litestar_fix.practice.PracticeRule" not in modules
        assert "libcst" not in names


def test_the_architecture_names_each_module_of_the_model_once() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text.partition("## The model")[2].partition("\n\nThree")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`([a-z_*]+)`", row)]
    modules = {file.stem for file in (SOURCE / "model").glob("*.py")} - {"__init__"}

    assert sorted(set(named)) == sorted(named)
    assert modules == {module for name in named for module in fnmatch.filter(modules, name)}
    assert all(fnmatch.filter(modules, name) for name in named)


def test_fixit_sees_our_rules_and_nothing_else() -> None:
    from fixit.config import find_rules
    from fixit.ftypes import QualifiedRule

    from litestar_fix import registry

    seen = {rule.__name__ for rule in find_rules(QualifiedRule("litestar_fix.rules"))}
    assert seen == {info.class_name for info in registry.rules()}
