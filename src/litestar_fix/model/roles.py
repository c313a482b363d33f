"""What a file of a project is for, told by where it lies."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from litestar_fix.model.patterns import regex

_FOLDERS = {
    "tests": "test", "test": "test", "testing": "test", "e2e": "test",
    "migrations": "migration", "alembic": "migration", "versions": "migration",
    "scripts": "script", "script": "script", "tools": "script", "bin": "script",
    "benchmarks": "script", "bench": "script",
    "examples": "example", "example": "example",
    "docs": "documentation", "doc": "documentation",
}  # fmt: skip
_FOR_TESTS = regex(r"(?:^|[._])tests?(?:[._]|$)")
_SCRIPTS = frozenset({"manage.py", "setup.py", "noxfile.py", "tasks.py", "fabfile.py"})
#: Folders that are packages of an application as often: the tools of an agent, the documents of an archive.
PACKAGES_TOO = frozenset({"tools", "docs", "doc"})


class Role(StrEnum):
    """The purpose of a file."""

    APPLICATION = "application"
    TEST = "test"
    MIGRATION = "migration"
    SCRIPT = "script"
    EXAMPLE = "example"
    DOCUMENTATION = "documentation"


def is_test_module(path: str) -> bool:
    """Whether pytest looks for tests or fixtures in a file."""
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def is_for_tests(scope: str) -> bool:
    """Whether a function says by its name that what it makes is for tests: ``create_integration_test_app``."""
    return bool(_FOR_TESTS.search(scope))


def doubtful_folder(path: str) -> str:
    """The folder whose name decides a file's role, where it may be a package of the application as well, or ''."""
    folders = path.split("/")[:-1]
    for depth, folder in enumerate(folders, start=1):
        if folder in _FOLDERS:
            return "/".join(folders[:depth]) if folder in PACKAGES_TOO else ""
    return ""


@lru_cache(maxsize=65536)
def role_of(path: str) -> Role:
    """Return the role of a file by its path relative to the project's root."""
    *folders, name = path.split("/")
    if is_test_module(path):
        return Role.TEST
    for folder in folders:
        if folder in _FOLDERS and (folder != "versions" or "alembic" in folders or "migrations" in folders):
            return Role(_FOLDERS[folder])
    return Role.SCRIPT if name in _SCRIPTS and not folders else Role.APPLICATION
