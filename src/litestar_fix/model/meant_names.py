"""Which name is meant where a name is wrong: one that is written in another style, or misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NEAR = 2


def meant(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that a wrong one may stand for: one of them is an answer, several are a question.

    Args:
        name: the wrong name.
        names: those there are. One that differs in style alone (``internalNote``) is the only answer; otherwise the
            nearest within two edits, if they are less than half of it and give it no other number, and with them
            those that have it as a word.
    """
    known = list(dict.fromkeys(names))
    same = [item for item in known if _letters(item) == _letters(name)]
    if same:
        return same
    distances = {item: _distance(name, item) for item in known if not _is_another_number(name, item)}
    nearest = min(distances.values(), default=_NEAR + 1)
    if nearest > _NEAR or nearest * 2 >= len(name):
        return []
    return [item for item, distance in distances.items() if distance == nearest or name in item.split("_")]


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_another_number(left: str, right: str) -> bool:
    """``line3`` is not ``line1`` misspelt."""
    numbers = [re.findall(r"\d+", name) for name in (left, right)]
    return all(numbers) and numbers[0] != numbers[1]


def _distance(left: str, right: str) -> int:
    """The number of letters to insert, to drop, to replace, or to swap with the next."""
    if abs(len(left) - len(right)) > _NEAR:
        return _NEAR + 1
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            cost = min(above[column] + 1, current[-1] + 1, above[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, above = above, current
    return above[-1]
