"""Handlers that keep what they compute in a dict of their module or in Redis, and look there first.

Told by three things about one key: it is looked up; a return, or the computation, depends on what was found; what is
filled in comes from a call. A value made of the one that was found is a counter, a constant one is a switch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from litestar_fix.model.facts import Assign, Await, Call, Dict, Do, Expr, If, Op, Ref, Return, Span, Sub, Try
from litestar_fix.model.handlers import Handler
from litestar_fix.model.libraries import library_name
from litestar_fix.model.nesting import Level, levels
from litestar_fix.model.private_reads import private_reads
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import own_expressions, shape, statements, subexpressions

_GET = frozenset({"GET", "HEAD"})
_REDIS = frozenset(f"redis{part}.{name}" for part in ("", ".asyncio") for name in ("Redis", "StrictRedis"))
_CACHES = ("cachetools.",)
_FILLS = {"set": 1, "setex": 2}


class Place(StrEnum):
    """Where something is kept."""

    MODULE = "a dict of the module"
    REDIS = "Redis"


class KeptAnswer(msgspec.Struct, frozen=True):
    """What a handler keeps.

    Args:
        name: what it keeps it in, as written.
        place: what that is.
        looked_up: where it looks first.
        filled: where it fills it.
        is_private: whether the answer may depend on who asks.
    """

    name: str
    place: Place
    looked_up: Span
    filled: Span
    is_private: bool


class _Entry(msgspec.Struct, frozen=True):
    """One use of a key: what it belongs to, and the variable or value."""

    owner: str
    key: object
    span: Span
    variable: str = ""
    value: Expr | None = None
    levels: tuple[Level, ...] = ()


def kept_answer(project: Project, handler: Handler) -> KeptAnswer | None:
    """Return what a handler of GET requests keeps of its answers, None where it keeps none."""
    if not handler.is_http or handler.methods is None or not _GET.issuperset(handler.methods):
        return None
    places = {name: place for name in _owners(handler) if (place := _place(project, handler, name)) is not None}
    if not places:
        return None
    stmts = tuple(levels(handler.function.body))
    lookups = [item for here in stmts for item in _lookups(here) if item.owner in places]
    for fill in (item for here in stmts for item in _fills(here) if item.owner in places):
        for lookup in lookups:
            if (lookup.owner, lookup.key) != (fill.owner, fill.key) or not lookup.span < fill.span:
                continue
            if _depends(stmts, lookup, fill) and _is_computed(project, handler, fill, lookup):
                return KeptAnswer(fill.owner, places[fill.owner], lookup.span, fill.span, _is_private(project, handler))
    return None


def _owners(handler: Handler) -> Iterator[str]:
    """The names that the function both looks into and fills."""
    function = handler.function
    for name in function.names:
        owner, _, method = name.rpartition(".")
        if method in _FILLS and owner:
            yield owner
        yield name


def _place(project: Project, handler: Handler, name: str) -> Place | None:
    class_ = project.callgraph.type_of(handler.symbol, name)
    if isinstance(class_, External) and library_name(class_.name) in _REDIS:
        return Place.REDIS
    if name.partition(".")[0] in handler.function.bound:
        return None
    symbol = project.resolve(handler.path, name, handler.function.qualname)
    attribute = project.assignment(symbol)
    if attribute is None or not isinstance(symbol, Local):
        return None
    match attribute.value:
        case Dict(keys=()):
            return Place.MODULE
        case Call(callee="dict", args=(), keywords=()):
            return Place.MODULE
        case Call() as call if project.external(symbol.path, call).startswith(_CACHES):
            return Place.MODULE
    return None


# ------------------------------------------------------------------------------------------------------------- entries
def _lookups(here: tuple[Level, ...]) -> Iterator[_Entry]:
    stmt = here[0].stmt
    match stmt:
        case Assign(targets=(Ref(name=variable),), value=value) if value is not None:
            yield from (_named(item, variable) for item in _looked_up(value))
            return
    targets = stmt.targets if isinstance(stmt, Assign) else ()
    for root in own_expressions(stmt):
        if any(root is target for target in targets):
            continue
        for expr in subexpressions(root):
            match expr:
                case Op(op=":=", operands=(Ref(name=variable), value)):
                    yield from (_named(item, variable) for item in _looked_up(value))
                case Op(op="in" | "not in", operands=(key, Ref(name=owner))):
                    yield _Entry(owner, shape(key), expr.span)
                case _:
                    yield from _looked_up(expr)


def _named(entry: _Entry, variable: str) -> _Entry:
    return msgspec.structs.replace(entry, variable=variable)


def _looked_up(value: Expr) -> Iterator[_Entry]:
    match value:
        case Await(value=inner):
            yield from _looked_up(inner)
        case Call(func=Ref(name=name), args=(key, *_)) if name.endswith(".get"):
            yield _Entry(name.removesuffix(".get"), shape(key), value.span)
        case Sub(value=Ref(name=owner), index=key):
            yield _Entry(owner, shape(key), value.span)


def _fills(here: tuple[Level, ...]) -> Iterator[_Entry]:
    match here[0].stmt:
        case Assign(targets=targets, value=value, op="="):
            for target in targets:
                match target:
                    case Sub(value=Ref(name=owner), index=key):
                        yield _Entry(owner, shape(key), target.span, value=value, levels=here)
        case Do(value=Call() as call) | Do(value=Await(value=Call() as call)):
            owner, _, method = call.callee.rpartition(".")
            at = _FILLS.get(method)
            if at is not None and call.args:
                value = call.args[at] if len(call.args) > at else call.keyword("value")
                yield _Entry(owner, shape(call.args[0]), call.span, value=value, levels=here)


# ------------------------------------------------------------------------------------------------------------ relation
def _depends(stmts: Iterable[tuple[Level, ...]], lookup: _Entry, fill: _Entry) -> bool:
    """Whether what was found is returned early, or the value is only filled in where nothing was found."""
    for here in stmts:
        match here[0].stmt:
            case Return(value=value) if value is not None and _mentions(value, lookup) and not fill.span < value.span:
                if any(isinstance(level.stmt, If | Try) for level in here[1:]):
                    return True
    tests = [level.stmt.test for level in fill.levels[1:] if isinstance(level.stmt, If)]
    returned = [here[0].stmt.value for here in stmts if isinstance(here[0].stmt, Return)]
    return any(_asks(test, lookup) for test in tests) and any(
        value is not None and _mentions(value, lookup) for value in returned
    )


def _asks(test: Expr, lookup: _Entry) -> bool:
    return test.span.contains(lookup.span) or _mentions(test, lookup)


def _mentions(value: Expr, lookup: _Entry) -> bool:
    """Whether an expression holds what was found: its variable, or the same lookup."""
    for expr in subexpressions(value):
        if isinstance(expr, Ref) and lookup.variable and expr.name.partition(".")[0] == lookup.variable:
            return True
        if any((item.owner, item.key) == (lookup.owner, lookup.key) for item in _looked_up(expr)):
            return True
    return False


def _is_computed(project: Project, handler: Handler, fill: _Entry, lookup: _Entry) -> bool:
    """Whether a value comes from a call, and not from what was found before."""
    if fill.value is None:
        return False
    assigned = [*_assigned(handler, fill)]
    is_new = any(name == lookup.variable for name, _ in assigned)
    made = [value for _, value in assigned]
    if any(_mentions(value, lookup) for value in (made if is_new else [fill.value, *made])):
        return False
    return any(_computes(project, handler, expr) for value in (fill.value, *made) for expr in subexpressions(value))


def _assigned(handler: Handler, fill: _Entry) -> Iterator[tuple[str, Expr]]:
    """What the variables are set to of which the value is made, but for what was looked up."""
    parts = subexpressions(fill.value) if fill.value is not None else ()
    names = {expr.name.partition(".")[0] for expr in parts if isinstance(expr, Ref)}
    for stmt in statements(handler.function.body):
        if not isinstance(stmt, Assign) or stmt.value is None or fill.span < stmt.span:
            continue
        if any(item.owner == fill.owner for item in _looked_up(stmt.value)):
            continue
        for target in stmt.targets:
            if isinstance(target, Ref) and target.name in names:
                yield target.name, stmt.value


def _computes(project: Project, handler: Handler, expr: Expr) -> bool:
    match expr:
        case Await():
            return True
        case Op(op=op):
            return op.endswith(("for]", "for}", "for)"))
        case Call(callee=name) if name:
            found = project.resolve(handler.path, name, handler.function.qualname)
            is_class = isinstance(found, Local) and project.class_(found) is not None
            is_class = is_class or (isinstance(found, External) and found.name.rpartition(".")[2][:1].isupper())
            return not is_class and not (isinstance(found, External) and found.name.startswith(("time.", "datetime.")))
    return False


def _is_private(project: Project, handler: Handler) -> bool:
    """Whether the response cache of Litestar, whose key is path and query, would mix up answers."""
    for route in project.layers.served(handler):
        if route.cumulative("guards").items or any(private_reads(project, route)):
            return True
    return False
