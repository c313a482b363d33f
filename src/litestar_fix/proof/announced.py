"""Which differences between two contracts a fix announces; every other one is a mistake.

A safe fix changes nothing but the automatic OPTIONS routes of Litestar 2 (they belong to the first handler's owner and
get what it has: ``litestar/routes/http.py``, ``create_options_handler``) and what its rule declares here. An unsafe fix
changes what its finding says, on the route that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.proof.comparison import ABSENT, Difference, differences, schema_differences

#: Rules whose fix turns a provider into a generator.
_PROVIDERS = frozenset({"LSF202", "LSF209"})
#: Rules whose fix takes the fields that the finding names out of a response.
_RESPONSES = frozenset({"LSF302"})
#: Rules whose fix lets Litestar parse the body: the handler takes `data`, and the schema has a body and an answer 400.
_BODIES = frozenset({"LSF306"})
#: Rules whose fix gives a database another driver.
_DRIVERS = frozenset({"LSF504"})
#: Rules whose fix takes a secret from elsewhere; a contract shows none.
_SECRETS = frozenset({"LSF703"})
#: What the fixes of other rules are about, whatever the values: fields of a route, and whether the schema shows it.
_ABOUT: Mapping[str, tuple[frozenset[str], bool]] = {
    "LSF104": (frozenset({"*"}), True),
    "LSF203": (frozenset({"dependencies.kind", "dependencies.returns"}), False),
    "LSF205": (frozenset({"runs", "dependencies.kind"}), False),
    "LSF301": (frozenset({"dto", "return_dto"}), True),
    "LSF303": (frozenset({"dto", "return_dto", "parameters.data"}), True),
    "LSF304": (frozenset({"returns"}), True),
    "LSF305": (frozenset({"parameters.data"}), True),
    "LSF307": (frozenset({"return_dto", "returns"}), True),
    "LSF308": (frozenset({"dto", "return_dto"}), True),
    "LSF309": (frozenset({"dto", "return_dto"}), True),
    "LSF404": (frozenset({"returns", "dependencies.returns"}), False),
    "LSF606": (frozenset({"returns", "media_type"}), True),
    "LSF704": (frozenset({"guards", "parameters.request"}), False),
}
#: Rules whose fix lets something run once that ran twice.
_ONCE = frozenset({"LSF103"})
#: Rules whose fix makes functions the methods of a controller.
_METHODS = frozenset({"LSF406"})
_REQUEST = frozenset({"body", "request"})
#: Fields that fixes are about in part: where the name of the part stands.
_PARTS = {"dependencies": 2, "parameters": 1}
_SETTLED_IN_ORDER = frozenset({"guards", "middleware"})


@dataclass(frozen=True, slots=True)
class Fixed:
    """A finding whose fix was applied, and the function that it is about, by the end of its dotted name."""

    finding: Finding
    path: str
    function: str

    def is_about(self, name: Any) -> bool:
        """Whether a name of the contract, ``module:qualified name``, is that function."""
        if not isinstance(name, str) or not self.function:
            return False
        module, _, function = name.partition(":")
        path = self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return function == self.function and f".{path}".endswith(f".{module}")

    def names(self, field: str) -> bool:
        """Whether the finding speaks of a field, by its name in Python or on the wire."""
        words = re.findall(r"\w+", " ".join([self.finding.message, *(item.message for item in self.finding.related)]))
        return _plain(field) in {_plain(word) for word in words}


def fixed(finding: Finding, project: Project) -> Fixed:
    """Say which function a finding is about: the innermost one that it is in, or that it names.

    Args:
        finding: one whose fix was applied.
        project: the facts that it was made from.
    """
    module = project.modules.get(finding.path)
    functions = module.functions if module is not None else ()
    around = [function for function in functions if function.span.contains(finding.span)]
    about = max(around, key=lambda function: function.span, default=None)
    return Fixed(finding, finding.path, about.qualname if about is not None else "")


def unannounced(before: Mapping[str, Any], after: Mapping[str, Any], fixes: Sequence[Fixed]) -> list[Difference]:
    """Return the differences between two contracts that no fix announces.

    Args:
        before: the contract of the untouched project.
        after: the contract with the fixes.
        fixes: the fixes between them.
    """
    found = differences(before, after)
    telling = [each for each in fixes if each.finding.code in _RESPONSES | _BODIES]
    if telling and any(item.route == "openapi" for item in found):
        found = [item for item in found if item.route != "openapi"]
        found += [item for item in schema_differences(before, after) if not _is_schema_told(item, before, telling)]
    if any(_ABOUT.get(each.finding.code, ((), False))[1] for each in fixes):
        found = [item for item in found if item.route != "openapi"]
    return [item for item in found if not _is_told(item, before, after, fixes) and not _is_its_business(item, fixes)]


def _is_its_business(item: Difference, fixes: Iterable[Fixed]) -> bool:
    """Whether a fix of some rule is about a field of the routes, so that any change of it may be meant."""
    if not item.field:
        # a whole route has come or gone, which no fix is about
        return False
    codes = {each.finding.code for each in fixes}
    if not codes.isdisjoint(_ONCE) and item.field[0] in _SETTLED_IN_ORDER:
        return _holds(item.old, item.new) and all(each in item.new for each in item.old)
    field = item.field[0]
    if field in _PARTS:
        field = f"{field}.{item.field[_PARTS[field]]}"
    about = frozenset().union(*[_ABOUT[code][0] for code in codes & _ABOUT.keys()])
    return item.route != "openapi" and not about.isdisjoint((field, "*"))


def _is_told(item: Difference, before: Mapping[str, Any], after: Mapping[str, Any], fixes: Sequence[Fixed]) -> bool:
    if item.field and item.field[-1] == "connection_string":
        return any(each.finding.code in _DRIVERS for each in fixes)
    if all(isinstance(value, str) and value.startswith("<hidden ") for value in (item.old, item.new)):
        return any(each.finding.code in _SECRETS for each in fixes)
    row, later = before["routes"].get(item.route), after["routes"].get(item.route)
    if row is None or later is None:
        return False
    if row["automatic"] and later["automatic"] and str(before["litestar"]).startswith("2."):
        return item.field[0] not in _SETTLED_IN_ORDER or _holds(item.new, item.old)
    match item.field:
        case ("handler",):
            return any(each.finding.code in _METHODS for each in fixes) and _is_method_of(item.old, item.new)
        case ("dependencies", key, "kind" | "returns", *_):
            provider = row["dependencies"].get(key, {}).get("provider")
            return any(each.finding.code in _PROVIDERS and each.is_about(provider) for each in fixes)
        case ("parameters", name, *_):
            is_about = any(each.finding.code in _BODIES and each.is_about(row["handler"]) for each in fixes)
            return is_about and (item.old == ABSENT if name == "data" else name in _REQUEST and item.new == ABSENT)
        case ("return_dto", *inner):
            about = [each for each in fixes if each.finding.code in _RESPONSES and each.is_about(row["handler"])]
            return bool(about) and _is_field_taken(inner, item, about)
    return False


def _is_method_of(function: Any, method: Any) -> bool:
    """Whether a function, ``module:name``, has become a method of a class of its module."""
    module, _, name = str(function).partition(":")
    return re.fullmatch(rf"{re.escape(module)}:\w+\.{re.escape(name)}", str(method)) is not None


def _is_field_taken(inner: Sequence[str], item: Difference, about: Iterable[Fixed]) -> bool:
    """Whether a change of a DTO takes out fields that the findings name, and nothing else."""
    match inner:
        case []:
            return item.old is None
        case ["dto"] | ["config", *_]:
            return True
        case ["fields", *_, name]:
            return item.new == ABSENT and any(each.names(name) for each in about)
    return False


def _is_schema_told(item: Difference, before: Mapping[str, Any], telling: Iterable[Fixed]) -> bool:
    # the schema writes a path's parameters without their types
    rows = {re.sub(r":[^}/]+\}", "}", route): row for route, row in before["routes"].items()}
    handler = rows.get(item.route, {}).get("handler")
    found = [each for each in telling if each.is_about(handler)]
    about = [each for each in found if each.finding.code in _RESPONSES]
    match item.field:
        case ("requestBody", *_) | ("responses", "400", *_) if len(about) < len(found):
            return bool(item.old == ABSENT)
        case ("responses", *_, "properties", name):
            return item.new == ABSENT and any(each.names(name) for each in about)
        case ("responses", *_, "required"):
            gone = {*_strings(item.old)} - {*_strings(item.new)}
            is_less = {*_strings(item.new)} <= {*_strings(item.old)}
            return is_less and all(any(each.names(name) for each in about) for name in gone)
    return False


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _holds(longer: Any, shorter: Any) -> bool:
    """Whether a list still has all items of another, in their order."""
    if not isinstance(longer, list) or not isinstance(shorter, list):
        return False
    rest = iter(longer)
    return all(any(item == other for other in rest) for item in shorter)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
