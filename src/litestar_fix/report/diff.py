"""The changes of a run as one unified diff that ``git apply`` and ``patch -p1`` accept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from litestar_fix.model.secret_texts import starred
from litestar_fix.report.style import BOLD, CYAN, GREEN, RED, Style, safe
from litestar_fix.result import Change, Report

#: What may be left of a literal on its last line, and is no secret.
_QUOTES = 4
_CONTEXT = 3
#: From so many lines on, comparing takes seconds where frequent lines count.
_LONG = 4_000
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


def shows_secrets(report: Report) -> bool:
    """Whether the diff that git needs has lines that `painted` and `text_diff` would not show as they are."""
    for change in report.changes:
        shown = without_secrets(change)
        is_same = (shown.old, shown.new) == (change.old, change.new)
        if not is_same and b"".join(unified(shown)) != b"".join(unified(change)):
            return True
    return False


def document(report: Report) -> bytes:
    """Return the diff as a whole, for a file."""
    return b"".join(render(report))


def painted(report: Report, style: Style) -> Iterator[str]:
    """Yield the lines of the diff for a person at a terminal: coloured, harmless, and without secrets."""
    colors = {b"--": (BOLD,), b"++": (BOLD,), b"@@": (CYAN,)}
    plain = {b"-": (RED,), b"+": (GREEN,)}
    base = base_of(report.root)
    for line in (line for change in report.changes for line in unified(without_secrets(change), base)):
        codes = colors.get(line[:2]) if line[:4] in (b"--- ", b"+++ ", b"@@ -") else plain.get(line[:1])
        text = safe(line.rstrip(b"\r\n").decode("utf-8", "replace").expandtabs(4))
        yield style.paint(text, *codes) if codes else text


def unified(change: Change, base: str = "", *, is_new: bool = False) -> Iterator[bytes]:
    """Yield the lines of the diff of one file."""
    path = os.fsencode(base + change.path)
    yield b"--- %s\n" % (b"/dev/null" if is_new else _name(b"a/" + path))
    yield b"+++ %s\n" % _name(b"b/" + path)
    for line in _hunks(_lines(change.old), _lines(change.new)):
        yield line if line.endswith(b"\n") else line + b"\n" + _NO_NEWLINE


def _hunks(old: list[bytes], new: list[bytes]) -> Iterator[bytes]:
    from difflib import SequenceMatcher

    # difflib.unified_diff takes the lines that are frequent in a long file for junk, such as blank ones: then blocks
    # that stayed are shown as deleted and added
    matcher = SequenceMatcher(None, old, new, autojunk=max(len(old), len(new)) > _LONG)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        _, start, _, new_start, _ = group[0]
        _, _, end, _, new_end = group[-1]
        yield b"@@ -%s +%s @@\n" % (_range(start, end), _range(new_start, new_end))
        for tag, first, last, new_first, new_last in group:
            if tag == "equal":
                yield from (b" " + line for line in old[first:last])
            else:
                yield from (b"-" + line for line in old[first:last])
                yield from (b"+" + line for line in new[new_first:new_last])


def _range(start: int, end: int) -> bytes:
    """Return the lines of a hunk as `git apply` counts them."""
    length = end - start
    if length == 1:
        return b"%d" % (start + 1)
    return b"%d,%d" % (start + bool(length), length)


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
    """Return the diff of one file as text, without secrets."""
    return b"".join(unified(without_secrets(change))).decode(_encoding(change), "backslashreplace")


def without_secrets(change: Change) -> Change:
    """Return the change with stars in the place of secrets, as many as there are characters."""
    encoding = _encoding(change)
    lines = change.old.decode(encoding, "surrogateescape").split("\n")
    texts: list[str] = []
    for span in change.secrets:
        for number in range(span.line, min(span.end_line, len(lines)) + 1):
            line = lines[number - 1]
            start = span.column if number == span.line else 0
            end = span.end_column if number == span.end_line else len(line)
            texts.append(line[start:end].strip())
    old, new = (_starred(content.decode(encoding, "surrogateescape"), texts) for content in (change.old, change.new))
    return Change(change.path, old.encode(encoding, "surrogateescape"), new.encode(encoding, "surrogateescape"))


def _starred(content: str, texts: list[str]) -> str:
    # the longest first: one may be part of another
    for text in sorted((text for text in texts if len(text) > _QUOTES), key=len, reverse=True):
        content = content.replace(text, "*" * len(text))
    return "\n".join(map(starred, content.split("\n")))


def _encoding(change: Change) -> str:
    import io
    import tokenize

    try:
        return tokenize.detect_encoding(io.BytesIO(change.old).readline)[0]
    except SyntaxError:
        return "utf-8"
