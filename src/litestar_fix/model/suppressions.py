"""Comments that suppress findings, and the lines they cover.

``ast`` has no comments: the bytes are searched first, and only files with a candidate are tokenized.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator

from litestar_fix.model.facts import Span, Suppression
from litestar_fix.model.patterns import regex

# a noqa that names only other tools' codes says nothing to us, and is by far the most common comment of its kind
_CANDIDATE = re.compile(rb"litestar-fix:|lint-(?:ignore|fixme)|#\s*noqa(?:\s*:[^\n\r]*LSF|\s*(?!:))", re.IGNORECASE)
_WORDS = (b"litestar-fix:", b"lint-", b"noqa")
_OWN = regex(r"#\s*litestar-fix:\s*(?P<scope>file-)?ignore(?:\[(?P<codes>[^\]]*)\])?(?P<reason>.*)")
_FIXIT = regex(r"#\s*lint-(?:ignore|fixme)(?::\s*(?P<codes>\w+(?:\s*,\s*\w+)*)(?P<reason>.*))?")
_NOQA = regex(r"#\s*noqa(?::\s*(?P<codes>[A-Z][A-Z0-9]*\d(?:[,\s]+[A-Z][A-Z0-9]*\d)*)(?P<reason>.*))?", re.IGNORECASE)
_FORMS = (("own", _OWN), ("fixit", _FIXIT), ("noqa", _NOQA))


def suppressions(tree: ast.Module, content: bytes, text: str) -> tuple[Suppression, ...]:
    """Find the suppression comments of a file.

    Args:
        tree: the parsed file.
        content: its bytes.
        text: its text, or '' where ``content`` is ASCII.
    """
    if not any(_CANDIDATE.search(line) for line in _near(content)):
        return ()
    source = text or content.decode("ascii")
    lines = io.StringIO(source, newline=None).read().split("\n")
    extents: Extents | None = None
    found = []
    for comment, span in _comments(source):
        for form, codes, reason, whole_file in _read(comment):
            if extents is None:
                extents = Extents(tree, lines)
            first, last = (1, len(lines)) if whole_file else extents.covered(span.line)
            found.append(Suppression(form, codes, reason, first, last, comment, span))
    return tuple(found)


def _near(content: bytes) -> Iterator[bytes]:
    """Yield the lines with a word of such comments: searching for a word is many times faster than for a pattern."""
    lowered = content.lower()
    for word in _WORDS:
        at = lowered.find(word)
        while at >= 0:
            end = content.find(b"\n", at) + 1 or len(content)
            yield content[content.rfind(b"\n", 0, at) + 1 : end]
            at = lowered.find(word, end)


def without(item: Suppression, codes: Collection[str]) -> str | None:
    """Return what is left of the comment of a suppression that no longer names some codes, None where nothing is.

    Args:
        item: the suppression.
        codes: as it names them; all of them, or none where it names none, for the whole suppression.
    """
    pattern = next(pattern for form, pattern in _FORMS if form == item.form)
    match = pattern.search(item.comment)
    if match is None:
        raise AssertionError(item.comment)
    kept = [code for code in item.codes if code not in codes]
    if kept:
        start, end = match.span("codes")
        return f"{item.comment[:start]}{', '.join(kept)}{item.comment[end:]}"
    # what another comment says behind the reason stays
    behind = (match.groupdict()["reason"] or "").partition("#")
    left = f"{item.comment[: match.start()]}{behind[1]}{behind[2]}".rstrip()
    return left if left.strip("# ") else None


def with_codes(comment: str, codes: Collection[str], reason: str) -> str:
    """Return the comment of a line that suppresses some rules, too.

    Args:
        comment: with its ``#``, '' where the line has none.
        codes: of the rules.
        reason: why, '' for none; a comment of ours that gives one keeps its own.
    """
    match = _OWN.search(comment)
    if match is None or match["scope"] or not match["codes"]:
        own = f"# litestar-fix: ignore[{', '.join(codes)}]{reason and ' '}{reason}"
        return f"{comment}  {own}" if comment else own
    named = [code for code in re.split(r"[,\s]+", match["codes"]) if code]
    merged = ", ".join([*named, *(code for code in codes if code not in named)])
    said = match["reason"] if match["reason"].strip(" :-") or not reason else f" {reason}"
    return f"{comment[: match.start('codes')]}{merged}]{said}"


def _comments(source: str) -> Iterator[tuple[str, Span]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.string, Span(token.start[0], token.start[1], token.end[0], token.end[1])
    except (tokenize.TokenError, SyntaxError):
        return


def _read(comment: str) -> Iterator[tuple[str, tuple[str, ...], str, bool]]:
    for form, pattern in _FORMS:
        match = pattern.search(comment)
        if match is None:
            continue
        groups = match.groupdict()
        codes = tuple([code for code in re.split(r"[,\s]+", groups["codes"] or "") if code])
        if form == "noqa" and codes and not any(code.upper().startswith("LSF") for code in codes):
            continue
        yield form, codes, (groups["reason"] or "").strip(" :-"), bool(groups.get("scope"))


class Extents:
    """What a comment on a line covers; a generated file may have thousands of them.

    Args:
        tree: the parsed file.
        lines: its lines.
    """

    def __init__(self, tree: ast.Module, lines: list[str]) -> None:
        self._lines = lines
        self._starting: dict[int, tuple[int, int]] = {}
        self._around: dict[int, tuple[int, int]] = {}
        self._known: dict[int, tuple[int, int]] = {}
        for _, first, last in sorted(_extents(tree, lines)):
            self._starting.setdefault(first, (first, last))
            for line in range(first, last + 1):
                self._around.setdefault(line, (first, last))

    def covered(self, line: int) -> tuple[int, int]:
        """Return the lines that a comment covers: its own statement, or the one below if it stands alone."""
        passed: list[int] = []
        while line not in self._around and line not in self._known and self._is_comment(line):
            passed.append(line)
            line += 1
        if passed and line not in self._known and not self._is_comment(line):
            found = self._starting.get(line, (line, line))
        else:
            found = self._known.get(line) or self._around.get(line, (line, line))
        self._known.update(dict.fromkeys(passed, found))
        return found

    def _is_comment(self, line: int) -> bool:
        return line <= len(self._lines) and self._lines[line - 1].lstrip().startswith("#")


def _extents(tree: ast.Module, lines: list[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (lines spanned, first, last) of every simple statement and of every compound statement's header."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        first = min([node.lineno, *[item.lineno for item in getattr(node, "decorator_list", ())]])
        body = getattr(node, "body", None) or [case.body[0] for case in getattr(node, "cases", ())[:1]]
        if not body:
            last = node.end_lineno or node.lineno
        else:
            inner = min([body[0].lineno, *[item.lineno for item in getattr(body[0], "decorator_list", ())]])
            last = _header_end(lines, node.lineno, inner)
        yield last - first, first, last


def _header_end(lines: list[str], start: int, inner: int) -> int:
    """Return the line of the colon: the last line with code before the body, which may share it."""
    line = inner - 1
    while line > start and (not lines[line - 1].strip() or lines[line - 1].lstrip().startswith("#")):
        line -= 1
    return max(line, start)
