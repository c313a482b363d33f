"""Answers to questions that may lead back to themselves, as where two modules import everything of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

_Key: TypeAlias = tuple[str, str, str]
_Answer = TypeVar("_Answer")


class CyclicAnswers(Generic[_Answer]):
    """The answers that are known, and how others are found.

    A question that comes up again while it is being answered adds nothing to its own answer. What is answered on the
    way without it is kept for that one question only: for others it would depend on which of them was asked first.

    Args:
        find: answers a question, and may ask others; None is no answer.

    ``known`` are the answers that hold whoever asks.
    """

    def __init__(self, find: Callable[[str, str, str], _Answer | None]) -> None:
        self.known: dict[_Key, _Answer | None] = {}
        self._find = find
        self._open: dict[_Key, None] = {}
        self._on_the_way: dict[_Key, _Answer | None] = {}
        self._of_cycles: dict[_Key, _Answer | None] = {}
        self._is_cyclic = False

    def answer(self, key: _Key) -> _Answer | None:
        """Return the answer to a question that is not known yet."""
        if key in self._open:
            # what asks for itself directly leads nobody else astray
            self._is_cyclic = self._is_cyclic or key != next(reversed(self._open))
            return None
        if key in self._on_the_way:
            self._is_cyclic = True
            return self._on_the_way[key]
        if not self._open and key in self._of_cycles:
            return self._of_cycles[key]
        was_cyclic, self._is_cyclic = self._is_cyclic, False
        self._open[key] = None
        try:
            found = self._find(*key)
        finally:
            del self._open[key]
            is_cyclic, self._is_cyclic = self._is_cyclic, self._is_cyclic or was_cyclic
            if not self._open:
                self._on_the_way.clear()
                self._is_cyclic = False
        if is_cyclic:
            (self._on_the_way if self._open else self._of_cycles)[key] = found
        else:
            self.known[key] = found
        return found
