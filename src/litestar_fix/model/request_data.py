"""What a handler takes as ``data``, and what its body does with it.

Source: ``litestar/params.py`` and ``litestar/dto/data_structures.py`` (``DTOData``), Litestar 2.25.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from litestar_fix.model.annotations import Step, held, name_of_type
from litestar_fix.model.facts import Assign, Call, Const, Dict, Expr, Function, Param, Ref, Seq, Span, Stmt, Sub
from litestar_fix.model.layers import Handler
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.schemas import Schema, schema_of
from litestar_fix.model.symbols import Located
from litestar_fix.model.walk import expressions, statements

DTO_DATA = "litestar.dto.DTOData"
_AROUND = frozenset(
    [
        *[f"{home}.Annotated" for home in ("typing", "typing_extensions")],
        *[
            f"litestar.params.{name}"
            for name in ("JSONBody", "MsgPackBody", "MultipartBody", "URLEncodedBody", "RequestBody")
        ],
    ]
)
_METHODS = frozenset({"create_instance", "update_instance", "as_builtins"})
_COPYING = frozenset({"replace", "evolve", "model_copy"})
_LOGS = regex(r"^(?:print|(?:.*[._])?log(?:ger|ging)?\.\w+)$", re.IGNORECASE)
_DEPTH = 4


class Data(msgspec.Struct, frozen=True):
    """The request body of a handler.

    Args:
        param: the parameter.
        model: the model as written, without what is around it.
        schema: its fields.
        is_dto_data: whether it comes as ``DTOData``.
        is_many: whether there are several of them.
    """

    param: Param
    model: Located
    schema: Schema
    is_dto_data: bool
    is_many: bool


def data_of(project: Project, handler: Handler) -> Data | None:
    """Return the request body of a handler; None where it takes none, or not one known model."""
    param = next((param for param in handler.function.params if param.name == "data"), None)
    if param is None or param.annotation is None:
        return None
    written, is_dto_data = Located(handler.path, handler.layer.scope, param.annotation), False
    for _ in range(_DEPTH):
        name = name_of_type(project, written)
        if not isinstance(written.expr, Sub) or (name != DTO_DATA and name not in _AROUND):
            break
        index = written.expr.index
        is_dto_data = is_dto_data or name == DTO_DATA
        inner = index.items[0] if isinstance(index, Seq) and index.items and name != DTO_DATA else index
        written = Located(written.path, written.scope, inner)
    places = list(held(project, written))
    place = places[0] if len(places) == 1 else None
    schema = schema_of(project, place.symbol) if place is not None and place.symbol is not None else None
    if place is None or schema is None or not set(place.steps) <= {Step.COLLECTION}:
        return None
    return Data(param, written, schema, is_dto_data, bool(place.steps))


class Use(msgspec.Struct, frozen=True):
    """What a body does with its data.

    Args:
        reads: the fields that it reads.
        gives: the fields that it gives a value of its own.
        methods: the methods of ``DTOData`` that it calls.
        is_passed: whether it hands the whole on, returns it, or does with it what is not known.
        is_nested: whether a function within it does any of that.
    """

    reads: frozenset[str]
    gives: frozenset[str]
    methods: frozenset[str]
    is_passed: bool
    is_nested: bool


def use_of(project: Project, handler: Handler) -> Use:
    """Return what a handler does with ``data``, functions within it included."""
    reads: set[str] = set()
    gives: set[str] = set()
    methods: set[str] = set()
    is_passed = False
    within = list(_within(project, handler))
    for function in (handler.function, *within):
        body = function.body
        made = {"data", *_made(body)}
        targets = [target for stmt in statements(body) if isinstance(stmt, Assign) for target in stmt.targets]
        given = {target.span for target in targets if isinstance(target, Ref) and _owner(target) in made}
        told = _told(body)
        for expr in expressions(body):
            match expr:
                case Ref(name="data"):
                    is_passed = is_passed or expr.span not in told
                case Ref(name=name) if expr.span in given:
                    gives.add(name.split(".")[1])
                case Ref(name=name) if name.startswith("data."):
                    attribute = name.split(".")[1]
                    (methods if attribute in _METHODS else reads).add(attribute)
                case Call():
                    gives.update(_given(expr))
    is_nested = any(name.partition(".")[0] == "data" for item in within for name in item.names)
    return Use(frozenset(reads), frozenset(gives), frozenset(methods), is_passed, is_nested)


def _within(project: Project, handler: Handler) -> Iterator[Function]:
    start = f"{handler.function.qualname}.<locals>."
    yield from (item for item in project.modules[handler.path].functions if item.qualname.startswith(start))


def _made(body: Iterable[Stmt]) -> Iterator[str]:
    """The variables that hold what ``create_instance`` makes."""
    for stmt in statements(body):
        if isinstance(stmt, Assign) and isinstance(stmt.value, Call) and stmt.value.callee == "data.create_instance":
            yield from (target.name for target in stmt.targets if isinstance(target, Ref))


def _told(body: Sequence[Stmt]) -> set[Span]:
    """What is given to a log or printed, which does nothing with it."""
    calls = [expr for expr in expressions(body) if isinstance(expr, Call) and _LOGS.search(expr.callee)]
    return {argument.span for call in calls for argument in (*call.args, *[k.value for k in call.keywords])}


def _owner(target: Ref) -> str:
    return target.name.rpartition(".")[0]


def _given(call: Call) -> Iterator[str]:
    """The fields that a call gives a value when it makes a model of the data, or a copy of it."""
    first = call.args[0] if call.args else None
    is_copy = call.callee.rpartition(".")[2] in _COPYING and isinstance(first, Ref) and first.name == "data"
    if call.callee in ("data.create_instance", "data.update_instance") or is_copy:
        yield from (keyword.name.partition("__")[0] for keyword in call.keywords if keyword.name)
    if call.callee == "data.model_copy":
        yield from _keys(call.keyword("update"))


def _keys(expr: Expr | None) -> Iterator[str]:
    if isinstance(expr, Dict):
        yield from (key.value for key in expr.keys if isinstance(key, Const) and isinstance(key.value, str))
