"""LSF912 manual-pubsub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.callgraph import Step
from litestar_fix.model.facts import Call
from litestar_fix.model.layers import Handler
from litestar_fix.model.libraries import library_name
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.symbols import Local, Symbol
from litestar_fix.model.walk import expressions

_CLIENTS = ("redis.Redis", "redis.StrictRedis", "redis.asyncio.Redis", "redis.asyncio.StrictRedis")
_METHODS = ("pubsub", "publish")
_WANTED = frozenset(f"{client}.{method}" for client in _CLIENTS for method in _METHODS)


class ManualPubsub(practice.PracticeRule):
    """A websocket handler talks to the pub/sub of Redis itself.

    ## Why

    Who subscribes by hand has to keep connections, fan messages out to clients, notice disconnects and unsubscribe,
    for each client again. `ChannelsPlugin` does that with one connection for a process, and its Redis backends speak
    the same protocol to other servers.

    ## When it is quiet

    Functions that no websocket handler or listener reaches, workers for example; HTTP handlers; backends of
    `ChannelsPlugin`; objects that are not known to be a client of redis-py.

    ## Source

    `litestar/channels/backends/redis.py`, Litestar 2.25.
    """

    code = "LSF912"
    name = "manual-pubsub"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.NONE
    guide = "11: custom Redis pub/sub implementations; checklist: Manual pub/sub"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar.handlers import websocket_listener
            from litestar.channels import ChannelsPlugin

            @websocket_listener("/hives")
            async def tell(data: str, channels: ChannelsPlugin) -> None:
                channels.publish(data, "hives")
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar.handlers import websocket_listener
            from redis.asyncio import Redis

            @websocket_listener("/hives")
            async def tell(data: str, redis: Redis) -> None:
                await redis.publish("hives", data)
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the calls that websocket handlers reach, once each."""
        if not any(project.words.readers(method) for method in _METHODS):
            return
        seen: set[tuple[str, object]] = set()
        for handler in project.layers.every_handler():
            way = _way(project, handler) if handler.methods == ("WS",) else ()
            call = _call(project, way[-1]) if way else None
            if call is None or (way[-1].caller.path, call.span) in seen:
                continue
            seen.add((way[-1].caller.path, call.span))
            through = " and ".join(readable(step.caller.qualname) for step in way[1:])
            yield cls.finding(
                way[-1].caller.path,
                call.span,
                f"websocket handler {handler.function.readable_name} uses {way[-1].name}() of Redis"
                f"{f' through {through}' if through else ''}; use ChannelsPlugin with a Redis backend",
            )


def _way(project: Project, handler: Handler) -> tuple[Step, ...]:
    wanted = project.callgraph.path_to(
        handler.symbol, lambda name: library_name(name) in _WANTED, into_async=True, follows=_is_followed
    )
    return wanted or ()


def _is_followed(step: Step, found: Symbol) -> bool:
    return isinstance(found, Local) or step.name.rpartition(".")[2] in _METHODS


def _call(project: Project, step: Step) -> Call | None:
    function = project.function(step.caller)
    calls = expressions(function.body) if function is not None else ()
    return next((expr for expr in calls if isinstance(expr, Call) and expr.callee == step.name), None)
