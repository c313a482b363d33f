"""What becomes of fixes that change the contract, keep it, or make it unknown, alone and beside others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from litestar_fix.finding import Applicability, State
from litestar_fix.model.project import Project
from litestar_fix.proof.contract import Contract
from litestar_fix.report import concise, document
from litestar_fix.report.style import Style
from litestar_fix.result import Report, VerdictKind
from litestar_fix.trial import Trial
from tests.harbour import APP, BUOYS, HOIST, MODELS, PRESERVED, WRONG
from tests.plugin import engine, renaming, write
from tests.rewrites import Swap, rewriting

CHART = "async def chart(depth: int) -> bytes:\n    return b''"


def fixed(root: Path, *swaps: Swap, app: str = APP, unsafe: bool = False, changes: tuple[str, ...] = ()) -> Report:
    """Apply a rewrite and a harmless fix to the harbour, without writing."""
    write(root, app=app, models=MODELS)
    level = Applicability.UNSAFE if unsafe else Applicability.SAFE
    wrong = rewriting("audit", *swaps, changes=changes, applicability=level)
    return engine(root, wrong, renaming("keep", "print", code="LSF991")).fix(unsafe=unsafe, dry_run=True)


def preserved(report: Report, code: str = "LSF990") -> None:
    assert report.problems == ()
    (item,) = [item for item in report.findings if item.code == code]
    assert item.state is State.WOULD_FIX
    assert item.contract is not None
    assert item.contract.telling == ()
    assert item.contract.kind is VerdictKind.PRESERVED


@pytest.mark.parametrize("name", ["wrong hoist", "guard dropped", "fields that are sent", "provider", "path", "route"])
def test_a_fix_that_changes_the_contract_is_dropped_alone(name: str, tmp_path: Path) -> None:
    route, field, swaps, _ = WRONG[name]

    report = fixed(tmp_path, *swaps)

    assert {item.code: item.state for item in report.findings} == {"LSF990": State.ERROR, "LSF991": State.WOULD_FIX}
    (problem,) = report.problems
    assert problem.code == "LSF990"
    assert "fix dropped: it would change " in problem.reason
    (dropped,) = [item for item in report.findings if item.code == "LSF990"]
    assert dropped.contract is not None
    assert dropped.contract.kind is VerdictKind.CHANGED
    assert (route, field) in {(item.route, item.field) for item in dropped.contract.telling}
    assert dropped.contract.telling[0].text in problem.reason
    (change,) = report.changes
    assert change.new == change.old.replace(b"keep()", b"print()")


def test_a_fix_that_changes_nothing_of_the_contract_stands(tmp_path: Path) -> None:
    report = fixed(tmp_path, *PRESERVED["a local variable of a factory is renamed"], app=BUOYS)

    preserved(report)
    preserved(report, "LSF991")
    assert all(item.contract is not None and not item.contract.differences for item in report.findings)


def test_a_hoist_of_equal_guards_changes_the_automatic_route_alone(tmp_path: Path) -> None:
    (problem,) = fixed(tmp_path, *HOIST, app=BUOYS).problems
    assert problem.reason.endswith(
        "fix dropped: it would change OPTIONS /buoys: options.guards: not set -> [app.py::is_crew]"
    )

    report = fixed(tmp_path, *HOIST, app=BUOYS, changes=("options",))

    preserved(report)
    (item,) = [item for item in report.findings if item.code == "LSF990"]
    assert item.contract is not None
    assert [(each.route, each.field, each.declared) for each in item.contract.differences] == [
        ("OPTIONS /buoys", "options.guards", True),
        ("OPTIONS /buoys/{name:str}", "options.guards", True),
    ]


def test_litestar_3_has_no_automatic_route_of_a_layer(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "buoys"\ndependencies = ["litestar>=3"]\n')

    preserved(fixed(tmp_path, *HOIST, app=BUOYS))


def test_a_declared_change_counts_only_where_the_fix_edits(tmp_path: Path) -> None:
    kind = ("def get_log() -> str: ...", "async def get_log() -> str: ...")
    preserved(fixed(tmp_path, kind, app=BUOYS, changes=("dependencies.kind",)))

    # the provider is another one now, and that other one was not edited
    app = BUOYS.replace("def find() -> list: ...", "async def get_name() -> str: ...")
    app = app.replace("on_startup=[find]", "").replace("audit()", "PROVIDED = get_log\naudit()")
    app = app.replace("Provide(get_log", "Provide(PROVIDED")
    report = fixed(tmp_path, ("PROVIDED = get_log", "PROVIDED = get_name"), app=app, changes=("dependencies.kind",))

    (problem,) = report.problems
    assert "GET /buoys: dependencies[log].provider: app.py::get_log -> app.py::get_name" in problem.reason


# ------------------------------------------------------------------------------------------------------ unknown values
CAVE = """
from litestar import Litestar, get

from settings import build, make

RULES = make()
{more}

@get("/bats", guards=RULES)
async def list_bats() -> str: ...


@get("/crickets", guards=[*build(), *make("{name}")])
async def list_crickets() -> str: ...


app = Litestar([list_bats, list_crickets], openapi_config=None)
audit()
keep()
"""


def cave(more: str = "", name: str = "crickets") -> str:
    return CAVE.format(more=more, name=name)


def test_an_unknown_value_that_stays_is_preserved(tmp_path: Path) -> None:
    preserved(
        fixed(tmp_path, ("async def list_bats() -> str: ...", "async def list_bats() -> str:\n    ..."), app=cave())
    )


def test_a_known_change_beside_an_unknown_value_is_a_change(tmp_path: Path) -> None:
    app = cave().replace("[*build(),", "[list, *build(),")

    report = fixed(tmp_path, ("[list, *build(),", "[*build(),"), app=app)

    (problem,) = report.problems
    assert "it would change GET /crickets: guards: " in problem.reason


def test_a_fix_that_edits_what_cannot_be_told_is_refused(tmp_path: Path) -> None:
    report = fixed(tmp_path, ('"crickets")', '"moths")'), app=cave())

    (item,) = [item for item in report.findings if item.code == "LSF990"]
    assert item.state is State.REFUSED
    assert item.reason.startswith("it edits what cannot be told: GET /crickets: guards: ")
    assert item.contract is not None
    assert item.contract.kind is VerdictKind.UNKNOWN
    assert report.problems == ()
    assert len(report.changes) == 1


def test_a_known_value_does_not_become_unknown(tmp_path: Path) -> None:
    app = cave().replace("guards=RULES", "guards=[list]")

    report = fixed(tmp_path, ("guards=[list]", "guards=RULES"), app=app)

    assert {item.state for item in report.findings} == {State.REFUSED, State.WOULD_FIX}


def test_a_value_that_becomes_unknown_by_an_edit_elsewhere_is_shown(tmp_path: Path) -> None:
    app = cave("NAMED = [list]\n\n\ndef named() -> list:\n    return NAMED\n").replace("=RULES", "=NAMED")

    report = fixed(tmp_path, ("return NAMED", "NAMED.append(list)"), app=app)

    (item,) = [item for item in report.findings if item.code == "LSF990"]
    assert item.state is State.WOULD_FIX
    assert item.contract is not None
    assert item.contract.kind is VerdictKind.UNKNOWN
    assert [(each.route, each.field) for each in item.contract.telling] == [("GET /bats", "guards")]
    assert report.problems == ()


# ------------------------------------------------------------------------------------------------------ several at once
def test_unsafe_fixes_stand_and_show_what_they_change(tmp_path: Path) -> None:
    report = fixed(tmp_path, ("guards = [is_crew]", "guards = [is_captain]"), unsafe=True)

    assert report.problems == ()
    changed, kept = report.findings
    assert {item.state for item in report.findings} == {State.WOULD_FIX}
    assert changed.contract is not None
    assert changed.contract.kind is VerdictKind.CHANGED
    assert changed.contract.telling[0].text == "GET /berths: guards: [app.py::is_crew] -> [app.py::is_captain]"
    assert kept.contract is not None
    assert kept.contract.kind is VerdictKind.PRESERVED


def test_unsafe_fixes_of_different_routes_are_told_apart_without_being_applied_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    monkeypatch.setattr(Trial, "together", lambda _self, groups: calls.append(groups))
    write(tmp_path, app=APP, models=MODELS)
    rules = [
        rewriting(name, swap, code=code, applicability=Applicability.UNSAFE)
        for name, code, swap in (
            ("audit", "LSF981", ('{"level": 1}', '{"level": 2}')),
            ("keep", "LSF982", ('"/chart"', '"/map"')),
        )
    ]

    report = engine(tmp_path, *rules).fix(unsafe=True, dry_run=True)

    first, second = [item.contract for item in report.findings]
    assert first is not None
    assert second is not None
    assert {(item.route, item.field) for item in first.telling} == {("GET POST /harbour/gate", "opt['level']")}
    assert ("GET /chart", "path") in {(item.route, item.field) for item in second.telling}
    assert not calls


def test_of_many_fixes_the_culprits_are_named(tmp_path: Path) -> None:
    app = BUOYS.replace("keep()", "\n".join(f"keep{number}()" for number in range(9)))
    write(tmp_path, app=app, models=MODELS)
    wrong = {3: ('path = "/buoys"', 'path = "/boats"'), 7: ("on_startup=[find]", "on_startup=[]")}
    rules = [
        rewriting(f"keep{number}", *([wrong[number]] if number in wrong else []), code=f"LSF98{number}")
        for number in range(9)
    ]

    report = engine(tmp_path, *rules).fix(unsafe=False, dry_run=True)

    assert [item.code for item in report.findings if item.state is State.ERROR] == ["LSF983", "LSF987"]
    assert report.states == {State.WOULD_FIX: 7, State.ERROR: 2}
    assert [item.code for item in report.problems] == ["LSF983", "LSF987"]
    assert "path: /buoys -> /boats" in report.problems[0].reason
    assert "application create: on_startup: " in report.problems[1].reason or "on_startup" in report.problems[1].reason


def test_a_fix_that_is_dropped_is_in_nobodys_way(tmp_path: Path) -> None:
    write(tmp_path, app=APP, models=MODELS)
    wrong = rewriting("audit", ('@get("/chart"', '@get("/map"'))
    right = rewriting("keep", ("async def chart(depth: int) -> bytes: ...", CHART), code="LSF991")

    report = engine(tmp_path, wrong, right).fix(unsafe=False, dry_run=True)

    assert report.states == {State.WOULD_FIX: 1, State.ERROR: 1}
    (change,) = report.changes
    assert CHART.encode() in change.new
    assert b'@get("/chart"' in change.new


LAMPS = """
from lights import Lights
from litestar import Litestar, get
from litestar.datastructures import CacheControlHeader


class Lamps(Lights):
    @get("/", cache_control=CacheControlHeader(max_age=60))
    async def list_lamps(self) -> str: ...


app = Litestar([Lamps])
"""
LIGHTS = """
from litestar import Controller
from litestar.datastructures import CacheControlHeader


class Lights(Controller):
    cache_control = CacheControlHeader(max_age=60)
"""


def test_fixes_that_keep_the_contract_alone_but_not_together_go_one_by_one(tmp_path: Path) -> None:
    write(tmp_path, app="audit()\nkeep()\n", lamps=LAMPS, lights=LIGHTS)
    inner = rewriting("audit", (", cache_control=CacheControlHeader(max_age=60)", ""))
    outer = rewriting(
        "keep", ("cache_control = CacheControlHeader(max_age=60)", "pass"), code="LSF991", changes=("options",)
    )

    alone = engine(tmp_path, outer).fix(unsafe=False, dry_run=True)
    report = engine(tmp_path, inner, outer).fix(unsafe=False, dry_run=True)

    assert alone.problems == ()
    assert report.states == {State.WOULD_FIX: 1, State.ERROR: 1}
    (problem,) = report.problems
    assert "it would change GET /: cache_control: " in problem.reason


def test_what_cannot_be_compared_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_project: Project) -> Contract:
        raise RecursionError("too deep")

    monkeypatch.setattr("litestar_fix.judging.contract_of", broken)

    report = fixed(tmp_path)

    assert report.states == {State.ERROR: 2}
    assert not report.changes
    assert all("its contract is not known: RecursionError: too deep" in item.reason for item in report.problems)


# ----------------------------------------------------------------------------------------------------------- shown
def test_the_verdict_is_in_the_document_and_in_verbose_text(tmp_path: Path) -> None:
    report = fixed(tmp_path, ("guards = [is_crew]", "guards = [is_captain]"), unsafe=True)
    quiet, verbose = Style(color=False), Style(color=False, verbose=True)

    first, second = json.loads(document.render(report))["findings"]

    assert first["contract"]["verdict"] == "changed"
    assert first["contract"]["differences"][0] == {
        "route": "GET /berths",
        "field": "guards",
        "before": "[app.py::is_crew]",
        "after": "[app.py::is_captain]",
        "kind": "changed",
        "declared": False,
    }
    assert second["contract"] == {"verdict": "preserved", "differences": []}
    assert " would-fix: " in next(concise.render(report, quiet))
    changed, kept = concise.render(report, verbose)
    assert "would-fix(contract changed: GET /berths: guards: [app.py::is_crew] -> [app.py::is_captain] and " in changed
    assert " would-fix(contract preserved): " in kept
