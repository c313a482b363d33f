"""LSF208 mutable-global-state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.global_state import global_states
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable


class MutableGlobalState(practice.PracticeRule):
    """A module-level object is changed while requests are served.

    ## Why

    All requests share it, and none of them knows what the others have done to it since the last `await`. Each process
    of the server has one of its own, so that what a client sees depends on the process that answers; a restart forgets
    it, and tests hand it on to one another.

    ## When it is quiet

    What only start-up, scripts, tests or code at import time change, such as registries; loggers, context variables,
    engines, session factories and `app.state`; what is changed under a lock; names that are set where they are found
    missing, without an `await` in between; sets that hold tasks until these are done; objects of classes of libraries;
    dicts and sets that hold locks, classes or modules, and dicts that hold functions by class, by their annotation.

    ## Source

    Litestar's `State` and stores (`litestar/datastructures/state.py`, `litestar/stores`) are what the application gives
    to requests on purpose.
    """

    code = "LSF208"
    name = "mutable-global-state"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.NONE
    cost = 10
    guide = "checklist: Global state"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import post
            from litestar.datastructures import State

            @post("/hives")
            async def add_hive(state: State) -> int:
                state.hives.append("new")
                return len(state.hives)
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import post

            HIVES: list[str] = []

            @post("/hives")
            async def add_hive() -> int:
                HIVES.append("new")
                return len(HIVES)
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the definitions of what is changed."""
        for state in global_states(project):
            names = list(dict.fromkeys(readable(change.function.qualname) for change in state.changes))
            who = f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
            yield cls.finding(
                state.symbol.path,
                state.attribute.span,
                f"{state.attribute.name} is changed by {who} while requests are served, for all of them and in this "
                "process alone; keep it in a store, a database or app.state",
                related=[
                    practice.Related(change.function.path, change.span, f"changed by {change.function.qualname}")
                    for change in state.changes
                ],
            )
