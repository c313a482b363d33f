"""LSF101: what all handlers of a controller repeat belongs on the class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.layers import Controller
from litestar_fix.model.project import Located, Project
from litestar_fix.model.repetition import (
    UNITS,
    Member,
    Repetition,
    Unit,
    members_of_router,
    repetitions,
    values_of,
)
from litestar_fix.model.sharing import Hoist, obstacle, way_onto
