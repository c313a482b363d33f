"""LSF914 unnoticed-disconnect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.channels import is_subscriber
from litestar_fix.model.facts import Await, Call, Do, For, Ref, Return, Span, Stmt, While
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.walk import expressions, statements

_WEBSOCKET = "litestar.websocket"
_EVENTS = ".iter_events"
_UNCHANGED = ("send_text", "send_bytes")


class Relay(msgspec.Struct, frozen=True):
    """A loop that passes the events of a subscriber on to a socket, and the method that sends them."""

    path: str
    loop: Span
    subscriber: str
    send: str


class UnnoticedDisconnect(practice.PracticeRule):
    """A websocket handler waits for events of a channel only, and does not notice that its client has gone.

    ## Why

    A disconnect is a message, and somebody has to receive it. A handler that sits in `iter_events()` goes on when the
    client is gone: its subscriber keeps filling, and the shutdown of the application waits for it.

    ## When it is quiet

    Handlers that receive, have another loop, or start tasks; `run_in_background`; `websocket_stream`, which listens for
    the disconnect; iterators of anything but a subscriber of `ChannelsPlugin`.

    ## Fix safety

    Unsafe: what the client sends is received and thrown away, and the handler ends with its client. Only where each
    event is passed on unchanged by `send_text` or `send_bytes`, and nothing comes after the loop; none elsewhere.

    ## Source

    `Subscriber.run_in_background` in `litestar/channels/subscriber.py` and `WebSocket.iter_data` in
    `litestar/connection/websocket.py`, Litestar 2.25. `join=False`, because what is left in the queue cannot be sent to
    a client that has gone.
    """

    code = "LSF914"
    name = "unnoticed-disconnect"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.UNSAFE
    guide = "11: run_in_background"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import WebSocket, websocket
            from litestar.channels import ChannelsPlugin

            @websocket("/hives")
            async def follow(socket: WebSocket, channels: ChannelsPlugin) -> None:
                await socket.accept()
                async with channels.start_subscription("hives") as subscriber:
                    async with subscriber.run_in_background(socket.send_text, join=False):
                        async for _ in socket.iter_data():
                            pass
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import WebSocket, websocket
            from litestar.channels import ChannelsPlugin

            @websocket("/hives")
            async def follow(socket: WebSocket, channels: ChannelsPlugin) -> None:
                await socket.accept()
                async with channels.start_subscription("hives") as subscriber:
                    async for event in subscriber.iter_events():
                        await socket.send_text(event)
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the loops."""
        for handler in project.layers.every_handler():
            if handler.kind != _WEBSOCKET or not any(name.endswith(_EVENTS) for name in handler.function.calls):
                continue
            loops = [stmt for stmt in statements(handler.function.body) if isinstance(stmt, For | While)]
            if len(loops) != 1 or not isinstance(loops[0], For) or _does_more(handler):
                continue
            subscriber = _subscriber(project, handler, loops[0])
            if subscriber and any(_sends(stmt) for stmt in loops[0].body):
                yield cls._loop(handler, loops[0], subscriber)

    @classmethod
    def _loop(cls, handler: Handler, loop: For, subscriber: str) -> practice.Finding:
        send = _unchanged(loop) if _is_last(handler.function.body, loop) else ""
        who = handler.function.readable_name
        return cls.finding(
            handler.path,
            loop.span,
            f"{who} only sends, and does not notice that its client has gone until it sends again; "
            f"use {subscriber}.run_in_background({send or '...'}) and receive",
            applicability=None if send else practice.Applicability.NONE,
            data=Relay(handler.path, loop.span, subscriber, send),
        )


def _does_more(handler: Handler) -> bool:
    """Whether the handler receives, starts tasks, or has functions of its own that may."""
    lasts = {name.rpartition(".")[2] for name in handler.function.calls}
    return any(
        last.startswith(("receive", "iter_data", "iter_json", "create_task", "start_soon")) for last in lasts
    ) or (not lasts.isdisjoint({"gather", "wait", "run_in_background", "ensure_future"}))


def _subscriber(project: Project, handler: Handler, loop: For) -> str:
    match loop.iter:
        case Call(func=Ref(name=name), args=()) if loop.is_async and name.endswith(_EVENTS):
            receiver = name.removesuffix(_EVENTS)
            return receiver if is_subscriber(project, handler.symbol, handler.function, receiver) else ""
    return ""


def _sends(stmt: Stmt) -> bool:
    calls = [expr for expr in expressions([stmt]) if isinstance(expr, Await)]
    return any(isinstance(e.value, Call) and e.value.callee.rpartition(".")[2].startswith("send_") for e in calls)


def _unchanged(loop: For) -> str:
    """The method that sends each event as it is, '' where more happens."""
    match loop:
        case For(target=Ref(name=event), body=(Do(value=Await(value=Call() as call)),), orelse=()):
            match call.args:
                case (Ref(name=given),) if given == event and not call.keywords:
                    return call.callee if call.callee.rpartition(".")[2] in _UNCHANGED else ""
    return ""


def _is_last(body: tuple[Stmt, ...], loop: For) -> bool:
    """Whether nothing of the handler comes after a loop, but for what ends the subscription."""
    end = (loop.span.end_line, loop.span.end_column)
    after = [stmt for stmt in statements(body) if (stmt.span.line, stmt.span.column) > end]
    return all(map(_is_ending, after))


def _is_ending(stmt: Stmt) -> bool:
    match stmt:
        case Do(value=Await(value=Call() as call)):
            return call.callee.rpartition(".")[2] in ("unsubscribe", "close")
        case Return(value=None):
            return True
    return False
