"""How names of several words are written, and which way most of them are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType

from litestar_fix.model.patterns import regex

_STYLES = MappingProxyType(
    {
        "kebab-case": regex(r"[a-z0-9]+(-[a-z0-9]+)+"),
        "snake_case": regex(r"[a-z0-9]+(_[a-z0-9]+)+"),
        "camelCase": regex(r"[a-z][a-z0-9]+([A-Z][a-z0-9]+)+"),
    }
)
_WORD = regex(r"[A-Z]?[a-z]+[0-9]*")
_TWO = 2


def style_of(name: str) -> str:
    """Return how a name is written; '' for one word, with or without numbers, and for what is written in no one way."""
    if len(_WORD.findall(name)) < _TWO:
        return ""
    return next((style for style, pattern in _STYLES.items() if pattern.fullmatch(name)), "")


def restyled(name: str, style: str) -> str:
    """Return a name of several words as a style writes it."""
    words: list[str] = [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+", name)]
    match style:
        case "kebab-case":
            return "-".join(words)
        case "snake_case":
            return "_".join(words)
    return words[0] + "".join(word.capitalize() for word in words[1:])


def majority(names: Iterable[str]) -> tuple[str, int, int]:
    """Return the style of most names, how many these are, and of how many that have one; '' where there is none.

    A name counts once, and a tie has no majority.
    """
    styles = Counter(style for style in map(style_of, set(names)) if style)
    ordered = styles.most_common(_TWO)
    if not ordered or (len(ordered) == _TWO and ordered[0][1] == ordered[1][1]):
        return "", 0, styles.total()
    return ordered[0][0], ordered[0][1], styles.total()
