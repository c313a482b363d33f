"""What all formats for machines share: which findings they tell, by which path, under which name, in whose columns."""

from __future__ import annotations

from difflib import unified_diff
from functools import cached_property

import msgspec

from litestar_fix.finding import State
from litestar_fix.identity import Identity, identities
from litestar_fix.model.secret_texts import starred
from litestar_fix.model.span import Span
from litestar_fix.patches import lines_of, patched
from litestar_fix.report.diff import base_of
from litestar_fix.result import REMAINING, Patch, Report, Reported
from litestar_fix.texts import Texts

#: What one suggestion may replace: more than that nobody wants to read in a comment.
_LINES_OF_A_SUGGESTION = 20
#: What is as short as that would star out half of a page.
_SHORT = 3


class Item(msgspec.Struct, frozen=True):
    """A finding, its path from the top of the repository, and its identity."""

    finding: Reported
    path: str
    identity: Identity


class Told:
    """What a document tells: the findings that are left, or would be fixed, with the text that they are about."""

    def __init__(self, report: Report) -> None:
        self.report = report
        secrets: dict[str, list[Span]] = {}
        for finding in report.findings:
            if finding.is_secret and finding.state is not State.FIXED:
                secrets.setdefault(finding.path, []).append(finding.span)
        self.texts = Texts(report.root, secrets)
        self._base = base_of(report.root)

    @cached_property
    def everything(self) -> list[Item]:
        """All findings but those that are fixed, and so no longer stand in the code."""
        findings = [finding for finding in self.report.findings if finding.state is not State.FIXED]
        named = identities(findings, self.texts.plain)
        return [
            Item(finding, self.path(finding.path), identity) for finding, identity in zip(findings, named, strict=True)
        ]

    @property
    def items(self) -> list[Item]:
        """The findings that count."""
        return [item for item in self.everything if item.finding.state in REMAINING]

    @property
    def by_severity(self) -> list[Item]:
        """The findings that count, the worst ones first."""
        return sorted(self.items, key=lambda item: item.finding.severity.rank)

    def path(self, path: str) -> str:
        """A path from the top of the git repository, or of the project where there is none."""
        return encodable(self._base + path)

    def without_secrets(self, text: str) -> str:
        """Return text of the project with stars for each secret that it shares with the findings."""
        for secret in self._secrets:
            text = text.replace(secret, "*" * len(secret))
        return "\n".join(map(starred, text.split("\n")))

    @cached_property
    def _secrets(self) -> list[str]:
        found = set()
        for finding in self.report.findings:
            span = finding.span
            if finding.is_secret and finding.state is not State.FIXED and span.line == span.end_line:
                lines = self.texts.plain(finding.path).split("\n")
                if span.line <= len(lines):
                    found.add(lines[span.line - 1][span.column : span.end_column].strip("\"'"))
        return sorted((text for text in found if len(text) > _SHORT), key=len, reverse=True)

    def patches(self, finding: Reported) -> tuple[Patch, ...]:
        """Return what the fix of a finding does; nothing where that would tell a secret."""
        is_open = all(self.without_secrets(patch.text) == patch.text for patch in finding.patches)
        return finding.patches if is_open else ()

    def diff(self, finding: Reported) -> str:
        """Return what the fix of a finding changes, '' where that is not known, without any secret."""
        paths = dict.fromkeys(patch.path for patch in finding.patches)
        made: list[str] = []
        for path in paths:
            old = self.texts.raw(path)
            new = patched(old, [patch for patch in finding.patches if patch.path == path])
            name = self.path(path)
            before, after = ([line.rstrip("\r\n") for line in lines_of(text)] for text in (old, new))
            made += unified_diff(before, after, name, name, n=2, lineterm="")
        return self.without_secrets(encodable("\n".join(made)))

    def line(self, path: str, number: int) -> str:
        """A line of a file, '' where there is none."""
        return self.texts.line(path, number)

    def utf8(self, path: str, line: int, column: int) -> int:
        """The column, from 1, that counts the bytes of UTF-8."""
        return len(encodable(self.line(path, line)[:column]).encode()) + 1

    def suggestion(self, finding: Reported) -> Patch | None:
        """The fix of a finding as one run of lines that are replaced; None where it is spread over more."""
        made = self.patches(finding)
        if not made or any(patch.path != made[0].path for patch in made):
            return None
        path, first, end = made[0].path, made[0].line, max(made[-1].end_line, made[-1].line)
        if end - first > _LINES_OF_A_SUGGESTION:
            return None
        if first == end:  # nothing is replaced: say it of the line that comes after
            end += 1
        lines = lines_of(self.texts.raw(path))
        text, at = "", first
        for patch in made:
            text += "".join(lines[at - 1 : patch.line - 1]) + patch.text
            at = patch.end_line
        return Patch(path, first, end, text + "".join(lines[at - 1 : end - 1]))


def encodable(text: str) -> str:
    """Replace what UTF-8 cannot hold: names of files are bytes, and any bytes may be in them."""
    return text.encode("utf-8", "backslashreplace").decode()


def message(finding: Reported) -> str:
    """The message, and why there is no fix where one was refused."""
    said = f"{finding.message} (no fix: {finding.reason})" if finding.reason else finding.message
    return encodable(said)
