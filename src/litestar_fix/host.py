"""What runs the rules: Fixit or LibCST, or the program ``litestar-fix`` itself.

A rule is a ``fixit.LintRule`` in every host that can make use of that. The program asks its rules for findings and
nothing else, and importing Fixit is two fifths of the time in which it checks 100,000 lines: there, a rule has a base
class that costs nothing.
"""

from __future__ import annotations

import gc
import sys
from typing import ClassVar

import msgspec


class Host:
    """The host of this process. ``wants_lint_rules`` must be settled before the first rule is imported."""

    wants_lint_rules: ClassVar[bool] = True


def prepare_process() -> None:
    """Set what a library must leave to its host: the depth of recursion and the collector of garbage."""
    # calls chained 1,600 times and as many elifs; beyond that, and before the stack ends, the file is refused by name
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))
    # the facts of a large project stay to the end, and the collector would walk over them again and again
    gc.set_threshold(100_000, 50, 100)


class PlainRule:
    """The base of all rules where nobody wants a LintRule."""


class Example(msgspec.Struct, frozen=True):
    """Stands for ``fixit.Valid`` and ``fixit.Invalid``, the examples in a rule."""

    code: str
    range: object = None
    expected_message: str | None = None
    expected_replacement: str | None = None
