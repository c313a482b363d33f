"""What functions do with Litestar's channels.

Source: ``litestar/channels/plugin.py`` and ``litestar/channels/subscriber.py``, Litestar 2.25.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.facts import Assign, Await, Call, Do, Expr, Function, Ref, Span, Stmt, Try, With
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import blocks, expressions, own_expressions, shape, statements, subexpressions

PLUGINS = frozenset({"litestar.channels.ChannelsPlugin", "litestar.channels.plugin.ChannelsPlugin"})
_SUBSCRIBERS = frozenset({"litestar.channels.Subscriber", "litestar.channels.subscriber.Subscriber"})
_SUBSCRIBE, _UNSUBSCRIBE, _START = "subscribe", "unsubscribe", "start_subscription"


def is_plugin(project: Project, caller: Local, receiver: str, method: str) -> bool:
    """Whether a name in a function is a channels plugin whose method is that of Litestar.

    Args:
        project: what it belongs to.
        caller: the function.
        receiver: a dotted name that it reads.
        method: the method that is called on it.
    """
    match project.callgraph.type_of(caller, receiver) if receiver else None:
        case External(name=name):
            return name in PLUGINS
        case Local() as class_:
            ancestry = project.ancestry(class_)
            is_own = project.member(class_, method) is not None or not ancestry.known
            return not is_own and not PLUGINS.isdisjoint(ancestry.externals)
    return False


def is_subscriber(project: Project, caller: Local, function: Function, name: str) -> bool:
    """Whether a variable of a function is a subscriber that a channels plugin gave.

    Args:
        project: what it belongs to.
        caller: the function.
        function: its facts.
        name: the variable.
    """
    given: list[Expr] = []
    for stmt in statements(function.body):
        match stmt:
            case Assign(targets=(Ref(name=target),), value=Await(value=Call() as call)) if target == name:
                given.append(call)
            case With(items=items):
                given += [item.context for item in items if _is(item.target, name)]
    match given:
        case [Call(callee=callee)]:
            receiver, _, method = callee.rpartition(".")
            return method in (_SUBSCRIBE, _START) and is_plugin(project, caller, receiver, method)
    match project.callgraph.type_of(caller, name) if not given else None:
        case External(name=class_):
            return class_ in _SUBSCRIBERS
    return False


class Subscription(msgspec.Struct, frozen=True):
    """A subscription that nothing ends in any case.

    Args:
        path: its file.
        function: where it is made.
        call: the call of ``subscribe``.
        name: the variable of the subscriber, '' where it has none.
        ended: whether the function unsubscribes at all.
        run: the statements from the one that subscribes to the one that unsubscribes in the same block, as one span;
            None where there is no such block, or where more happens than that.
    """

    path: str
    function: Function
    call: Call
    name: str
    ended: bool
    run: Span | None

    @property
    def receiver(self) -> str:
        """The plugin, as written."""
        return self.call.callee.rpartition(".")[0]


def subscriptions(project: Project) -> Iterator[Subscription]:
    """Yield the subscriptions that are not known to end, and are kept nowhere else; those of tests are left out."""
    for path in project.words.readers(_SUBSCRIBE):
        if project.role(path) is Role.TEST:
            continue
        for function in project.modules[path].functions:
            if function.is_async and any(name.endswith(f".{_SUBSCRIBE}") for name in function.calls):
                yield from _in_function(project, path, function)


def _in_function(project: Project, path: str, function: Function) -> Iterator[Subscription]:
    caller = Local(path, function.qualname)
    for block in _blocks(function.body):
        for index, stmt in enumerate(block):
            call, name = _subscribing(stmt)
            if call is None or not is_plugin(project, caller, call.callee.rpartition(".")[0], _SUBSCRIBE):
                continue
            if name and _is_kept(function, name):
                continue
            ends = [found for found in statements(function.body) if name and _ends(found, name)]
            yield Subscription(path, function, call, name, bool(ends), _run(function, block, index, call, name, ends))


def _blocks(body: tuple[Stmt, ...]) -> Iterator[tuple[Stmt, ...]]:
    yield body
    for stmt in statements(body):
        yield from blocks(stmt)


def _subscribing(stmt: Stmt) -> tuple[Call | None, str]:
    match stmt:
        case Assign(targets=(Ref(name=name),), value=Await(value=Call() as call), op="=") if "." not in name:
            pass
        case Do(value=Await(value=Call() as call)):
            name = ""
        case _:
            return None, ""
    return (call, name) if call.callee.endswith(f".{_SUBSCRIBE}") else (None, "")


def _ends(stmt: Stmt, name: str) -> bool:
    match stmt:
        case Do(value=Await(value=Call(args=(Ref(name=given), *_)) as call)):
            return given == name and call.callee.endswith(f".{_UNSUBSCRIBE}")
    return False


def _is_kept(function: Function, name: str) -> bool:
    """Whether a subscriber is unsubscribed in any case, or handed to something that may do that."""
    for stmt in statements(function.body):
        if isinstance(stmt, Try) and any(_ends(inner, name) for inner in statements(stmt.final)):
            return True
        if _ends(stmt, name):
            continue
        if isinstance(stmt, Assign) and _is(stmt.value, name):
            return True
    handed = (item for expr in expressions(function.body) for item in _handed(expr))
    return any(_is(item, name) for item in handed)


def _handed(expr: Expr) -> tuple[Expr, ...]:
    match expr:
        case Call(callee=callee, args=args, keywords=keywords) if not callee.endswith(f".{_UNSUBSCRIBE}"):
            return (*args, *[keyword.value for keyword in keywords])
    return ()


def _is(expr: Expr | None, name: str) -> bool:
    return isinstance(expr, Ref) and expr.name == name


def _run(
    function: Function, block: tuple[Stmt, ...], index: int, call: Call, name: str, ends: list[Stmt]
) -> Span | None:
    later = [at for at, stmt in enumerate(block) if at > index + 1 and stmt in ends]
    if len(ends) != 1 or not later or call.has_unpacking:
        return None
    end = block[later[0]]
    if not _is_opposite(call, end):
        return None
    first, last = block[index].span, end.span
    run = Span(first.line, first.column, last.end_line, last.end_column)
    start, stop = (first.line, first.column), (last.end_line, last.end_column)
    reads = [item for item in expressions(function.body) if isinstance(item, Ref) and item.name.split(".")[0] == name]
    return run if all(start <= (item.span.line, item.span.column) < stop for item in reads) else None


def _is_opposite(call: Call, end: Stmt) -> bool:
    """Whether a statement unsubscribes from all that a call subscribed to, on the same plugin."""
    for expr in (item for root in own_expressions(end) for item in subexpressions(root)):
        match expr:
            case Call(callee=callee, args=(_, *rest), keywords=()) if callee.endswith(f".{_UNSUBSCRIBE}"):
                same = callee.rpartition(".")[0] == call.callee.rpartition(".")[0]
                return same and list(map(shape, rest)) in ([], list(map(shape, call.args[:1])))
    return False
