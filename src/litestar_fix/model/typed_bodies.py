"""The dataclass that a handler may take in the place of a dict of which it reads some keys.

A field gets a type where the handler says which one it means; what is not known of a value stays ``Any``.
Source: tried on Litestar 2.25: unknown keys are ignored, a missing one is answered with 400, and so is a value of
another type, but for numbers and booleans that are written as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from litestar_fix.model.body_keys import BODY, Read, body_reads, is_always_read
from litestar_fix.model.dto_places import Anchor, Named, Names, anchor_above
from litestar_fix.model.facts import Assign, Attr, Call, Const, Dict, Expr, Op, Ref, Seq
from litestar_fix.model.field_types import STR_METHODS, FieldTypes
from litestar_fix.model.layers import Handler
from litestar_fix.model.new_dataclasses import (
    FACTORIES,
    NewDataclass,
    NewField,
    TypeText,
    check_annotation,
    check_fields,
    check_handler,
    names_for_models,
)
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Refusal
from litestar_fix.model.schemas import Kind, schema_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import expressions

ANY = TypeText((Named("typing", "Any"),))
_TEXT = TypeText(("str",))
#: What a default tells of the values that are meant; a number tells nothing, because it may be of either kind.
_OF_DEFAULTS = {
    "str": _TEXT,
    "bool": TypeText(("bool",)),
    "list": TypeText(("list[", *ANY.parts, "]")),
    "dict": TypeText(("dict[str, ", *ANY.parts, "]")),
}
#: The types of which a default may be the value.
_ADMITTED_BY = {"int": {"int", "float"}}
_WORDS = frozenset({"str", "int", "float", "bool", "list", "dict", "None", "typing", "Optional", "List", "Dict"})
#: What takes nothing but text, or fails.
_OF_TEXT = frozenset(
    [
        *[f"datetime.{name}.fromisoformat" for name in ("date", "datetime", "time")],
        *["uuid.UUID", "datetime.datetime.strptime"],
    ]
)
_VERBS = {
    **dict.fromkeys(("create", "add", "new", "insert", "post", "make", "store", "save", "register"), "Create"),
    **dict.fromkeys(("update", "edit", "change", "modify", "patch"), "Update"),
    **dict.fromkeys(("replace", "put", "overwrite"), "Replace"),
}


#: What names of handlers end with, and nothing that is sent is called.
_SELF_NAMES = frozenset({"endpoint", "handler", "route", "view"})


class TypedBody(msgspec.Struct, frozen=True):
    """A handler that is to take a dataclass.

    Args:
        handler: the handler.
        model: the dataclass.
        annotation: the part of the parameter's annotation that it takes the place of.
        reads: what becomes an attribute.
    """

    handler: Handler
    model: NewDataclass
    annotation: Expr
    reads: tuple[Read, ...]


class TypedBodies:
    """Makes dataclasses for the bodies of handlers.

    Args:
        project: the project.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._names: Names | None = None

    def of(self, handler: Handler, annotation: Expr) -> TypedBody:
        """Return what a handler is to take.

        Args:
            handler: the handler.
            annotation: the part of the annotation that allows anything.

        Raises:
            Refusal: a request that is answered today might not be, for a reason that nobody wants.
        """
        check_handler(self.project, handler, "the body")
        check_annotation(annotation)
        self._check_dependencies(handler)
        reads = body_reads(self.project, handler)
        anchor = anchor_above(self.project, handler)
        fields = self._fields(handler, reads, anchor)
        if self._names is None:
            self._names = names_for_models(self.project)
        name = self._names.free((handler.path,), *_wanted(handler))
        return TypedBody(handler, NewDataclass(anchor, name, fields), annotation, tuple(reads))

    def _check_dependencies(self, handler: Handler) -> None:
        """A dependency that takes ``data`` is given what the handler is given."""
        for route in self.project.layers.routes_of(handler):
            for key, provider in route.used_dependencies().items():
                function = self.project.function(provider.target)
                if function is not None and any(param.name == BODY for param in function.params):
                    raise Refusal(f"the dependency {key} takes the body, too")

    def _fields(self, handler: Handler, reads: Iterable[Read], anchor: Anchor) -> tuple[NewField, ...]:
        by_key: dict[str, list[Read]] = {}
        for read in reads:
            by_key.setdefault(read.key, []).append(read)
        evidence = _Evidence(self.project, handler, anchor)
        fields = [_field(key, several, evidence) for key, several in by_key.items()]
        check_fields(self.project, handler.path, fields)
        # fields that have a default go behind those that have none
        return tuple(sorted(fields, key=lambda field: field.default is not None))


def _field(key: str, reads: list[Read], evidence: _Evidence) -> NewField:
    if len({read.is_required for read in reads}) > 1:
        raise Refusal(f"{key} is read as one that must be there and as one that may be missing")
    known = evidence.of(reads)
    is_checked = evidence.is_checked(reads)
    if not reads[0].is_required:
        field = _optional(key, reads, known, evidence.types)
        return msgspec.structs.replace(field, type=ANY) if is_checked else field
    if any(read.is_guarded for read in reads):
        raise Refusal(f"an except clause may be for a missing {key}")
    if not is_always_read(reads):
        raise Refusal(f"{key} is not read on every path, so requests may leave it out")
    return NewField(key, known if known is not None and not is_checked else ANY)


def _optional(key: str, reads: list[Read], known: TypeText | None, types: FieldTypes) -> NewField:
    """A field with the default that is written where its key is read."""
    defaults = {_default(key, read.default) for read in reads}
    if len(defaults) > 1:
        raise Refusal(f"{key} has more than one default")
    default, kind = defaults.pop()
    if kind == "None":
        return NewField(key, types.or_none(known) if known is not None else ANY, default)
    if known is not None and _ADMITTED_BY.get(kind, {kind}).isdisjoint(known.words()):
        known = None if kind in FACTORIES else ANY
    return NewField(key, known or _OF_DEFAULTS.get(kind, ANY), default)


def _default(key: str, expr: Expr | None) -> tuple[str, str]:
    """The source of a default, and the name of its type."""
    match expr:
        case None | Const(value=None):
            return "None", "None"
        case Const(value=value):
            return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value), type(
                value
            ).__name__
        case Seq(kind="list", items=()):
            return "list", "list"
        case Dict(keys=()):
            return "dict", "dict"
    raise Refusal(f"the default of {key} is no constant")


# ----------------------------------------------------------------------------------------------------------- evidence
class _Evidence:
    """What a handler says of the type of what it reads: by where it hands that to, and by what it does with it."""

    def __init__(self, project: Project, handler: Handler, anchor: Anchor) -> None:
        self.project = project
        self.handler = handler
        self.types = FieldTypes(project, handler.symbol, anchor)

    def of(self, reads: Iterable[Read]) -> TypeText | None:
        """The one type that all that is known agrees on, None where there is none; only types that JSON has."""
        found = {known for read in reads for known in self._of(read)}
        only = found.pop() if len(found) == 1 else None
        return only if only is not None and set(only.words()) <= _WORDS else None

    def is_checked(self, reads: Sequence[Read]) -> bool:
        """Whether the handler asks of what kind a value is, and answers in its own way where it is of another.

        What is read with ``get`` and no default is None by itself.
        """
        asked = [read.expr for read in reads]
        names = {
            target.name
            for read in reads
            if isinstance(stmt := read.place.stmt, Assign) and stmt.value is read.expr
            for target in stmt.targets
            if isinstance(target, Ref)
        }
        may_be_left_out = not reads[0].is_required and _default(reads[0].key, reads[0].default)[1] == "None"
        for expr in expressions(self.handler.function.body):
            match expr:
                case Call(args=(value, *_)) if expr.callee == "isinstance":
                    pass
                case Op(op="is" | "is not", operands=(value, Const(value=None))) if not may_be_left_out:
                    pass
                case _:
                    continue
            if value in asked or (isinstance(value, Ref) and value.name in names):
                return True
        return False

    def _of(self, read: Read) -> Iterator[TypeText]:
        match read.above[0] if read.above else None:
            case None:
                yield from self._assigned(read)
            case Attr(attr=attr) if attr in STR_METHODS:
                yield _TEXT
            case Call() as call:
                yield from self._given(call, read.expr)

    def _assigned(self, read: Read) -> Iterator[TypeText]:
        """``name: str = data["name"]`` and ``beer.name = data["name"]``."""
        match read.place.stmt:
            case Assign(annotation=annotation, value=value) if annotation is not None and value is read.expr:
                located = Located(self.handler.path, self.handler.function.qualname, annotation)
                yield from self._written(located)
            case Assign(targets=(Ref(name=name) as target,), value=value, op="=") if "." in name and value is read.expr:
                known = self.types.written(self.types.values.of(target))
                yield from [known] if known is not None else []

    def _given(self, call: Call, value: Expr) -> Iterator[TypeText]:
        """``brew(data["name"])`` and ``Beer(name=data["name"])``."""
        if self.project.external(self.handler.path, call, self.handler.function.qualname) in _OF_TEXT:
            if call.args and call.args[0] is value:
                yield _TEXT
            return
        position = next((index for index, item in enumerate(call.args) if item is value), None)
        keyword = next((item.name for item in call.keywords if item.value is value), None)
        target = self.project.callgraph.target(self.handler.symbol, call.callee) if call.callee else None
        if not isinstance(target, Local) or call.has_unpacking:
            return
        for name, annotation in self._parameters(target, is_positional=position is not None):
            if (position == 0 and keyword is None) or (keyword is not None and name == keyword):
                yield from self._written(annotation)
                return
            position = position - 1 if position is not None else None

    def _parameters(self, target: Local, *, is_positional: bool) -> Iterator[tuple[str, Located]]:
        function = self.project.function(target)
        if function is not None:
            params = [param for param in function.params if param.kind not in ("*", "**")]
            is_bound = bool(function.owner) and bool(params) and params[0].name in ("self", "cls")
            for param in params[is_bound:]:
                if param.annotation is None:
                    return
                yield param.name, Located(target.path, target.qualname, param.annotation)
            return
        schema = schema_of(self.project, target)
        if schema is None or (is_positional and schema.kind is not Kind.DATACLASS):
            return
        for field in schema.fields:
            if field.annotation is None:
                return
            yield field.name, field.annotation

    def _written(self, located: Located) -> Iterator[TypeText]:
        known = self.types.written(located)
        yield from [known] if known is not None else []


# -------------------------------------------------------------------------------------------------------------- names
def _wanted(handler: Handler) -> Iterator[str]:
    """What the dataclass may be called, best first: ``BeerCreate`` for ``create_beer``."""
    words = [word for word in handler.function.name.split("_") if word]
    if words[1:] and words[0] == "api":
        words.pop(0)
    if words[2:] and words[-1] in _SELF_NAMES:
        words.pop()
    if words[0] not in _VERBS and words[-1] in _VERBS:
        words.insert(0, words.pop())  # badge_create
    verb, *rest = words
    noun, suffix = _camel(rest), _VERBS.get(verb, "")
    if not rest and handler.function.owner:
        owner = handler.function.owner.rpartition(".")[2]
        noun, suffix = re.sub(r"(?:Controller|Handler|Resource|Api|API)$", "", owner), suffix or _camel([verb])
    stem = f"{noun}{suffix}" if noun and suffix else _camel([verb, *rest])
    yield stem if noun and suffix else f"{stem}Data"
    yield from (f"{stem}{ending}" for ending in ("Body", "Input"))


def _camel(words: Iterable[str]) -> str:
    return "".join(word[:1].upper() + word[1:] for word in words)
