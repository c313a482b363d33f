"""Many jobs on an executor: a few at a time, each answer as soon as it is there, and a lost worker is no lost job."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from litestar_fix.batch.apart import ENDED, SECONDS, done_apart, done_in_time
from litestar_fix.batch.outcome import Outcome, failure
from litestar_fix.batch.work import Job
from litestar_fix.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType

_RETRIES = 3


class Pool:
    """Where jobs are done.

    Args:
        begin: makes an executor.
        width: how many jobs it does at a time.
        work: does one of them there.
    """

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[Executor]],
        width: int,
        work: Callable[[Job], Outcome],
    ) -> None:
        self._begin = begin
        self._width = width
        self._work = work

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
                    yield failure(job.repository, ENDED)

    def _until_broken(self, waiting: Iterator[Job]) -> Iterator[Outcome] | Any:
        """Yield outcomes; return the jobs without one where the executor breaks."""
        running: dict[Future[Outcome], Job] = {}
        with self._begin() as executor:
            try:
                for job in waiting:
                    running[self._submitted(executor, job)] = job
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

    def _submitted(self, executor: Executor, job: Job) -> Future[Outcome]:
        try:
            return executor.submit(self._work, job)
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
            yield failure(job.repository, f"its worker failed: {type(error).__name__}: {error}")


def local(processes: int, seconds: float = SECONDS) -> Pool:
    """Return processes of this machine.

    Args:
        processes: how many.
        seconds: how long one repository may take.
    """
    return Pool(lambda: _processes(processes), processes, partial(done_in_time, seconds=seconds))


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
def dask(address: str, seconds: float = SECONDS) -> Iterator[Pool]:
    """Connect to a Dask cluster, and yield its workers.

    Args:
        address: of its scheduler.
        seconds: how long one repository may take.

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

        yield Pool(begin, width, partial(done_apart, seconds=seconds))


def _distributed() -> ModuleType:
    try:
        import distributed
    except ImportError:
        raise UsageError("--dask needs Dask: `pip install 'litestar-fix[dask]'`") from None
    module: ModuleType = distributed
    return module
