"""Patterns for paths, with the meaning that git gives them in a .gitignore file (gitignore(5)).

Importing pathspec and compiling a common .gitignore with it takes 20 ms, a fifth of what an unchanged check may take;
most lines are plain names or suffixes, which need no regular expression at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_WILD = frozenset("*?[\\")
# compiled when first used (by the cache of `re`): few patterns have a class of characters
_CLASS = r"\[(?P<negated>[!^]?)(?P<members>\]?(?:\\.|\[:\w+:\]|[^\]\\])*)\]"
_MEMBER = r"(?s:\[:(?P<posix>\w+):\]|(?P<low>\\?.)(?:-(?P<high>\\?.))?)"
_NEVER = "(?!)"
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": r" \t", "digit": "0-9", "lower": "a-z", "punct": r"!-/:-@\[-`{-~",
    "space": r"\s", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


class _Verdict(NamedTuple):
    """What a pattern says of a path that it matches: the last pattern has the last word."""

    order: int
    matched: bool
    folders_only: bool


class Patterns:
    """The patterns of one .gitignore file or setting.

    Args:
        lines: one pattern each; blank lines and comments are allowed.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._names: dict[str, list[_Verdict]] = {}
        self._paths: dict[str, list[_Verdict]] = {}
        self._suffixes: list[tuple[str, _Verdict]] = []
        self._globs: list[tuple[str, bool, _Verdict]] = []
        self._compiled: dict[str, re.Pattern[str]] = {}
        for index, line in enumerate(lines):
            self._add(index, _stripped(line))

    def __bool__(self) -> bool:
        return bool(self._names or self._paths or self._suffixes or self._globs)

    def _add(self, index: int, pattern: str) -> None:
        if not pattern or pattern.startswith("#"):
            return
        negated = pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        verdict = _Verdict(index, not negated, pattern.endswith("/"))
        pattern = pattern.removesuffix("/")
        if "\\/" in pattern:
            pattern = re.sub(r"\\(.)", lambda escaped: "/" if escaped[1] == "/" else escaped[0], pattern)
        anchored = "/" in pattern
        pattern = pattern.removeprefix("/")
        if pattern.startswith("**/") and "/" not in pattern[3:]:
            anchored, pattern = False, pattern[3:]
        if not pattern:
            return
        if not _is_wild(pattern):
            (self._paths if anchored else self._names).setdefault(pattern, []).append(verdict)
        elif not anchored and pattern.startswith("*") and not _is_wild(pattern[1:]):
            self._suffixes.append((pattern[1:], verdict))
        else:
            self._globs.append((pattern, anchored, verdict))

    def match(self, path: str, *, is_folder: bool = False) -> bool | None:
        """Ask for one path, relative to the folder of the patterns.

        Returns:
            True where it is matched, False where a later ``!pattern`` takes it back, None where nothing speaks of it.
        """
        said = [item for item in self._verdicts(path) if is_folder or not item.folders_only]
        return max(said).matched if said else None

    def covers(self, path: str) -> bool:
        """Tell whether a file or one of the folders above it is matched."""
        parts = path.split("/")
        above = ("/".join(parts[:count]) for count in range(1, len(parts)))
        return any(self.match(folder, is_folder=True) for folder in above) or self.match(path) is True

    def _verdicts(self, path: str) -> Iterator[_Verdict]:
        name = path.rpartition("/")[2]
        yield from self._names.get(name, ())
        yield from self._paths.get(path, ())
        for suffix, verdict in self._suffixes:
            if name.endswith(suffix):
                yield verdict
        for pattern, anchored, verdict in self._globs:
            if self._regex(pattern).fullmatch(path if anchored else name):
                yield verdict

    def _regex(self, pattern: str) -> re.Pattern[str]:
        found = self._compiled.get(pattern)
        if found is None:
            found = self._compiled[pattern] = re.compile(translate(pattern), re.DOTALL)
        return found


def _is_wild(pattern: str) -> bool:
    return not _WILD.isdisjoint(pattern)


def _stripped(line: str) -> str:
    """Remove the line's end and its trailing blanks, unless a backslash keeps them."""
    line = line.rstrip("\r\n")
    bare = line.rstrip(" ")
    if bare.endswith("\\") and len(bare) < len(line) and (len(bare) - len(bare.rstrip("\\"))) % 2:
        return bare + " "
    return bare


def translate(pattern: str) -> str:
    """Return the regular expression of a glob in which ``*`` stays within a folder and ``**`` crosses folders.

    A repository chooses its patterns and its file names: the first match of a part is kept (``(?>...)``), so that no
    choice of both takes exponential time.
    """
    groups: list[list[str]] = [[]]
    for component in pattern.split("/"):
        if component == "**":
            groups.append([])
        else:
            groups[-1].append(_component(component))
    first, *middle, last = groups if len(groups) > 1 else ([], *groups)
    if len(groups) == 1:
        return "/".join(last)
    crossing = "".join(f"(?>(?:[^/]+/)*?{'/'.join(group)}/)" for group in middle if group)
    return "".join(f"{part}/" for part in first) + crossing + (f"(?:[^/]+/)*{'/'.join(last)}" if last else ".+")


def _component(pattern: str) -> str:
    """Translate a pattern for one name."""
    fixed = [""]
    at = 0
    while at < len(pattern):
        if pattern[at] == "*":
            fixed.append("")
            at += 1
        else:
            text, at = _token(pattern, at)
            fixed[-1] += text
    first, *middle, last = fixed if len(fixed) > 1 else ("", *fixed)
    if len(fixed) == 1:
        return last
    return first + "".join(f"(?>[^/]*?{text})" for text in middle if text) + "[^/]*" + last


def _token(pattern: str, at: int) -> tuple[str, int]:
    match pattern[at]:
        case "?":
            return "[^/]", at + 1
        case "[":
            found = re.compile(_CLASS).match(pattern, at)
            return (_character_class(found), found.end()) if found else (_NEVER, len(pattern))
        case "\\":
            # git takes a backslash at the very end for a pattern that matches nothing
            return (re.escape(pattern[at + 1]), at + 2) if at + 1 < len(pattern) else (_NEVER, at + 1)
        case character:
            return re.escape(character), at + 1


def _character_class(found: re.Match[str]) -> str:
    ranges: list[str] = []
    for member in re.finditer(_MEMBER, found["members"]):
        low, high = member["low"] or "", member["high"] or member["low"] or ""
        if member["posix"]:
            ranges.append(_POSIX.get(member["posix"], ""))
        elif low[-1] <= high[-1]:
            ranges.append(f"{re.escape(low[-1])}-{re.escape(high[-1])}")
    members = "".join(ranges)
    return f"(?!/)[{'^' if found['negated'] else ''}{members}]" if members else _NEVER
