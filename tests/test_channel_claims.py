"""What the messages about channels claim, shown by connections to the applications of the fixtures."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from litestar.channels import ChannelsPlugin
from litestar.exceptions import WebSocketDisconnect
from litestar.testing import TestClient

from guide_coverage import SNIPPETS
from tests.goldens import AFTER, BEFORE
from tests.test_path_behaviour import application

PATIENCE, ENOUGH = 5.0, 0.3


async def connected(folder: Path, path: str, *events: bytes) -> tuple[bool, int, str | None]:
    """Connect to an application, let it hear of some events, see what it sends first, and leave.

    Returns:
        Whether the handler ended by itself, the subscribers that are left then, and what was sent.
    """
    app = application(folder)
    plugin = app.plugins.get(ChannelsPlugin)
    messages: asyncio.Queue[Any] = asyncio.Queue()
    sent: asyncio.Queue[Any] = asyncio.Queue()

    scope: Any = {"type": "websocket", "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b""}
    scope |= {"headers": [], "subprotocols": [], "scheme": "ws", "client": None, "server": None, "state": {}}
    async with app.lifespan():
        messages.put_nowait({"type": "websocket.connect"})
        running = asyncio.create_task(app(scope, messages.get, sent.put))
        while not subscribers(plugin):  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0.01)
        for event in events:
            plugin.publish(event, next(iter(plugin._channels)))
        answers = [await asyncio.wait_for(sent.get(), PATIENCE) for _ in ("accepted", "sent or closed")]
        messages.put_nowait({"type": "websocket.disconnect", "code": 1001})
        done, _ = await asyncio.wait([running], timeout=ENOUGH)
        left = subscribers(plugin)
        running.cancel()
        await asyncio.wait([running])
    return bool(done), left, answers[1].get("text")


def subscribers(plugin: ChannelsPlugin) -> int:
    return sum(map(len, plugin._channels.values()))


@pytest.mark.parametrize(("root", "left"), [(BEFORE, 1), (AFTER, 0)])
def test_what_raises_leaves_a_subscriber_behind(root: Path, left: int) -> None:
    no_text = b"\xff"
    assert asyncio.run(connected(root / "manual_subscription" / "example", "/departures", no_text)) == (
        True,
        left,
        None,
    )


@pytest.mark.parametrize("root", [BEFORE, AFTER])
def test_a_subscription_that_comes_to_its_end_ends_alike(root: Path) -> None:
    found = asyncio.run(connected(root / "manual_subscription" / "example", "/departures", b"10:05", b"closed"))

    assert found == (True, 0, "10:05")


@pytest.mark.parametrize(("name", "is_answered"), [("as_written", False), ("mended", True)])
def test_an_awaited_publish_closes_the_socket(name: str, is_answered: bool) -> None:
    app = application(SNIPPETS / f"39_both_directions_at_once_{name}")
    plugin = app.plugins.get(ChannelsPlugin)

    with TestClient(app, base_url="http://mountains.example") as client:
        with client.websocket_connect("/mountains") as socket:
            socket.send_text("hello")
            if is_answered:
                assert socket.receive_text() == "hello"
            else:
                with pytest.raises(WebSocketDisconnect) as raised:
                    list(iter(socket.receive_text, None))  # it may be published before the error
                assert raised.value.code == 4500
        until = time.monotonic() + PATIENCE
        while subscribers(plugin) and time.monotonic() < until:
            time.sleep(0.01)

    assert subscribers(plugin) == 0


@pytest.mark.parametrize(("root", "ends"), [(BEFORE, False), (AFTER, True)])
def test_a_handler_that_only_sends_does_not_notice_that_its_client_has_gone(root: Path, ends: bool) -> None:
    found = asyncio.run(connected(root / "unnoticed_disconnect" / "example", "/scores", b"15:0"))

    assert found == (ends, 0 if ends else 1, "15:0")
