"""A line of progress on a terminal, for runs that take longer than a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from litestar_fix.cli.output import write_lines
from litestar_fix.report.style import safe

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 1.0


class ProgressLine:
    """Shows what a run is doing. Rich is imported when there is something to draw, and only then.

    Args:
        wanted: whether anything may be drawn at all.
    """

    def __init__(self, *, wanted: bool) -> None:
        self._is_quiet = not wanted
        self._wanted = wanted and sys.stderr.isatty()
        self._started = time.monotonic()
        self._drawn: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn is not None:
            self._drawn.stop()

    def __call__(self, task: str, done: int, total: int) -> None:
        """Tell how much of a task is done."""
        if not self._wanted or (self._drawn is None and time.monotonic() - self._started < _PATIENCE):
            return
        if self._drawn is None:
            self._drawn = _begin()
        if task not in self._tasks:
            self._tasks[task] = self._drawn.add_task(task, total=total)
        self._drawn.update(self._tasks[task], completed=done, total=total)

    def say(self, text: str) -> None:
        """Write a line about work that takes long and has no end in sight, whether or not this is a terminal."""
        if self._is_quiet:
            return
        if self._drawn is not None:
            self._drawn.stop()
            self._drawn, self._tasks = None, {}
        write_lines(sys.stderr, [f"verify: {safe(text)}"])


def _begin() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    drawn = Progress(*columns, console=Console(stderr=True), transient=True)
    drawn.start()
    return drawn
