"""The same names in another library: rules about Litestar find nothing there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from litestar_fix import registry
from litestar_fix.api import Run, check
from litestar_fix.finding import State
from tests.goldens import Case, cases, tree

pytestmark = pytest.mark.usefixtures("in_this_process")
RUN = Run(jobs=1, cache=False)
#: Rules that are not about Litestar, and what they are about.
OTHERS = {
    "LSF001": "our own comments",
    "LSF207": "classes that hold one another",
    "LSF309": "DTOs of Advanced Alchemy",
    "LSF502": "requests",
    "LSF504": "drivers of databases",
    "LSF703": "secrets in code",
    "LSF801": "SQLAlchemy",
    "LSF802": "functools",
    "LSF804": "SQLAlchemy",
    "LSF806": "SQLAlchemy",
}


@pytest.mark.parametrize("stem", [info.stem for info in registry.rules()])
def test_the_same_code_for_another_library_is_none_of_our_business(stem: str, tmp_path: Path) -> None:
    found = {}
    for case in (case for case in cases() if case.stem == stem):
        folder = _for_another_library(case, tmp_path / case.name)
        settings = registry.override(case.settings, select=("ALL",), extend_select=(), ignore=())
        report = check([folder], settings, root=folder, run=RUN)
        found[case.name] = [
            f"{item.code} {item.message}"
            for item in report.findings
            if item.state is not State.SUPPRESSED and item.code not in OTHERS
        ]

    assert {name: lines for name, lines in found.items() if lines} == {}


def _for_another_library(case: Case, folder: Path) -> Path:
    for path, content in tree(case.before).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(re.sub(rb"\blitestar\b(?!-fix)", b"lodestar", content))
    return folder
