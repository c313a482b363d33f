"""Regular expressions that are compiled when they are first asked: most runs ask few of them.

Compiling all of them takes ten milliseconds, as much as the check of two thousand lines.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Pattern:
    """Stands for a compiled pattern, and takes over its methods when the first of them is asked for."""

    def __init__(self, text: str, flags: int) -> None:
        self._source = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        compiled = re.compile(*self._source)
        self.__dict__.update({each: getattr(compiled, each) for each in dir(compiled) if not each.startswith("_")})
        return getattr(compiled, name)


def regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """Return what can be asked as ``re.compile(text, flags)`` can.

    Args:
        text: a regular expression of ``re``; that it is none shows when it is first asked.
        flags: of ``re``.
    """
    return cast("re.Pattern[str]", _Pattern(text, flags))
