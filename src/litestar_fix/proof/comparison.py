"""What differs between two contracts, by route and field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from litestar_fix.proof.processes import VARIES

ABSENT = "<absent>"
#: Of a value that stands in a table, and in a sentence.
_LONGEST, _SHORT = 400, 80


class Difference(NamedTuple):
    """One field that is not as it was. ``route`` is a method and path, or ``application``, ``openapi``, ``litestar``.

    ``field`` is the way to the value: one text for each key.
    """

    route: str
    field: tuple[str, ...]
    old: Any
    new: Any

    def __str__(self) -> str:
        where = f"{self.route}: {'.'.join(self.field)}" if self.field else self.route
        return f"{where}: {shown(self.old, _SHORT)} -> {shown(self.new, _SHORT)}"


def shown(value: Any, longest: int = _LONGEST) -> str:
    """Return a value as a person reads it, on one line."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= longest else f"{text[:longest]}..."


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what differs, sorted by route."""
    found = [*_values("litestar", (), before.get("litestar"), after.get("litestar"))]
    for part in ("application", "openapi"):
        found += _values(part, (), before.get(part), after.get(part))
    old, new = before.get("routes", {}), after.get("routes", {})
    for route in sorted({*old, *new}):
        found += _values(route, (), old.get(route, ABSENT), new.get(route, ABSENT))
    return found


def _values(route: str, field: tuple[str, ...], old: Any, new: Any) -> Iterator[Difference]:
    if old == new or VARIES in (old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _values(route, (*field, key), old.get(key, ABSENT), new.get(key, ABSENT))
    elif _are_records(old) and _are_records(new) and len(old) == len(new):
        for at, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _values(route, (*field, str(at)), one, other)
    else:
        yield Difference(route, field, _short(old, field), _short(new, field))


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _short(value: Any, field: tuple[str, ...]) -> Any:
    """A whole route is named by its handler."""
    return value.get("handler", value) if isinstance(value, dict) and not field else value


def operations(contract: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """The operations of the OpenAPI document with their schemas written out: names of components do not count."""
    document = contract.get("openapi") or {}
    schemas = document.get("components", {}).get("schemas", {})
    return {
        (method.upper(), path): _written_out(operation, schemas, ())
        for path, item in document.get("paths", {}).items()
        for method, operation in item.items()
        if isinstance(operation, dict)
    }


def _written_out(value: Any, schemas: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_written_out(item, schemas, within) for item in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if not isinstance(reference, str):
        return {key: _written_out(item, schemas, within) for key, item in value.items()}
    name = reference.rpartition("/")[2]
    if name in within:
        return {"again": len(within) - within.index(name)}
    body = {key: item for key, item in schemas.get(name, {}).items() if key != "title"}
    return _written_out(body, schemas, (*within, name))


def schema_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what differs in the published schema apart from the names of components, by method and path."""
    old, new = operations(before), operations(after)
    found: list[Difference] = []
    for key in sorted({*old, *new}):
        found += _values(" ".join(key), (), old.get(key, ABSENT), new.get(key, ABSENT))
    return found
