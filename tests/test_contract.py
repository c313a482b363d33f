"""The static contract: every field is noticed when a fix changes it, and what changes nothing stands."""

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
from tests.plugin import engine, renaming, write
from tests.rewrites import Swap, rewriting

#: what a handler loses that no application registers any more
UNREGISTERED = {
    *[f"exception_handlers[{key}]" for key in ("500", "litestar.exceptions.NotFoundException")],
    "type_encoders[models.py::Berth]",
}
STATION = [f"parameters[station].{name}" for name in ("annotation", "default")]

MODELS = """
from dataclasses import dataclass


@dataclass
class Berth:
    number: int
    length: float
    pin: str
"""

APP = """
from collections.abc import AsyncGenerator

from litestar import Controller, Litestar, MediaType, Request, Response, Router, get, post, route, websocket
from litestar import websocket_listener
from litestar.config.cors import CORSConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, ResponseHeader
from litestar.di import Provide
from litestar.dto import DataclassDTO, DTOConfig
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.params import Parameter
from litestar.static_files import create_static_files_router

from models import Berth


def is_crew(connection: ASGIConnection, handler: BaseRouteHandler) -> None: ...


def is_captain(connection: ASGIConnection, handler: BaseRouteHandler) -> None: ...


def is_audited(connection: ASGIConnection, handler: BaseRouteHandler) -> None: ...


def logs(app): ...


def times(app): ...


def lost(request: Request, exception: Exception) -> Response: ...


def broken(request: Request, exception: Exception) -> Response: ...


async def open_books() -> None: ...


async def close_books() -> None: ...


async def stamp(request: Request) -> None: ...


async def sign(response: Response) -> Response: ...


async def tally(request: Request) -> None: ...


def get_tide(station: str = "north") -> float: ...


def get_moon() -> str: ...


def get_sun() -> str: ...


async def get_ledger() -> AsyncGenerator[dict, None]:
    yield {}


class BerthDTO(DataclassDTO[Berth]):
    config = DTOConfig(exclude={"pin"}, rename_strategy="camel")


class NewBerthDTO(DataclassDTO[Berth]):
    config = DTOConfig(exclude={"number"})


class Berths(Controller):
    path = "/berths"
    guards = [is_crew]
    dependencies = {"tide": Provide(get_tide, use_cache=True), "moon": Provide(get_moon)}

    @get("/", return_dto=BerthDTO, cache=60, tags=["berths"], media_type=MediaType.JSON)
    async def list_berths(self, tide: float, limit: int = 10) -> list[Berth]: ...

    @post("/", guards=[is_captain, is_audited], dto=NewBerthDTO, return_dto=BerthDTO, status_code=202)
    async def add_berth(self, data: Berth, tide: float) -> Berth: ...

    @get("/{number:int}", guards=[is_captain], before_request=stamp, after_request=sign, after_response=tally)
    def read_berth(self, number: int, ledger: dict) -> str: ...


@get("/report", sync_to_thread=True, dependencies={"moon": Provide(get_moon)}, security=[{"token": []}], audited=True)
def report(moon: str, fmt: str = Parameter(header="X-Format")) -> dict[str, str]: ...


@route("/gate", http_method=["GET", "POST"], opt={"level": 1}, middleware=[logs, DefineMiddleware(times)])
async def gate() -> str: ...


@get("/chart", response_headers=[ResponseHeader(name="X-Chart", value="1")], response_cookies=[Cookie(key="c")])
async def chart(depth: int) -> bytes: ...


@websocket("/radio", guards=[is_crew])
async def radio(socket) -> None: ...


@websocket_listener("/log", guards=[is_crew], on_accept=open_books)
async def log(data: str) -> str: ...


harbour = Router("/harbour", route_handlers=[report, gate], parameters={"fmt": Parameter(header="X-Fmt")})
app = Litestar(
    route_handlers=[Berths, harbour, chart, radio, log, create_static_files_router("/files", ["public"])],
    dependencies={"ledger": Provide(get_ledger)},
    exception_handlers={NotFoundException: lost, 500: broken},
    on_startup=[open_books],
    on_shutdown=[close_books],
    cors_config=CORSConfig(allow_origins=["https://harbour.example"]),
    type_encoders={Berth: str},
)
audit()
keep()
"""

#: what is rewritten -> route and field that change, the rewrite, other fields that change with it
WRONG: dict[str, tuple[str, str, tuple[Swap, ...], set[str]]] = {
    "path": ("GET /chart", "path", (('@get("/chart"', '@get("/map"'),), {"options"}),
    "methods": ("GET POST /harbour/gate", "methods", (('["GET", "POST"]', '["GET"]'),), {"status_code"}),
    "handler": (
        "GET /chart",
        "handler",
        (("async def chart(", "async def seamap("), ("harbour, chart,", "harbour, seamap,")),
        set(),
    ),
    "route": ("GET /chart", "application", (("harbour, chart,", "harbour,"),), {"options", *UNREGISTERED}),
    "guard dropped": ("GET /berths/{number:int}", "guards", (('int}", guards=[is_captain],', 'int}",'),), set()),
    "guards reordered": ("POST /berths", "guards", (("[is_captain, is_audited]", "[is_audited, is_captain]"),), set()),
    "guard of a class": ("GET /berths", "guards", (("[is_crew]\n", "[is_crew, is_captain]\n"),), {"options.guards"}),
    "guard of a websocket": ("WS /radio", "guards", (('"/radio", guards=[is_crew]', '"/radio"'),), set()),
    "guard of a listener": ("WS /log", "guards", (('"/log", guards=[is_crew],', '"/log",'),), set()),
    "wrong hoist": (
        "GET /berths",
        "guards",
        (("guards = [is_crew]", "guards = [is_crew, is_captain]"), ("guards=[is_captain, ", "guards=[")),
        {"options.guards"},
    ),
    "middleware": (
        "GET POST /harbour/gate",
        "middleware",
        (("[logs, DefineMiddleware(times)]", "[DefineMiddleware(times), logs]"),),
        set(),
    ),
    "exception handler": (
        "GET /berths",
        "exception_handlers[500]",
        (("500: broken", "500: lost"),),
        {"options.exception_handlers[500]", "other routes.exception_handlers[500]"},
    ),
    "before_request": ("GET /berths/{number:int}", "before_request", (("before_request=stamp, ", ""),), set()),
    "after_request": ("GET /berths/{number:int}", "after_request", (("after_request=sign, ", ""),), set()),
    "after_response": ("GET /berths/{number:int}", "after_response", ((", after_response=tally", ""),), set()),
    "cache": ("GET /berths", "cache", (("cache=60, ", ""),), set()),
    "tags": ("GET /berths", "tags", (('["berths"]', '["piers"]'),), set()),
    "media type": ("GET /berths", "media_type", (("MediaType.JSON)", "MediaType.TEXT)"),), set()),
    "status": ("POST /berths", "status_code", ((", status_code=202", ""),), set()),
    "security": ("GET /harbour/report", "security", (('[{"token": []}]', "[]"),), set()),
    "opt": ("GET POST /harbour/gate", "opt['level']", (('{"level": 1}', '{"level": 2}'),), set()),
    "a keyword that lands in opt": ("GET /harbour/report", "opt['audited']", ((", audited=True", ""),), set()),
    "header": ("GET /chart", "response_headers['X-Chart']", (('value="1"', 'value="2"'),), set()),
    "cookie": ("GET /chart", "response_cookies['c']", (('Cookie(key="c")', ""),), set()),
    "type encoder": (
        "GET /berths",
        "type_encoders[models.py::Berth]",
        (("{Berth: str}", "{Berth: repr}"),),
        {"options.type_encoders[models.py::Berth]", "other routes.type_encoders[models.py::Berth]"},
    ),
    "thread": ("GET /harbour/report", "runs", (("sync_to_thread=True, ", ""),), set()),
    "awaited": ("GET /berths/{number:int}", "runs", (("    def read_berth", "    async def read_berth"),), set()),
    "return annotation": ("GET /chart", "returns", (("-> bytes", "-> str"),), set()),
    "parameter's annotation": ("GET /chart", "parameters[depth].annotation", (("depth: int", "depth: str"),), set()),
    "parameter's default": (
        "GET /berths",
        "parameters[limit].default",
        (("limit: int = 10", "limit: int = 9"),),
        set(),
    ),
    "parameter's header": ("GET /harbour/report", "parameters[fmt].default", (('"X-Format"', '"X-F"'),), set()),
    "parameter's layer": ("GET /harbour/report", "parameters[fmt].declared", (('"X-Fmt"', '"X-F"'),), set()),
    "parameter's source": (
        "GET /berths",
        "parameters[tide].kind",
        (('"tide": Provide(get_tide, use_cache=True), ', ""),),
        {f"dependencies[tide].{name}" for name in ("provider", "kind", "returns", "use_cache", "cache", *STATION)},
    ),
    "provider": (
        "GET /harbour/report",
        "dependencies[moon].provider",
        (('dependencies={"moon": Provide(get_moon)}, ', 'dependencies={"moon": Provide(get_sun)}, '),),
        set(),
    ),
    "provider's kind": (
        "GET /berths/{number:int}",
        "dependencies[ledger].kind",
        (("    yield {}", "    return {}"),),
        set(),
    ),
    "provider's annotation": (
        "GET /berths/{number:int}",
        "dependencies[ledger].returns",
        (("-> AsyncGenerator[dict, None]", "-> AsyncGenerator[list, None]"),),
        set(),
    ),
    "provider's thread": (
        "GET /berths",
        "dependencies[tide].kind",
        (("use_cache=True)", "use_cache=True, sync_to_thread=True)"),),
        set(),
    ),
    "provider's cache": (
        "GET /berths",
        "dependencies[tide].use_cache",
        ((", use_cache=True", ""),),
        {"dependencies[tide].cache"},
    ),
    "provider's parameter": (
        "GET /berths",
        "dependencies[tide].parameters[station].default",
        (('station: str = "north"', 'station: str = "south"'),),
        set(),
    ),
    "return DTO": (
        "GET /berths",
        "return_dto",
        (('"/", return_dto=BerthDTO, cache', '"/", cache'),),
        {"return_dto.config", "response fields"},
    ),
    "return DTO's configuration": (
        "GET /berths",
        "return_dto.config",
        ((', rename_strategy="camel"', ""),),
        set(),
    ),
    "fields that are sent": (
        "GET /berths",
        "response fields",
        (('exclude={"pin"}, ', ""),),
        {"return_dto.config"},
    ),
    "DTO": ("POST /berths", "dto", (("dto=NewBerthDTO, return", "return"),), {"dto.config"}),
    "DTO's configuration": ("POST /berths", "dto.config", (('exclude={"number"}', "exclude=set()"),), set()),
    "fields that are taken": ("POST /berths", "request fields", (("length: float", "length: int"),), set()),
    "a listener's hook": ("WS /log", "on_accept", ((", on_accept=open_books", ""),), set()),
    "start-up": ("application app", "on_startup", (("on_startup=[open_books]", "on_startup=[]"),), set()),
    "shutdown": ("application app", "on_shutdown", (("    on_shutdown=[close_books],\n", ""),), set()),
    "CORS": ("application app", "cors_config", (("https://harbour.example", "*"),), set()),
    "static files": (
        "application app",
        "other routes",
        ((', create_static_files_router("/files", ["public"])', ""),),
        set(),
    ),
}


def fixed(root: Path, *swaps: Swap, app: str = APP, unsafe: bool = False, changes: tuple[str, ...] = ()) -> Report:
    """Apply a rewrite and a harmless fix to the harbour, without writing."""
    write(root, app=app, models=MODELS)
    level = Applicability.UNSAFE if unsafe else Applicability.SAFE
    wrong = rewriting("audit", *swaps, changes=changes, applicability=level)
    return engine(root, wrong, renaming("keep", "kept", code="LSF991")).fix(unsafe=unsafe, dry_run=True)


@pytest.mark.parametrize(("route", "field", "swaps", "others"), list(WRONG.values()), ids=list(WRONG))
def test_a_fix_that_changes_the_contract_is_dropped_alone(
    route: str, field: str, swaps: tuple[Swap, ...], others: set[str], tmp_path: Path
) -> None:
    report = fixed(tmp_path, *swaps)

    assert {item.code: item.state for item in report.findings} == {"LSF990": State.ERROR, "LSF991": State.WOULD_FIX}
    (problem,) = report.problems
    assert problem.code == "LSF990"
    assert "fix dropped: it would change " in problem.reason
    (dropped,) = [item for item in report.findings if item.code == "LSF990"]
    assert dropped.contract is not None
    assert dropped.contract.kind is VerdictKind.CHANGED
    assert (route, field) in {(item.route, item.field) for item in dropped.contract.telling}
    assert {item.field for item in dropped.contract.telling} <= {field, *others}
    assert dropped.contract.telling[0].text in problem.reason
    (change,) = report.changes
    assert change.new == change.old.replace(b"keep()", b"kept()")


# ---------------------------------------------------------------------------------------------- what changes nothing
HOIST = (
    ("status_code=200, guards=[is_crew]", "status_code=200"),
    (", guards=[is_crew]", ""),
    ('path = "/buoys"', 'path = "/buoys"\n    guards = [is_crew]'),
)
BUOYS = """
from litestar import Controller, Litestar, get
from litestar.di import Provide
from litestar.status_codes import HTTP_200_OK

LIMITS = {"limit": 3}


def is_crew(connection, handler) -> None: ...


def get_log() -> str: ...


def find() -> list: ...


class Buoys(Controller):
    path = "/buoys"

    @get("/", guards=[is_crew], opt=LIMITS, dependencies={"log": Provide(get_log, sync_to_thread=False)})
    async def list_buoys(self, log: "str | None" = None) -> "list[str]":
        found = [log]
        return found

    @get("/{name:str}", status_code=200, guards=[is_crew], tags=["b", "a"], include_in_schema=True)
    async def read_buoy(self, name: str) -> str: ...


def create() -> Litestar:
    handlers = [Buoys]
    return Litestar(route_handlers=handlers, on_startup=[find])


audit()
keep()
"""

PRESERVED: dict[str, tuple[Swap, ...]] = {
    "nothing but the call": (),
    "a local variable of a handler is renamed": (("found", "buoys"),),
    "a local variable of a factory is renamed": (("handlers = ", "routes = "), ("=handlers", "=routes")),
    "a local variable is inlined": (("    handlers = [Buoys]\n", ""), ("=handlers", "=[Buoys]")),
    "definitions change places": (
        ("def is_crew(connection, handler) -> None: ...", "def get_log() -> str:\n    ..."),
        ("def get_log() -> str: ...", "def is_crew(connection, handler) -> None:\n    ..."),
    ),
    "a body is another one": (("def find() -> list: ...", "def find() -> list:\n    return []"),),
    "an annotation loses its quotes": (('"list[str]"', "list[str]"), ('"str | None"', "str | None")),
    "a default is left out": (
        (", include_in_schema=True", ""),
        ("status_code=200, ", ""),
        (", sync_to_thread=False", ""),
    ),
    "a default is written out": (("opt=LIMITS", "opt=LIMITS, cache=False, status_code=HTTP_200_OK"),),
    "tags are sorted in the schema": (('["b", "a"]', '["a", "b"]'),),
    "a list is a tuple": (("guards=[is_crew], opt", "guards=(is_crew,), opt"),),
    "keywords change places": (("guards=[is_crew], opt=LIMITS,", "opt=LIMITS, guards=[is_crew],"),),
    "a constant is inlined": (("opt=LIMITS", 'opt={"limit": 3}'),),
    "a path has another slash": (('path = "/buoys"', 'path = "buoys/"'),),
}


def preserved(report: Report, code: str = "LSF990") -> None:
    assert report.problems == ()
    (item,) = [item for item in report.findings if item.code == code]
    assert item.state is State.WOULD_FIX
    assert item.contract is not None
    assert item.contract.telling == ()
    assert item.contract.kind is VerdictKind.PRESERVED


@pytest.mark.parametrize("swaps", list(PRESERVED.values()), ids=list(PRESERVED))
def test_what_means_the_same_is_preserved(swaps: tuple[Swap, ...], tmp_path: Path) -> None:
    report = fixed(tmp_path, *swaps, app=BUOYS)

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

    monkeypatch.setattr("litestar_fix.proof.judging.contract_of", broken)

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
