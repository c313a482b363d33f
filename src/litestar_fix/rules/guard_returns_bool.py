"""LSF706 guard-returns-bool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.annotations import held
from litestar_fix.model.callables import PARTIAL, callable_of
from litestar_fix.model.facts import (
    Await,
    Call,
    Const,
    Do,
    Expr,
    Function,
    If,
    Lambda,
    Op,
    Raise,
    Return,
    Span,
    Stmt,
    With,
)
from litestar_fix.model.guards import registered_guards, way_to_guard
from litestar_fix.model.layers import Layer
from litestar_fix.model.project import Project
from litestar_fix.model.reach import Reach
from litestar_fix.model.sites import other_use
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import statements

_BUILTINS = frozenset(["all", "any", "bool", "callable", "hasattr", "isinstance", "issubclass"])
_COMPARISONS = frozenset(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not", "not"])


class Verdicts(msgspec.Struct, frozen=True):
    """What the returns of a guard say.

    Args:
        path, scope: the guard.
        annotation: where its return type stands, None where there is none.
        denied: statements that return False.
        allowed: statements that return True.
        asked: statements that return anything else.
        ends: the statements after which the guard is over.
    """

    path: str
    scope: str
    annotation: Span | None
    denied: tuple[Span, ...]
    allowed: tuple[Span, ...]
    asked: tuple[Span, ...]
    ends: frozenset[Span]


class GuardReturnsBool(practice.PracticeRule):
    """A guard answers with True or False, which Litestar does not look at.

    ## Why

    A guard denies by raising. What it returns is thrown away: a guard that returns False lets the request in, and the
    route is open to everybody.

    ## When it is quiet

    Guards that raise, or call something that may: functions of the project that do, and whatever is called for its
    effect and not known. Guards that return nothing, or what is not known to be a bool. Predicates that no layer
    registers as a guard; tests.

    ## Fix safety

    Unsafe, on purpose: requests that were served are denied with 403. `return False` becomes a raise of
    `PermissionDeniedException`, `return True` a plain return, any other value is asked for its truth. Refused where the
    function is used as a predicate, too. A lambda has no fix.

    ## Source

    `HTTPRoute.handle` and `BaseRouteHandler.authorize_connection` in Litestar 2.25: `await guard(connection, handler)`.
    """

    code = "LSF706"
    name = "guard-returns-bool"
    severity = practice.Severity.CRITICAL
    applicability = practice.Applicability.UNSAFE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get
            from litestar.connection import ASGIConnection
            from litestar.exceptions import PermissionDeniedException
            from litestar.handlers import BaseRouteHandler

            def is_keeper(connection: ASGIConnection, _: BaseRouteHandler) -> None:
                if "x-keeper" not in connection.headers:
                    raise PermissionDeniedException

            @get("/hives", guards=[is_keeper])
            async def count_hives() -> int:
                return 3
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get
            from litestar.connection import ASGIConnection
            from litestar.handlers import BaseRouteHandler

            def is_keeper(connection: ASGIConnection, _: BaseRouteHandler) -> bool:
                return "x-keeper" in connection.headers

            @get("/hives", guards=[is_keeper])
            async def count_hives() -> int:
                return 3
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the guards, once each, and the lambdas."""
        reach = Reach(project)
        registered: dict[Local, list[tuple[Located, ...]]] = {}
        for layer, guard in registered_guards(project):
            way = way_to_guard(project, guard)
            known = callable_of(project, way[-1])
            if known is None:
                continue
            match known.text:
                case Located(path=path, scope=scope, expr=Lambda(body=body)):
                    if _is_bool(project, Located(path, scope, body)):
                        yield cls._lambda(layer, guard)
                case None if known.bodies:
                    registered.setdefault(known.bodies[0], []).append(way)
        for symbol, places in registered.items():
            function = project.function(symbol)
            if function is None or not _returns_bool(project, symbol, function):
                continue
            if not _may_raise(project, reach, symbol):
                yield cls._guard(project, symbol, function, places)

    @classmethod
    def _guard(
        cls, project: Project, symbol: Local, function: Function, ways: list[tuple[Located, ...]]
    ) -> practice.Finding:
        who = function.readable_name
        return cls.finding(
            symbol.path,
            function.span,
            f"guard {who} returns a bool, which Litestar ignores, and never raises, so that it lets everybody in; "
            "raise PermissionDeniedException instead of returning False",
            refusal=_other_use(project, symbol, ways),
            related=[practice.Related(item.path, item.expr.span, "registered here") for item, *_ in ways],
            data=_verdicts(symbol, function),
        )

    @classmethod
    def _lambda(cls, layer: Layer, guard: Located) -> practice.Finding:
        return cls.finding(
            guard.path,
            guard.expr.span,
            f"a guard of {layer.name} returns a bool, which Litestar ignores, so that it lets everybody in; "
            "write a function that raises PermissionDeniedException",
            applicability=practice.Applicability.NONE,
        )


def _other_use(project: Project, symbol: Local, ways: list[tuple[Located, ...]]) -> str:
    """How the guard is used beside being one, or the functions that return it, or the variables that hold it."""
    places = [_named(project, item) for way in ways for item in way]
    between = [project.resolve_expr(_named(project, item)) for way in ways for item in way[:-1]]
    names = [symbol, *dict.fromkeys(item for item in between if isinstance(item, Local))]
    return next(filter(None, (other_use(project, name, places) for name in names)), "")


def _named(project: Project, item: Located) -> Located:
    """The name in an expression that makes a guard: what is called, or what a partial calls."""
    if not isinstance(item.expr, Call):
        return item
    is_partial = project.external(item.path, item.expr, item.scope) == PARTIAL and item.expr.args
    return Located(item.path, item.scope, item.expr.args[0] if is_partial else item.expr.func)


def _returns_bool(project: Project, symbol: Local, function: Function) -> bool:
    values = [stmt.value for stmt in statements(function.body) if isinstance(stmt, Return)]
    given = [value for value in values if value is not None and not (isinstance(value, Const) and value.value is None)]
    if not given or function.is_generator:
        return False
    declared = Located(symbol.path, function.parent, function.returns) if function.returns is not None else None
    names = {found.name for found in held(project, declared)}
    if "builtins.bool" in names and names <= {"builtins.bool", "None"}:
        return True
    return all(_is_bool(project, Located(symbol.path, symbol.qualname, value)) for value in given)


def _is_bool(project: Project, located: Located) -> bool:
    match located.expr:
        case Const(value=bool()):
            return True
        case Op(op="and" | "or", operands=operands):
            return all(_is_bool(project, Located(located.path, located.scope, item)) for item in operands)
        case Op(op=op):
            return op in _COMPARISONS
        case Call(callee=name) if name in _BUILTINS:
            return project.callgraph.is_builtin(Local(located.path, located.scope), name)
    return False


def _may_raise(project: Project, reach: Reach, guard: Local) -> bool:
    """Whether a guard, or a function that it may call, raises, or calls for its effect what is not known."""
    for symbol in reach.of_function(guard):
        function = project.function(symbol)
        for stmt in statements(function.body if function is not None else ()):
            if isinstance(stmt, Raise) or (isinstance(stmt, Do) and _has_unknown_effect(project, symbol, stmt.value)):
                return True
    return False


def _has_unknown_effect(project: Project, caller: Local, value: Expr) -> bool:
    call = value.value if isinstance(value, Await) else value
    if not isinstance(call, Call):
        return False
    match project.callgraph.target(caller, call.callee) if call.callee else None:
        case Local():
            return False
        case External(name=name):
            return not name.startswith("logging.")
    return "." in call.callee or not project.callgraph.is_builtin(caller, call.callee)


def _verdicts(symbol: Local, function: Function) -> Verdicts:
    denied: list[Span] = []
    allowed: list[Span] = []
    asked: list[Span] = []
    for stmt in statements(function.body):
        match stmt:
            case Return(value=Const(value=False)):
                denied.append(stmt.span)
            case Return(value=Const(value=True)):
                allowed.append(stmt.span)
            case Return(value=None | Const(value=None)):
                continue
            case Return():
                asked.append(stmt.span)
    annotation = function.returns.span if function.returns is not None else None
    return Verdicts(
        symbol.path,
        symbol.qualname,
        annotation,
        tuple(denied),
        tuple(allowed),
        tuple(asked),
        frozenset(_ends(function.body)),
    )


def _ends(body: Sequence[Stmt]) -> Iterator[Span]:
    """Yield the statements after which a body is over."""
    last = body[-1]
    yield last.span
    match last:
        case With(body=inner):
            yield from _ends(inner)
        case If(body=inner, orelse=orelse):
            yield from _ends(inner)
            if orelse:
                yield from _ends(orelse)
