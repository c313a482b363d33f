"""What the values of a request are: a form or a text, None or not, as far as the code tells."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TypeGuard

from litestar_fix.model.evaluate import mapping, string, value_of
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Dict,
    Do,
    Expr,
    Function,
    If,
    Op,
    Other,
    Param,
    Plain,
    Ref,
    Seq,
    Sub,
    While,
)
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import statements, subexpressions

_TEXTS = frozenset({"str", "bytes", "bytearray"})
_FORMS = frozenset({"dict", "Mapping", "MutableMapping", "TypedDict", "defaultdict", "OrderedDict"})
_SERIALISERS = frozenset(
    ["json.dumps", "orjson.dumps", "ujson.dumps", "urllib.parse.urlencode", "msgspec.json.encode", "yaml.dump"]
)
_TEXT_METHODS = frozenset({"encode", "model_dump_json", "getvalue", "read_bytes", "read_text", "hex"})
_FORM_METHODS = frozenset({"model_dump", "dict", "asdict"})
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in", "not"})
_DEPTH = 6


class Body(Enum):
    """What a value is to a request."""

    FORM = "fields"
    RAW = "text or bytes"
    PAIRS = "a list"
    BOOL = "a bool"
    UNKNOWN = "not known"


def body_of(project: Project, located: Located, depth: int = 0) -> Body:
    """Tell what a value is to a request."""
    match located.expr:
        case Const(value=bool()):
            return Body.BOOL
        case Const(value=str()) | Op(op="f"):
            return Body.RAW
        case Const(value=None) | Dict() | Op(op="{:for}"):
            return Body.FORM
        case Seq() | Op(op="[for]" | "(for)"):
            return Body.PAIRS
        case Other(text=text) if _is_bytes(text):
            return Body.RAW
        case Op(op=op) if op in _COMPARISONS:
            return Body.BOOL
        case Op(op="|", operands=(left, _)):
            return body_of(project, Located(located.path, located.scope, left), depth + 1)
        case Op(op="if", operands=(_, body, orelse)):
            both = {body_of(project, Located(located.path, located.scope, item), depth + 1) for item in (body, orelse)}
            return both.pop() if len(both) == 1 else Body.UNKNOWN
        case Call(func=func):
            return _made(project, located, func)
        case Ref(name=name) if depth < _DEPTH:
            return _named(project, located, name, depth)
    return Body.UNKNOWN


def _is_bytes(text: str) -> bool:
    return text.startswith(("b'", 'b"'))


def _made(project: Project, located: Located, func: Expr) -> Body:
    name = project.external(located.path, func, located.scope)
    match func:
        case Ref(name="dict"):
            return Body.FORM
        case Ref(name=written) | Attr(attr=written):
            last = written.rpartition(".")[2]
        case _:
            last = ""
    if name in _SERIALISERS or last in _TEXT_METHODS:
        return Body.RAW
    return Body.FORM if last in _FORM_METHODS else Body.UNKNOWN


def _named(project: Project, located: Located, name: str, depth: int) -> Body:
    param = parameter(project, located, name)
    if param is not None:
        return _annotated(param.annotation)
    assigned = _assignments(project, located, name)
    if assigned:
        values = [Located(located.path, located.scope, stmt.value) for stmt in assigned if stmt.value is not None]
        declared = {_annotated(stmt.annotation) for stmt in assigned} - {Body.UNKNOWN}
        kinds = declared or {body_of(project, value, depth + 1) for value in values}
        return kinds.pop() if len(kinds) == 1 else Body.UNKNOWN
    target = value_of(project, located)
    return body_of(project, target, depth + 1) if target is not None else Body.UNKNOWN


def _assignments(project: Project, located: Located, name: str) -> list[Assign]:
    """Where a variable of the function itself is assigned."""
    function = project.function(Local(located.path, located.scope))
    if function is None or name not in function.bound:
        return []
    return [
        stmt
        for stmt in statements(function.body)
        if isinstance(stmt, Assign) and any(isinstance(t, Ref) and t.name == name for t in stmt.targets)
    ]


def _annotated(annotation: Expr | None) -> Body:
    match annotation:
        case Op(op="|", operands=operands):
            kinds = {_annotated(item) for item in operands if not isinstance(item, Const)}
            return kinds.pop() if len(kinds) == 1 else Body.UNKNOWN
        case Sub(value=Ref(name="Annotated" | "typing.Annotated" | "Optional" | "typing.Optional"), index=index):
            return _annotated(index.items[0] if isinstance(index, Seq) and index.items else index)
        case Sub(value=value):
            return _annotated(value)
        case Ref(name=name):
            last = name.rpartition(".")[2]
            if last == "bool":
                return Body.BOOL
            return Body.RAW if last in _TEXTS else Body.FORM if last in _FORMS else Body.UNKNOWN
    return Body.UNKNOWN


def parameter(project: Project, located: Located, name: str) -> Param | None:
    """The parameter that a name stands for in a function, None where it is something else or is assigned again."""
    function: Function | None = project.function(Local(located.path, located.scope))
    while function is not None and name not in function.bound:
        function = project.function(Local(located.path, function.parent))
    if function is None:
        return None
    return next((param for param in function.params if param.name == name), None)


def values_of(project: Project, located: Located) -> list[Located]:
    """The values of a dict, as far as it is spelled out: where it is made, and where items are set or updated."""
    if not isinstance(located.expr, Ref):
        return [entry.value for entry in mapping(project, located).entries]
    name = located.expr.name
    made = [stmt.value for stmt in _assignments(project, located, name) if stmt.value is not None]
    if not made:
        return [entry.value for entry in mapping(project, located).entries]
    here = [Located(located.path, located.scope, value) for value in made if not isinstance(value, Ref)]
    found = [entry.value for item in here for entry in mapping(project, item).entries]
    return [*found, *[Located(located.path, located.scope, value) for value in _set_later(project, located, name)]]


def _set_later(project: Project, located: Located, name: str) -> Iterator[Expr]:
    function = project.function(Local(located.path, located.scope))
    for stmt in statements(function.body if function is not None else ()):
        match stmt:
            case Assign(targets=(Sub(value=Ref(name=written)),), value=value) if written == name and value is not None:
                yield value
            case Do(value=Call(func=Ref(name=written), args=(Dict(values=values),))) if written == f"{name}.update":
                yield from values


def fields_of(project: Project, located: Located) -> Iterator[Located]:
    """The values of a form or a query, as far as they are spelled out: of a dict or of pairs, one by one."""
    made = value_of(project, located) or located
    pairs = made.expr.items if isinstance(made.expr, Seq) else ()
    values = [Located(made.path, made.scope, pair.items[1]) for pair in pairs if _is_pair(pair)]
    for value in [*values_of(project, located), *values]:
        if isinstance(value.expr, Seq) and value.expr.kind != "set":
            yield from (Located(value.path, value.scope, item) for item in value.expr.items)
        else:
            yield value


def _is_pair(expr: Expr) -> TypeGuard[Seq]:
    return isinstance(expr, Seq) and len(expr.items) == 2


def is_written_out(expr: Expr) -> bool:
    """Whether httpx makes text of a value of a field as Python does, and requests otherwise."""
    match expr:
        case Dict() | Seq(kind="set") | Op(op="{:for}" | "{for}"):
            return True
        case Other(text=text):
            return _is_bytes(text)
    return False


def is_encoded(project: Project, located: Located) -> bool:
    """Whether a text comes from ``urlencode``, which writes a query as httpx does."""
    made = value_of(project, located) or located
    calls = [part for part in subexpressions(made.expr) if isinstance(part, Call)]
    return any(project.external(made.path, call.func, made.scope) == "urllib.parse.urlencode" for call in calls)


def texts_of(project: Project, located: Located) -> Iterator[str]:
    """The texts that an expression is put together from, and those of its variables."""
    todo, seen = [located], {located}
    while todo:
        current = todo.pop()
        for part in subexpressions(current.expr):
            here = Located(current.path, current.scope, part)
            text = string(project, here) if isinstance(part, Const | Ref) else None
            if text is not None:
                yield text
            elif isinstance(part, Ref):
                new = [value for value in _values_behind(project, here, part.name) if value not in seen]
                todo += new
                seen.update(new)


def _values_behind(project: Project, located: Located, name: str) -> list[Located]:
    """What a variable is assigned in its function, or the one value that a name has elsewhere."""
    assigned = [stmt.value for stmt in _assignments(project, located, name) if stmt.value is not None]
    if assigned:
        return [Located(located.path, located.scope, value) for value in assigned]
    made = value_of(project, located)
    return [made] if made is not None else []


def never_none(expr: Expr) -> bool:
    """Whether an expression is written as something other than None."""
    return not (isinstance(expr, Const) and expr.value is None)


def may_be_none(project: Project, located: Located) -> bool:
    """Whether the code says that a value may be None."""
    match located.expr:
        case Const(value=value):
            return value is None
        case Op(op="if", operands=(_, body, orelse)):
            return any(may_be_none(project, Located(located.path, located.scope, item)) for item in (body, orelse))
        case Ref(name=name):
            param = parameter(project, located, name)
            if param is None or _is_checked(project, located, name):
                return False
            default = param.default
            return _is_optional(project, located, param.annotation) or (default is not None and not never_none(default))
    return False


def _is_checked(project: Project, located: Located, name: str) -> bool:
    """Whether a function asks about a parameter, or assigns it again: then None may be gone where it is used."""
    function = project.function(Local(located.path, located.scope))
    for stmt in statements(function.body if function is not None else ()):
        match stmt:
            case If(test=test) | While(test=test) | Plain(kind="assert", operands=(test, *_)):
                asked = [item.name.partition(".")[0] for item in subexpressions(test) if isinstance(item, Ref)]
            case Assign(targets=targets):
                asked = [target.name for target in targets if isinstance(target, Ref)]
            case _:
                continue
        if name in asked:
            return True
    return False


def _is_optional(project: Project, located: Located, annotation: Expr | None) -> bool:
    match annotation:
        case Op(op="|", operands=operands):
            return any(not never_none(item) or _is_optional(project, located, item) for item in operands)
        case Sub(value=Ref(name=name), index=index):
            symbol = project.resolve(located.path, name)
            known = symbol.name if isinstance(symbol, External) else name
            if known == "typing.Optional":
                return True
            inner = index.items[0] if isinstance(index, Seq) and index.items else index
            return known in ("typing.Annotated", "typing_extensions.Annotated") and _is_optional(
                project, located, inner
            )
    return False
