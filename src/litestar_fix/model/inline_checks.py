"""Handlers that decide themselves whom they serve: a condition on the client, and 401 or 403.

Looked for are statements that run in any case, and conditions on nothing but the client: what is asked of an object
that the handler has loaded is the handler's own business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

import msgspec

from litestar_fix.model.client_reads import CLIENT, ClientRead, client_reads, is_guarded
from litestar_fix.model.denials import denied_with
from litestar_fix.model.evaluate import is_settled
from litestar_fix.model.facts import (
    Assign,
    Await,
    Call,
    Do,
    Expr,
    For,
    Function,
    If,
    Lambda,
    Op,
    Raise,
    Ref,
    Return,
    Span,
    Stmt,
    Try,
    With,
)
from litestar_fix.model.layers import Handler
from litestar_fix.model.names import RESERVED_KWARGS
from litestar_fix.model.project import Project
from litestar_fix.model.providers import target_function
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import expressions, own_expressions, statements, subexpressions

REQUEST = "request"
#: Words of the routes by which clients become users, or others.
_LOGIN = frozenset(
    [
        *["login", "logout", "signin", "signout", "signup", "logon", "register", "registration", "oauth", "callback"],
        *["mfa", "otp", "totp", "2fa", "refresh", "impersonate"],
    ]
)
_NEW_SESSION = frozenset({f"{REQUEST}.set_session", f"{REQUEST}.clear_session"})


class Denial(msgspec.Struct, frozen=True):
    """A statement that denies some clients.

    Args:
        stmt: the statement.
        span: what decides: the condition, or the call of the function that has it.
        reads: what is asked of the client.
        status: 401 or 403.
        by: the function that is called for it, as written; '' where the handler does it itself.
    """

    stmt: Stmt
    span: Span
    reads: tuple[ClientRead, ...]
    status: int
    by: str = ""


class InlineCheck(msgspec.Struct, frozen=True):
    """Denials of one handler, one directly after the other.

    Args:
        handler: the handler.
        denials: at least one.
        is_first: whether nothing comes before them.
    """

    handler: Handler
    denials: tuple[Denial, ...]
    is_first: bool

    @property
    def symbol(self) -> Local:
        """The function."""
        return self.handler.symbol

    @property
    def statements(self) -> tuple[If, ...]:
        """The conditions of the handler itself."""
        return tuple(denial.stmt for denial in self.denials if isinstance(denial.stmt, If))


def inline_checks(project: Project) -> Iterator[InlineCheck]:
    """Yield the checks of handlers that no guard makes, too; not those of tests, nor those of routes for logging in."""
    users = _users(project)
    for handler in project.layers.every_handler():
        if not handler.is_http or project.role(handler.path) is Role.TEST or not _may_deny(handler.function):
            continue
        checks = list(_of_handler(project, handler, _injected(project, handler, users)))
        if checks and not _is_login(project, handler):
            yield from checks


def _may_deny(function: Function) -> bool:
    """Whether a function hands its request on, or raises under some condition: most do neither."""
    if REQUEST in function.given_text.split():
        return True
    return any(_conditions(function))


def _conditions(function: Function) -> Iterator[If]:
    """Yield the statements of a function that raise under some condition."""
    for stmt in statements(function.body):
        if isinstance(stmt, If) and isinstance(stmt.body[-1], Raise):
            yield stmt


def _users(project: Project) -> Mapping[Local, str]:
    """The providers of the project that do nothing but ask the connection for its user, and what they return."""
    found = {}
    for path in project.words.readers("user"):
        for function in project.modules[path].functions:
            if ".user" not in function.names_text or len(function.body) != 1:
                continue
            match function.body[0]:
                case Return(value=Ref(name=name)) if name.partition(".")[2] in CLIENT:
                    if any(param.name == name.partition(".")[0] for param in function.params):
                        found[Local(path, function.qualname)] = name.partition(".")[2]
    return found


def _injected(project: Project, handler: Handler, users: Mapping[Local, str]) -> dict[str, str]:
    """The parameters of a handler that are the user, by what they stand for."""
    tests = [expr for stmt in _conditions(handler.function) for expr in subexpressions(stmt.test)]
    read = {expr.name.partition(".")[0] for expr in tests if isinstance(expr, Ref) and "." in expr.name}
    asked = [param.name for param in handler.function.params if param.name in read - RESERVED_KWARGS - {"self"}]
    if not users or not asked:
        return {}
    provided = project.layers.served(handler)[0].dependencies()
    targets = ((name, target_function(provided[name])) for name in asked if name in provided)
    return {name: users[target] for name, target in targets if target is not None and target in users}


def _is_login(project: Project, handler: Handler) -> bool:
    """Whether a handler is where clients log in or out: what its session holds is not what it protects."""
    paths = [path for route in project.layers.served(handler) for path in route.paths or handler.paths or ()]
    words = re.findall(r"[a-z0-9]+", " ".join([handler.function.name, *paths]).lower())
    pairs = {"".join(words[at : at + 2]) for at in range(len(words))}
    return not _LOGIN.isdisjoint({*words, *pairs}) or not _NEW_SESSION.isdisjoint(handler.function.names)


def _of_handler(project: Project, handler: Handler, injected: Mapping[str, str]) -> Iterator[InlineCheck]:
    body = handler.function.body
    found = _denials(project, handler.symbol, handler.function, {REQUEST: "", **injected}, may_call=True)
    unguarded = [denial for denial in found if not _is_guarded(project, handler, denial)]
    first = _leading(body, unguarded)
    if first:
        yield InlineCheck(handler, first, True)
    for denial in unguarded[len(first) :]:
        yield InlineCheck(handler, (denial,), False)


def _is_guarded(project: Project, handler: Handler, denial: Denial) -> bool:
    return all(is_guarded(project, route, denial.reads) for route in project.layers.served(handler))


def _leading(body: Sequence[Stmt], denials: Sequence[Denial]) -> tuple[Denial, ...]:
    """The denials with which a body begins."""
    pairs = zip(body, denials, strict=False)
    return tuple(denial for _, denial in takewhile(lambda pair: pair[0] is pair[1].stmt and not pair[1].by, pairs))


def _certain(body: Sequence[Stmt]) -> Iterator[Stmt]:
    """The statements that run for every request, up to the first that may answer."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, With | Try):
            yield from _certain(stmt.body)
        if any(isinstance(inner, Return) for inner in statements((stmt,))):
            return


def _denials(
    project: Project, symbol: Local, function: Function, meaning: Mapping[str, str], *, may_call: bool = False
) -> Iterator[Denial]:
    """Yield the denials of a function, and those of functions that it calls with its request."""
    reader = _Reader(function, meaning)
    for stmt in _certain(function.body):
        match stmt:
            case If(test=test):
                reads = reader.asked(test)
                status = denied_with(project, symbol, stmt.body[-1]) if reads else None
                if status is not None:
                    yield Denial(stmt, test.span, reads, status)
            case Do(value=value) | Assign(value=value) if may_call and value is not None:
                yield from _called(project, symbol, stmt, value.value if isinstance(value, Await) else value)


def _called(project: Project, symbol: Local, stmt: Stmt, call: Expr) -> Iterator[Denial]:
    """Yield what a function of the project denies that is called with the request."""
    if not isinstance(call, Call) or not call.callee:
        return
    target = project.callgraph.target(symbol, call.callee)
    function = project.function(target)
    if function is None or not isinstance(target, Local) or target in project.layers.handlers:
        return
    param = _given(function, call)
    found = next(_denials(project, target, function, {param: ""}), None) if param else None
    if found is not None:
        yield Denial(stmt, call.span, found.reads, found.status, call.callee)


def _given(function: Function, call: Call) -> str:
    """The parameter that is the request in a call, '' where there is none."""
    names = [param.name for param in function.params if param.name not in ("self", "cls")]
    given = [*zip(names, call.args, strict=False), *[(keyword.name, keyword.value) for keyword in call.keywords]]
    return next((name for name, value in given if name and isinstance(value, Ref) and value.name == REQUEST), "")


class _Reader:
    """Reads conditions of one function.

    Args:
        function: the function.
        meaning: the parameters that are the connection, or something of the client.
    """

    def __init__(self, function: Function, meaning: Mapping[str, str]) -> None:
        self.function = function
        self.meaning = {**meaning}
        self.own = frozenset(param.name for param in function.params if param.name == "self")
        for stmt in statements(function.body):
            match stmt:
                case Assign(targets=(Ref(name=name),), value=value, op="=") if value is not None:
                    reads = self.asked(value)
                    if len(reads) == 1 and reads[0].expr is value and is_settled(function, name):
                        self.meaning[name] = reads[0].what

    def asked(self, test: Expr) -> tuple[ClientRead, ...]:
        """Return what a condition asks of the client; nothing where it depends on anything else of the request."""
        known = self.meaning.keys() | self.own | bound_in(test)
        names = {expr.name.partition(".")[0] for expr in subexpressions(test) if isinstance(expr, Ref)}
        others = names.intersection(self.function.bound) - known
        return tuple(client_reads(test, self.meaning)) if not others else ()


def bound_in(*roots: Expr) -> frozenset[str]:
    """The names that expressions bind themselves: loops of comprehensions, ``:=`` and lambdas."""
    found: set[str] = set()
    for root in roots:
        for expr in subexpressions(root):
            match expr:
                case Op(op="for" | "async for" | ":=", operands=(target, *_)):
                    found.update(item.name for item in subexpressions(target) if isinstance(item, Ref))
                case Lambda(params=params):
                    found.update(params)
    return frozenset(found)


def bound_by(body: Sequence[Stmt]) -> frozenset[str]:
    """The names that statements bind, those of their expressions included."""
    found: set[str] = set(bound_in(*[root for stmt in statements(body) for root in own_expressions(stmt)]))
    for stmt in statements(body):
        targets: list[Expr] = []
        match stmt:
            case Assign():
                targets = [*stmt.targets]
            case For(target=target):
                targets = [target]
            case With(items=items):
                targets = [item.target for item in items if item.target is not None]
            case Try(handlers=handlers):
                found.update(clause.name for clause in handlers if clause.name)
        found.update(expr.name for target in targets for expr in subexpressions(target) if isinstance(expr, Ref))
    return frozenset(found)


def names_in(body: Sequence[Stmt]) -> frozenset[str]:
    """The plain names that the expressions of statements begin with."""
    return frozenset(expr.name.partition(".")[0] for expr in expressions(body) if isinstance(expr, Ref))
