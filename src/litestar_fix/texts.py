"""The text of the files that a report speaks of, with secrets made unreadable."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Mapping
from pathlib import Path

from litestar_fix.model.contents import content_of
from litestar_fix.model.secret_texts import starred
from litestar_fix.model.span import Span


class Texts:
    """Reads files as they are on disk now, each once.

    Args:
        root: the project's root.
        secrets: by path, the places that nobody may see.
    """

    def __init__(self, root: str | Path, secrets: Mapping[str, Iterable[Span]]) -> None:
        self._root = root
        self._secrets = secrets
        self._raw: dict[str, str] = {}
        self._shown: dict[str, list[str]] = {}

    def raw(self, path: str) -> str:
        """A file with its secrets, '' where it cannot be read; newlines are as they stand there."""
        if path not in self._raw:
            self._raw[path] = _read(f"{self._root}/{path}")
        return self._raw[path]

    def plain(self, path: str) -> str:
        """A file with its secrets, '' where it cannot be read; each line ends as in Python."""
        return _plain(self.raw(path))

    def line(self, path: str, number: int) -> str:
        """A line of a file as it may be shown, '' where there is none; columns are those of the file."""
        lines = self.lines(path)
        return starred(lines[number - 1]) if 0 < number <= len(lines) else ""

    def lines(self, path: str) -> list[str]:
        """The lines of a file without the secrets that findings speak of: `line` hides those that it quotes, too."""
        if path not in self._shown:
            text = self.plain(path)
            lines = text.split("\n") if text else []
            self._shown[path] = _masked(lines, self._secrets.get(path, ()))
        return self._shown[path]


def _read(path: str) -> str:
    try:
        return _decoded(content_of(path))
    except (OSError, ValueError):  # a name that no file can have
        return ""


def text_of(content: bytes) -> str:
    """Return the text of a Python file, '' where it has none; each line ends as in Python."""
    return _plain(_decoded(content))


def _decoded(content: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError:
        return ""
    return content.decode(encoding, "replace")


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _masked(lines: list[str], secrets: Iterable[Span]) -> list[str]:
    """Replace secrets by stars, as many as there are characters: columns stay what they are."""
    for span in secrets:
        for number in range(span.line, min(span.end_line, len(lines)) + 1):
            line = lines[number - 1]
            start = span.column if number == span.line else 0
            end = span.end_column if number == span.end_line else len(line)
            lines[number - 1] = f"{line[:start]}{'*' * len(line[start:end])}{line[end:]}"
    return lines
