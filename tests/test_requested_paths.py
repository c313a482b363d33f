"""Which routes an address may reach: the address may have holes, the route has parameters."""

from __future__ import annotations

import pytest

from litestar_fix.model.requested_paths import may_reach
from litestar_fix.model.urls import Pieces, local_origin, path_of


@pytest.mark.parametrize(
    ("path", "request_", "reached"),
    [
        ("/hives", ("/hives",), True),
        ("/hives", ("/hives/",), True),
        ("/hives", ("hives",), True),
        ("/hives", ("/api/hives",), False),
        ("/hives", ("/hive",), False),
        ("/", ("/",), True),
        ("/", (None, "/"), True),
        ("/", ("/hives",), False),
        ("/hives/{hive:int}", ("/hives/12",), True),
        ("/hives/{hive:int}", ("/hives/first",), False),
        ("/hives/{hive:int}", ("/hives/", None), True),
        ("/hives/{hive:int}", ("/hives", None), True),
        ("/hives/{hive:int}", ("/hives",), False),
        ("/hives/{hive:uuid}", ("/hives/5ef29f3c-3560-4d15-ba6b-a2e5c721e999",), True),
        ("/hives/{hive:uuid}", ("/hives/12",), False),
        ("/hives/{hive:uuid}", ("/hives/", None), True),
        ("/hives/{hive:uuid}/frames", ("/hives/list", None), False),
        ("/hives/{hive:int}/frames", ("/hives/list", None), False),
        ("/hives/{hive:str}/frames", ("/hives/", None, "/frames"), True),
        ("/hives/{hive:str}/frames", ("/hives/", None, "/honey"), False),
        ("/hives/queens", ("/hives/", None, "s"), True),
        ("/photos/{photo:path}", ("/photos/2024/may/queen.png",), True),
        ("/photos/{photo:path}", ("/images/queen.png",), False),
        ("/api/hives", (None, "/hives"), True),
        ("/api/hives/{hive:int}", (None, "/hives"), False),
        ("/api/{hive:str}", (None, "/hives"), False),
        ("/api/hives", (None, "/", None), False),
        ("/hives", ("/", None), True),
    ],
)
def test_a_request_reaches_a_route(path: str, request_: Pieces, reached: bool) -> None:
    assert may_reach(path, request_) is reached


def test_of_a_handler_that_nobody_registers_only_the_end_is_known() -> None:
    assert may_reach("/hives", ("/api/hives",), anchored=False)
    assert not may_reach("/hives", ("/api/hives/1",), anchored=False)
    assert not may_reach("/{hive:str}", ("/api/hives",), anchored=False)


@pytest.mark.parametrize(
    ("address", "origin", "path"),
    [
        (("http://localhost:8000/hives?page=1",), "http://localhost:8000", ("/hives",)),
        (("https://127.0.0.1",), "https://127.0.0.1", ("/",)),
        (("http://[::1]:80/hives/", None, "#top"), "http://[::1]:80", ("/hives/", None)),
        (("http://localhost:", None, "/hives"), "", (None, "/hives")),
        (("http://localhost.example/hives",), "", ("/hives",)),
        ((None, "/hives"), "", (None, "/hives")),
        (("/hives",), "", ("/hives",)),
    ],
)
def test_an_address_is_cut_behind_its_server(address: Pieces, origin: str, path: Pieces) -> None:
    assert local_origin(address) == origin
    assert path_of(address) == path
