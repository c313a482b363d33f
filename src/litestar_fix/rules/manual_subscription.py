"""LSF911 manual-subscription."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.channels import subscriptions
from litestar_fix.model.project import Project


class ManualSubscription(practice.PracticeRule):
    """A subscription to a channel is not ended in any case.

    ## Why

    When the code between `subscribe` and `unsubscribe` raises, and a disconnect of the client does raise, the
    subscriber stays: the plugin goes on filling its queue for nobody, for every connection there ever was.

    ## When it is quiet

    `start_subscription`; `unsubscribe` in a `finally`; subscribers that are returned, stored, or handed to a function
    or an exit stack; objects that are not known to be a `ChannelsPlugin`; tests.

    ## Fix safety

    Safe where one `unsubscribe` stands in the same block, for the same channels, and nothing uses the subscriber behind
    it: the statements between go into `async with channels.start_subscription(...)`. Elsewhere there is no fix, since
    where the subscription is to end is not said.

    ## Source

    `ChannelsPlugin.start_subscription` in `litestar/channels/plugin.py`: the same two calls around a `yield` in `try`.
    """

    code = "LSF911"
    name = "manual-subscription"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.SAFE
    guide = "11: start_subscription context manager"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar.channels import ChannelsPlugin

            async def listen(channels: ChannelsPlugin) -> int:
                async with channels.start_subscription("hives") as subscriber:
                    return subscriber.qsize()
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar.channels import ChannelsPlugin

            async def listen(channels: ChannelsPlugin) -> int:
                subscriber = await channels.subscribe("hives")
                count = subscriber.qsize()
                await channels.unsubscribe(subscriber)
                return count
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the calls that subscribe."""
        for found in subscriptions(project):
            what = "subscribes and never unsubscribes"
            if found.ended:
                what = f"subscribes and unsubscribes by hand, and what raises between leaves {found.name} behind"
            yield cls.finding(
                found.path,
                found.call.span,
                f"{found.function.readable_name} {what}; use async with {found.receiver}.start_subscription(...)",
                applicability=None if found.run is not None else practice.Applicability.NONE,
                data=found,
            )
