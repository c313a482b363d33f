"""``python -m litestar_fix``."""

import os
import sys

# with -m Python looks for modules in the current folder first, and that may be the tree that is scanned
if sys.path[:1] == [os.getcwd()] and not __file__.startswith(os.path.join(sys.path[0], "litestar_fix")):
    del sys.path[0]

from litestar_fix.cli import program

program()
