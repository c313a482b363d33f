"""Runs of the tool over a project that is given as bytes, and what is asked of each."""

from __future__ import annotations

import ast
import io
import re
import shutil
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from litestar_fix import registry, rewriting
from litestar_fix.api import Run, fix
from litestar_fix.finding import State
from litestar_fix.plan import Group, _span
from litestar_fix.practice import PracticeRule
from litestar_fix.result import Problem, Report, Reported
from litestar_fix.rewriting import Rewriting
from litestar_fix.settings import Settings
from tests.properties.files import comments

RUN = Run(jobs=1, cache=False)
ALL = Settings(select=("ALL",))
#: Refusals that depend on the layout: what shares a line cannot be moved alone, nor what a suppression is for.
OF_LAYOUT = (
    "its statements share a line",
    "several statements stand on its line",
    "a suppression would lose",
    "shares its line",
)
#: Rules whose fix moves code beyond what their findings point at: the functions that become methods of a class.
MOVING = ("LSF406",)
#: Rules whose fix takes code apart that may have a comment within an expression; there it is dropped, and says so.
TAKING_APART = ("LSF201", "LSF203", "LSF301", "LSF304", "LSF306", "LSF406", "LSF704")
#: What a comment that suppresses something holds; LSF001 takes it away.
SUPPRESSING = re.compile(r"# *(litestar-fix:|lint-(ignore|fixme)|noqa)")
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Fixed:
    """A project after a run: the report, the files, and what was done in each pass."""

    report: Report
    files: dict[str, bytes]
    passes: tuple[Any, ...]


def write(folder: Path, files: Files) -> None:
    """Make a folder hold these files and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def fixed(folder: Path, files: Files, settings: Settings = ALL) -> Fixed:
    """Fix a project, unsafely too, without writing."""
    write(folder, files)
    runs: list[Rewriting] = []

    class Watched(Rewriting):
        def __init__(self, *args: Any, **keywords: Any) -> None:
            super().__init__(*args, **keywords)
            runs.append(self)

    with mock.patch.object(rewriting, "Rewriting", Watched):
        report = fix([folder], settings, unsafe_fixes=True, dry_run=True, root=folder, run=RUN)
    return Fixed(
        report,
        dict(files) | {change.path: change.new for change in report.changes},
        tuple(runs[0]._done if runs else ()),
    )


@contextmanager
def rules_in_order(order: Sequence[type[PracticeRule]]) -> Iterator[None]:
    """Ask the rules in this order."""
    with mock.patch.object(registry, "load", return_value=list(order)):
        yield


# -------------------------------------------------------------------------------------------------------- properties
def check_whole(before: Files, result: Fixed) -> None:
    """Nothing failed, all files parse, all comments are still there, and only what was reported has changed."""
    assert failures(result.report) == []
    for path, content in result.files.items():
        if path.endswith(".py") and content != before[path]:
            ast.parse(content)
            lost = Counter(comments(before[path])) - Counter(comments(content))
            if _fixes("LSF001", path, result):
                lost = Counter(comment for comment in lost if not SUPPRESSING.search(comment))
            assert not lost, f"{path} loses {dict(lost)}"
    check_places(before, result)


def failures(report: Report) -> list[Problem | Reported]:
    """What went wrong, but for comments that were in the way."""
    ended: list[Problem | Reported] = [*report.problems]
    ended += [item for item in report.findings if item.state in (State.ERROR, State.DEFERRED)]
    return [item for item in ended if not _is_about_a_comment(item.code, item.reason)]


def _is_about_a_comment(code: str | None, reason: str) -> bool:
    return code in TAKING_APART and ("a comment would be lost" in reason or "there is a comment" in reason)


def _fixes(code: str, path: str, result: Fixed) -> bool:
    found = (item for item in result.report.findings if item.state is State.WOULD_FIX)
    return any((item.code, item.path) == (code, path) for item in found)


def check_places(before: Files, result: Fixed) -> None:
    """What is outside the code that the edits of a pass name, and is no import, is still there, in the same order."""
    done = result.passes
    states = [dict(before) | dict(each.contents) for each in done] + [result.files]
    for each, old, new in zip(done, states, states[1:], strict=False):
        if any(group.finding.code in MOVING for group in each.groups):
            continue
        for path in {path for group in each.groups for path in group.paths if path.endswith(".py")}:
            text = _without_layout(new[path].decode("utf-8-sig"))
            at = 0
            for piece in _outside(old[path].decode("utf-8-sig").replace("\r\n", "\n"), _spans(path, each)):
                wanted = _without_layout(piece)
                found = text.find(wanted, at)
                assert found >= 0, f"{path}: {piece!r} is gone, and no finding is about it"
                at = found + len(wanted)


def _without_layout(text: str) -> str:
    """Code as it stays when a line of it grows too long and is broken: without blanks and commas."""
    return re.sub(r"[\s,]|\\$", "", text, flags=re.MULTILINE)


def _spans(path: str, done: Any) -> list[tuple[int, int, int, int]]:
    groups: Sequence[Group] = done.groups
    regions = [_span(edit, done.project) for group in groups for edit in group.code_edits if edit.path == path]
    return [(span.line, span.column, span.end_line, span.end_column) for span in regions]


def _outside(source: str, spans: Sequence[tuple[int, int, int, int]]) -> Iterator[str]:
    """The pieces of the lines that are neither in a span nor in an import or a comment."""
    lines = source.split("\n")
    edited = bytearray(len(source) + 1)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for first, column, last, end in (*spans, *_imports(source, lines), *_comments(source)):
        start, stop = starts[first - 1] + column, starts[last - 1] + end
        edited[start:stop] = b"\1" * (stop - start)
    for index, line in enumerate(lines):
        piece = ""
        for offset, character in enumerate(line):
            if edited[starts[index] + offset]:
                yield from _trimmed(piece)
                piece = ""
            else:
                piece += character
        yield from _trimmed(piece)


def _trimmed(piece: str) -> Iterator[str]:
    # what joins lines and statements may go with one of them, and parentheses belong to what is in them
    piece = piece.strip(" \t\f\\;").rstrip("( \t").lstrip(") \t")
    if piece:
        yield piece


def _imports(source: str, lines: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import() | ast.ImportFrom():
                pass
            case ast.If(body=body, orelse=[]) if all(isinstance(item, ast.Import | ast.ImportFrom) for item in body):
                pass  # it goes with the last of them
            case _:
                continue
        yield node.lineno, 0, node.end_lineno or 0, len(lines[(node.end_lineno or 0) - 1])


def _comments(source: str) -> Iterator[tuple[int, int, int, int]]:
    """Where comments are, which are counted, and may move with what they are about."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield *token.start, *token.end


def check_same_meaning(plain: Fixed, other: Fixed) -> None:
    """The same findings with the same end, and the same program, apart from the order of imports."""
    found = other.report.findings
    if any(reason in item.reason for item in found for reason in OF_LAYOUT):
        return
    if any(_is_about_a_comment(item.code, item.reason) for item in found):
        return
    assert _ends(plain.report) == _ends(other.report)
    for path, content in plain.files.items():
        if path.endswith(".py"):
            assert meaning(content) == meaning(other.files[path]), path
        else:
            assert content == other.files[path]


def _ends(report: Report) -> list[tuple[str, str, str]]:
    return sorted((item.path, item.code, str(item.state)) for item in report.findings)


class _WithoutImports(ast.NodeTransformer):
    def __init__(self) -> None:
        self.imports: set[tuple[str, int, str, str | None]] = set()

    def visit_Import(self, node: ast.Import) -> None:
        self.imports |= {("", 0, alias.name, alias.asname) for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.imports |= {(node.module or "", node.level, alias.name, alias.asname) for alias in node.names}


def meaning(source: bytes) -> tuple[str, list[str]]:
    """What a module says, whatever the order of its imports and of the keyword arguments of a call."""
    transformer = _WithoutImports()
    tree = transformer.visit(ast.parse(source))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and all(keyword.arg for keyword in node.keywords):
            node.keywords.sort(key=lambda keyword: keyword.arg or "")
    return ast.dump(tree), sorted(map(repr, transformer.imports))
