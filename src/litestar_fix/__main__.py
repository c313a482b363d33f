"""``python -m litestar_fix``."""

import sys

from litestar_fix.cli import main

sys.exit(main())
