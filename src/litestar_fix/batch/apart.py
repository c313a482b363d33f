"""A repository that is given so much time and no more, in this process or in one of its own.

An alarm ends it, as Ctrl-C would: what it had started is stopped, and what it had written is taken away. That rings in
the main thread of a process and nowhere else, and a Dask worker does its tasks in other threads, side by side, that
share one interpreter. So there each repository has a process, and whatever becomes of that, the worker goes on.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from litestar_fix.batch.outcome import Outcome, failure
from litestar_fix.batch.work import Job, done
from litestar_fix.host import Host
from litestar_fix.proof.processes import end

SECONDS = 3600.0
ENDED = "the process that worked on it ended before its time: out of memory, or a crash"
#: For a process to end by itself, and for the next alarm should nothing have come of one.
_GRACE = 30.0
_CONNECT_SECONDS = 10
_OUTCOME = "outcome"

R = TypeVar("R")


class _TimeIsUp(BaseException):
    """Nobody who expects that something may fail takes this for it."""


def done_in_time(job: Job, seconds: float, helper: Executor | None = None) -> Outcome:
    """Do one repository in the main thread of this process; on a system without alarms nothing is limited.

    Args:
        job: the repository, and what is to be done there.
        seconds: how long that may take.
        helper: as for `done`.
    """
    if not hasattr(signal, "setitimer"):
        return done(job, helper)

    def ring(*_: object) -> None:
        raise _TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _GRACE)
        try:
            return done(job, helper)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _TimeIsUp:
        return failure(job.repository, _too_long(seconds))
    finally:
        signal.signal(signal.SIGALRM, before)


def _too_long(seconds: float) -> str:
    return f"it takes more than {seconds:g} s; --repository-timeout gives it more"


def done_apart(job: Job, seconds: float) -> Outcome:
    """Do one repository in a process of its own, in whatever thread this is called.

    Args:
        job: the repository, and what is to be done there.
        seconds: how long that may take.
    """
    with tempfile.TemporaryDirectory(prefix="litestar-fix-", ignore_cleanup_errors=True) as folder:
        given = pickle.dumps((msgspec.structs.replace(job, scratch=folder), seconds, _cluster()))
        command = [sys.executable, "-P", "-m", __name__, folder]
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, start_new_session=True)
        is_late = False
        try:
            with suppress(OSError):
                # it stays open: when this process is killed, that one hears the end of it
                process.stdin.write(given)  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]
            process.wait(seconds + _GRACE)
        except subprocess.TimeoutExpired:
            is_late = True
        finally:
            end(process)
            with suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr]
        try:
            return msgspec.msgpack.decode(Path(folder, _OUTCOME).read_bytes(), type=Outcome)
        except FileNotFoundError:
            return failure(job.repository, _too_long(seconds) if is_late else ENDED)


def _cluster() -> tuple[str, Any] | None:
    """The scheduler of the worker that this is called in, and how it is spoken to."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        worker = distributed.get_worker()
    except ValueError:
        return None
    return worker.scheduler.address, worker.security


# ------------------------------------------------------------------------------------------------------ in the process
class _Helper(Executor):
    """The workers of a cluster; nobody is asked before there is something to do."""

    def __init__(self, address: str, security: Any) -> None:
        self._address = address
        self._security = security

    @cached_property
    def _client(self) -> Any:
        from distributed import Client

        return Client(self._address, security=self._security, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]

    def submit(self, function: Callable[..., R], /, *arguments: Any, **named: Any) -> Future[R]:
        """Submit a task to whichever worker has time for it."""
        made: Future[R] = self._client.get_executor(pure=False).submit(function, *arguments, **named)
        return made

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 (none is waited for)
        """Leave the cluster."""
        if "_client" in vars(self):
            self._client.close()


@contextmanager
def _helping(cluster: tuple[str, Any] | None) -> Iterator[Executor | None]:
    if cluster is None:
        yield None
        return
    with _Helper(*cluster) as helper:
        yield helper


def _end_with_parent() -> None:
    with suppress(OSError):
        os.read(0, 1)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def main(folder: str) -> None:
    """Do what standard input says, and leave the outcome in a folder."""
    Host.wants_lint_rules = False
    job, seconds, cluster = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with _helping(cluster) as helper:
        outcome = done_in_time(job, seconds, helper)
    file = Path(folder, _OUTCOME)
    part = file.with_suffix(".part")
    part.write_bytes(msgspec.msgpack.encode(outcome))
    os.replace(part, file)


if __name__ == "__main__":
    main(sys.argv[1])
