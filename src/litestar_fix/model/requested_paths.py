"""Which routes a requested address may reach: both are patterns, and what is not known matches anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from litestar_fix.model.paths import Segment, segments
from litestar_fix.model.patterns import regex
from litestar_fix.model.routes import Route
from litestar_fix.model.urls import Pieces

_HOLE = "\0"
#: What the values of some converters look like, holes among them.
_VALUES = {
    "int": regex(r"[-+]?[\d\0]+"),
    "uuid": regex(r"(?i)[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}|[0-9a-f-]*\0[0-9a-f\0-]*"),
}


def may_reach(path: str, request: Pieces, *, anchored: bool = True) -> bool:
    """Whether a request may be answered by a route.

    Args:
        path: the path of the route, as Litestar reads it.
        request: the path that is requested.
        anchored: whether nothing else may stand before the path of the route.
    """
    return _matches(path, tuple(request), anchored)


@cache
def _matches(path: str, request: Pieces, anchored: bool) -> bool:
    text = "".join(_HOLE if part is None else part for part in request)
    wanted = segments(path)
    asked = [part for part in text.split("/") if part]
    if text.startswith(_HOLE):
        # the host, or a prefix of any length; nothing but holes is not known to be an address at all
        rest = asked[1:]
        is_address = not rest or any(part.strip(_HOLE) for part in rest)
        return is_address and any(_ends_with(wanted, start, rest) for start in range(len(wanted) + 1))
    if anchored:
        return _begins(wanted, asked)
    return _is_literal(wanted) and any(_begins(wanted, asked[start:]) for start in range(len(asked)))


def _ends_with(wanted: Sequence[Segment], start: int, asked: Sequence[str]) -> bool:
    if start and not _is_literal(wanted[start:]):
        return False  # what ends in nothing but values may be anything
    return _begins(wanted[start:], asked)


def _is_literal(wanted: Sequence[Segment]) -> bool:
    return any(part.inner is None for part in wanted)


def _begins(wanted: Sequence[Segment], asked: Sequence[str]) -> bool:
    """Whether all segments of a route are asked for, and nothing but them."""
    for at, part in enumerate(wanted):
        if part.parameter is not None and part.parameter.converter == "path":
            return True
        if at >= len(asked):
            # a value that ends a longer text, f"/boats{rest}", may go on with other segments
            return bool(asked) and asked[-1].endswith(_HOLE) and len(asked[-1]) > 1
        if not _may_be(part, asked[at]):
            return False
    return len(wanted) == len(asked)


def _may_be(part: Segment, asked: str) -> bool:
    if part.parameter is None:
        return _pattern(asked).fullmatch(part.text) is not None
    value = _VALUES.get(part.parameter.converter)
    return value is None or value.fullmatch(asked) is not None


@cache
def _pattern(segment: str) -> re.Pattern[str]:
    return re.compile("[^/]*".join(re.escape(part) for part in segment.split(_HOLE)))


def routes_for(routes: Sequence[Route], request: Pieces) -> list[Route]:
    """Return the routes that may answer; of a handler that nobody is seen to register only the end is known."""
    return [
        route for route in routes if any(may_reach(path, request, anchored=route.rooted) for path in route.paths or ())
    ]
