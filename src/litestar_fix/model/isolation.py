"""Work that may crash, hang or take all memory, done in processes that may be lost.

CPython's parser and LibCST's are native code: some thirty brackets in a pattern keep the latter busy for hours, and
twenty thousand operands in a row end its process. Such a file costs itself. The others go on in the next process.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import msgspec

from litestar_fix.errors import EditError, LitestarFixError, RefusedEdit

#: What one task may take: of a processor's time, of the clock's, and of memory.
SECONDS = 30
_CLOCK_SECONDS = 10 * SECONDS
_BYTES = 3 * 1024**3
_READ = 1 << 20

Task = Callable[[], bytes]


class Result(msgspec.Struct, frozen=True, array_like=True):
    """What came of the task with this number: its content, or why there is none.

    ``output`` is what an `EditError` kept; ``is_refused`` tells that it was a `RefusedEdit`,
    ``is_lost`` that the process ended with the task.
    """

    number: int
    content: bytes = b""
    error: str = ""
    output: bytes = b""
    is_refused: bool = False
    is_lost: bool = False


def is_possible() -> bool:
    """Tell whether this system can: it copies a process in milliseconds, with all that is imported and analysed."""
    return hasattr(os, "fork") and sys.platform != "emscripten"


def perform(
    tasks: Sequence[Task],
    *,
    jobs: int = 1,
    seconds: float = SECONDS,
    costs: Sequence[int] = (),
    groups: Sequence[str] = (),
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Result]:
    """Do tasks in other processes; yield the results as they come.

    Args:
        tasks: functions that return bytes.
        jobs: how many processes work at once.
        seconds: the time that one task may take of a processor.
        costs: how long each task takes, compared with the others; by default all the same.
        groups: tasks of the same one are done in one process, those of '' anywhere.
        meanwhile: what this process does until the first result is there.
    """
    if not is_possible():
        meanwhile()
        yield from (_result(number, task) for number, task in enumerate(tasks))
        return
    shares = _shares(costs or [1] * len(tasks), jobs, groups)
    with selectors.DefaultSelector() as selector:
        running = [_Worker(share, tasks, seconds) for share in shares]
        try:
            for worker in running:
                selector.register(worker.reader, selectors.EVENT_READ, worker)
            meanwhile()
            while selector.get_map():
                for key, _ in selector.select(timeout=1.0) or [(key, 0) for key in selector.get_map().values()]:
                    yield from _listen(key.data, selector, running)
        finally:
            for worker in running:
                worker.end()


def _shares(costs: Sequence[int], jobs: int, groups: Sequence[str] = ()) -> list[list[int]]:
    """Divide tasks by cost: the most expensive ones first, each to whoever has least to do, a group as a whole."""
    together: dict[str | int, list[int]] = {}
    for number in range(len(costs)):
        together.setdefault((groups[number] if groups else "") or number, []).append(number)
    parts = [(sum(costs[number] for number in part), part) for part in together.values()]
    shares: list[list[int]] = [[] for _ in range(min(jobs, len(parts)))]
    load = [0] * len(shares)
    for cost, part in sorted(parts, key=lambda item: -item[0]):
        least = load.index(min(load))
        shares[least] += part
        load[least] += cost
    return shares


def _listen(worker: _Worker, selector: selectors.BaseSelector, running: list[_Worker]) -> Iterator[Result]:
    """Take what a worker has done; replace one that was lost, but for the task that it was lost with."""
    results, is_over = worker.receive()
    yield from results
    if not is_over:
        return
    selector.unregister(worker.reader)
    running.remove(worker)
    reason = worker.end()
    if worker.left:
        lost, *left = worker.left
        yield Result(lost, error=reason, is_lost=True)
        if left:
            again = _Worker(left, worker.tasks, worker.seconds)
            running.append(again)
            selector.register(again.reader, selectors.EVENT_READ, again)


class _Worker:
    """A process and the tasks that it has not done yet, in order."""

    def __init__(self, share: list[int], tasks: Sequence[Task], seconds: float) -> None:
        self.left = share
        self.tasks = tasks
        self.seconds = seconds
        self.reader, writer = os.pipe()
        self._received = bytearray()
        self._heard = time.monotonic()
        self._status: str | None = None
        self._is_ending = False
        with warnings.catch_warnings():
            # the copy touches nothing that a thread could hold: it reads, computes and writes to its pipe
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if not self.pid:
            _work(share, tasks, writer, seconds)
        os.close(writer)
        os.set_blocking(self.reader, False)

    def receive(self) -> tuple[list[Result], bool]:
        """Return what is done since the last time, and whether nothing more will come."""
        is_over = False
        try:
            chunk = os.read(self.reader, _READ)
            is_over = self._is_ending = not chunk
            self._received += chunk
            self._heard = time.monotonic()
        except BlockingIOError:
            if time.monotonic() - self._heard > _CLOCK_SECONDS:
                is_over = True
        results = []
        while len(self._received) >= 8:
            size = int.from_bytes(self._received[:8], "big")
            if len(self._received) < size + 8:
                break
            results.append(msgspec.msgpack.decode(bytes(self._received[8 : size + 8]), type=Result))
            del self._received[: size + 8]
            self.left = self.left[1:]
        return results, is_over

    def end(self) -> str:
        """End the process, if it has not ended; return what was wrong with it."""
        if self._status is None:
            os.close(self.reader)
            if not self._is_ending:
                os.kill(self.pid, signal.SIGKILL)
            self._status = _reason(os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]), self.seconds)
        return self._status


def _reason(code: int, seconds: float) -> str:
    if code >= 0:
        return f"its parser ended the process with {code}"
    number = -code
    if number == signal.SIGXCPU:
        return f"takes more than {seconds:g} s to parse"
    if number == signal.SIGKILL:
        return "takes too long or too much memory to parse"
    return f"crashes the parser ({signal.Signals(number).name})"


# ------------------------------------------------------------------------------------------------------ in the process
def _work(share: Sequence[int], tasks: Sequence[Task], writer: int, seconds: float) -> None:
    """Do the tasks and end: nothing of the process that this is a copy of may run again."""
    code = 1
    try:
        # an interrupt is the parent's to report, and it ends us
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _limit_memory()
        for number in share:
            _limit(seconds)
            frame = msgspec.msgpack.encode(_result(number, tasks[number]))
            _send(writer, len(frame).to_bytes(8, "big") + frame)
        code = 0
    finally:
        os._exit(code)


def _result(number: int, task: Task) -> Result:
    try:
        return Result(number, task())
    except MemoryError:
        return Result(number, error="takes too much memory to parse")
    except RecursionError:
        return Result(number, error="nested too deeply to parse")
    except Exception as error:  # noqa: BLE001 (whatever a file brings about, it costs that file)
        kind = "" if isinstance(error, LitestarFixError) else f"{type(error).__name__}: "
        output = error.output if isinstance(error, EditError) else b""
        return Result(number, error=f"{kind}{error}", output=output, is_refused=isinstance(error, RefusedEdit))


def _limit_memory() -> None:
    """Let the system refuse this process more memory than tasks may take."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        now, hardest = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_least(_least(_memory() + _BYTES, now), hardest), hardest))
        # a parser that crashes is no news worth the disk
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _limit(seconds: float) -> None:
    """Let the system end this process when the next task takes too long."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soonest = int(time.process_time() + seconds) + 1
        _, hardest = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (_least(soonest, hardest), hardest))


def _memory() -> int:
    """The memory that the process has mapped already."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return _BYTES


def _least(limit: int, other: int) -> int:
    return limit if other < 0 else min(limit, other)


def _send(writer: int, content: bytes) -> None:
    while content:
        content = content[os.write(writer, content) :]
