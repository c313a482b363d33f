"""LSF409: a path parameter is a whole segment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.expectations import waits_for_error
from litestar_fix.model.paths import Segment, declared_paths
from litestar_fix.model.project import Project


class DeadPathPattern(practice.PracticeRule):
    """A parameter in a path is only a part of its segment.

    ## Why

    Litestar reads parameters segment by segment. `/x{id:int}` is no pattern but a literal text: nobody asks for
    `/x{id:int}`, every request for `/x5` is answered with 404, and the OpenAPI document shows the braces.
    `/{a:int}-{b:int}` is taken for one malformed parameter, and the application does not start. In `/{a},{b:int}` the
    one parameter is called `a},{b`, which no handler can receive.

    ## When it is quiet

    Whole segments, with spaces in their braces, too; paths that are only known at run time; texts with braces that are
    no paths of Litestar; braces without a name in them; tests that wait for the error.

    ## Fix safety

    There is no fix: only the owner knows by which address the handler is to be found.

    ## Source

    `litestar/routes/base.py` (`BaseRoute._parse_path`), Litestar 2.25.
    """

    code = "LSF409"
    name = "dead-path-pattern"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.NONE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/moons/{number:int}")
            async def read_moon(number: int) -> int:
                return number
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            @get("/moon{number:int}")
            async def read_moon(number: int) -> int:
                return number
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield each segment that holds a parameter and something else, at the path that declares it."""
        for path in (path for paths in declared_paths(project).values() for path in paths if "{" in path.text):
            segments = [segment for segment in path.segments if segment.written and not segment.is_whole]
            if segments and not waits_for_error(project, path.where.path, path.where.scope):
                for segment in segments:
                    yield cls.finding(*path.place, _message(segment, path.owner))


def _message(segment: Segment, owner: str) -> str:
    *others, last = segment.written
    several = bool(others)
    told = f"{', '.join(others)} and {last} share the segment" if several else f"{last} is only a part of the segment"
    advice = f"give {'each' if several else 'the'} parameter a segment of its own"
    return f"{told} {segment.text} in the path of {owner}, {_consequence(segment)}; {advice}"


def _consequence(segment: Segment) -> str:
    if segment.inner is None:
        return "which Litestar matches as literal text"
    if segment.parameter is None:
        return "with which the application does not start"
    return f"which Litestar takes for one parameter {segment.parameter.name}"
