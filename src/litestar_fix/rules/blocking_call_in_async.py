"""LSF501: a blocking call that a coroutine function makes, itself or through other functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.blocked_loops import Blocked, blocked_loops, is_handler, is_parser
from litestar_fix.model.blocked_text import shown, steps, where
from litestar_fix.model.blocking import Waiting
from litestar_fix.model.project import Project
from litestar_fix.model.thread_moves import cure, moved


class BlockingCallInAsync(practice.PracticeRule):
    """A coroutine function makes a blocking call while it serves a request, itself or through other functions.

    ## Why

    An `async def` runs on the event loop. While it reads a file, sleeps, waits for a program or hashes a password, no
    other request of the worker is served. Often the call is not in the handler but in a helper that it calls; so calls
    are followed through the functions of the project: methods of injected services and of instances in other modules,
    `super()`, re-exports. Each call is reported once, in the innermost coroutine function, with the whole way from
    the handler, provider, guard, middleware, hook or listener that Litestar runs.

    ## When it is quiet

    What runs in a thread: functions, lambdas and partials handed to `sync_to_thread`, `asyncio.to_thread`,
    `run_in_executor` or `anyio.to_thread.run_sync` (SQLAlchemy's `run_sync` is none of these: it stays on the event
    loop). What is awaited, and what merely bears the name of a blocking call. What runs once: start-up, lifespans,
    functions under a cache, `if _model is None: _model = load()`. Commands, scripts, migrations, tests. Objects whose
    class is not known. Calls that have a rule of their own: requests and urlopen in a coroutine function (LSF502),
    computation in a handler (LSF503), databases (LSF505), sync handlers and providers (LSF205). The setting
    `extend-blocking-calls` adds to the table of known calls.

    ## Fix safety

    Unsafe: there is a new point where other requests run, and the call runs in another thread beside them. One call of
    a function becomes `await sync_to_thread(load, path)`, `time.sleep` becomes `anyio.sleep`, a `with open(...)` block
    `async with await anyio.open_file(...)` with awaited reads and writes. Refused in generator expressions and under
    locks; for methods of objects that others may share, and for functions that set names of a module; for what opens an
    archive or a connection, and goes on blocking where it is used; for database sessions, the event loop, context
    variables and `StopIteration`, none of which may cross into a thread or out of it; and in a distribution of the
    repository, a folder with a manifest of its own, that imports nothing of Litestar. Before Litestar 2.5, which has no
    `sync_to_thread`, it is anyio's `to_thread.run_sync`.

    ## Source

    `litestar/concurrency.py` (`sync_to_thread`), Litestar 2.25;
    https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code
    """

    code = "LSF501"
    name = "blocking-call-in-async"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.UNSAFE
    cost = 27
    search = "blocked_loops"
    guide = "5, 9: file I/O, CPU-intensive work; checklist: Blocking I/O in async"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get
            from litestar.concurrency import sync_to_thread
            from pathlib import Path

            @get("/tides")
            async def read_tides() -> str:
                return await sync_to_thread(Path("tides.txt").read_text)
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get
            from pathlib import Path

            @get("/tides")
            async def read_tides() -> str:
                return Path("tides.txt").read_text()
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the calls, each once."""
        for blocked in blocked_loops(project):
            if not _has_rule_of_its_own(project, blocked):
                yield cls._finding(project, blocked)

    @classmethod
    def _finding(cls, project: Project, blocked: Blocked) -> practice.Finding:
        found = moved(project, blocked)
        first = blocked.first
        return cls.finding(
            first.caller.path,
            first.call.span,
            f"{shown(first)} blocks the event loop in {where(blocked)}; {cure(project, blocked)}",
            refusal=found if isinstance(found, str) else "",
            related=[practice.Related(step.caller.path, step.call.span, message) for step, message in steps(blocked)],
            step=len(blocked.entry),
            data=None if isinstance(found, str) else found,
        )


def _has_rule_of_its_own(project: Project, blocked: Blocked) -> bool:
    match blocked.waits_for:
        case Waiting.DATABASE:
            return True
        case Waiting.REQUESTS:
            return blocked.is_direct
        case Waiting.CPU:
            return blocked.is_direct and (is_parser(blocked) or is_handler(project, blocked.first.caller))
    return False
