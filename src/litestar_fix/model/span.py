"""A region of a file: a module of its own, because reports need no other fact, and defining all takes milliseconds."""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """A region of a file: first line and column, last line and the column after the last character."""

    line: int
    column: int
    end_line: int
    end_column: int

    def contains(self, other: Span) -> bool:
        """Tell whether ``other`` lies within this span (equal spans do)."""
        return (self.line, self.column) <= (other.line, other.column) and (other.end_line, other.end_column) <= (
            self.end_line,
            self.end_column,
        )

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two spans share at least one character."""
        return (self.line, self.column) < (other.end_line, other.end_column) and (other.line, other.column) < (
            self.end_line,
            self.end_column,
        )
