"""LSF503: an asynchronous handler computes on the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.blocked_loops import Blocked, blocked_loops, is_handler
from litestar_fix.model.blocking import Waiting
from litestar_fix.model.graph import show
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.symbols import Local
from litestar_fix.model.thread_moves import cure, moved


class CpuBoundInAsync(practice.PracticeRule):
    """An asynchronous handler hashes a password, reads a table, works on an image or parses a body.

    ## Why

    An `async def` runs on the event loop. While it computes, no other request of the worker is served: `bcrypt.hashpw`
    takes a quarter of a second, and `pandas.read_csv` as long as the file is large.

    ## When it is quiet

    What runs in a thread; what runs once; a `DataFrame` that is made of values at hand; `json.loads` of anything but
    the body of a request or an uploaded file. Functions that are no HTTP handlers, and computation within the
    functions that a handler calls, are reported by LSF501, sync handlers by LSF205. A handler is reported once, at its
    first such call. The setting `extend-cpu-bound-calls` adds to the table of known calls.

    ## Fix safety

    Unsafe: there is a new point where other requests run, and the call runs in another thread beside them. The call
    becomes `await sync_to_thread(bcrypt.hashpw, word, salt)`; it is refused for the reasons for which LSF501 refuses.

    ## Source

    `litestar/concurrency.py` (`sync_to_thread`), Litestar 2.25; the documentation of the libraries, see
    `model/blocking.py`.
    """

    code = "LSF503"
    name = "cpu-bound-in-async"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.UNSAFE
    search = "blocked_loops"
    guide = "9: CPU-intensive operations (pandas, numpy, image processing)"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            import bcrypt
            from litestar import post
            from litestar.concurrency import sync_to_thread

            @post("/words")
            async def store_word(data: str) -> None:
                await sync_to_thread(bcrypt.hashpw, data.encode(), bcrypt.gensalt())
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            import bcrypt
            from litestar import post

            @post("/words")
            async def store_word(data: str) -> None:
                bcrypt.hashpw(data.encode(), bcrypt.gensalt())
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the first such call of each handler."""
        first: dict[Local, Blocked] = {}
        for blocked in blocked_loops(project):
            made = blocked.first
            if blocked.waits_for is not Waiting.CPU or not blocked.is_direct or not is_handler(project, made.caller):
                continue
            known = first.get(made.caller)
            if known is None or made.call.span < known.first.call.span:
                first[made.caller] = blocked
        for blocked in first.values():
            yield cls._finding(project, blocked)

    @classmethod
    def _finding(cls, project: Project, blocked: Blocked) -> practice.Finding:
        found = moved(project, blocked)
        made = blocked.first
        name = readable(made.caller.qualname)
        return cls.finding(
            made.caller.path,
            made.call.span,
            f"{show(made.call.func)}() keeps the event loop busy in handler {name}; {cure(project, blocked)}",
            refusal=found if isinstance(found, str) else "",
            data=None if isinstance(found, str) else found,
        )
