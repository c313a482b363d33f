"""The model's layer tree against what Litestar itself resolves: every claim must agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from litestar_fix.model.collect import collect
from litestar_fix.model.graph import graph
from litestar_fix.model.project import Project
from litestar_fix.settings import Settings
from tests import runtime

ROOT = Path(__file__).parent.parent
EXAMPLES = {"examples/booking-service": ("booking.app:app", ("src", ""))}


def load_project(root: Path) -> Project:
    """Read the facts of a folder, every Python file of it."""
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.py"))}
    return Project(root, {path: collect(path, content) for path, content in files.items()}, Settings())


def applications() -> Iterator[Any]:
    for name, (target, paths) in EXAMPLES.items():
        yield pytest.param(ROOT / name, target, paths, id=name)
    for side in ("before", "after"):
        for case in sorted((ROOT / "fixtures" / side).glob("*/*")):
            header = _header(ROOT / "fixtures/before" / case.parent.name / case.name / "findings.txt")
            if case.is_dir() and not (side == "before" and "does not start" in header):
                yield pytest.param(
                    case, header.get("app", "app:app"), ("",), id=f"{side}/{case.parent.name}/{case.name}"
                )


def _header(findings: Path) -> dict[str, str]:
    lines = findings.read_text().splitlines() if findings.exists() else []
    pairs = (line[1:].partition(":") for line in lines if line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


@pytest.mark.parametrize(("folder", "target", "paths"), applications())
def test_the_graph_agrees_with_litestar(folder: Path, target: str, paths: tuple[str, ...]) -> None:
    answer = runtime.resolved(folder, target, paths)
    assert answer["error"] is None
    claimed = {key: leaf for leaf in leaves(graph(load_project(folder))) for key in keys(leaf)}

    served = [row for row in answer["routes"] if not row["handler"].startswith("litestar.")]
    assert served
    compared = [row for row in served if (row["method"], row["path"]) in claimed]
    disagreements = [d for row in compared for d in differences(row, claimed[row["method"], row["path"]])]

    assert disagreements == []
    assert bool(compared) is ("no route is known" not in _header(folder / "findings.txt")), "known routes"


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
    dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return (dotted == module or dotted.endswith(f".{module}")) and local.split("[")[0] == qualname.split("[")[0]
