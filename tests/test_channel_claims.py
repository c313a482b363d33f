"""What the messages about channels claim, shown by connections to the applications of the fixtures."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from litestar.channels import ChannelsPlugin

from tests.goldens import AFTER, BEFORE
from tests.test_path_behaviour import application

PATIENCE, ENOUGH = 5.0, 0.3


async def connected(folder: Path, path: str, event: bytes) -> tuple[bool, int, str | None]:
    """Connect to an application, let it send one event, and leave.

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


@pytest.mark.parametrize(("root", "ends"), [(BEFORE, False), (AFTER, True)])
def test_a_handler_that_only_sends_does_not_notice_that_its_client_has_gone(root: Path, ends: bool) -> None:
    found = asyncio.run(connected(root / "unnoticed_disconnect" / "example", "/scores", b"15:0"))

    assert found == (ends, 0 if ends else 1, "15:0")
