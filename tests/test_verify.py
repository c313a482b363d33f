"""Proofs that run the project: a wrong fix is found by the contract and by the tests, kept out and named."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from litestar_fix import api
from litestar_fix.cli import main
from litestar_fix.errors import VerificationError
from litestar_fix.finding import State
from litestar_fix.proof import announced, suite, verification
from litestar_fix.proof.announced import Fixed, unannounced
from litestar_fix.proof.copies import copied
from litestar_fix.proof.verdicts import compare
from litestar_fix.proof.verification import Verification
from litestar_fix.result import Report
from tests.goldens import ROOT, tree
from tests.plugin import engine, installed, renaming, write, wrong_hoist

FERRIES = """\
from litestar import Controller, Litestar, get, post

from guards import captain


class CrewController(Controller):
    path = "/crew"

    @get(guards=[captain])
    async def list_crew(self) -> list[str]:
        return ["Aino"]

    @post(guards=[captain])
    async def sign_on(self) -> None:
        return None


class TimetableController(Controller):
    path = "/timetable"

    @get()
    async def read_timetable(self) -> list[str]:
        return ["08:15"]

    @post(guards=[captain])
    async def delay(self) -> None:
        return None


app = Litestar([CrewController, TimetableController])
"""
GUARDS = """\
from litestar.exceptions import PermissionDeniedException


def captain(connection, handler):
    if connection.headers.get("x-rank") != "captain":
        raise PermissionDeniedException()
"""
TESTS = """\
import pytest
from litestar.testing import TestClient

from ferries import app


@pytest.fixture
def client():
    with TestClient(app) as client:
        yield client


def test_everybody_reads_the_timetable(client):
    assert client.get("/timetable").status_code == 200


class TestCrew:
    def test_only_captains(self, client):
        assert client.get("/crew").status_code == 403

    @pytest.mark.parametrize("rank", ["captain", "a.b [c]"])
    def test_ranks(self, client, rank):
        assert client.get("/crew", headers={"x-rank": rank}).status_code == (200 if rank == "captain" else 403)


def test_that_has_always_failed():
    assert False
"""
PYTHON = sys.executable
PYTEST = f"{PYTHON} -m pytest -q"


@pytest.fixture
def ferries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "ferries"
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[project]\nname = 'ferries'\n")
    (folder / "ferries.py").write_text(FERRIES)
    (folder / "guards.py").write_text(GUARDS)
    (folder / "tests" / "test_ferries.py").write_text(TESTS)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    # the static contract sees the wrong hoist first; here it is blind, so that the others have something to find
    monkeypatch.setattr("litestar_fix.judging.compare", lambda *_: [])
    return folder


Said = list[str]


def hoisted(folder: Path, **wanted: Any) -> tuple[Report, Said]:
    """What the wrong practice does to a project under a proof, and what it said meanwhile."""
    said: Said = []
    proof = Verification(**{"python": PYTHON, "tell": said.append, **wanted})
    return engine(folder, wrong_hoist()).fix(unsafe=False, dry_run=False, verification=proof), said


def states(report: Report) -> dict[str, State]:
    return {item.message.partition(" ")[0]: item.state for item in report.findings}


def outlines(said: Said) -> list[str]:
    return [line for line in said if line.endswith("...")]


KEPT_OUT = {"CrewController": State.FIXED, "TimetableController": State.ERROR}


# ------------------------------------------------------------------------------------------------- the two proofs
def test_without_a_proof_the_wrong_hoist_is_written(ferries: Path) -> None:
    report = engine(ferries, wrong_hoist()).fix(unsafe=False, dry_run=False)

    assert set(states(report).values()) == {State.FIXED}


def test_the_static_contract_keeps_the_wrong_hoist_out_before_anything_is_run(
    ferries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("litestar_fix.judging.compare", compare)

    report = engine(ferries, wrong_hoist()).fix(unsafe=False, dry_run=False)

    assert states(report) == KEPT_OUT
    (problem,) = report.problems
    assert problem.reason.startswith("line 18: fix dropped: it would change ")
    assert "guards" in problem.reason


def test_the_contract_keeps_a_wrong_hoist_out_and_writes_the_other(ferries: Path) -> None:
    report, _ = hoisted(ferries, app="ferries:app")

    assert states(report) == KEPT_OUT
    assert [(item.path, item.code, item.reason) for item in report.problems] == [
        (
            "ferries.py",
            "LSF991",
            'line 18: fix dropped: it changes GET /timetable: guards: [] -> ["guards:captain"]',
        )
    ]
    written = (ferries / "ferries.py").read_text()
    assert written.count("    guards = [captain]\n") == 1
    assert written.count("guards=[captain]") == 1


def test_the_projects_tests_keep_a_wrong_hoist_out_and_name_what_it_broke(ferries: Path) -> None:
    report, said = hoisted(ferries, command=PYTEST)

    assert states(report) == KEPT_OUT
    (problem,) = report.problems
    assert problem.reason == (
        "line 18: fix dropped: it breaks tests/test_ferries.py::test_everybody_reads_the_timetable"
    )
    assert len(outlines(said)) - 1 <= 2 * math.log2(2) + 4 + 1
    assert "  4 passed, 1 failed" in said[1]
    assert not list(ferries.rglob("__pycache__")) + list(ferries.rglob(".pytest_cache"))


def test_both_proofs_together(ferries: Path) -> None:
    report, said = hoisted(ferries, app="ferries:app", command=PYTEST)

    assert states(report) == KEPT_OUT
    assert sum(PYTEST in line for line in outlines(said)) == 2


def test_a_dry_run_shows_only_what_stands(ferries: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    before = tree(ferries)
    with installed(wrong_hoist()):
        code = main(["--dry-run", "--verify", "ferries:app", "--python", PYTHON, "--output-format", "concise"])

    out, err = capsysbinary.readouterr()
    assert code == 2
    assert tree(ferries) == before
    assert out.count(b"+    guards = [captain]") == 1
    assert b"verify: contract of ferries:app without the fixes ..." in err
    assert b"ferries.py: error[LSF991]: line 18: fix dropped: it changes GET /timetable: guards" in err


def test_quiet_says_nothing_on_the_way(ferries: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with installed(renaming("captain", "captain")):
        assert main(["-q", "--verify", "ferries:app", "--python", PYTHON]) == 0
    assert capsys.readouterr() == ("", "")
    assert ferries.is_dir()


def test_nothing_runs_where_nothing_would_be_fixed(ferries: Path) -> None:
    said: Said = []
    proof = Verification(app="nowhere:app", command="false", tell=said.append)

    report = engine(ferries, renaming("admiral", "captain")).fix(unsafe=False, dry_run=False, verification=proof)

    assert not said
    assert not report.problems


# --------------------------------------------------------------------------------------------- what cannot be proved
def failed(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a run that ends with 2 and writes nothing."""
    before = tree(folder)
    with installed(wrong_hoist()):
        assert main(["-q", "--python", PYTHON, *arguments]) == 2
    assert tree(folder) == before
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def test_an_application_that_does_not_start(ferries: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (ferries / "guards.py").write_text("raise LookupError('all at sea')\n")

    line = failed(ferries, capsys, "--verify", "ferries:app")

    assert line == "litestar-fix: error: ferries:app does not start: LookupError: all at sea (guards.py:1)\n"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("exit 3", "'exit 3' ends with 3 without any fix: nothing to compare with"),
        ("no-such-command-anywhere", "ends with 127 without any fix"),
        ("sleep 30", "'sleep 30' is not at an end after 1 s without any fix"),
    ],
)
def test_a_command_that_says_nothing(
    ferries: Path, capsys: pytest.CaptureFixture[str], command: str, says: str
) -> None:
    assert says in failed(ferries, capsys, "--verify-cmd", command, "--timeout", "1")


def test_tests_that_were_not_all_run(ferries: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (ferries / "tests" / "test_broken.py").write_text("import nothing_at_all\n")

    assert "not all tests were run" in failed(ferries, capsys, "--verify-cmd", PYTEST)


def test_flags_that_need_a_proof(ferries: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--python is about --verify and --verify-cmd" in failed(ferries, capsys)


def test_an_application_that_only_fails_with_a_fix_names_it(ferries: Path) -> None:
    write(ferries, ferries=FERRIES + "assert 'guards' not in vars(TimetableController)\n")

    report, _ = hoisted(ferries, app="ferries:app")

    assert states(report) == KEPT_OUT
    assert "it leaves an application that fails: ferries:app does not start: Assertion" in report.problems[0].reason


def test_an_application_that_only_fails_now_and_then_blames_nobody(ferries: Path, tmp_path: Path) -> None:
    flag = tmp_path / "starts"
    moody = f"import pathlib\n\nstarts = pathlib.Path({str(flag)!r})\nstarts.open('a').write('x')\n"
    moody += "assert len(starts.read_text()) != 2, 'not now'\n"
    (ferries / "ferries.py").write_text(FERRIES.replace("@get()", "@get(guards=[captain])") + moody)

    report, said = hoisted(ferries, app="ferries:app")

    assert set(states(report).values()) == {State.FIXED}
    assert "  ferries:app does not start: AssertionError: not now (ferries.py:37)" in said


def test_what_is_new_at_every_start_is_nobodys_fault(ferries: Path) -> None:
    moody = "import secrets\n\n\n"
    moody += "app = Litestar([CrewController, TimetableController], opt={'lucky': secrets.randbits(64)})\n"
    (ferries / "ferries.py").write_text(FERRIES.partition("app = ")[0] + moody)

    report, said = hoisted(ferries, app="ferries:app")

    assert states(report) == KEPT_OUT
    assert "lucky" not in report.problems[0].reason
    assert sum("without the fixes, once more" in line for line in said) == 1


def test_a_command_without_tests_counts_by_its_exit_code(ferries: Path) -> None:
    check = "import ferries, sys; sys.exit('guards' in vars(ferries.TimetableController))"

    report, _ = hoisted(ferries, command=f'{PYTHON} -c "{check}"')

    assert states(report) == KEPT_OUT
    assert "which ends with 1" in report.problems[0].reason


def test_a_test_that_fails_now_and_then_is_no_evidence(ferries: Path, tmp_path: Path) -> None:
    flag = tmp_path / "runs"
    flaky = f"""
import pathlib

def test_now_and_then():
    runs = pathlib.Path({str(flag)!r})
    runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
    assert len(runs.read_text()) != 2
"""
    (ferries / "ferries.py").write_text(FERRIES.replace("@get()", "@get(guards=[captain])"))
    (ferries / "tests" / "test_ferries.py").write_text(flaky)

    report, said = hoisted(ferries, command=PYTEST)

    assert set(states(report).values()) == {State.FIXED}
    assert sum("once more" in line for line in said) == 1


# ------------------------------------------------------------------------------------------------- many, and halving
def test_several_culprits_are_found_by_halving(tmp_path: Path) -> None:
    count, culprits = 24, (5, 6, 19)
    for at in range(count):
        write(tmp_path, **{f"n{at:02}": f"from numbers import old, new\n\nf = old({at})\n"})
    said: Said = []
    runs: list[int] = []

    class Counting(suite.Suite):
        def _run(self, contents: Any, what: str) -> suite.Outcome:  # noqa: ARG002 (the signature is that of Suite)
            runs.append(len(contents))
            broken = frozenset(f"test_{at}" for at in culprits if f"n{at:02}.py" in contents)
            tests = frozenset(f"test_{at}" for at in culprits)
            return suite.Outcome(int(bool(broken)), tests - broken, broken, has_tests=True)

    with mock.patch.object(suite, "Suite", Counting):
        proof = Verification(command="pytest", tell=said.append)
        report = engine(tmp_path, renaming("old", "new")).fix(unsafe=False, dry_run=False, verification=proof)

    assert [item.path for item in report.problems] == [f"n{at:02}.py" for at in culprits]
    assert ["breaks test_5" in report.problems[0].reason, len(report.changes)] == [True, count - len(culprits)]
    assert len(runs) - 1 <= len(culprits) * (2 * math.log2(count) + 4)


# --------------------------------------------------------------------------------------------------------- the copy
def test_a_copy_has_links_that_lead_into_it_and_nothing_heavy(tmp_path: Path) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside.txt"
    outside.write_text("outside")
    for folder in ("src", ".git", "node_modules", "env/bin", "src/__pycache__"):
        (project / folder).mkdir(parents=True)
    (project / "env" / "pyvenv.cfg").write_text("")
    (project / "src" / "a.py").write_text("a")
    (project / "src" / "a.py").chmod(0o444)
    os.mkfifo(project / "pipe")
    links: dict[str, str | Path] = {
        "inside": "src/a.py",
        "absolute": project / "src",
        "beyond": outside,
        "nearby": "../outside.txt",
        "self": "self",
        "nowhere": "nowhere.txt",
    }
    for name, target in links.items():
        (project / name).symlink_to(target)

    with copied(project, {"src/a.py": b"b"}) as copy:
        names = {path.name for path in copy.iterdir()}
        assert copy.name == "project"
        assert names == {"src", "node_modules", "env", "inside", "absolute", "beyond", "nearby", "self", "nowhere"}
        assert (copy / "inside").read_text() == (copy / "absolute" / "a.py").read_text() == "b"
        assert (copy / "beyond").read_text() == (copy / "nearby").read_text() == "outside"
        assert (copy / "env").is_symlink()
        assert (copy / "node_modules").is_symlink()
        assert os.listdir(copy / "src") == ["a.py"]
        (copy / "absolute" / "new.py").write_text("")

    assert not copy.exists()
    assert (project / "node_modules").is_dir()
    assert (project / "src" / "a.py").read_text() == "a"
    assert os.listdir(project / "src") != ["new.py"]


def test_a_project_that_holds_the_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    (project / "tmp").mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(project / "tmp"))

    with copied(project, {}) as copy:
        assert not copy.is_relative_to(project)


@pytest.fixture
def environments(tmp_path: Path) -> Callable[[str, str], str]:
    """An environment like ours in which something more is installed: a file and its content."""

    def make(name: str, content: str) -> str:
        folder = tmp_path / "environment"
        packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        packages.mkdir(parents=True)
        (folder / "bin").mkdir()
        (folder / "bin" / "python").symlink_to(os.path.realpath(sys.executable))
        (folder / "pyvenv.cfg").write_text(f"home = {os.path.dirname(os.path.realpath(sys.executable))}\n")
        ours = next(path for path in sys.path if path.endswith("site-packages"))
        (packages / "ours.pth").write_text(f"{ours}\n")
        (packages / name).write_text(content)
        return str(folder / "bin" / "python")

    return make


FINDER = """
import sys
from importlib.machinery import PathFinder
from importlib.util import spec_from_file_location

MAPPING = {{"ferries": {file!r}, "guards": {guards!r}}}


class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return spec_from_file_location(name, MAPPING[name]) if name in MAPPING else None


Finder.__module__ = __name__
sys.meta_path.{where}
"""


@pytest.mark.parametrize("installed_as", ["path", "hook"])
def test_an_editable_installation_is_redirected_to_the_copy(
    ferries: Path, environments: Callable[[str, str], str], installed_as: str
) -> None:
    source = ferries / "code"
    source.mkdir()
    for name in ("ferries.py", "guards.py"):
        (ferries / name).rename(source / name)
    if installed_as == "path":
        python = environments("ferries.pth", f"{source}\n")
    else:
        python = environments("hook.pth", "import ferries_hook\n")
        files = {"file": f"{source}/ferries.py", "guards": f"{source}/guards.py"}
        hook = Path(python).parent.parent.joinpath("lib").glob("*/site-packages")
        next(hook).joinpath("ferries_hook.py").write_text(FINDER.format(**files, where="append(Finder)"))

    check = "import ferries, sys; sys.exit('guards' in vars(ferries.TimetableController))"
    proof = {"app": "ferries:app"} if installed_as == "path" else {"command": f'{python} -c "{check}"'}

    assert states(hoisted(ferries, python=python, **proof)[0]) == KEPT_OUT


def test_what_the_environment_does_at_every_start_is_still_done(
    ferries: Path, environments: Callable[[str, str], str]
) -> None:
    python = environments("sitecustomize.py", "import sys\nsys.of_the_environment = True\n")
    check = "import sys, ferries; sys.exit(not sys.of_the_environment or 'guards' in vars(ferries.TimetableController))"

    report, _ = hoisted(ferries, command=f'{python} -c "{check}"')

    assert states(report) == KEPT_OUT


def test_code_of_the_project_itself_is_no_proof(ferries: Path, environments: Callable[[str, str], str]) -> None:
    python = environments("hook.pth", "import ferries_hook\n")
    files = {"file": f"{ferries}/ferries.py", "guards": f"{ferries}/guards.py"}
    content = FINDER.format(**files, where="insert(0, Finder)").replace("MAPPING", "_FILES")
    next(Path(python).parent.parent.joinpath("lib").glob("*/site-packages")).joinpath("ferries_hook.py").write_text(
        content
    )

    with pytest.raises(VerificationError, match=r"imports (ferries|guards)\.py from the project itself"):
        hoisted(ferries, app="ferries:app", python=python)
    with pytest.raises(VerificationError, match=r"imports (ferries|guards)\.py from the project itself"):
        hoisted(ferries, command=f"{python} -c 'import ferries'")


# ------------------------------------------------------------------------------------------------ what is announced
def row(**changes: Any) -> dict[str, Any]:
    provider = {"provider": "deps:provide_boat", "kind": "async", "returns": "x:Boat", "use_cache": False}
    dto = {"dto": "d:BoatDTO", "config": {"exclude": []}, "fields": {"name": {}, "secret_code": {}}}
    return {
        "handler": "fleet.boats:show",
        "automatic": False,
        "guards": ["a:one"],
        "dependencies": {"boat": provider},
        "return_dto": dto,
        **changes,
    }


def answer(version: str = "2.25.0", **routes: Any) -> dict[str, Any]:
    return {"litestar": version, "application": {}, "openapi": None, "routes": {"GET /boats": row(), **routes}}


def fix_of(code: str, path: str, function: str, message: str = "") -> Fixed:
    finding = mock.Mock(code=code, message=message, related=())
    return Fixed(finding, path, function)


def undeclared(before: dict[str, Any], after: dict[str, Any], *fixes: Fixed) -> list[str]:
    return [f"{item.route} {'.'.join(item.field)}" for item in unannounced(before, after, fixes)]


def test_a_provider_that_becomes_a_generator_is_declared() -> None:
    before, after = answer(), answer()
    after["routes"]["GET /boats"]["dependencies"]["boat"] |= {"kind": "async generator", "returns": "AsyncGenerator"}
    mended = fix_of("LSF202", "src/deps.py", "provide_boat")

    assert undeclared(before, after, mended) == []
    assert len(undeclared(before, after)) == 2
    assert len(undeclared(before, after, fix_of("LSF202", "src/deps.py", "provide_crew"))) == 2
    assert len(undeclared(before, after, fix_of("LSF204", "src/deps.py", "provide_boat"))) == 2
    after["routes"]["GET /boats"]["dependencies"]["boat"]["use_cache"] = True
    assert undeclared(before, after, mended) == ["GET /boats dependencies.boat.use_cache"]


def test_automatic_options_routes_may_gain_and_never_lose() -> None:
    def options(*guards: str, tags: int = 0) -> dict[str, Any]:
        return {"OPTIONS /boats": row(automatic=True, guards=list(guards), tags=tags)}

    assert undeclared(answer(**options("a", "b")), answer(**options("a", "c", "b", tags=1))) == []
    assert undeclared(answer(**options("a", "b")), answer(**options("b"))) == ["OPTIONS /boats guards"]
    three = undeclared(answer("3.0.0", **options("a")), answer("3.0.0", **options("a", "b")))
    assert three == ["OPTIONS /boats guards"]
    assert undeclared(answer(**options("a")), answer()) == ["OPTIONS /boats "]


def test_a_response_loses_the_named_field_and_no_other() -> None:
    before, after = answer(), answer()
    sent = after["routes"]["GET /boats"]["return_dto"]
    sent |= {"config": {"exclude": ["secret_code"]}, "fields": {"name": {}}}
    mended = fix_of("LSF302", "fleet/boats.py", "show", "show sends secret_code of Boat")

    assert undeclared(before, after, mended) == []
    assert undeclared(before, after, fix_of("LSF302", "fleet/boats.py", "other", "sends secret_code")) != []
    sent["fields"] = {}
    assert undeclared(before, after, mended) == ["GET /boats return_dto.fields.name"]


def schema(*fields: str) -> dict[str, Any]:
    body = {"type": "object", "properties": {field: {"type": "string"} for field in fields}, "required": list(fields)}
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/Boat{len(fields)}"}}}
    return {
        "paths": {"/boats/{id}": {"get": {"responses": {"200": {"content": content}}}}},
        "components": {"schemas": {f"Boat{len(fields)}": body}},
    }


def test_the_schema_loses_the_named_field_and_no_other() -> None:
    def document(*fields: str) -> dict[str, Any]:
        return {**answer(), "openapi": schema(*fields), "routes": {"GET /boats/{id:int}": row()}}

    before = document("name", "secretCode", "length")
    mended = fix_of("LSF302", "fleet/boats.py", "show", "show sends secret_code of Boat")

    assert undeclared(before, document("name", "length"), mended) == []
    assert undeclared(before, document("name", "length")) != []
    assert undeclared(before, document("name"), mended) == [
        "GET /boats/{id} responses.200.content.application/json.schema.properties.length",
        "GET /boats/{id} responses.200.content.application/json.schema.required",
    ]


def test_a_handler_takes_data_in_the_place_of_its_request() -> None:
    taken: dict[str, Any] = {"kind": "reserved"}
    operation: dict[str, Any] = {"responses": {"200": {"description": "shown"}}}
    body = {"requestBody": {"required": True}, "responses": operation["responses"] | {"400": {"description": "no"}}}

    def document(parameters: dict[str, Any], get: dict[str, Any]) -> dict[str, Any]:
        openapi = {"paths": {"/boats": {"get": get}}}
        return {**answer(), "openapi": openapi, "routes": {"GET /boats": row(parameters=parameters)}}

    before = document({"request": taken, "id": taken}, operation)
    mended = fix_of("LSF306", "fleet/boats.py", "show")

    assert undeclared(before, document({"data": taken, "id": taken}, body), mended) == []
    assert undeclared(before, document({"data": taken, "request": taken, "id": taken}, body), mended) == []
    other = fix_of("LSF306", "fleet/boats.py", "list_all")
    assert len(undeclared(before, document({"data": taken, "id": taken}, body), other)) == 4
    assert undeclared(before, document({"data": taken}, body), mended) == ["GET /boats parameters.id"]
    changed = body | {"responses": {"200": {"description": "gone"}}}
    assert undeclared(before, document({"data": taken, "id": taken}, changed), mended) == [
        "GET /boats responses.200.description"
    ]
    assert undeclared(document({"data": taken}, body), document({}, operation), mended) != []


def test_unsafe_fixes_of_the_example_change_what_they_announce(monkeypatch: pytest.MonkeyPatch) -> None:
    service = ROOT / "examples" / "booking-service"
    monkeypatch.chdir(service)
    said: Said = []
    proof = Verification(app="booking.app:app", python=PYTHON, tell=said.append)

    report = api.fix(["."], unsafe_fixes=True, dry_run=True, run=api.Run(cache=False), verification=proof)

    assert not report.problems
    assert report.states[State.WOULD_FIX] > 20
    assert len(outlines(said)) == 2


def test_a_verified_dry_run_is_never_answered_from_the_cache(ferries: Path) -> None:
    said: Said = []
    proof = Verification(app="ferries:app", python=PYTHON, tell=said.append)
    (ferries / "ferries.py").write_text(FERRIES.replace("async def read", "def read"))

    api.fix([ferries], dry_run=True)
    report = api.fix([ferries], dry_run=True, verification=proof)

    assert report.changes
    assert len(outlines(said)) == 2


def test_what_a_proof_is_by_default() -> None:
    verification.nobody("nothing happens")
    assert (verification.START, verification.COMMAND) == (60.0, 1800.0)
    assert announced.Fixed(mock.Mock(), "a.py", "").is_about("a:") is False
