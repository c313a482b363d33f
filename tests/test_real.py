"""Released projects of others, as they are: nothing fails, nothing is lost, and what is found is what was found before.

``real_findings.json`` holds how many findings of each state every rule has in each project. A change of these numbers
is a change for users: read the findings that came or went, write the new numbers down, and say why in the changelog.
"""

from __future__ import annotations

import ast
import io
import json
import tokenize
from collections import Counter
from pathlib import Path

import pytest

from litestar_fix.api import Run, check, fix
from litestar_fix.result import Report
from litestar_fix.settings import Settings
from tests.goldens import tree
from trees import LARGE, SMALL, copied, download

KNOWN = json.loads(Path(__file__).with_name("real_findings.json").read_text("utf-8"))
RUN = Run(cache=False)

pytestmark = [pytest.mark.slow, pytest.mark.real]


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return download(SMALL + LARGE, tmp_path_factory.mktemp("sdists"))


def counts(report: Report) -> dict[str, int]:
    return dict(sorted(Counter(f"{item.code} {item.state}" for item in report.findings).items()))


def comments(source: bytes) -> Counter[str]:
    tokens = tokenize.tokenize(io.BytesIO(source).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


@pytest.mark.parametrize("name", KNOWN)
def test_real_projects(name: str, projects: Path, tmp_path: Path) -> None:
    folder = copied(projects / name, tmp_path / "project").root

    found = check([folder], Settings(), root=folder, run=RUN)
    assert found.problems == ()
    assert counts(found) == KNOWN[name]

    before = tree(folder)
    fixed = fix([folder], Settings(), unsafe_fixes=True, root=folder, run=RUN)
    assert fixed.problems == ()
    for change in fixed.changes:
        if change.path.endswith(".py"):
            content = (folder / change.path).read_bytes()
            ast.parse(content)
            assert not comments(before[change.path]) - comments(content)

    after = tree(folder)
    assert {path for path in after if after[path] != before[path]} == {change.path for change in fixed.changes}
    assert fix([folder], Settings(), unsafe_fixes=True, root=folder, run=RUN).changes == ()
