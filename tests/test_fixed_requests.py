"""Applications before and after a fix are sent the same requests: ones that succeed, fail, overlap, or break off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy.exc import InvalidRequestError

from tests.answering import answers, exchanges
from tests.goldens import AFTER, BEFORE
from tests.runtime import resolved
from tests.test_path_behaviour import application
from tests.test_resource_closing import NOTING, copied, noted

#: Longer than any request takes that nobody holds up.
LONG = 2.0
LOANS = "resource_without_cleanup/example"
TIDES = "sync_http_client/example"


# ------------------------------------------------------------------------------------ responses stay what they were
@pytest.mark.parametrize(
    ("case", "requests"),
    [
        (
            "ungrouped_resource/example",
            ("GET /seeds", "GET /seeds/2", "GET /seeds/9", "GET /seeds/x", 'POST /seeds {"name": "spelt"}'),
        ),
        ("ungrouped_resource/example", ("GET /seeds/3", "POST /seeds [1]", "DELETE /seeds", "GET /health", "GET /")),
        ("resource_without_cleanup/example", ("GET /loans", "POST /loans", "GET /none")),
        ("implicit_sync_to_thread/example", ("GET /", "GET /none")),
        ("blocking_dependency/example", ("GET /none", "POST /dishes")),
        ("manual_subscription/example", ("GET /departures", "GET /none")),
        ("unnoticed_disconnect/example", ("GET /scores",)),
        (
            "inline_authorization/status_that_stands_where_the_detail_belongs",
            ("POST /lights", "GET /seats", "GET /shows", "GET /rockets", "GET /lights"),
        ),
    ],
)
def test_status_headers_and_body_stay(case: str, requests: tuple[str, ...]) -> None:
    before, after = (exchanges(folder / case, *requests) for folder in (BEFORE, AFTER))

    for _, headers, _ in (*before, *after):
        # a set, in the order of its hashes
        headers["allow"] = " ".join(sorted(headers.get("allow", "").split(", ")))
    assert before == after


def test_what_did_not_import_answers() -> None:
    case = "wrong_sync_to_thread_import/example"

    assert "sync_to_thread" in resolved(BEFORE / case, "app:app")["error"]
    assert answers(AFTER / case, "GET /players/ab/rating", "GET /players") == [
        (200, "195"),
        (404, '{"status_code":404,"detail":"Not Found"}'),
    ]


@pytest.mark.parametrize("root", [BEFORE, AFTER])
def test_a_synchronous_driver_keeps_an_application_from_serving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    count = """
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@get("/plants/count")
async def count_plants(db_session: AsyncSession) -> int:
    return await db_session.scalar(text("select 3")) or 0


app.register(count_plants)
"""
    folder = copied("sync_database_driver/example", tmp_path, root, ("from __future__ import annotations\n", ""))
    with (folder / "app.py").open("a") as file:
        file.write(count)
    app = application(folder)

    if root == BEFORE:
        with pytest.raises(ExceptionGroup) as raised, TestClient(app):
            pass
        assert raised.group_contains(InvalidRequestError, match="pysqlite")
    else:
        with TestClient(app) as client:
            assert [client.get(path).text for path in ("/plants", "/plants/count")] == ['["fern"]', "3"]


# ---------------------------------------------------------------------------- LSF202: resources, however a request ends
@pytest.mark.parametrize(("root", "events"), [(BEFORE, ""), (AFTER, "closed")])
def test_a_session_is_closed_after_a_response_and_after_an_error(tmp_path: Path, root: Path, events: str) -> None:
    broken = ("select 12", "select nothing")

    assert noted(copied(LOANS, tmp_path / "fine", root), "GET /loans") == (200, events)
    assert noted(copied(LOANS, tmp_path / "broken", root, broken), "GET /loans") == (500, events)


@pytest.mark.parametrize(("root", "closed"), [(BEFORE, 0), (AFTER, 5)])
def test_requests_that_overlap_have_a_session_each(tmp_path: Path, root: Path, closed: int) -> None:
    slow = ("    return await", "    await asyncio.sleep(0.05)\n    return await")
    folder = copied(LOANS, tmp_path, root, slow, ("from litestar import", "import asyncio\nfrom litestar import"))
    _note(folder)

    async def ask(app: Litestar) -> tuple[list[int], str]:
        async with _client(app) as client:
            found = await asyncio.gather(*[client.get("/loans") for _ in range(5)])
            return [answer.status_code for answer in found], (await client.get("/events")).text

    statuses, events = asyncio.run(ask(application(folder)))

    assert statuses == [200] * 5
    assert events.split() == ["closed"] * closed


@pytest.mark.parametrize(("root", "events"), [(BEFORE, ""), (AFTER, "closed")])
def test_a_websocket_client_that_leaves_takes_its_session_along(tmp_path: Path, root: Path, events: str) -> None:
    folder = copied(LOANS, tmp_path, root)
    _note(folder)
    with (folder / "app.py").open("a") as file:
        file.write(
            "\nfrom litestar import WebSocket, websocket\n\n\n"
            '@websocket("/live")\n'
            "async def follow(socket: WebSocket, session: AsyncSession) -> None:\n"
            "    await socket.accept()\n"
            "    while True:\n"
            "        await socket.receive_text()\n\n\n"
            "app.register(follow)\n"
        )

    assert asyncio.run(_left(application(folder))) == events


async def _left(app: Litestar) -> str:
    """Connect, say something, leave, and ask what was noted."""
    messages: asyncio.Queue[Any] = asyncio.Queue()
    sent: asyncio.Queue[Any] = asyncio.Queue()
    scope: Any = {"type": "websocket", "path": "/live", "raw_path": b"/live", "root_path": "", "query_string": b""}
    scope |= {"headers": [], "subprotocols": [], "scheme": "ws", "client": None, "server": None, "state": {}}
    for message in (
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "hello"},
        {"type": "websocket.disconnect", "code": 1001},
    ):
        messages.put_nowait(message)
    await asyncio.wait_for(app(scope, messages.get, sent.put), LONG)
    async with _client(app) as client:
        return (await client.get("/events")).text


def _note(folder: Path) -> None:
    with (folder / "app.py").open("a") as file:
        file.write(NOTING)


def _client(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


# --------------------------------------------------------------------- LSF502: others are served while a server thinks
class Thinking(ThreadingHTTPServer):
    """A server that answers when it is told to, or after long."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Thinker)
        self.asked, self.told = Event(), Event()
        self.is_thinking = False


class _Thinker(BaseHTTPRequestHandler):
    server: Thinking

    def log_message(self, *args: Any) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        self.server.is_thinking = True
        self.server.asked.set()
        self.server.told.wait(LONG)
        self.server.is_thinking = False
        self.send_response(503 if "lost" in self.path else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"level": 2.5}).encode())


@pytest.fixture
def thinking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Thinking]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Thinking()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("root", "is_served"), [(BEFORE, False), (AFTER, True)])
@pytest.mark.parametrize(("harbour", "status"), [("iona", 200), ("lost", 500)])
def test_others_are_served_while_another_server_thinks(
    tmp_path: Path, thinking: Thinking, root: Path, is_served: bool, harbour: str, status: int
) -> None:
    here = f"http://127.0.0.1:{thinking.server_port}"
    app = application(copied(TIDES, tmp_path, root, ("https://tides.example", here)))

    assert asyncio.run(_meanwhile(app, thinking, f"/harbours/{harbour}/tide")) == (status, is_served)


async def _meanwhile(app: Litestar, server: Thinking, path: str) -> tuple[int, bool]:
    async with _client(app) as client:
        first = asyncio.create_task(client.get(path))
        while not server.asked.is_set():  # noqa: ASYNC110 (another thread sets it)
            await asyncio.sleep(0.001)
        quick = await client.get("/schema/openapi.json")
        is_served = server.is_thinking and quick.status_code == 200
        server.told.set()
        return (await first).status_code, is_served
