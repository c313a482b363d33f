"""The two streams: bytes out, nothing printed twice, and a closed pipe is no crash."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

from litestar_fix.errors import LitestarFixError


class PipeClosed(Exception):
    """Nobody reads our output any more."""


def write(stream: TextIO, content: bytes) -> None:
    """Write bytes to a stream.

    Raises:
        PipeClosed: the reader of standard output has gone.
        LitestarFixError: it cannot be written, because a disk is full, say.
    """
    if not content:
        return
    try:
        binary = getattr(stream, "buffer", None)
        if binary is None:
            stream.write(content.decode(stream.encoding or "utf-8", "replace"))
        else:
            stream.flush()
            binary.write(content)
        stream.flush()
    except BrokenPipeError:
        _forget(stream)
        if stream is sys.stdout:
            raise PipeClosed from None
    except OSError as error:
        _forget(stream)
        raise LitestarFixError(f"the output cannot be written: {error.strerror}") from None


def open_closed_streams() -> None:
    """Give a stream that the caller closed (``>&-``) somewhere to go: nobody wants to read it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (open until the process ends)


def write_lines(stream: TextIO, lines: Iterable[str]) -> None:
    """Write lines of text; what the stream's encoding lacks is escaped."""
    text = "".join(f"{line}\n" for line in lines)
    write(stream, text.encode(stream.encoding or "utf-8", "backslashreplace"))


def _forget(stream: TextIO) -> None:
    """Point the stream to nowhere, because Python flushes it once more when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def wants_color(choice: str, stream: TextIO) -> bool:
    """Decide about colours: by ``--color``, else NO_COLOR (no-color.org) or FORCE_COLOR, else by what the stream is."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
