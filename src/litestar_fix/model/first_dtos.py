"""Definitions of DTOs for models that go through none so far, and what would change with one.

What a DTO does differently from a model that is sent as it is was tried on Litestar 2.25: it ends at a depth, adds
properties, drops names with an underscore, and ignores pydantic's ``Field(exclude=True)`` and serializers, and the tag,
defaults and names of a Struct.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from litestar_fix.model.facts import Call, Const, Expr
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Definition, Refusal, paths_of
from litestar_fix.model.responses import Payload
from litestar_fix.model.schemas import Kind, Schema
from litestar_fix.model.sites import calls_of
from litestar_fix.model.symbols import Local
from litestar_fix.model.transfers import Selection, Sent

_STRATEGIES = frozenset({"", "lower", "upper", "camel", "pascal", "kebab"})
_PLUGINS = tuple(
    f"litestar.{home}.pydantic.{name}"
    for home in ("plugins", "contrib")
    for name in ("PydanticPlugin", "PydanticInitPlugin")
)
_PLUGIN_OPTIONS = frozenset(["exclude", "exclude_defaults", "exclude_none", "exclude_unset", "include", "prefer_alias"])
_PLAIN_BASES = frozenset({"msgspec.Struct", "typing.Generic", "abc.ABC"})
_SERIALIZERS = frozenset({"field_serializer", "model_serializer"})


def first_definition(project: Project, payload: Payload, hidden: Sequence[Sent]) -> Definition:
    """Return the definition of a DTO for a model that goes through none so far.

    Raises:
        Refusal: a DTO would change more than these fields.
    """
    schema, transfer = payload.schema, payload.transfer
    if schema.kind is Kind.ATTRS:
        raise Refusal("Litestar has no DTO for attrs classes")
    for item in hidden:
        if item.path is None and item.schema.kind is not schema.kind:
            raise Refusal(
                f"{item.schema.name} is no {schema.kind} like {schema.name}, and a DTO cannot exclude a part of it"
            )
    paths = paths_of(hidden, "a DTO")
    if schema.kind is Kind.SQLALCHEMY:
        return Definition(Selection(exclude=frozenset(paths)), tuple(map(json.dumps, paths)))
    if transfer.recursive is not None:
        raise Refusal(f"{transfer.recursive.name} contains itself, and a DTO ends at a depth")
    if schema.kind is Kind.PYDANTIC and _has_plugin_options(project):
        raise Refusal("a DTO does not know the options of PydanticPlugin")
    for _, reached in transfer.reached:
        _check_wire_format(project, reached)
    excluded = [*paths, *_additions(transfer.reached)]
    has_underscores = any(
        item.path is not None and item.names[-1].startswith("_") and item not in hidden for item in transfer.sent
    )
    selection = Selection(frozenset(excluded), frozenset(), max(1, transfer.depth), not has_underscores)
    return Definition(selection, tuple(map(json.dumps, excluded)), tuple(_options(project, payload, has_underscores)))


def _options(project: Project, payload: Payload, has_underscores: bool) -> Iterator[tuple[str, str]]:
    renamed, strategy = _renaming(project, payload)
    if renamed:
        pairs = ", ".join(f"{json.dumps(old)}: {json.dumps(new)}" for old, new in renamed.items())
        yield "rename_fields", f"{{{pairs}}}"
    if strategy:
        yield "rename_strategy", json.dumps(strategy)
    if payload.transfer.depth > 1:
        yield "max_nested_depth", str(payload.transfer.depth)
    if has_underscores:
        yield "underscore_fields_private", "False"


def _additions(reached: Iterable[tuple[str, Schema]]) -> Iterator[str]:
    """What a DTO would send although it is not sent without one."""
    for path, schema in reached:
        start = f"{path}." if path else ""
        if schema.kind in (Kind.DATACLASS, Kind.MSGSPEC):
            yield from (f"{start}{item.name}" for item in schema.properties)
        yield from (f"{start}{item.name}" for item in schema.fields if item.is_excluded)


def _has_plugin_options(project: Project) -> bool:
    sites = calls_of(project, *_PLUGINS)
    return any(site.call.has_unpacking or any(k.name in _PLUGIN_OPTIONS for k in site.call.keywords) for site in sites)


def _check_wire_format(project: Project, schema: Schema) -> None:
    if schema.kind is Kind.MSGSPEC:
        if not schema.ancestry.known or set(schema.ancestry.externals) - _PLAIN_BASES:
            raise Refusal(f"the base classes of {schema.name} are not all known")
        for option, verb in (("tag", "write the tag"), ("tag_field", "write the tag"), ("array_like", "write arrays")):
            if _is_set(_class_option(schema, option)):
                raise Refusal(f"a DTO does not {verb} of {schema.name}")
        if _is_set(_class_option(schema, "omit_defaults")):
            raise Refusal(f"a DTO does not omit the defaults of {schema.name}")
    if schema.kind is Kind.PYDANTIC and any(_serializers(project, schema)):
        raise Refusal(f"a DTO does not call the serializers of {schema.name}")


def _class_option(schema: Schema, name: str) -> Expr | None:
    for _, class_ in schema.ancestry.classes:
        found = next((keyword.value for keyword in class_.keywords if keyword.name == name), None)
        if found is not None:
            return found
    return None


def _is_set(value: Expr | None) -> bool:
    return value is not None and not (isinstance(value, Const) and value.value in (None, False))


def _serializers(project: Project, schema: Schema) -> Iterator[str]:
    for path, class_ in schema.ancestry.classes:
        for qualname in class_.methods:
            function = project.function(Local(path, qualname))
            for decorator in function.decorators if function is not None else ():
                name = project.external(path, decorator, class_.qualname)
                if name.startswith("pydantic.") and name.rpartition(".")[2] in _SERIALIZERS:
                    yield name


def _renaming(project: Project, payload: Payload) -> tuple[dict[str, str], str]:
    """How Structs rename their fields: single ones by path, and the strategy that all of them share."""
    if payload.schema.kind is not Kind.MSGSPEC:
        return {}, ""
    strategies: set[str] = set()
    renamed: dict[str, str] = {}
    for path, schema in payload.transfer.reached:
        option = _class_option(schema, "rename")
        strategy = "" if not _is_set(option) else option.value if isinstance(option, Const) else None
        if strategy is None or strategy not in _STRATEGIES:
            raise Refusal(f"a DTO does not rename like {schema.name}")
        strategies.add(str(strategy))
        renamed |= dict(_single_names(project, path, schema))
    if len(strategies) > 1:
        raise Refusal(f"{payload.schema.name} and its parts rename their fields in different ways")
    return renamed, strategies.pop()


def _single_names(project: Project, path: str, schema: Schema) -> Iterator[tuple[str, str]]:
    for item in schema.fields:
        value = item.value
        if value is None or project.external(value.path, value.expr, value.scope) != "msgspec.field":
            continue
        name = value.expr.keyword("name") if isinstance(value.expr, Call) else None
        if isinstance(name, Const) and isinstance(name.value, str):
            yield (f"{path}.{item.name}" if path else item.name), name.value
