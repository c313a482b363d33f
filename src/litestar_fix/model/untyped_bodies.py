"""Request bodies that a handler takes as a dict of anything, and what it does with them.

Source: ``litestar/params.py`` (``Body`` and its aliases) and ``litestar/_kwargs/extractors.py``, Litestar 2.25: without
a media type a body is JSON.
"""

from __future__ import annotations

import re

from litestar_fix.model.annotations import name_of_type
from litestar_fix.model.body_keys import BODY, mentions
from litestar_fix.model.evaluate import string, value_of
from litestar_fix.model.facts import Call, Const, Expr, Param, Ref, Return, Seq, Sub
from litestar_fix.model.graph import show
from litestar_fix.model.layers import Handler
from litestar_fix.model.nesting import Nested
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import expressions

_METHODS = frozenset({"POST", "PUT", "PATCH"})
_DICTS = frozenset({"builtins.dict", "typing.Dict"})
_ANYTHING = frozenset({"typing.Any", "builtins.object"})
_ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})
#: Aliases of Litestar 2.25 for ``Annotated[T, Body()]`` of JSON.
_JSON_ALIASES = frozenset({"litestar.params.JSONBody", "litestar.params.RequestBody"})
_SIGNED = regex(r"signature|hmac|construct_event|svix|webhook_secret", re.IGNORECASE)
#: Methods that take a body as it is, whatever they are methods of.
_PASSED_ON = frozenset(
    [
        *["post", "put", "patch", "request", "stream", "send", "publish", "put_nowait", "enqueue", "emit"],
        *["build_request", "dumps", "encode", "debug", "info", "warning", "error"],
    ]
)
#: Names of the project's own functions that do so.
_FORWARDING = frozenset({"forward", "forward_request", "proxy", "proxy_request", "relay", "pass_through"})


def untyped_body(project: Project, handler: Handler) -> tuple[Param, Expr] | None:
    """Return the body parameter of a handler that takes anything, and the part of its annotation that says so.

    None where it takes none, where it has a type, or where the handler has no business with what is in it.
    """
    if not handler.is_http or handler.methods is None or _METHODS.isdisjoint(handler.methods):
        return None
    param = next((item for item in handler.function.params if item.name == BODY), None)
    if param is None or param.annotation is None or _is_form(project, handler, param.default):
        return None
    written = anything_in(project, Located(handler.path, handler.function.parent, param.annotation))
    if written is None or _has_dto(project, handler):
        return None
    return None if verifies_signature(project, handler) or _passes_on(project, handler) else (param, written)


def anything_in(project: Project, located: Located) -> Expr | None:
    """Return the part of an annotation that is a dict of anything, or anything; None for other annotations."""
    expr = located.expr
    if not isinstance(expr, Ref | Sub):
        return None
    name = name_of_type(project, located)
    if isinstance(expr, Ref):
        return expr if name in _DICTS or name in _ANYTHING or _is_alias(project, located) else None
    arguments = expr.index.items if isinstance(expr.index, Seq) and expr.index.kind == "tuple" else (expr.index,)
    if name in _DICTS:
        return expr if name_of_type(project, _at(located, arguments[-1])) in _ANYTHING else None
    if name in _JSON_ALIASES:
        return anything_in(project, _at(located, arguments[0]))
    is_json = name in _ANNOTATED and not any(_is_form_call(project, _at(located, item)) for item in arguments[1:])
    return anything_in(project, _at(located, arguments[0])) if is_json else None


def _is_alias(project: Project, located: Located) -> bool:
    """Whether a name of the project stands for just such a type; what is around one in an alias says more of it."""
    meant = value_of(project, located)
    return meant is not None and anything_in(project, meant) is meant.expr


def _at(located: Located, expr: Expr) -> Located:
    return Located(located.path, located.scope, expr)


def _is_form(project: Project, handler: Handler, default: Expr | None) -> bool:
    return default is not None and _is_form_call(project, Located(handler.path, handler.function.parent, default))


def _is_form_call(project: Project, located: Located) -> bool:
    """Whether ``Body(media_type=...)`` is of another type than JSON; what is not known is."""
    if not isinstance(located.expr, Call):
        return isinstance(located.expr, Ref)
    media_type = located.expr.keyword("media_type")
    if media_type is None:
        return located.expr.has_unpacking
    text = string(project, _at(located, media_type))
    name = project.external(located.path, media_type, located.scope)
    return not (name.endswith((".RequestEncodingType.JSON", ".MediaType.JSON")) or text == "application/json")


def _has_dto(project: Project, handler: Handler) -> bool:
    found = [route.data_dto() for route in project.layers.routes_of(handler)]
    return any(dto.value is not None and not dto.is_none for dto in found)


# ------------------------------------------------------------------------------------------------------------- quiet
def verifies_signature(project: Project, handler: Handler) -> bool:
    """Whether a handler, a guard or a dependency of it is seen to verify who signed a request: a webhook."""
    function = handler.function
    texts = [function.names_text, *(param.name for param in function.params)]
    annotated = [show(param.annotation) for param in function.params if param.annotation is not None]
    if any(_SIGNED.search(text) for text in (*texts, *annotated)):
        return True
    for route in project.layers.routes_of(handler):
        targets = [provider.target for provider in route.used_dependencies().values()]
        around = [*(show(item.expr) for item in route.cumulative("guards").items), *map(str, targets)]
        if any(map(_SIGNED.search, around)):
            return True
    constants = (item.value for item in expressions(function.body) if isinstance(item, Const))
    return any(isinstance(value, str) and _SIGNED.search(value) for value in constants)


def _passes_on(project: Project, handler: Handler) -> bool:
    """Whether a handler does nothing with the body but hand all of it to something else: a proxy, a queue, an echo."""
    places = list(mentions(handler))
    return bool(places) and all(_is_passed_on(project, handler, place) for place in places)


def _is_passed_on(project: Project, handler: Handler, place: Nested) -> bool:
    if not isinstance(place.expr, Ref) or place.expr.name != BODY:
        return False
    if isinstance(place.stmt, Return) and not place.above:
        return True
    call = place.parent
    if not isinstance(call, Call) or call.func is place.expr:
        return False
    if any(keyword.name is None and keyword.value is place.expr for keyword in call.keywords):
        return False
    last = call.callee.rpartition(".")[2] if call.callee else getattr(call.func, "attr", "")
    target = project.callgraph.target(handler.symbol, call.callee) if call.callee else None
    if last in _FORWARDING:
        return True
    if isinstance(target, Local):
        return False
    return last in _PASSED_ON or (isinstance(target, External) and not _converts(call))


def _converts(call: Call) -> bool:
    """Whether a call makes something of a type that it is given: ``msgspec.convert(data, Beer)``."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(item, Ref) and item.name.rpartition(".")[2][:1].isupper() for item in given)
