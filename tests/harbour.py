"""Two applications, with rewrites that change one field of their contract, and with rewrites that change nothing."""

from __future__ import annotations

from tests.rewrites import Swap

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
    "fields that are taken": (
        "POST /berths",
        "request fields",
        (("length: float", "length: int"),),
        {"response fields"},
    ),
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
