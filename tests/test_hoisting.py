"""The rules about repeated options together: what one of them moves the others move on, and none moves it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from litestar_fix.api import Run, fix
from litestar_fix.finding import State
from litestar_fix.settings import Settings
from tests.goldens import tree

RUN = Run(jobs=1, cache=False)
RULES = ("LSF101", "LSF102", "LSF103")

ACCESS = """\
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler


def requires_keeper(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    if "x-keeper" not in connection.headers:
        raise NotAuthorizedException
"""
APP = """\
from litestar import Litestar

from bees.routes import bee_router

app = Litestar(route_handlers=[bee_router], tags=["bees"])
"""


def controller(name: str, *, access: str, options: str, attributes: str = "") -> str:
    """A module with a controller of three handlers."""
    return f"""\
from litestar import Controller, get, post
{access}

class {name}(Controller):
    path = "/{name.lower()}"
{attributes}
    @get("/"{options})
    async def list_all(self) -> list[str]:
        return ["first"]

    @get("/{{key:str}}"{options})
    async def read_one(self, key: str) -> str:
        return key

    @post("/"{options})
    async def add_one(self) -> str:
        return "added"
"""


def router(first: str = "", last: str = "") -> str:
    """The module of the router."""
    return f"""\
from litestar import Router

{first}from bees.hives import Hives
from bees.queens import Queens

bee_router = Router("/bees", route_handlers=[Hives, Queens]{last})
"""


def project(hives: str, queens: str, routes: str) -> dict[str, bytes]:
    """The files of the apiary."""
    texts = {"hives": hives, "queens": queens, "routes": routes, "access": ACCESS, "__init__": ""}
    files = {f"bees/{name}.py": text.encode() for name, text in texts.items()}
    return {**files, "app.py": APP.encode()}


BOTH = ', guards=[requires_keeper], tags=["bees"]'
IMPORTED = "\nfrom bees.access import requires_keeper\n"
BEFORE = (
    # on each handler: to the class, to the router; the application says the tags already
    controller("Hives", access=IMPORTED, options=BOTH),
    # on the class, and the tags on the handlers, too
    controller(
        "Queens",
        access="\nfrom bees import access\n",
        options=', tags=["bees"]',
        attributes='    guards = [access.requires_keeper]\n    tags = ["bees"]\n',
    ),
    router(),
)
AFTER = (
    controller("Hives", access="", options=""),
    controller("Queens", access="", options=""),
    router("from bees.access import requires_keeper\n", ", guards=[requires_keeper]"),
)


@pytest.mark.parametrize("select", [RULES, ("ALL",)], ids=["three rules", "all rules"])
def test_options_move_outwards_until_they_are_said_once(tmp_path: Path, select: tuple[str, ...]) -> None:
    for path, content in project(*BEFORE).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    settings = Settings(select=select, ignore=("LSF403",))

    report = fix([tmp_path], settings, root=tmp_path, run=RUN)

    assert report.problems == ()
    assert {item.state for item in report.findings if item.code in RULES} == {State.FIXED}
    assert {item.code for item in report.findings} >= set(RULES)
    assert tree(tmp_path) == project(*AFTER)
    assert fix([tmp_path], settings, unsafe_fixes=True, root=tmp_path, run=RUN).changes == ()
