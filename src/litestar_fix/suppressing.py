"""Writes the comments that suppress findings, and proves that they do that and nothing else."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from litestar_fix.engine import Engine
from litestar_fix.errors import EditError, LitestarFixError
from litestar_fix.files import Files
from litestar_fix.finding import Finding, State
from litestar_fix.model.collect import collect
from litestar_fix.model.project import Project
from litestar_fix.model.suppressions import Extents, with_codes
from litestar_fix.outcome import Outcome
from litestar_fix.practice import PracticeRule, is_suppressed
from litestar_fix.proof.comments import check_comments
from litestar_fix.result import Change, Report
from litestar_fix.write import obstacles, write

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_JUDGED_LAST = "LSF001"


def suppress(engine: Engine, reason: str, *, dry_run: bool, allow_dirty: bool) -> Report:
    """Suppress all findings of a run that are left.

    Args:
        engine: of the run.
        reason: what the comments say behind the codes, '' for nothing.
        dry_run: whether nothing is written.
        allow_dirty: whether files with changes that git does not have are written, too.

    Returns:
        The findings that are suppressed now, and those that are not, refused with the reason.
    """
    root, rules = engine.discovered.root, {rule.code: rule for rule in engine.asker.rules}
    files = Files(root, engine.sources, jobs=1)
    findings, _ = engine.asker.ask(engine.project)
    changes: list[Change] = []
    states: dict[int, tuple[State, str]] = {id(each): (State.SUPPRESSED, "") for each in findings}
    by_path: dict[str, list[Finding]] = {}
    for each in findings:
        if each.code == _JUDGED_LAST:
            states[id(each)] = State.REFUSED, "the comment suppresses nothing: `litestar-fix fix` removes it"
        elif each.path not in engine.project.modules:
            states[id(each)] = State.REFUSED, "comments suppress in Python files alone"
        else:
            by_path.setdefault(each.path, []).append(each)
    for path, own in by_path.items():
        content = files.content(path)
        found = marked(engine.project, rules, path, content, own, reason)
        states |= {key: (State.REFUSED, why) for key, why in found.left.items()}
        changes += [Change(path, content, found.content)] if found.suppressed else []
    written = obstacles(root, [item.path for item in changes])
    if not dry_run:
        written = write(root, changes, allow_dirty=allow_dirty)
    engine.problems += written
    failed = {item.path: item.reason for item in written}
    states |= {id(each): (State.ERROR, failed[each.path]) for each in findings if each.path in failed}
    report = engine.report([Outcome(each, *states[id(each)]) for each in findings])
    return replace(report, changes=tuple(item for item in changes if item.path not in failed), dry_run=dry_run)


@dataclass(slots=True)
class Marked:
    """A file with comments: its new content, the findings that they suppress, and why others are left, by identity."""

    content: bytes
    suppressed: list[Finding]
    left: dict[int, str]


def marked(
    project: Project,
    rules: Mapping[str, type[PracticeRule]],
    path: str,
    content: bytes,
    findings: Sequence[Finding],
    reason: str,
) -> Marked:
    """Suppress findings of one file.

    Args:
        project: what was asked.
        rules: those that made the findings, by code.
        path: the file.
        content: of the file.
        findings: those of the file, sorted.
        reason: what the comments say behind the codes, '' for nothing.
    """
    left: dict[int, str] = {}
    kept = list(findings)
    try:
        page = _Page(content)
        while kept:
            new, places = page.with_comments(kept, reason)
            left |= {id(each): "its line takes no comment" for each in kept if id(each) not in places}
            kept = [each for each in kept if id(each) in places]
            page.check(new)
            changed = project.replace([collect(path, new)])
            failed = [each for each in kept if not is_suppressed(rules[each.code], changed, path, each.span)]
            if not failed:
                return Marked(new, kept, left)
            left |= {id(each): "a comment on its line would not suppress it" for each in failed}
            kept = [each for each in kept if id(each) not in left]
    except (LitestarFixError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
        left |= {id(each): f"the file takes no comment: {error}" for each in kept}
    return Marked(content, [], left)


@dataclass(slots=True)
class _Page:
    """The lines of a file, and which of them may end in a comment."""

    content: bytes
    encoding: str = ""
    lines: list[str] = field(default_factory=list)
    comments: dict[int, str] = field(default_factory=dict)
    ends: set[int] = field(default_factory=set)
    _tree: str = ""
    _extents: Extents = field(init=False)
    _named: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.encoding, _ = tokenize.detect_encoding(io.BytesIO(self.content).readline)
        text = self.content.decode(self.encoding)
        if text.encode(self.encoding) != self.content:
            raise ValueError("its encoding does not give it back byte for byte")
        self.lines = _LINE.findall(text)
        plain = io.StringIO(text, newline=None).read()
        # nothing ends within a string of several lines or behind a backslash
        for token in tokenize.generate_tokens(io.StringIO(plain).readline):
            if token.type in (tokenize.NEWLINE, tokenize.NL):
                self.ends.add(token.start[0])
            elif token.type == tokenize.COMMENT:
                self.comments[token.start[0]] = token.string
        tree = _parsed(self.content)
        self._tree = ast.dump(tree, include_attributes=True)
        self._extents = Extents(tree, plain.split("\n"))

    def with_comments(self, findings: Iterable[Finding], reason: str) -> tuple[bytes, dict[int, int]]:
        """Return the content with a comment for each finding, and the line of each, by identity, where there is one."""
        codes: dict[int, list[str]] = {}
        places: dict[int, int] = {}
        taken: dict[tuple[str, tuple[int, int]], int] = {}
        for finding in findings:
            extent = self._extents.covered(finding.span.line)
            line = taken.get((finding.code, extent)) or self._line(finding.span.line, extent[1])
            if line:
                places[id(finding)] = taken[finding.code, extent] = line
                named = codes.setdefault(line, [])
                named += [] if finding.code in named else [finding.code]
        lines = list(self.lines)
        self._named = [self.comments[line] for line in codes if line in self.comments]
        for line, named in codes.items():
            lines[line - 1] = self._commented(line, named, reason)
        return "".join(lines).encode(self.encoding), places

    def _line(self, *lines: int) -> int | None:
        """The first of some lines that takes a comment."""
        return next((line for line in lines if line in self.ends), None)

    def _commented(self, line: int, codes: Sequence[str], reason: str) -> str:
        text = self.lines[line - 1]
        body = text.rstrip("\r\n")
        end = text[len(body) :]
        comment = self.comments.get(line, "")
        if comment:
            at = body.rindex(comment)
            return f"{body[:at]}{with_codes(comment, codes, reason)}{body[at + len(comment) :]}{end}"
        blanks = len(body) - len(body.rstrip(" "))
        return f"{body}{' ' * max(0, 2 - blanks)}{with_codes('', codes, reason)}{end}"

    def check(self, new: bytes) -> None:
        """Check that nothing but comments was added.

        Raises:
            EditError: the code is not the same, or a comment is gone.
        """
        if ast.dump(_parsed(new), include_attributes=True) != self._tree:
            raise EditError("its code would change")
        check_comments(self.content, new, self._named)


def _parsed(content: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(content)
