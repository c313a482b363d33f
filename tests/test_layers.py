"""Handlers and layers that are declared in other ways than by decorators: the model against Litestar itself."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from litestar_fix.model.graph import graph
from tests import runtime
from tests.test_graph import differences, keys, leaves, load_project


class Compared:
    """What Litestar serves of an application, and what the model claims."""

    def __init__(self, folder: Path, source: str) -> None:
        (folder / "app.py").write_text(dedent(source))
        answer = runtime.resolved(folder, "app:app")
        assert answer["error"] is None
        self.rows = {
            (row["method"], row["path"]): row for row in answer["routes"] if not row["handler"].startswith("litestar.")
        }
        self.claimed = {key: leaf for leaf in leaves(graph(load_project(folder))) for key in keys(leaf)}
        both = self.rows.keys() & self.claimed.keys()
        assert [d for key in both for d in differences(self.rows[key], self.claimed[key])] == []
        assert self.claimed.keys() <= self.rows.keys()

    @property
    def unclaimed(self) -> set[tuple[str, str]]:
        return self.rows.keys() - self.claimed.keys()

    def is_known(self, method: str, path: str) -> bool:
        """Whether the model claims to know all of a route."""
        effective = self.claimed[method, path]["effective"]
        return all(effective[option]["known"] for option in ("guards", "dependencies", "dto", "return_dto"))

    def value(self, method: str, path: str, option: str) -> object:
        effective = self.claimed[method, path]["effective"][option]
        return list(effective["values"]) if "values" in effective else effective["value"]


# ----------------------------------------------------------------------------------------------- decorators by a call
def test_what_a_call_decorates_is_not_known_without_its_function(tmp_path: Path) -> None:
    compared = Compared(
        tmp_path,
        """
        from functools import partial
        from litestar import Litestar, get

        def moored(berth: int) -> int:
            return berth

        def decorate(path):
            return get(path, sync_to_thread=False)

        berths = get("/berths", sync_to_thread=False)(partial(moored, 1))
        if berths:
            piers = get("/piers", sync_to_thread=False)(moored)

        ropes = decorate("/ropes")(moored)

        @get("/anchors")
        async def anchors() -> int:
            return 1

        app = Litestar([berths, piers, ropes, anchors])
        """,
    )

    assert set(compared.claimed) == {("GET", "/anchors")} | ({("GET", "/piers")} & compared.claimed.keys())
    assert ("GET", "/berths") in compared.unclaimed


def test_decorators_that_are_applied_by_a_call(tmp_path: Path) -> None:
    compared = Compared(
        tmp_path,
        """
        from litestar import Controller, Litestar, Router, get, post, route
        from litestar.handlers import HTTPRouteHandler

        def counted(request, _): ...
        def guarded(connection, _): ...

        async def nets() -> int:
            return 1

        async def trawl() -> int:
            return 2

        haul = post("/haul", guards=[counted])(nets)

        class Boats(Controller):
            path = "/boats"
            guards = [guarded]

            async def _list(self) -> int:
                return 3

            boats = get("/", dto=None)(_list)

        def made():
            inner = get(["/a", "/b"])(trawl)
            return [inner, route("/both", http_method=["GET", "PUT"], status_code=200)(trawl)]

        @HTTPRouteHandler("/crew", http_method="GET")
        async def crew() -> int:
            return 4

        app = Litestar([haul, Boats, *made(), Router("/deep", route_handlers=[get("/x")(nets), crew])])
        """,
    )

    assert compared.unclaimed == set()
    assert all(compared.is_known(*key) for key in compared.claimed)
    assert compared.value("POST", "/haul", "guards") == ["app.py::counted"]
    assert compared.value("GET", "/boats", "guards") == ["app.py::guarded"]


def test_one_function_below_two_calls_is_two_handlers(tmp_path: Path) -> None:
    compared = Compared(
        tmp_path,
        """
        from litestar import Litestar, get

        def first(connection, _): ...

        async def tide() -> int:
            return 1

        high = get("/high", guards=[first])(tide)
        low = get("/low")(tide)
        app = Litestar([high, low])
        """,
    )

    assert compared.unclaimed == set()
    assert compared.value("GET", "/high", "guards") == ["app.py::first"]
    assert compared.value("GET", "/low", "guards") == []


# ---------------------------------------------------------------------------------------------------------- sockets
def test_a_listener_class_with_options_that_the_text_does_not_tell_is_unknown(tmp_path: Path) -> None:
    compared = Compared(
        tmp_path,
        """
        from litestar import Litestar
        from litestar.handlers import WebsocketListener

        def guarded(connection, _): ...

        class Echo(WebsocketListener):
            path = "/echo"

            async def on_receive(self, data: str) -> str:
                return data

        Echo.guards = [guarded]

        def based():
            return WebsocketListener

        class Odd(based()):
            path = "/odd"

            async def on_receive(self, data: str) -> str:
                return data

        app = Litestar([Echo, Odd])
        """,
    )

    assert not compared.is_known("WS", "/echo")
    assert compared.unclaimed == {("WS", "/odd")}


def test_listener_classes_streams_and_asgi_handlers(tmp_path: Path) -> None:
    compared = Compared(
        tmp_path,
        """
        from collections.abc import AsyncGenerator
        from litestar import Litestar, Router, asgi, websocket_listener
        from litestar.handlers import ASGIRouteHandler, WebsocketListener, WebsocketRouteHandler, websocket_stream
        from litestar.connection import WebSocket
        from litestar.di import Provide
        from litestar.types import Receive, Scope, Send

        def guarded(connection, _): ...
        def counted(connection, _): ...
        async def provide_depth() -> int:
            return 3

        class Sonar(WebsocketListener):
            guards = [guarded]
            dependencies = {"depth": Provide(provide_depth)}

            async def on_receive(self, data: str, depth: int) -> str:
                return data

        class Buoy(Sonar):
            path = ["/buoy", "/marker"]

        class Silent(Sonar):
            path = None
            guards = None

        @websocket_stream("/stream", guards=[counted])
        async def stream() -> AsyncGenerator[str, None]:
            yield "ping"

        @websocket_listener("/listen")
        async def listen(data: str) -> str:
            return data

        @WebsocketRouteHandler("/raw", guards=[guarded])
        async def raw(socket: WebSocket) -> None:
            await socket.accept()

        @asgi("/mount", is_mount=True, guards=[guarded])
        async def mounted(scope: Scope, receive: Receive, send: Send) -> None: ...

        @ASGIRouteHandler("/other")
        async def other(scope: Scope, receive: Receive, send: Send) -> None: ...

        deep = Router("/r", route_handlers=[stream, listen, Buoy], guards=[counted])
        app = Litestar([Buoy, Silent, deep, raw, mounted, other])
        """,
    )

    assert compared.unclaimed == set()
    assert all(compared.is_known(*key) for key in compared.claimed)
    assert compared.value("WS", "/r/buoy", "guards") == ["app.py::counted", "app.py::guarded"]
    assert compared.value("WS", "/", "dependencies") == ["depth"]


# ------------------------------------------------------------------------------------------------------------ paths
def test_a_path_that_is_set_in_more_than_one_way_is_not_claimed(tmp_path: Path) -> None:
    compared = Compared(
        tmp_path,
        """
        from litestar import Controller, Litestar, get
        from litestar.handlers import WebsocketListener

        CHOSEN = True

        class Pins(Controller):
            path = "/pins"

            @get("/")
            async def pins(self) -> int:
                return 1

        class Needles(Controller):
            path = "/old"
            if not CHOSEN:
                path = "/chosen"

            @get("/")
            async def needles(self) -> int:
                return 1

        class Threads(WebsocketListener):
            if CHOSEN:
                path = "/silk"
            else:
                path = "/wool"

            async def on_receive(self, data: str) -> str:
                return data

        class Cloth(Controller):
            path = "/first"
            path = "/second"

            @get("/")
            async def cloth(self) -> int:
                return 1

        Pins.path = "/elsewhere"
        app = Litestar([Pins, Needles, Threads, Cloth])
        """,
    )

    assert set(compared.claimed) == {("GET", "/second")}


def test_paths_that_are_absent_none_or_empty_are_the_root_and_an_application_has_a_path(tmp_path: Path) -> None:
    compared = Compared(
        tmp_path,
        """
        from litestar import Litestar, Router, get

        @get(path=None)
        async def none() -> int:
            return 1

        @get([])
        async def empty() -> int:
            return 1

        app = Litestar([Router("/a", route_handlers=[none]), Router("/b", route_handlers=[empty])], path="/api")
        """,
    )

    assert set(compared.claimed) == {("GET", "/api/a"), ("GET", "/api/b")}


# ------------------------------------------------------------------------------------------------------------ hooks
HOOKS = """
from litestar import Controller, Litestar, Router, get
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.dto import DataclassDTO
from litestar.plugins import InitPluginProtocol

def outer(connection, _): ...
def inner(connection, _): ...
async def provide_wax() -> int:
    return 1
async def provide_honey() -> int:
    return 2
async def provide_comb() -> int:
    return 3
async def provide_late() -> int:
    return 4
WANTED = True

class Hives(Controller):
    path = "/hives"

    @get("/")
    async def hives(self) -> int:
        return 1

@get("/bees")
async def bees() -> int:
    return 2

def registered(config):
    return [bees]

"""


def hooked(tmp_path: Path, body: str, call: str = "Litestar([bees], plugins=[Keeper()], guards=[outer])") -> Compared:
    """Compare an application with a plugin of which the hook has these statements."""
    plugin = "class Keeper(InitPluginProtocol):\n    def on_app_init(self, config: AppConfig) -> AppConfig:\n"
    source = f"{HOOKS}{plugin}{indent(dedent(body), ' ' * 8)}\napp = {call}\n"
    return Compared(tmp_path, source)


@pytest.mark.parametrize(
    "body",
    [
        "if WANTED:\n    config.guards.append(inner)\nreturn config",
        "for guard in [inner]:\n    config.guards.append(guard)\nreturn config",
        "guards = config.guards\nguards.append(inner)\nreturn config",
        "config.guards.clear()\nreturn config",
        "config.guards = [guard for guard in config.guards if WANTED]\nreturn config",
        "setattr(config, 'guards', [inner])\nreturn config",
        "if not WANTED:\n    return config\nconfig.guards.append(inner)\nreturn config",
        "add = config.guards.append\nadd(inner)\nreturn config",
        "vars(config)['guards'] = [inner]\nreturn config",
        "try:\n    config.guards = [inner]\nexcept AttributeError:\n    pass\nreturn config",
        "def later():\n    config.guards.append(inner)\nlater()\nreturn config",
        "run = lambda: config.guards.append(inner)\nrun()\nreturn config",
        "other = config\nother.guards.append(inner)\nreturn config",
        "from dataclasses import replace\nreturn replace(config, guards=[inner])",
        "from dataclasses import replace\nconfig = replace(config, guards=[inner])\nreturn config",
        "config.guards[:] = [inner]\nreturn config",
        "config.guards.insert(1, inner)\nreturn config",
        "(config.guards.append(inner),)\nreturn config",
    ],
)
def test_what_a_hook_does_in_another_way_leaves_the_option_unknown(tmp_path: Path, body: str) -> None:
    compared = hooked(tmp_path, body)

    known = [leaf["effective"]["guards"]["known"] for leaf in compared.claimed.values()]
    assert not any(known)


@pytest.mark.parametrize(
    "body",
    [
        "if WANTED:\n    config.route_handlers.append(Hives)\nreturn config",
        "config.route_handlers = registered(config) + [Hives]\nreturn config",
        "config.path = '/api' if WANTED else ''\nreturn config",
        "if WANTED:\n    config.dependencies = {'wax': Provide(provide_wax)}\nreturn config",
        "config.dependencies.pop('honey')\nreturn config",
        "config.dependencies.update({str('wax'): Provide(provide_wax)})\nreturn config",
        "if WANTED:\n    config.return_dto = None\nreturn config",
        "config.request_max_body_size = 1\nreturn config",
    ],
)
def test_nothing_is_claimed_of_what_a_hook_may_do(tmp_path: Path, body: str) -> None:
    call = "Litestar([bees], plugins=[Keeper()], dependencies={'honey': Provide(provide_honey)})"
    compared = hooked(tmp_path, body, call)

    assert not any(compared.is_known(*key) for key in compared.claimed)


@pytest.mark.parametrize(
    ("plugins", "helper"),
    [
        ("[Keeper()] if WANTED else []", ""),
        ("[made() for made in [Keeper]]", ""),
        ("[Keeper()] if not WANTED else []", ""),
        (
            "[Other()]",
            "class Other(Keeper):\n    def on_app_init(self, config):\n        return super().on_app_init(config)\n",
        ),
        ("[Other()]", "class Other(Keeper):\n    on_app_init = Keeper.on_app_init\n"),
        ("[*([Keeper()] if WANTED else [])]", ""),
        ("LISTED", "LISTED = [Keeper()]\nif WANTED:\n    LISTED.append(Keeper())\n"),
    ],
)
def test_plugins_that_are_chosen_or_made_elsewhere(tmp_path: Path, plugins: str, helper: str) -> None:
    plugin = (
        "class Keeper(InitPluginProtocol):\n    def on_app_init(self, config):\n"
        "        config.guards.append(inner)\n        config.dependencies['wax'] = Provide(provide_wax)\n"
        "        config.return_dto = None\n        return config\n"
    )
    compared = Compared(tmp_path, f"{HOOKS}{plugin}{helper}app = Litestar([bees], plugins={plugins})\n")

    known = [leaf["effective"]["guards"] for leaf in compared.claimed.values() if compared.is_known("GET", "/bees")]
    assert all(guards["values"] == ["app.py::inner"] for guards in known)


def test_what_a_hook_of_the_project_does_plainly_is_known(tmp_path: Path) -> None:
    compared = hooked(
        tmp_path,
        """
        '''Set up.'''
        extra = [Router("/wild", route_handlers=[bees])]
        config.debug = WANTED
        config.route_handlers.append(Hives)
        config.route_handlers.extend(extra)
        config.guards = [*config.guards, inner]
        config.dependencies["wax"] = Provide(provide_wax)
        config.dependencies.update({"honey": Provide(provide_honey)})
        config.dependencies.update(comb=Provide(provide_comb))
        config.dependencies.setdefault("late", Provide(provide_late))
        config.return_dto = None
        config.path = "/api"
        return config
        """,
    )

    assert compared.unclaimed == set()
    assert set(compared.claimed) == {("GET", "/api/bees"), ("GET", "/api/hives"), ("GET", "/api/wild/bees")}
    assert all(compared.is_known(*key) for key in compared.claimed)
    assert compared.value("GET", "/api/hives", "dependencies") == ["comb", "honey", "late", "wax"]
    assert compared.value("GET", "/api/hives", "guards") == ["app.py::outer", "app.py::inner"]


def test_hooks_run_before_plugins_and_those_added_run_last(tmp_path: Path) -> None:
    plugin = (
        "class Queen(InitPluginProtocol):\n    def on_app_init(self, config):\n"
        "        config.guards.append(queen)\n        return config\n"
        "class Keeper(InitPluginProtocol):\n    def on_app_init(self, config):\n"
        "        config.plugins.append(Queen())\n        config.guards.append(inner)\n        return config\n"
        "class Last(InitPluginProtocol):\n    def on_app_init(self, config):\n"
        "        config.guards += [last]\n        return config\n"
        "def queen(connection, _): ...\ndef last(connection, _): ...\ndef first(connection, _): ...\n"
        "def begin(config):\n    config.guards.insert(0, first)\n    return config\n"
    )
    call = "Litestar([bees], plugins=[Keeper(), Last()], guards=[outer], on_app_init=[begin])"
    compared = Compared(tmp_path, f"{HOOKS}{plugin}app = {call}\n")

    guards = compared.claimed["GET", "/bees"]["effective"]["guards"]
    assert guards["known"]
    assert [name.rpartition(":")[2] for name in guards["values"]] == ["first", "outer", "inner", "last", "queen"]


def test_hooks_hand_the_configuration_on(tmp_path: Path) -> None:
    plugin = (
        "from typing import cast\n"
        "class Base(InitPluginProtocol):\n    def on_app_init(self, config):\n"
        "        self._routes(config, handlers=[Hives])\n        config = guard_all(config, inner)\n"
        "        return cast('AppConfig', self._named(config))\n"
        "    def _routes(self, config, *, handlers): ...\n"
        "    @staticmethod\n    def _named(here):\n"
        "        here.dependencies['wax'] = Provide(provide_wax)\n        return here\n"
        "class Keeper(Base):\n    def on_app_init(self, config):\n        return super().on_app_init(config)\n"
        "    def _routes(self, config, *, handlers):\n        config.route_handlers.extend(handlers)\n"
        "def guard_all(settings, guard):\n    settings.guards.append(guard)\n    return settings\n"
    )
    compared = Compared(tmp_path, f"{HOOKS}{plugin}app = Litestar([bees], plugins=[Keeper()])\n")

    assert set(compared.claimed) == {("GET", "/bees"), ("GET", "/hives")}
    assert all(compared.is_known(*key) for key in compared.claimed)
    assert compared.value("GET", "/hives", "dependencies") == ["wax"]


def test_a_library_that_is_handed_the_configuration_leaves_the_rest_known(tmp_path: Path) -> None:
    plugin = (
        "from litestar.security.session_auth import SessionAuth\n"
        "from litestar.middleware.session.server_side import ServerSideSessionConfig\n"
        "async def keeper(session, connection): ...\n"
        "auth = SessionAuth(retrieve_user_handler=keeper, session_backend_config=ServerSideSessionConfig())\n"
        "class Keeper(InitPluginProtocol):\n    def on_app_init(self, config):\n"
        "        config.return_dto = None\n        config.route_handlers.append(Hives)\n"
        "        return auth.on_app_init(config)\n"
    )
    compared = Compared(tmp_path, f"{HOOKS}{plugin}app = Litestar([bees], plugins=[Keeper()])\n")

    assert set(compared.claimed) == {("GET", "/bees"), ("GET", "/hives")}
    assert not compared.claimed["GET", "/hives"]["effective"]["guards"]["known"]
    assert compared.claimed["GET", "/hives"]["effective"]["return_dto"]["known"]
