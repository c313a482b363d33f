"""Module-level objects that functions change, and whether Litestar runs these functions for requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from litestar_fix.model.annotations import name_of_type
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Attribute,
    Await,
    Call,
    Const,
    Dict,
    Expr,
    Function,
    If,
    Lambda,
    Op,
    Plain,
    Ref,
    Seq,
    Span,
    Stmt,
    Sub,
    With,
)
from litestar_fix.model.made_calls import MadeCalls
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.served import all_served
from litestar_fix.model.symbols import External, Local, Located, ModuleRef
from litestar_fix.model.walk import expressions, own_expressions, statements, subexpressions

_CHANGES = frozenset(
    [
        *["add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem"],
        *["popleft", "remove", "reverse", "rotate", "setdefault", "sort", "subtract", "update"],
    ]
)
_CONTAINERS = frozenset(
    [
        *["bytearray", "dict", "list", "set"],
        *[f"collections.{name}" for name in ("ChainMap", "Counter", "OrderedDict", "defaultdict", "deque")],
    ]
)
#: Objects that are made to be shared and changed, or that are no state of the application.
_SHARED = ("litestar.", "logging.", "contextvars.", "sqlalchemy.", "asyncio.", "threading.", "structlog.")
_CLASS = "typing.Type"
_FINAL = frozenset({"typing.Final", "typing_extensions.Final"})
#: What belongs to a class as its methods do, where it is found by the class.
_CALLABLES = frozenset({"collections.abc.Callable", "typing.Callable"})
#: Classes, modules, and what a request waits for in its own process.
_OF_PROCESS = frozenset(
    [_CLASS, "types.ModuleType"]
    + [
        f"{module}.{name}"
        for module in ("anyio", "asyncio", "threading")
        for name in ("BoundedSemaphore", "CapacityLimiter", "Condition", "Lock", "RLock", "Semaphore")
    ]
)
#: What a test calls is called for no request.
_TESTS = frozenset({Role.TEST})
_GLOBAL = "global"
_DONE = "add_done_callback"
_FORGETTING = frozenset({"discard", "remove"})
#: Whatever its class is: what it counts and keeps is for its log.
_LOGGER = regex(r"(?:\w*_)?logger", re.IGNORECASE)
_LOCK = regex(r"lock|semaphore|mutex", re.IGNORECASE)


class Change(msgspec.Struct, frozen=True):
    """A place where a function changes a module-level object."""

    function: Local
    span: Span


class GlobalState(msgspec.Struct, frozen=True):
    """A module-level object that is changed while requests are served, and where."""

    symbol: Local
    attribute: Attribute
    changes: tuple[Change, ...]


def global_states(project: Project) -> Iterator[GlobalState]:
    """Yield the module-level objects of an application that functions change for requests, in file order."""
    names = frozenset(_changeable(project)) | {_GLOBAL}
    paths = {path for name in project.words.aliases(names) for path in project.words.readers(name)}
    found: dict[Local, list[Change]] = {}
    kept: set[Local | None] = set()
    for path in sorted(path for path in paths if project.role(path) is Role.APPLICATION):
        known = names | {item.local for item in project.modules[path].imports if item.name in names}
        for function in project.modules[path].functions:
            if not known.isdisjoint(function.names_text.replace(".", " ").split()):
                for symbol, span in _changed(project, path, function):
                    found.setdefault(symbol, []).append(Change(Local(path, function.qualname), span))
                if _DONE in function.calls_text or _DONE in function.attributes_text:
                    kept |= {_state(project, path, function, name) for name in _forgotten_when_done(function)}
    serving = _Serving(project)
    for symbol in sorted(found.keys() - kept, key=lambda item: (item.path, item.qualname)):
        attribute = project.table(symbol.path).assignments[symbol.qualname][0]
        if project.role(symbol.path) is not Role.APPLICATION or _LOGGER.fullmatch(symbol.qualname):
            continue
        if _is_of_process(project, symbol.path, attribute):
            continue
        changes = tuple(change for change in found[symbol] if serving.serves(change.function))
        if changes:
            yield GlobalState(symbol, attribute, changes)


def _changeable(project: Project) -> Iterator[str]:
    """The module-level names of an application whose objects can be changed."""
    for module in project.modules.values():
        if project.role(module.path) is Role.APPLICATION:
            yield from (item.name for item in module.assignments if _is_changeable(project, module.path, item.value))


def _is_of_process(project: Project, path: str, attribute: Attribute) -> bool:
    """Whether an object holds by name what no store can: locks, or classes and modules, the same in each process."""
    annotation = attribute.annotation
    if isinstance(annotation, Sub) and name_of_type(project, Located(path, "", annotation.value)) in _FINAL:
        annotation = annotation.index
    key: Expr | None = None
    match annotation, attribute.value:
        case Sub(index=Seq(items=(key, held))), _:
            pass
        case Sub(value=Ref(name="set"), index=held), _:
            pass
        case None, Call(args=(Ref() as held,)):
            pass
        case _:
            return False
    kinds = {_kind(project, path, item) for item in (held.operands if isinstance(held, Op) else (held,))} - {"None"}
    of_class = key is not None and _kind(project, path, key) == _CLASS
    return bool(kinds) and kinds <= (_OF_PROCESS | _CALLABLES if of_class else _OF_PROCESS)


def _kind(project: Project, path: str, expr: Expr) -> str:
    """The canonical name of a type as it is written, its parameters left out; '' for one of the project."""
    match expr:
        case Const(value=None):
            return "None"
        case Ref(name="type") | Sub(value=Ref(name="type")):
            return _CLASS
        case Sub(value=value):
            return name_of_type(project, Located(path, "", value))
    return name_of_type(project, Located(path, "", expr))


class _Serving:
    """Whether a function runs for requests: it does, or something that does calls it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._calls = MadeCalls(project)

    @cached_property
    def _roots(self) -> frozenset[Local]:
        return frozenset(all_served(self.project))

    def serves(self, function: Local) -> bool:
        seen: set[Local] = set()
        todo = [function]
        while todo:
            current = todo.pop()
            if current in self._roots:
                return True
            if current not in seen:
                seen.add(current)
                todo += [made.caller for made in self._calls.of(current, _TESTS)]
        return False


# -------------------------------------------------------------------------------------------------------------- changes
def _changed(project: Project, path: str, function: Function) -> Iterator[tuple[Local, Span]]:
    body = [*statements(function.body)]
    rebound = frozenset(
        name for stmt in body if isinstance(stmt, Plain) and stmt.kind == _GLOBAL for name in stmt.names
    )
    lazy = made_when_missing(body)
    locked = {inner.span for stmt in body if _takes_lock(stmt) for inner in statements((stmt,))}
    for stmt in body:
        if stmt.span not in locked:
            for name, is_rebound in _targets(stmt, rebound):
                symbol = _state(project, path, function, name)
                if is_rebound and name in lazy:
                    continue
                if symbol is not None and _counts(project, symbol, stmt, is_rebound=is_rebound):
                    yield symbol, stmt.span


def made_when_missing(body: Sequence[Stmt]) -> frozenset[str]:
    """The names that a function asks for before it sets them: without an ``await`` nobody comes between."""
    exprs = [expr for stmt in body for root in own_expressions(stmt) for expr in subexpressions(root)]
    if any(isinstance(expr, Await) for expr in exprs):
        return frozenset()
    tests = [stmt.test for stmt in body if isinstance(stmt, If)]
    return frozenset(expr.name for test in tests for expr in subexpressions(test) if isinstance(expr, Ref))


def _takes_lock(stmt: Stmt) -> bool:
    if not isinstance(stmt, With):
        return False
    read = (expr for item in stmt.items for expr in subexpressions(item.context) if isinstance(expr, Ref))
    return any(_LOCK.search(expr.name) for expr in read)


def _targets(stmt: Stmt, rebound: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Yield the names whose objects a statement changes, and whether it gives the name itself another object."""
    written: tuple[Expr, ...] = ()
    match stmt:
        case Assign(targets=targets, value=value) if value is not None:
            written = targets
        case Plain(kind="del", operands=operands):
            written = operands
    for target in written:
        for inner in target.items if isinstance(target, Seq) else (target,):
            if isinstance(inner, Ref) and inner.name in rebound:
                yield inner.name, True
            elif isinstance(inner, Ref) and "." in inner.name:
                yield inner.name.rpartition(".")[0], False
            elif isinstance(inner, Sub):
                yield from ((name, False) for name in _subscripted(inner))
    for root in own_expressions(stmt):
        for expr in subexpressions(root):
            if isinstance(expr, Call) and expr.callee.rpartition(".")[2] in _CHANGES:
                yield expr.callee.rpartition(".")[0], False


def _forgotten_when_done(function: Function) -> Iterator[str]:
    """The names of sets that tasks leave when they are done: asyncio itself keeps none of them alive.

    Source: https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task
    """
    for expr in expressions(function.body):
        match expr:
            case Call(func=Ref() | Attr() as func, args=(given, *_)) if _last(func) == _DONE:
                way = given.body.func if isinstance(given, Lambda) and isinstance(given.body, Call) else given
                if isinstance(way, Ref) and _last(way) in _FORGETTING:
                    yield way.name.rpartition(".")[0]


def _last(expr: Ref | Attr) -> str:
    return expr.name.rpartition(".")[2] if isinstance(expr, Ref) else expr.attr


def _subscripted(target: Sub) -> Iterator[str]:
    value: Expr = target
    while isinstance(value, Sub):
        value = value.value
    if isinstance(value, Ref):
        yield value.name


def _state(project: Project, path: str, function: Function, name: str) -> Local | None:
    """The module-level name that an expression begins with: ``state.WAITING`` is one of another module."""
    parts = name.split(".") if name else []
    for end in range(1, len(parts) + 1):
        match project.resolve(path, ".".join(parts[:end]), function.qualname):
            case ModuleRef():
                continue
            case Local() as symbol if symbol.qualname in project.table(symbol.path).assignments:
                return symbol
        return None
    return None


def _counts(project: Project, symbol: Local, stmt: Stmt, *, is_rebound: bool) -> bool:
    """Whether an object is one that changes: a container, or an instance of a class of the project."""
    if is_rebound:
        return not (isinstance(stmt, Assign) and _is_shared(project, symbol.path, stmt.value))
    definitions = project.table(symbol.path).assignments[symbol.qualname]
    return any(_is_changeable(project, symbol.path, item.value) for item in definitions)


def _is_shared(project: Project, path: str, value: Expr | None) -> bool:
    return isinstance(value, Call) and project.external(path, value).startswith(_SHARED)


def _is_changeable(project: Project, path: str, value: Expr | None) -> bool:
    match value:
        case Dict() | Seq(kind="list" | "set"):
            return True
        case Op(op=op):
            return op.startswith(("[", "{"))
        case Call():
            symbol = project.resolve_expr(Located(path, "", value.func))
            if isinstance(symbol, Local):
                return project.class_(symbol) is not None
            return (symbol.name if isinstance(symbol, External) else value.callee) in _CONTAINERS
    return False
