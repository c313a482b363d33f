"""What a handler puts into a field of its response, as far as its code tells.

A field with the name of a secret holds none where nothing is put into it, where its value is masked, or where it is a
token that the handler signs for its caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Assign, Attr, Await, Call, Const, Dict, Expr, Op, Ref, Return
from litestar_fix.model.layers import Handler
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.responses import Payload
from litestar_fix.model.schemas import Field, Kind, Schema
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.transfers import Sent
from litestar_fix.model.walk import expressions, statements, subexpressions

_MASKING = regex(r"(?<!un)mask|redact|(?<!de)obfuscat|censor", re.IGNORECASE)
_COPYING = frozenset({"replace", "evolve", "model_construct"})  # with fields as keywords
_UPDATING = frozenset({"model_copy", "copy"})  # with fields in a dictionary
_SETTERS = frozenset({"setattr", "object.__setattr__", "msgspec.structs.force_setattr"})
_AUTH = ("litestar.security.jwt.", "litestar.contrib.jwt.")
_SIGNING = frozenset({"create_token", "encode", "login"})
_DRAWING = frozenset(
    [
        *["secrets.token_bytes", "secrets.token_hex", "secrets.token_urlsafe"],
        *["pyotp.random_base32", "pyotp.random_hex"],
    ]
)
#: Secrets that are sent to an address, to see who reads it.
_FOR_OTHERS = regex(r"passw|reset|verif|confirm|activat|invit", re.IGNORECASE)
_WRITING_TO = regex(r"mail|sms|notif|send|letter", re.IGNORECASE)
_DEPTH = 3  # calls from the handler to what fills the model


def is_empty(project: Project, handler: Handler, payload: Payload, sent: Sent) -> bool:
    """Whether every model that a handler returns is made in its return statement, and leaves a field at None."""
    if len(sent.names) > 1 or sent.field not in payload.schema.fields:
        return False
    symbol = Local(handler.path, handler.function.qualname)
    found = _returned(project, handler)
    return bool(found) and all(_leaves_out(project, symbol, made, sent.schema, sent.field) for made in found)


def _returned(project: Project, handler: Handler) -> list[Expr]:
    """What a handler answers with."""
    symbol = Local(handler.path, handler.function.qualname)
    returns = [stmt for stmt in statements(handler.function.body) if isinstance(stmt, Return)]
    return [made for stmt in returns if stmt.value is not None for made in _alternatives(project, symbol, stmt.value)]


def _alternatives(project: Project, symbol: Local, expr: Expr) -> Iterator[Expr]:
    """What an expression may be: both sides of a conditional one, the content of a response."""
    match expr:
        case Op(op="if", operands=(_, body, orelse)):
            yield from _alternatives(project, symbol, body)
            yield from _alternatives(project, symbol, orelse)
        case Call() if project.external(symbol.path, expr, symbol.qualname) == "litestar.Response":
            content = expr.keyword("content") or next(iter(expr.args), None)
            if content is not None:
                yield from _alternatives(project, symbol, content)
        case _:
            yield expr


def _leaves_out(project: Project, symbol: Local, made: Expr, schema: Schema, field: Field) -> bool:
    if isinstance(made, Const) and made.value is None:
        return True
    if not isinstance(made, Call) or made.has_unpacking:
        return False
    if project.resolve_expr(Located(symbol.path, symbol.qualname, made.func)) != schema.symbol:
        return False
    given = made.keyword(field.name)
    if given is not None:
        return isinstance(given, Const) and given.value is None
    before = [item.name for item in schema.fields].index(field.name)
    return len(made.args) <= before and field.value is not None and _is_none(field.value)


def _is_none(default: Located) -> bool:
    expr = default.expr
    if isinstance(expr, Call):
        expr = expr.keyword("default") or next(iter(expr.args), expr)
    return isinstance(expr, Const) and expr.value is None


def is_masked(project: Project, handler: Handler, sent: Sent) -> bool:
    """Whether a function that masks gives a field its value, in the handler, what it calls, or the model itself.

    A copy of the model in which a constant stands for the value masks it as well.
    """
    functions = (*_called(project, handler), *_methods(sent.schema))
    return any(
        isinstance(expr, Call) and _MASKING.search(expr.callee.rpartition(".")[2])
        for value in _values(project, functions, sent)
        for expr in subexpressions(_followed(project, value).expr)
    ) or any(_blanks(project, functions, sent))


def _blanks(project: Project, functions: Iterable[Local], sent: Sent) -> Iterator[bool]:
    """Yield, for each copy that gives a field another value, whether that is a constant."""
    for symbol in functions:
        function = project.function(symbol)
        for expr in expressions(function.body) if function is not None else ():
            if isinstance(expr, Call) and (value := _copied(expr, sent.field.name)) is not None:
                yield isinstance(value, Const)


def _copied(call: Call, name: str) -> Expr | None:
    """What a copy of a model has in a field instead."""
    method = call.callee.rpartition(".")[2]
    update = call.keyword("update")
    if method in _UPDATING and isinstance(update, Dict):
        named = zip(update.keys, update.values, strict=True)
        return next((value for key, value in named if isinstance(key, Const) and key.value == name), None)
    return call.keyword(name) if method in _COPYING else None


def is_signed(project: Project, handler: Handler, sent: Sent) -> bool:
    """Whether a handler fills a field with nothing but tokens that it signs with Litestar's JWT authentication."""
    symbol = Local(handler.path, handler.function.qualname)
    values = list(_values(project, [symbol], sent))
    return (
        not sent.is_many
        and bool(values)
        and all(_signs(project, symbol, _followed(project, value).expr) for value in values)
    )


def is_drawn(project: Project, handler: Handler, sent: Sent) -> bool:
    """Whether a handler draws a secret by lot and puts it by name into every model that it answers with.

    Nobody else has such a secret, and its caller has to see it once. A row of a database is no such answer, nor a model
    that was there before, nor does the caller get what is meant for the reader of an e-mail.
    """
    if sent.is_many or sent.schema.kind is Kind.SQLALCHEMY or _FOR_OTHERS.search(sent.field.name):
        return False
    symbol = Local(handler.path, handler.function.qualname)
    values = list(_values(project, [symbol], sent))
    if not values or not all(_draws(project, _followed(project, value)) for value in values):
        return False
    returned = [Located(symbol.path, symbol.qualname, expr) for expr in _returned(project, handler)]
    return all(_holds_new(project, handler, item, sent) for item in returned) and not _is_sent_to(project, symbol, sent)


def _holds_new(project: Project, handler: Handler, value: Located, sent: Sent) -> bool:
    """Whether a model is made there, or was given its secret in any case; another may hold one that is."""
    made = _followed(project, value).expr
    match made:
        case Const(value=None):
            return True
        case Call() if _given(project, Local(value.path, value.scope), made, sent) is not None:
            return True
        case Call() if len(sent.names) > 1:
            parts = [*made.args, *[keyword.value for keyword in made.keywords]]
            held = [replace(value, expr=part) for part in parts if not isinstance(part, Const)]
            return any(_holds_new(project, handler, item, sent) for item in held)
    name = f"{value.expr.name}.{sent.field.name}" if isinstance(value.expr, Ref) else ""
    given = [target for stmt in handler.function.body if isinstance(stmt, Assign) for target in stmt.targets]
    return any(_is_named(target, name) and target.span < value.expr.span for target in given)


def _is_named(target: Expr, name: str) -> bool:
    return isinstance(target, Ref) and target.name == name


def _is_sent_to(project: Project, symbol: Local, sent: Sent) -> bool:
    """Whether a function that writes to somebody is given what was drawn."""
    function = project.function(symbol)
    for expr in expressions(function.body) if function is not None else ():
        if isinstance(expr, Call) and _WRITING_TO.search(expr.callee.rpartition(".")[2]):
            for part in subexpressions(expr):
                is_field = isinstance(part, Ref) and part.name.endswith(f".{sent.field.name}")
                if is_field or _draws(project, _followed(project, Located(symbol.path, symbol.qualname, part))):
                    return True
    return False


def _draws(project: Project, value: Located) -> bool:
    return isinstance(value.expr, Call) and project.external(value.path, value.expr, value.scope) in _DRAWING


def _signs(project: Project, symbol: Local, expr: Expr) -> bool:
    if not isinstance(expr, Call):
        return False
    receiver, _, method = expr.callee.rpartition(".")
    if method not in _SIGNING:
        return False
    root, _, attribute = receiver.partition(".")
    function = project.function(symbol)
    if attribute == "auth" and function is not None and any(param.name == root for param in function.params):
        return True
    made = project.resolve(symbol.path, receiver, symbol.qualname)
    value = value_of(project, Located(symbol.path, symbol.qualname, Ref(receiver, expr.span)))
    names = [made.name] if isinstance(made, External) else []
    if value is not None and isinstance(value.expr, Call):
        names.append(project.external(value.path, value.expr, value.scope))
    return any(name.startswith(_AUTH) for name in names)


# ------------------------------------------------------------------------------------------------------------- values
def _called(project: Project, handler: Handler) -> Iterable[Local]:
    """The handler, and the functions of the project that it leads to."""
    found = {Local(handler.path, handler.function.qualname): None}
    last = list(found)
    for _ in range(_DEPTH):
        last = [
            callee
            for caller in last
            for _, callee in project.callgraph.callees(caller)
            if isinstance(callee, Local) and callee not in found
        ]
        found |= dict.fromkeys(last)
    return found


def _methods(schema: Schema) -> Iterator[Local]:
    for path, class_ in schema.ancestry.classes:
        yield from (Local(path, qualname) for qualname in class_.methods)


def _values(project: Project, functions: Iterable[Local], sent: Sent) -> Iterator[Located]:
    """What functions put into a field: by keyword where they make or copy a model, by assignment, by ``setattr``."""
    name = sent.field.name
    for symbol in functions:
        function = project.function(symbol)
        if function is None:
            continue
        for stmt in statements(function.body):
            if isinstance(stmt, Assign) and stmt.value is not None and any(_is_field(t, name) for t in stmt.targets):
                yield Located(symbol.path, symbol.qualname, stmt.value)
        for expr in expressions(function.body):
            value = _given(project, symbol, expr, sent) if isinstance(expr, Call) else None
            if value is not None:
                yield Located(symbol.path, symbol.qualname, value)


def _is_field(target: Expr, name: str) -> bool:
    match target:
        case Ref(name=dotted):
            return dotted.endswith(f".{name}")
        case Attr(attr=attr):
            return attr == name
    return False


def _given(project: Project, symbol: Local, call: Call, sent: Sent) -> Expr | None:
    match call:
        case Call(args=(_, Const(value=text), value)) if call.callee in _SETTERS and text == sent.field.name:
            return value
    is_copy = call.callee == "cls" or call.callee.rpartition(".")[2] in _COPYING
    made = project.resolve_expr(Located(symbol.path, symbol.qualname, call.func))
    return call.keyword(sent.field.name) if is_copy or made == sent.schema.symbol else None


def _followed(project: Project, value: Located) -> Located:
    """The one value of a variable, without ``await``."""
    found = value_of(project, value) if isinstance(value.expr, Ref) else None
    if found is None:
        found = value
    return Located(found.path, found.scope, found.expr.value) if isinstance(found.expr, Await) else found
