"""What no edit names stays as it is: the text between the edited places is there again, character by character.

Layout next to an edit may follow it: blank lines, a comma, a comment that moves to the next line. Comments have a check
of their own. Imports are edited wherever a finding needs it, and have one as well.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from typing import TypeAlias, cast

from litestar_fix.edits.values import CommentEdit, NodeEdit
from litestar_fix.errors import EditError
from litestar_fix.model.facts import Span
from litestar_fix.proof.version import Version

_NEWLINE = re.compile(r"\r\n|\r|\n")
_LAYOUT = re.compile(r"(?:[\s,();:\\]|#[^\r\n]*(?:[\r\n]|$))*")
_GAP = re.compile(r"(?:[\s\\]|#[^\r\n]*(?:[\r\n]|$))*")
_Range: TypeAlias = tuple[int, int]


def check_outside(old: Version, new: bytes, edits: Iterable[NodeEdit | CommentEdit]) -> None:
    """Check that a rewritten file differs where it was edited, and nowhere else.

    Args:
        old: the file before.
        new: its content after.
        edits: the edits that were made.

    Raises:
        EditError: something else changed, too.
    """
    text = _Text(_decoded(old.content))
    result = _decoded(new)
    named = list(edits)
    ranges = merged([*_edited(old, named, text), *_import_places(old, named, text)])
    begins, ends = [0, *[end for _, end in ranges]], [*[start for start, _ in ranges], len(text.text)]
    at = 0
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        kept = text.text[begin:end]
        kept = _without_start(kept) if number else kept
        if end < len(text.text) or number < len(ranges):
            kept = _without_end(kept)
            found = result.find(kept, at) if number else result.startswith(kept) - 1
        else:
            found = len(result) - len(kept) if result.endswith(kept) else -1
        if found < at:
            raise EditError(
                f"code that is not edited would change, between lines {text.line(begin)} and {text.line(end)}"
            )
        at = found + len(kept)
    if not set(_NEWLINE.findall(result)) <= set(_NEWLINE.findall(text.text) or "\n"):
        raise EditError("newlines of another kind would be added")


def _decoded(content: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return content.decode(encoding)


def _without_start(text: str) -> str:
    """The text behind an edit, without what may follow that."""
    layout = _LAYOUT.match(text)
    return text[layout.end() :] if layout is not None else text


def _without_end(text: str) -> str:
    """The text before an edit, without what may follow that: layout, and comments above it."""
    while True:
        text = text.rstrip(" \t\f\v\r\n,();:\\")
        line = max(text.rfind("\n"), text.rfind("\r")) + 1
        if not text[line:].lstrip().startswith("#"):
            return text
        text = text[:line]


def merged(ranges: Iterable[_Range]) -> list[_Range]:
    """Ranges in order, those that meet as one."""
    found: list[_Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


class _Text:
    """A text, and where its lines begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *[match.end() for match in _NEWLINE.finditer(text)]]
        self.is_ascii = text.isascii()

    def line(self, offset: int) -> int:
        """The number of the line that an offset lies in."""
        return sum(start <= offset for start in self.starts)

    def range(self, span: Span) -> _Range:
        """The offsets of a span that counts code points."""
        return self.starts[span.line - 1] + span.column, self.starts[span.end_line - 1] + span.end_column

    def of(self, node: ast.stmt | ast.expr) -> _Range:
        """The offsets of a node, which counts bytes."""
        start = self._offset(node.lineno, node.col_offset)
        return start, self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def start(self, node: ast.stmt) -> int:
        """The offset of a statement, of a decorated one that of the first `@`."""
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        return self.text.rindex("@", 0, self.of(decorators[0])[0]) if decorators else self.of(node)[0]

    def with_parentheses(self, start: int, end: int) -> _Range:
        """The range with the parentheses around it, and the comments in them: LibCST has them in the node."""
        while True:
            opening = self.text.rfind("(", 0, start)
            closing = _GAP.match(self.text, end)
            at = closing.end() if closing is not None else end
            if opening < 0 or not _GAP.fullmatch(self.text, opening + 1, start) or self.text[at : at + 1] != ")":
                return start, end
            start, end = opening, at + 1

    def _offset(self, line: int, column: int) -> int:
        start = self.starts[line - 1]
        if self.is_ascii:
            return start + column
        stop = self.starts[line] if line < len(self.starts) else len(self.text)
        return start + len(self.text[start:stop].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))


def _edited(file: Version, edits: Iterable[NodeEdit | CommentEdit], text: _Text) -> Iterator[_Range]:
    """What the edits name; a definition begins with its first decorator."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    first = {text.of(node)[0]: text.start(node) for node in file.nodes if isinstance(node, definitions)}
    for edit in edits:
        start, end = text.range(edit.span)
        if isinstance(edit, NodeEdit):
            start, end = text.with_parentheses(first.get(start, start), end)
        yield start, end


def _import_places(file: Version, edits: Iterable[NodeEdit | CommentEdit], text: _Text) -> Iterator[_Range]:
    """All imports, and where the first one of a module, or of a function that needs one, would stand."""
    needs = [need for edit in edits if isinstance(edit, NodeEdit) for need in edit.imports]
    names = {need.scope.rpartition(".")[2] for need in needs}
    starting = {node.lineno: text.of(node)[1] for node in file.nodes if isinstance(node, ast.stmt)}
    for node in file.nodes:
        held = node.body if isinstance(node, ast.If) else [node]
        if all(isinstance(item, ast.Import | ast.ImportFrom) for item in held):
            start, end = text.of(cast("ast.stmt", node))
            yield start, end
            # another statement may follow on the line, and a new import stands below both
            below = starting.get(cast("ast.stmt", node).end_lineno or 0, end)
            yield max(end, below), max(end, below)
        elif (
            isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) and getattr(node, "name", "") in names
        ):
            yield from _starts(node.body, text)


def _starts(body: list[ast.stmt], text: _Text) -> Iterator[_Range]:
    """Before and behind the first statement of a body, which may be a docstring."""
    for statement in body[:1]:
        start, end = text.start(statement), text.of(statement)[1]
        yield start, start
        yield end, end
