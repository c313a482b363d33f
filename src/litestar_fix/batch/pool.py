"""Many jobs on an executor: a few at a time, each answer as soon as it is there, and a lost worker is no lost job."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from litestar_fix.batch.outcome import Outcome, Status
from litestar_fix.batch.work import Job, done
from litestar_fix.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType

_ENDED = "the process that worked on it ended before its time: out of memory, or a crash"
_RETRIES = 3


class Pool:
    """Where jobs are done.

    Args:
        begin: makes an executor.
        width: how many jobs it does at a time.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Executor]], width: int) -> None:
        self._begin = begin
        self._width = width

    def outcomes(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Yield what came of each job, in the order in which they end."""
        waiting = iter(jobs)
        while True:
            lost = yield from self._until_broken(waiting)
            if not lost:
                return
            for job in lost:  # one of them broke the executor: alone, it breaks no other
                left = yield from self._until_broken(iter((job,)))
                if left:
                    name, source = job.repository.name, job.repository.source
                    yield Outcome(name=name, source=source, status=Status.FAILED, reason=_ENDED)

    def _until_broken(self, waiting: Iterator[Job]) -> Iterator[Outcome] | Any:
        """Yield outcomes; return the jobs without one where the executor breaks."""
        running: dict[Future[Outcome], Job] = {}
        with self._begin() as executor:
            try:
                for job in waiting:
                    running[_submitted(executor, job)] = job
                    while len(running) >= self._width + 1:
                        yield from _ended(running)
                while running:
                    yield from _ended(running)
            except BrokenExecutor:
                return list(running.values())
            finally:
                for future in running:
                    future.cancel()
        return []


def _submitted(executor: Executor, job: Job) -> Future[Outcome]:
    try:
        return executor.submit(done, job)
    except BrokenExecutor as error:
        lost: Future[Outcome] = Future()
        lost.set_exception(error)
        return lost


def _ended(running: dict[Future[Outcome], Job]) -> Iterator[Outcome]:
    finished, _ = wait(running, return_when=FIRST_COMPLETED)
    # an answer that is there counts, whatever became of the others
    for future in sorted(finished, key=lambda item: isinstance(item.exception(), BrokenExecutor)):
        error = future.exception()
        if isinstance(error, BrokenExecutor):
            raise error
        if error is not None and not isinstance(error, Exception):
            raise error
        job = running.pop(future)
        if error is None:
            yield future.result()
        else:
            name, source = job.repository.name, job.repository.source
            said = " ".join(f"{type(error).__name__}: {error}".split("\n"))
            yield Outcome(name=name, source=source, status=Status.FAILED, reason=f"its worker failed: {said}")


def local(processes: int) -> Pool:
    """Return processes of this machine."""
    return Pool(lambda: _processes(processes), processes)


@contextmanager
def _processes(count: int) -> Iterator[Executor]:
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(count, initializer=_begin_worker) as executor:
        try:
            yield executor
        except BaseException:  # Ctrl-C, say: nobody waits for what is being done
            executor.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            raise


def _begin_worker() -> None:
    """Leave Ctrl-C to the run, and end when that is killed: nobody would send any more work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None and connection.wait([parent.sentinel]):
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def dask(address: str) -> Iterator[Pool]:
    """Connect to a Dask cluster, and yield its workers.

    Args:
        address: of its scheduler.

    Raises:
        UsageError: Dask is not installed, or there is no scheduler.
    """
    module = _distributed()
    try:
        client = module.Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"--dask {address}: there is no scheduler: {error}") from None
    with client:
        width = sum(client.ncores().values())
        if not width:
            raise UsageError(f"--dask {address}: the scheduler has no workers")

        @contextmanager
        def begin() -> Iterator[Executor]:
            # the same job on the same repository is done anew: the repository may have changed
            executor: Executor = client.get_executor(pure=False, retries=_RETRIES)
            yield executor

        yield Pool(begin, width)


def _distributed() -> ModuleType:
    try:
        import distributed
    except ImportError:
        raise UsageError("--dask needs Dask: `pip install 'litestar-fix[dask]'`") from None
    module: ModuleType = distributed
    return module
