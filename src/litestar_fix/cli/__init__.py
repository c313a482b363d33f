"""The command line: parse, call, render, exit code."""

from litestar_fix.cli.app import main, program

__all__ = ["main", "program"]
