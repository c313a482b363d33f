"""LSF913 awaited-publish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.channels import is_plugin
from litestar_fix.model.facts import Await, Call, Expr
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import expressions

_PUBLISH = "publish"


class AwaitedPublish(practice.PracticeRule):
    """ChannelsPlugin.publish() is awaited, though it is no coroutine.

    ## Why

    `publish` puts the message into a queue and returns None. `await None` raises `TypeError`: the message is sent, and
    the request that sent it is answered with 500, a websocket is closed.

    ## When it is quiet

    `wait_published`, which is a coroutine; objects that are not known to be a `ChannelsPlugin`; subclasses with a
    `publish` of their own.

    ## Fix safety

    Safe, since the code could never work: the `await` goes, nothing else changes. Who wants to wait until the backend
    has the message writes `wait_published`.

    ## Source

    `litestar/channels/plugin.py`: `def publish(self, data, channels) -> None`, the same in Litestar 2.0 and 3.0.
    """

    code = "LSF913"
    name = "awaited-publish"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.SAFE
    guide = "11: channels; the guide's own line raises"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar.channels import ChannelsPlugin

            async def announce(channels: ChannelsPlugin) -> None:
                channels.publish("honey", "market")
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar.channels import ChannelsPlugin

            async def announce(channels: ChannelsPlugin) -> None:
                await channels.publish("honey", "market")
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the awaits of what publishes at once."""
        for path in project.words.readers(_PUBLISH):
            module = project.modules[path]
            for function in module.functions:
                if not function.is_async or not any(name.endswith(f".{_PUBLISH}") for name in function.calls):
                    continue
                caller = Local(path, function.qualname)
                for expr in expressions(function.body):
                    callee = _published(expr)
                    if callee and is_plugin(project, caller, callee.rpartition(".")[0], _PUBLISH):
                        yield cls.finding(
                            module,
                            expr.span,
                            f"{function.readable_name} awaits {callee}(), which returns None, and "
                            f"raises TypeError; drop the await",
                            data=expr.span,
                        )


def _published(expr: Expr) -> str:
    match expr:
        case Await(value=Call() as call) if call.callee.endswith(f".{_PUBLISH}"):
            return call.callee
    return ""
