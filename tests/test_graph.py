"""The model's layer tree against what Litestar itself resolves: every claim must agree.

Here for the examples; test_fixtures_start.py asks the same of every fixture that it starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from litestar_fix.model.contents import hash_files
from litestar_fix.model.gather import gather
from litestar_fix.model.graph import graph
from litestar_fix.model.project import Project
from litestar_fix.settings import Settings
from tests import runtime
from tests.goldens import FactsAtHand

ROOT = Path(__file__).parent.parent
EXAMPLES = {"examples/booking-service": ("booking.app:app", ("src", ""))}


def load_project(root: Path) -> Project:
    """Read the facts of a folder, every Python file of it."""
    files = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.py"))]
    return Project(root, gather(root, hash_files(root, files), FactsAtHand(root), jobs=1).modules, Settings())


@pytest.mark.parametrize(("name", "target", "paths"), [(name, *start) for name, start in EXAMPLES.items()])
def test_the_graph_agrees_with_litestar(name: str, target: str, paths: tuple[str, ...]) -> None:
    assert list(disagreements(ROOT / name, runtime.resolved(ROOT / name, target, paths))) == []


def disagreements(folder: Path, answer: dict[str, Any], *, are_known: bool = True) -> Iterator[str]:
    """Yield what the graph of an application claims of its routes, and Litestar resolves in another way."""
    assert answer["error"] is None
    claimed = {key: leaf for leaf in leaves(graph(load_project(folder))) for key in keys(leaf)}
    served = [row for row in answer["routes"] if not row["handler"].startswith("litestar.")]
    compared = [row for row in served if (row["method"], row["path"]) in claimed]
    assert served
    assert bool(compared) is are_known, "known routes"
    for row in compared:
        yield from differences(row, claimed[row["method"], row["path"]])


def leaves(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the registered handlers of a graph."""
    todo = list(tree["applications"])
    while todo:
        node = todo.pop()
        if node["kind"] == "handler":
            yield node
        todo += node["children"]


def keys(leaf: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the methods and paths that a handler of a graph claims."""
    for method in leaf["methods"] or ():
        for path in leaf["paths"] or ():
            yield method, path


def differences(row: dict[str, Any], leaf: dict[str, Any]) -> Iterator[str]:
    """Yield what a graph claims of a route and Litestar does not do."""
    where = f"{row['method']} {row['path']}"
    effective = leaf["effective"]
    if not same_name(row["handler"], f"{leaf['path']}::{leaf['name']}"):
        yield f"{where}: handler {row['handler']}, claimed {leaf['path']}::{leaf['name']}"
    guards = effective["guards"]
    if guards["known"] and not same_names(row["guards"], guards["values"]):
        yield f"{where}: guards {row['guards']}, claimed {guards['values']}"
    dependencies = effective["dependencies"]
    claimed = set(dependencies["values"])
    if not claimed <= set(row["dependencies"]) or (dependencies["known"] and claimed != set(row["dependencies"])):
        yield f"{where}: dependencies {row['dependencies']}, claimed {sorted(claimed)}"
    for option in ("dto", "return_dto"):
        value = effective[option]
        wanted = None if value["value"] == "None" else value["value"]
        if value["known"] and row["method"] not in ("WS", "ASGI") and not same_name(row[option], wanted):
            yield f"{where}: {option} {row[option]}, claimed {wanted}"


def same_names(there: list[str], here: list[str]) -> bool:
    return len(there) == len(here) and all(same_name(left, right) for left, right in zip(there, here, strict=True))


def same_name(there: str | None, here: str | None) -> bool:
    """Compare ``module::qualname`` with ``file::qualname`` or with a library's dotted name.

    Names made at run time say nothing: instances, results of calls, and generic DTOs, which take their base's module.
    """
    if there is not None and here is not None and "[" in there:
        return True
    if there == "?" or (here or "").endswith(")"):
        return True
    if there is None or here is None:
        return here is there
    module, _, qualname = there.partition("::")
    if qualname.endswith("<lambda>"):
        return here.startswith("lambda")
    path, _, local = here.partition("::")
    if not local:
        return here.split("[")[0].rpartition(".")[2] == qualname.split("[")[0].rpartition(".")[2]
    if "<locals>" in qualname and "<locals>" not in local:
        return True  # a name for what a function makes
    dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return (dotted == module or dotted.endswith(f".{module}")) and local.split("[")[0] == qualname.split("[")[0]
