"""The changes of a run as one unified diff that ``git apply`` and ``patch -p1`` accept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from litestar_fix.report.style import BOLD, CYAN, GREEN, RED, Style, safe
from litestar_fix.result import Change, Report

_NO_NEWLINE = b"\\ No newline at end of file\n"
_QUOTED = {b"\t": b"\\t", b"\n": b"\\n", b"\r": b"\\r", b'"': b'\\"', b"\\": b"\\\\"}


def base_of(root: str) -> str:
    """Return what comes before a path in the diff: it counts from the git repository that the project lies in.

    Without a repository it counts from the project's root, and nothing comes before it.
    """
    folder = root
    while not os.path.exists(f"{folder}/.git"):
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above
    return "" if folder == root else os.path.relpath(root, folder).replace(os.sep, "/") + "/"


def render(report: Report) -> Iterator[bytes]:
    """Yield the lines of the diff, each in the encoding of its own file."""
    base = base_of(report.root)
    for change in report.changes:
        yield from unified(change, base)


def document(report: Report) -> bytes:
    """Return the diff as a whole, for a file."""
    return b"".join(render(report))


def painted(report: Report, style: Style) -> Iterator[str]:
    """Yield the lines of the diff for a person at a terminal: coloured, and harmless."""
    colors = {b"--": (BOLD,), b"++": (BOLD,), b"@@": (CYAN,)}
    plain = {b"-": (RED,), b"+": (GREEN,)}
    for line in render(report):
        codes = colors.get(line[:2]) if line[:4] in (b"--- ", b"+++ ", b"@@ -") else plain.get(line[:1])
        text = safe(line.rstrip(b"\r\n").decode("utf-8", "replace").expandtabs(4))
        yield style.paint(text, *codes) if codes else text


def unified(change: Change, base: str = "", *, is_new: bool = False) -> Iterator[bytes]:
    """Yield the lines of the diff of one file."""
    from difflib import diff_bytes, unified_diff

    old, new = _lines(change.old), _lines(change.new)
    path = os.fsencode(base + change.path)
    before = b"/dev/null" if is_new else _name(b"a/" + path)
    for line in diff_bytes(unified_diff, old, new, before, _name(b"b/" + path)):
        yield line if line.endswith(b"\n") else line + b"\n" + _NO_NEWLINE


def _lines(content: bytes) -> list[bytes]:
    # as git does: a carriage return is part of a line, whatever Python thinks of it
    return re.findall(rb"[^\n]*\n|[^\n]+", content)


def _name(path: bytes) -> bytes:
    """Return a name as git writes it: quoted where it must be, with a tab after it where it holds a blank."""
    if re.search(rb'[\x00-\x1f"\\\x7f]', path):
        return b'"' + re.sub(rb'[\x00-\x1f"\\\x7f]', _quote, path) + b'"'
    return path + b"\t" if b" " in path else path


def _quote(match: re.Match[bytes]) -> bytes:
    return _QUOTED.get(match[0]) or b"\\%03o" % match[0][0]


def text_diff(change: Change) -> str:
    """Return the diff of one file as text."""
    import io
    import tokenize

    try:
        encoding = tokenize.detect_encoding(io.BytesIO(change.old).readline)[0]
    except SyntaxError:
        encoding = "utf-8"
    return b"".join(unified(change)).decode(encoding, "backslashreplace")
