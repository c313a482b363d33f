"""Work that an executor helps with, which may be other machines: nobody who can do it waits for somebody else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

#: How many tasks an executor has at a time: no more of a project than that is in memory, and on the network.
_AHEAD = 64

T = TypeVar("T")
R = TypeVar("R")
A = TypeVar("A")


def perform(
    tasks: Sequence[T],
    executor: Executor,
    function: Callable[[A], Iterable[R]],
    *,
    argument: Callable[[T], A],
    here: Callable[[T], Iterable[R]],
    meanwhile: Callable[[], object],
) -> Iterator[R]:
    """Do tasks here, from the end, while an executor does them from the beginning.

    What others have not done when nothing else is left is done here, too. So it does not matter whether they are
    busy, slow, lost, or there at all; and whoever does this may occupy the last thread that they have.

    Args:
        tasks: what is to be done.
        executor: of the others.
        function: what they do.
        argument: what they are given for a task; that is made when there is room for it.
        here: does a task in this process.
        meanwhile: what this process does first.
    """
    left = deque(tasks)
    handed: dict[Future[Iterable[R]], T] = {}
    failed: list[T] = []
    is_begun, is_there = False, True
    while left or handed or failed:
        while is_there and left and len(handed) < _AHEAD:
            task = left.popleft()
            try:
                handed[executor.submit(function, argument(task))] = task
            except Exception:  # noqa: BLE001 (help that cannot be had, for whatever reason, is not needed)
                is_there = False
                failed.append(task)
        if not is_begun:
            is_begun = True
            meanwhile()
        for future in [future for future in handed if future.done()]:
            task = handed.pop(future)
            if future.cancelled() or future.exception() is not None:
                failed.append(task)
            else:
                yield from future.result()
        if failed or left:
            yield from here((failed or left).pop())
        elif handed:
            future, task = handed.popitem()  # the one that they begin last
            future.cancel()
            yield from here(task)
