"""The static contract: every field is noticed when it changes, and what means the same is no difference."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from litestar_fix import api
from litestar_fix.model.collect import collect
from litestar_fix.model.layers import Controller, Handler
from litestar_fix.model.project import Project
from litestar_fix.proof.contract import Contract, contract_of
from litestar_fix.proof.values import Value
from litestar_fix.proof.verdicts import compare, verdict
from litestar_fix.result import Difference, VerdictKind
from litestar_fix.settings import Settings
from tests import runtime
from tests.goldens import ROOT, cases, tree
from tests.harbour import APP, BUOYS, MODELS, PRESERVED, WRONG
from tests.rewrites import Swap
from tests.test_graph import load_project, same_names


def swapped(*swaps: Swap, app: str = APP) -> list[Difference]:
    """What differs in the contract when texts of the harbour, or of another application, are swapped."""
    before, after = app, MODELS
    for old, new in swaps:
        assert old in app or old in MODELS
        before, after = before.replace(old, new), after.replace(old, new)
    found = compare(contract(app, MODELS), contract(before, after))
    return list(verdict(found, lambda _: False).differences)


@cache
def contract(app: str, models: str) -> Contract:
    modules = {"app.py": collect("app.py", app.encode()), "models.py": collect("models.py", models.encode())}
    return contract_of(Project(Path("/nowhere"), modules, Settings()))


ALL_WRONG = pytest.mark.parametrize(("route", "field", "swaps", "others"), list(WRONG.values()), ids=list(WRONG))


@ALL_WRONG
def test_every_field_is_noticed(route: str, field: str, swaps: tuple[Swap, ...], others: set[str]) -> None:
    found = swapped(*swaps)

    assert (route, field) in {(item.route, item.field) for item in found}
    assert {item.field for item in found} <= {field, *others}
    assert {item.kind for item in found} == {VerdictKind.CHANGED}


@pytest.mark.parametrize("swaps", list(PRESERVED.values()), ids=list(PRESERVED))
def test_what_means_the_same_is_no_difference(swaps: tuple[Swap, ...]) -> None:
    assert swapped(*swaps, app=BUOYS) == []


def test_what_the_layers_do_not_see_is_compared_as_it_is_written() -> None:
    app = """
from elsewhere import add, find
from litestar import Controller, Litestar, Router, get, post


class Reefs(Controller):
    PATH = "/reefs"
    add = post("/add")(add)

    @get(PATH)
    async def list_reefs(self) -> list: ...


Reefs.guards = [find]
router = Router("/wrecks", route_handlers=[get("/", sync_to_thread=False)(find)])
app = Litestar([router, Reefs])
"""
    assert swapped(('get("/", sync_to_thread=False)', 'get("/")'), app=app) == []
    for swap, route, field in (
        (('"/wrecks"', '"/hulks"'), "application app", "other routes"),
        (("(find)]", "(find), get]"), "application app", "other routes"),
        (("Reefs.guards = [find]", "Reefs.guards = []"), "Reefs.list_reefs (app.py)", "options that are not seen"),
        (('post("/add")', 'post("/new")'), "controller Reefs", "attributes[add]"),
        (('PATH = "/reefs"', 'PATH = "/rocks"'), "Reefs.list_reefs (app.py)", "path"),
    ):
        assert (route, field) in {(item.route, item.field) for item in swapped(swap, app=app)}


def test_no_guard_of_any_case_goes_unnoticed() -> None:
    checked = 0
    for case in cases():
        if not any(b"guards" in content for content in tree(case.before).values()):
            continue
        project, _ = api.project([case.before], case.settings, root=case.before, run=api.Run(jobs=1, cache=False))
        before = contract_of(project)
        for label, path, source in without_guards(project):
            checked += 1
            assert compare(before, contract_of(project.replace([collect(path, source)]))), (str(case), label)
    assert checked > 100


def without_guards(project: Project) -> Iterator[tuple[str, str, bytes]]:
    """Every source of a project with one guard less, of a handler or controller of Litestar."""
    layers: list[Handler | Controller] = [*project.layers.handlers.values(), *project.layers.controllers.values()]
    for layer in layers:
        guards = layer.layer.options.get("guards")
        if guards is None or guards.path != layer.path:
            continue
        parsed = ast.parse((project.root / guards.path).read_bytes())
        for node in ast.walk(parsed):
            if isinstance(node, ast.List) and (node.lineno, node.col_offset) == (
                guards.expr.span.line,
                guards.expr.span.column,
            ):
                for index, guard in enumerate(node.elts):
                    node.elts.pop(index)
                    yield f"{layer.layer.name}: {ast.unparse(guard)}", guards.path, ast.unparse(parsed).encode()
                    node.elts.insert(index, guard)


@pytest.mark.parametrize(
    ("folder", "target"),
    [
        pytest.param(folder, case.header("app") or "app:app", id=folder.relative_to(ROOT / "fixtures").as_posix())
        for case in cases()
        if case.stem == "repeated_handler_config" and not case.header("does not start")
        for folder in dict.fromkeys((case.before, case.after))
    ],
)
def test_automatic_routes_have_the_guards_that_litestar_gives_them(folder: Path, target: str) -> None:
    project = load_project(folder)
    if project.litestar_version is not None and project.litestar_version >= (3,):
        return  # another Litestar than the one that is installed
    entries = {entry.label: entry for entry in contract_of(project).entries}

    answer = runtime.resolved(folder, target)

    automatic = [
        row for row in answer["routes"] if row["method"] == "OPTIONS" and row["handler"].startswith("litestar.")
    ]
    known = [(row, entries[label].fields) for row in automatic if (label := f"OPTIONS {row['path']}") in entries]
    assert known
    for row, fields in known:
        guards = fields.get("options.guards", Value("[]"))
        assert "options.not seen" in fields or same_names(
            row["guards"], [name for name in guards.text[1:-1].split(", ") if name]
        ), row["path"]
