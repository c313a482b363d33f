"""``python -m litestar_fix``."""

from litestar_fix.cli import program

program()
