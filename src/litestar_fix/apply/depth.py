"""Room for deep trees: a method chain of two hundred calls is beyond Python's default recursion limit in LibCST."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_STACK_BYTES = 512 * 1024 * 1024
_LIMIT = 100_000

P = ParamSpec("P")
R = TypeVar("R")


def with_room(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function, and again with a large stack in a thread of its own if the usual one is too small."""
    try:
        return function(*args, **kwargs)
    except RecursionError:
        return _in_thread(lambda: function(*args, **kwargs))


def _in_thread(call: Callable[[], R]) -> R:
    results: list[R] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 (raised again below)
            errors.append(error)

    limit = sys.getrecursionlimit()
    size = threading.stack_size(_STACK_BYTES)
    sys.setrecursionlimit(_LIMIT)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if errors:
        raise errors[0]
    return results[0]
