"""Which findings of a run count: those that no baseline knows, and those of lines that were touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

import msgspec

from litestar_fix.baseline import Baseline
from litestar_fix.finding import Finding
from litestar_fix.identity import identities
from litestar_fix.line_map import line_map
from litestar_fix.model.cache import digest
from litestar_fix.model.facts import Class, Function
from litestar_fix.model.project import Project
from litestar_fix.model.span import Span
from litestar_fix.texts import text_of
from litestar_fix.touched import Touched


class Narrowed(NamedTuple):
    """The findings that count, and those that are known."""

    findings: list[Finding]
    known: list[Finding]


class Narrowing(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows a run.

    Args:
        baseline: the known findings.
        touched: the lines that count; None for all of them.
        whole_files: whether all lines of the touched files count.
    """

    baseline: Baseline | None = None
    touched: Touched | None = None
    whole_files: bool = False

    @property
    def digest(self) -> bytes:
        """The hash of what a result depends on."""
        touched = self.touched.digest if self.touched is not None else None
        return digest(msgspec.msgpack.encode((self.baseline, touched, self.whole_files)))

    def narrow(
        self, project: Project, findings: Sequence[Finding], before: Callable[[str], bytes], now: Callable[[str], bytes]
    ) -> Narrowed:
        """Choose among all findings of a project.

        Args:
            project: what was asked.
            findings: what was found.
            before: returns the content of a file before the first fix of the run.
            now: returns it as it is when the findings were made.
        """
        kept: list[Finding] = list(findings)
        known: list[Finding] = []
        if self.baseline is not None and self.baseline.findings:
            kept, known = _known(self.baseline, project, kept, now)
        kept, known = (self.near(project, part, before, now) for part in (kept, known))
        return Narrowed(kept, known)

    def near(
        self, project: Project, findings: Sequence[Finding], before: Callable[[str], bytes], now: Callable[[str], bytes]
    ) -> list[Finding]:
        """Choose those of touched lines; the arguments are those of `narrow`."""
        if self.touched is None:
            return list(findings)
        near = _Near(project, self.touched, self.whole_files, before, now)
        return [finding for finding in findings if near.is_touched(finding)]


def _known(
    baseline: Baseline, project: Project, findings: Sequence[Finding], now: Callable[[str], bytes]
) -> tuple[list[Finding], list[Finding]]:
    texts: dict[str, str] = {}

    def text(path: str) -> str:
        if path not in texts:
            texts[path] = text_of(now(path))
        return texts[path]

    named = identities(findings, text)
    match = baseline.match(named, lambda path, scope: is_gone(project, path, scope))
    kept = [finding for finding, is_known in zip(findings, match.known, strict=True) if not is_known]
    return kept, [finding for finding, is_known in zip(findings, match.known, strict=True) if is_known]


def is_gone(project: Project, path: str, scope: str) -> bool:
    """Tell whether a file of a project is gone, or no longer has a function or class of some qualified name."""
    module = project.modules.get(path)
    if module is None:  # it may only be one that is not read any more
        return not (project.root / path).exists()
    names = {item.readable_name for item in module.functions} | {item.readable_name for item in module.classes}
    return bool(scope) and scope not in names


@dataclass(slots=True)
class _Near:
    """Tells whether a finding, or a place that it is about, lies on touched lines."""

    project: Project
    touched: Touched
    whole_files: bool
    before: Callable[[str], bytes]
    now: Callable[[str], bytes]
    _maps: dict[str, dict[int, int]] = field(default_factory=dict)

    def is_touched(self, finding: Finding) -> bool:
        """Whether the finding counts."""
        places = [(finding.path, self._own(finding)), *((item.path, item.span) for item in finding.related)]
        return any(self._meets(path, span) for path, span in places)

    def _own(self, finding: Finding) -> Span:
        """Its lines, from the first decorator on; of a class the head, or every line of a controller would count."""
        span, module = finding.span, self.project.modules.get(finding.path)
        if module is None:
            return span
        definitions: Iterator[Function | Class] = chain(module.functions, module.classes)
        owner = next((item for item in definitions if item.span == span), None)
        if owner is None:
            return span
        first = min(item.line for item in (span, *[decorator.span for decorator in owner.decorators]))
        last = span.end_line if isinstance(owner, Function) else span.line
        return Span(first, 0, last, span.end_column)

    def _meets(self, path: str, span: Span) -> bool:
        lines = self.touched.files.get(path)
        if lines is None or self.whole_files:
            return lines is not None
        first, last = (self._line(path, line) for line in (span.line, span.end_line))
        return lines.meet(first, last)

    def _line(self, path: str, line: int) -> int:
        """The line on disk that a line of what is in memory comes from."""
        if path not in self._maps:
            before, now = self.before(path), self.now(path)
            self._maps[path] = {} if before == now else line_map(before, now)
        return self._maps[path].get(line, line)
