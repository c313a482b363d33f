"""Calls that decode JSON: what they decode, and into what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Attr, Call, Expr, Ref
from litestar_fix.model.graph import show
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local, Located

#: Functions, and the keyword by which they take the type of the result.
_FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "json.loads": "",
        "orjson.loads": "",
        "rapidjson.loads": "",
        "simplejson.loads": "",
        "ujson.loads": "",
        "pydantic_core.from_json": "",
        "msgspec.json.decode": "type",
        "litestar.serialization.decode_json": "target_type",
    }
)
#: The class whose objects decode, and the exceptions of all of them.
_DECODER = "msgspec.json.Decoder"
_MODEL_METHODS = frozenset({"model_validate_json", "parse_raw"})
_MODELS = ("pydantic.BaseModel", "pydantic.main.BaseModel")
#: What is raised for malformed JSON, or for JSON of another type: an exception handler for it answers such requests.
ERRORS = frozenset(
    [
        *("json.JSONDecodeError", "json.decoder.JSONDecodeError", "orjson.JSONDecodeError", "ujson.JSONDecodeError"),
        *("simplejson.JSONDecodeError", "rapidjson.JSONDecodeError", "builtins.ValueError", "builtins.TypeError"),
        *("msgspec.DecodeError", "msgspec.ValidationError", "msgspec.MsgspecError"),
        *("pydantic.ValidationError", "pydantic_core.ValidationError", "litestar.exceptions.SerializationException"),
    ]
)


class Decoding(msgspec.Struct, frozen=True):
    """A call that decodes JSON.

    Args:
        by: what is called, as written.
        argument: what is decoded.
        type: the type that the result is to have; None where none is named.
        options: the other arguments: keywords, '' for a positional one.
    """

    by: str
    argument: Expr
    type: Located | None
    options: tuple[str, ...]


def decoding(project: Project, path: str, scope: str, call: Call) -> Decoding | None:
    """Return what a call with positional arguments decodes, None where it is not known to decode JSON."""
    for types in (_by_function, _by_model, _by_decoder):
        found = types(project, path, scope, call)
        if found is not None:
            type_, options = found
            others = ["" for _ in call.args[1:]]
            return Decoding(show(call.func), call.args[0], type_, (*others, *options))
    return None


_Type = tuple[Located | None, list[str]]


def _by_function(project: Project, path: str, scope: str, call: Call) -> _Type | None:
    keyword = _FUNCTIONS.get(project.external(path, call, scope))
    if keyword is None:
        return None
    return _read(path, scope, call.keyword(keyword) if keyword else None, call)


def _by_model(project: Project, path: str, scope: str, call: Call) -> _Type | None:
    """``Booking.model_validate_json(..)``."""
    if not isinstance(call.func, Ref) or call.func.name.rpartition(".")[2] not in _MODEL_METHODS:
        return None
    model = Located(path, scope, Ref(call.func.name.rpartition(".")[0], call.func.span))
    symbol = project.resolve_expr(model)
    is_model = isinstance(symbol, Local) and any(project.inherits(symbol, base) for base in _MODELS)
    return (model, list(_keywords(call))) if is_model else None


def _by_decoder(project: Project, path: str, scope: str, call: Call) -> _Type | None:
    """``msgspec.json.Decoder(Booking).decode(..)``, also where the decoder has a name."""
    made: Located | None = None
    match call.func:
        case Ref(name=name, span=span) if name.endswith(".decode"):
            made = value_of(project, Located(path, scope, Ref(name.removesuffix(".decode"), span)))
        case Attr(value=value, attr="decode"):
            made = Located(path, scope, value)
    if (
        made is None
        or not isinstance(made.expr, Call)
        or project.external(made.path, made.expr, made.scope) != _DECODER
    ):
        return None
    decoder = made.expr
    wanted = decoder.args[0] if decoder.args else decoder.keyword("type")
    type_, options = _read(made.path, made.scope, wanted, decoder)
    return type_, [*options, *_keywords(call)]


def _read(path: str, scope: str, wanted: Expr | None, call: Call) -> _Type:
    type_ = Located(path, scope, wanted) if wanted is not None else None
    return type_, [str(item.name) for item in call.keywords if item.value is not wanted]


def _keywords(call: Call) -> Iterator[str]:
    return (str(item.name) for item in call.keywords)
