"""Qualified names of functions and classes, as Python writes them: ``make_app.<locals>.Cargo.load``."""

from __future__ import annotations


def readable(qualname: str) -> str:
    """Return a qualified name as messages say it."""
    return qualname.replace(".<locals>", "")


def enclosing(qualname: str) -> str:
    """Return the qualified name of the class or function around one, '' at module level."""
    return qualname.rpartition(".")[0].removesuffix(".<locals>")
