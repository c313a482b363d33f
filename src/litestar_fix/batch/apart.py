"""A repository that is given so much time and no more, in this process or in one of its own.

An alarm ends it, as Ctrl-C would: what it had started is stopped, and what it had written is taken away. That rings in
the main thread of a process and nowhere else, and a Dask worker does its tasks in other threads, side by side, that
share one interpreter. So there another process does the work, and whatever becomes of that, the worker goes on.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from functools import cached_property
from multiprocessing.connection import Connection, Pipe
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
_LOOK_SECONDS = 1.0
#: A process ends that had nothing to do for so long, or needed so much memory: a worker may live for weeks.
_IDLE_SECONDS = 300.0
_KEPT_BYTES = 500_000_000

R = TypeVar("R")


class _TimeIsUp(BaseException):
    """Nobody who expects that something may fail takes this for it."""


def done_in_time(job: Job, seconds: float, executor: Executor | None = None) -> Outcome:
    """Do one repository in the main thread of this process; on a system without alarms nothing is limited.

    Args:
        job: the repository, and what is to be done there.
        seconds: how long that may take.
        executor: as for `done`.
    """
    if not hasattr(signal, "setitimer"):
        return done(job, executor)

    def ring(*_: object) -> None:
        raise _TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _GRACE)
        try:
            return done(job, executor)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _TimeIsUp:
        return failure(job.repository, _too_long(seconds))
    finally:
        signal.signal(signal.SIGALRM, before)


def _too_long(seconds: float) -> str:
    return f"it takes more than {seconds:g} s; --repository-timeout gives it more"


def done_apart(job: Job, seconds: float) -> Outcome:
    """Do one repository in another process, in whatever thread this is called.

    Args:
        job: the repository, and what is to be done there.
        seconds: how long that may take.
    """
    if not hasattr(signal, "setitimer"):
        return done(job)
    with tempfile.TemporaryDirectory(prefix="litestar-fix-", ignore_cleanup_errors=True) as folder:
        task = pickle.dumps((msgspec.structs.replace(job, scratch=folder), seconds, _cluster()))
        try:
            return msgspec.msgpack.decode(_answer(task, seconds + _GRACE), type=Outcome)
        except _TookTooLong:
            return failure(job.repository, _too_long(seconds))
        except (EOFError, OSError):
            return failure(job.repository, ENDED)


def _answer(task: bytes, seconds: float) -> bytes:
    with suppress(IndexError, EOFError, OSError):  # there is none, or it has ended for want of work
        return _idle.pop().answer(task, seconds)
    return _Process().answer(task, seconds)


class _TookTooLong(Exception):
    """Nothing came of a task in its time."""


class _Process:
    """A process that does one repository after the other; what it needs to begin with takes a second to import."""

    def __init__(self) -> None:
        self._connection, other = Pipe()
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(other.fileno())],
                cwd=os.sep,
                stdin=subprocess.PIPE,  # nothing is written: when this process is killed, that one hears the end of it
                start_new_session=True,
                pass_fds=(other.fileno(),),
            )

    def answer(self, task: bytes, seconds: float) -> bytes:
        """Return what comes of a task; where nothing does, the process ends with all that it has started.

        Raises:
            _TookTooLong: the time is over.
            EOFError, OSError: the process has ended.
        """
        try:
            answer = self._answer(task, seconds)
        except BaseException:
            self.end()
            raise
        _idle.append(self)
        return answer

    def _answer(self, task: bytes, seconds: float) -> bytes:
        self._connection.send_bytes(task)
        late = time.monotonic() + seconds
        while not self._connection.poll(_LOOK_SECONDS):
            if time.monotonic() > late:
                raise _TookTooLong
            if self._process.poll() is not None:
                raise EOFError
        return self._connection.recv_bytes()

    def end(self) -> None:
        """End it, and what it has started."""
        end(self._process)
        self._connection.close()
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]


#: Those that have nothing to do; each thread takes one.
_idle: list[_Process] = []


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
class _Cluster(Executor):
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
def _joined(cluster: tuple[str, Any] | None) -> Iterator[Executor | None]:
    if cluster is None:
        yield None
        return
    with _Cluster(*cluster) as executor:
        yield executor


def _end_with_parent() -> None:
    with suppress(OSError):
        os.read(0, 1)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _used() -> int:
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main(descriptor: int) -> None:
    """Do what the other end of a pipe says, for as long as it says something."""
    os.set_inheritable(descriptor, False)
    Host.wants_lint_rules = False
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, ConnectionError), Connection(descriptor) as connection:
        while connection.poll(_IDLE_SECONDS):
            job, seconds, cluster = pickle.loads(connection.recv_bytes())
            with _joined(cluster) as executor:
                outcome = done_in_time(job, seconds, executor)
            connection.send_bytes(msgspec.msgpack.encode(outcome))
            if _used() > _KEPT_BYTES:
                return


if __name__ == "__main__":
    main(int(sys.argv[1]))
