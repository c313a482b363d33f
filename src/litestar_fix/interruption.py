"""Ctrl-C while files are written: what was begun is ended first."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interruption:
    """Holds back the signals that end a process; they are heard again when the block ends.

    In a thread, where Python delivers no signals, there is nothing to hold back; ignored signals stay ignored.
    """

    def __init__(self) -> None:
        self.came = 0
        self.message = ""
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.came = self.came or number

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if not self.came or error is not None:
            return
        if self.came == signal.SIGINT and self._before[self.came] is signal.default_int_handler:
            raise KeyboardInterrupt(self.message)
        signal.raise_signal(self.came)
