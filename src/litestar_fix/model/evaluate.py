"""What a list or dict of a project holds, as far as its text tells.

Follows names across files, ``[*a, b]``, ``a + b``, ``{**a}``, ``a | b``, ``set(a)`` and functions that return a
display. Anything else makes the answer incomplete (``known`` is False), never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.facts import (
    Assign,
    Attribute,
    Call,
    Const,
    Dict,
    Expr,
    For,
    Function,
    Module,
    Op,
    Ref,
    Return,
    Seq,
    Star,
    Sub,
    With,
)
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import statements, subexpressions

#: Methods that change a list, set or dict.
MUTATORS = ("append", "extend", "insert", "update", "add", "setdefault", "remove", "pop", "clear", "sort", "reverse")
_DEPTH = 12


class Items(msgspec.Struct, frozen=True):
    """The items of a sequence; ``known`` is False where there may be others."""

    items: tuple[Located, ...]
    known: bool


class Entry(msgspec.Struct, frozen=True):
    """One key of a mapping and its value."""

    key: Located
    value: Located

    @property
    def name(self) -> str:
        """The key where it is a literal string, else ''."""
        return self.key.expr.value if isinstance(self.key.expr, Const) and isinstance(self.key.expr.value, str) else ""


class Entries(msgspec.Struct, frozen=True):
    """The entries of a mapping in order, later ones win; ``known`` is False where there may be others."""

    entries: tuple[Entry, ...]
    known: bool

    def get(self, name: str) -> Located | None:
        """The value of a literal key, or None."""
        return next((entry.value for entry in reversed(self.entries) if entry.name == name), None)


def items(project: Project, located: Located | None, depth: int = 0) -> Items:
    """Return the items of a list, tuple or set expression."""
    if located is None:
        return Items((), True)
    path, scope, expr = located.path, located.scope, located.expr
    match expr:
        case Const(value=None):
            return Items((), True)
        case Seq(items=found):
            return _concat(_item(project, path, scope, item, depth) for item in found)
        case Op(op="+" | "|", operands=operands):
            return _concat(items(project, Located(path, scope, item), depth) for item in operands)
        case Call(func=Ref(name="list" | "tuple" | "set" | "frozenset"), args=(inner,)):
            return items(project, Located(path, scope, inner), depth)
        case Call(func=Ref(name="list" | "tuple" | "set" | "frozenset"), args=()):
            return Items((), True)
        case Op(op="if", operands=(_, body, orelse)):
            both = _concat(items(project, Located(path, scope, item), depth) for item in (body, orelse))
            return Items(both.items, False)
    target = value_of(project, located) if depth < _DEPTH else None
    return items(project, target, depth + 1) if target is not None else Items((), False)


def _item(project: Project, path: str, scope: str, item: Expr, depth: int) -> Items:
    if isinstance(item, Star):
        return items(project, Located(path, scope, item.value), depth)
    return Items((Located(path, scope, item),), True)


def _concat(parts: Iterator[Items]) -> Items:
    found = list(parts)
    return Items(tuple(item for part in found for item in part.items), all(part.known for part in found))


def mapping(project: Project, located: Located | None, depth: int = 0) -> Entries:
    """Return the entries of a dict expression."""
    if located is None:
        return Entries((), True)
    path, scope, expr = located.path, located.scope, located.expr
    match expr:
        case Const(value=None):
            return Entries((), True)
        case Dict(keys=keys, values=values):
            return _merge(
                Entries((Entry(_key(project, Located(path, scope, key)), Located(path, scope, value)),), True)
                if key is not None
                else mapping(project, Located(path, scope, value), depth)
                for key, value in zip(keys, values, strict=True)
            )
        case Op(op="|", operands=operands):
            return _merge(mapping(project, Located(path, scope, item), depth) for item in operands)
        case Op(op="if", operands=(_, body, orelse)):
            both = _merge(mapping(project, Located(path, scope, item), depth) for item in (body, orelse))
            return Entries(both.entries, False)
        case Call(func=Ref(name="dict"), args=()):
            return _merge(
                Entries((Entry(Located(path, scope, Const(k.name, k.span)), Located(path, scope, k.value)),), True)
                if k.name is not None
                else mapping(project, Located(path, scope, k.value), depth)
                for k in expr.keywords
            )
        case Call() if project.external(path, expr, scope).endswith(".create_service_dependencies"):
            return _service_dependencies(path, scope, expr)
    target = value_of(project, located) if depth < _DEPTH else None
    return mapping(project, target, depth + 1) if target is not None else Entries((), False)


def _key(project: Project, key: Located) -> Located:
    """A key as it is, or the literal that a constant stands for."""
    text = string(project, key) if isinstance(key.expr, Ref) else None
    return key if text is None else Located(key.path, key.scope, Const(text, key.expr.span))


def _service_dependencies(path: str, scope: str, call: Call) -> Entries:
    """Advanced Alchemy: the service is provided under ``key``; filters add keys of their own, which stay unknown."""
    key = call.keyword("key") or (call.args[1] if len(call.args) > 1 else None)
    if not isinstance(key, Const):
        return Entries((), False)
    return Entries((Entry(Located(path, scope, key), Located(path, scope, call)),), False)


def _merge(parts: Iterator[Entries]) -> Entries:
    found = list(parts)
    return Entries(tuple(entry for part in found for entry in part.entries), all(part.known for part in found))


def value_of(project: Project, located: Located) -> Located | None:
    """Return the one expression that a name, or a call of a project function, stands for.

    None where that is not known.
    """
    path, scope, expr = located.path, located.scope, located.expr
    if isinstance(expr, Call):
        target = project.resolve_expr(Located(path, scope, expr.func))
        function = project.function(target)
        return returned(target.path, function) if isinstance(target, Local) and function is not None else None
    if not isinstance(expr, Ref):
        return None
    local = _local_value(project, path, scope, expr.name)
    if local is not None:
        return local
    symbol = project.resolve(path, expr.name, scope)
    if not isinstance(symbol, Local):
        return None
    attribute = project.assignment(symbol) or _class_attribute(project, symbol)
    if attribute is None or attribute.value is None or attribute.conditional or _mutated(project, symbol):
        return None
    return Located(symbol.path, symbol.qualname.rpartition(".")[0], attribute.value)


def _class_attribute(project: Project, symbol: Local) -> Attribute | None:
    owner, _, name = symbol.qualname.rpartition(".")
    class_ = project.class_(Local(symbol.path, owner)) if owner else None
    return class_.attribute(name) if class_ is not None else None


def _mutated(project: Project, symbol: Local) -> bool:
    names = {f"{symbol.qualname}.{method}" for method in MUTATORS}
    module = project.modules[symbol.path]
    if not names.isdisjoint(module.names) or any(not names.isdisjoint(f.calls) for f in module.functions):
        return True
    readers: list[Module | Function] = [module, *module.functions]
    return any(symbol.qualname in reader.names and _sets_items(reader, symbol.qualname) for reader in readers)


def _sets_items(owner: Module | Function, name: str) -> bool:
    """Whether ``name[...] = value`` occurs in a body."""
    return any(
        isinstance(target, Sub) and isinstance(target.value, Ref) and target.value.name == name
        for stmt in statements(owner.body)
        if isinstance(stmt, Assign)
        for target in stmt.targets
    )


def returned(path: str, function: Function) -> Located | None:
    """Return the one expression that a plain function returns, or None."""
    if function.is_generator or function.is_async:
        return None
    returns = [stmt for stmt in statements(function.body) if isinstance(stmt, Return)]
    if len(returns) != 1 or returns[0].value is None:
        return None
    return Located(path, function.qualname, returns[0].value)


def _local_value(project: Project, path: str, scope: str, name: str) -> Located | None:
    """Return what a local variable of a function is assigned, if that happens once and it is not mutated."""
    function = project.table(path).functions.get(scope)
    while function is not None and name not in function.bound:
        scope = function.parent
        function = project.table(path).functions.get(scope)
    if function is None or any(f"{name}.{method}" in function.calls for method in MUTATORS):
        return None
    if name in function.names and _sets_items(function, name):
        return None
    values = [
        stmt
        for stmt in statements(function.body)
        if isinstance(stmt, Assign) and any(isinstance(t, Ref) and t.name == name for t in stmt.targets)
    ]
    if len(values) != 1 or values[0].op != "=" or values[0].value is None:
        return None
    return Located(path, scope, values[0].value)


def is_settled(function: Function, name: str) -> bool:
    """Tell whether a name of a function is a parameter or a variable that is assigned once, and never changed."""
    times = sum(param.name == name for param in function.params)
    for stmt in statements(function.body):
        match stmt:
            case Assign(targets=targets):
                times += sum(_binds(target, name) for target in targets)
            case For(target=target):
                times += 2 * _binds(target, name)
            case With(items=entered):
                times += sum(item.target is not None and _binds(item.target, name) for item in entered)
    return times == 1 and not any(f"{name}.{method}" in function.calls for method in MUTATORS)


def _binds(target: Expr, name: str) -> bool:
    """Whether a name is assigned, or something of it."""
    return any(isinstance(part, Ref) and part.name.partition(".")[0] == name for part in subexpressions(target))


def strings(project: Project, located: Located | None) -> tuple[str, ...] | None:
    """Return the string, or the list of strings, that an expression stands for.

    ('',) where it is absent, None or empty; None where unknown.
    """
    if located is None:
        return ("",)
    single = string(project, located)
    if single is not None:
        return (single,)
    found = items(project, located)
    texts = [string(project, item) for item in found.items]
    if not found.known or None in texts:
        return None
    return tuple(text for text in texts if text is not None) or ("",)


def string(project: Project, located: Located, depth: int = 0) -> str | None:
    """Return the text of a constant string expression.

    Names and concatenations are followed, None where it is not known.
    """
    match located.expr:
        case Const(value=str(text)):
            return text
        case Op(op="+" | "f", operands=operands):
            return _joined(project, located, operands, depth)
        case Ref(name=name) if depth < 8:
            http = project.resolve(located.path, name, located.scope)
            if isinstance(http, External) and http.name.startswith(
                ("litestar.HttpMethod.", "litestar.enums.HttpMethod.")
            ):
                return http.name.rpartition(".")[2]
            target = value_of(project, located)
            return string(project, target, depth + 1) if target is not None else None
    return None


def _joined(project: Project, located: Located, operands: tuple[Expr, ...], depth: int) -> str | None:
    parts = [string(project, Located(located.path, located.scope, operand), depth + 1) for operand in operands]
    return None if None in parts else "".join(part for part in parts if part is not None)
