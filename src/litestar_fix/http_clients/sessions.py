"""Sessions: those that a function makes, uses and leaves behind become a client, all others stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from litestar_fix.http_clients.arguments import Refused, Renamed, auth_classes, is_login
from litestar_fix.http_clients.calls import Caller, HttpCall
from litestar_fix.http_clients.table import (
    ADVICE,
    SESSION_ARGUMENTS,
    SESSION_SAME,
    SESSION_WITHOUT_FIX,
    VERBS,
    canonical,
)
from litestar_fix.http_clients.values import may_be_none, values_of
from litestar_fix.model.facts import Assign, Call, Do, Expr, Lambda, Ref, Span, Stmt, Sub, With, Yield
from litestar_fix.model.graph import show
from litestar_fix.model.nesting import Level, Nested, levels, nested
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Located
from litestar_fix.model.walk import expressions

_HEADERS = frozenset({"get", "items", "keys", "pop", "setdefault", "update", "values"})
_COOKIES = frozenset({"clear", "get", "items", "keys", "set", "update", "values"})


class Session(msgspec.Struct, frozen=True):
    """A session that becomes a client.

    Args:
        name: its variable.
        span: the ``with`` statement, or the run of statements from the assignment to the last use.
        made: the call that makes it.
        is_with: whether it is made by a ``with`` statement.
        close: the statement that closes it at the end of the run, None where there is none.
        classes: classes of requests that are given to it.
    """

    name: str
    span: Span
    made: Span
    is_with: bool
    close: Span | None
    classes: tuple[Renamed, ...]


def session_of(project: Project, caller: Caller, calls: Sequence[HttpCall]) -> Session | Refused:
    """Return the session that calls are made through as a client, or why it cannot be one."""
    name = calls[0].session
    if not name:
        return Refused("the Session has no name")
    bound = name in caller.function.bound and not any(param.name == name for param in caller.function.params)
    if not bound:
        return Refused(f"{name} outlives the function")
    return _Making(project, caller, name).result()


class _Making:
    """Where a session is made, and all that is done with it."""

    def __init__(self, project: Project, caller: Caller, name: str) -> None:
        self.project, self.caller, self.name = project, caller, name
        self.classes: list[Renamed] = []
        self.close: Nested | None = None

    def result(self) -> Session | Refused:
        found = list(self._bindings())
        if len(found) != 1:
            return Refused(f"{self.name} also holds something else")
        start = found[0]
        made = self._made(start[0].stmt)
        if made is None:
            return Refused(f"{self.name} is made elsewhere")
        if isinstance(start[0].stmt, With) and len(start[0].stmt.items) > 1:
            return Refused(f"{self.name} shares its with statement")
        uses = [place for place in nested(self.caller.function.body) if self._is_use(place)]
        for place in uses:
            refused = self._refused(place, start[0])
            if refused is not None:
                return refused
        inner = self._used_within()
        return Refused(inner) if inner else self._session(start[0], made, uses)

    def _bindings(self) -> Iterator[tuple[Level, ...]]:
        for here in levels(self.caller.function.body):
            match here[0].stmt:
                case With(items=items) if any(_is(item.target, self.name) for item in items):
                    yield here
                case Assign(targets=targets) if any(_is(target, self.name) for target in targets):
                    yield here

    def _made(self, stmt: Stmt) -> Call | None:
        match stmt:
            case With(items=items, is_async=False):
                value: Expr | None = next(item.context for item in items if _is(item.target, self.name))
            case Assign(targets=(_,), value=value, op="="):
                pass
            case _:
                return None
        scope = self.caller.function.qualname
        is_made = isinstance(value, Call) and not value.args and not value.keywords
        found = self.project.external(self.caller.module.path, value, scope) if is_made else ""
        return value if isinstance(value, Call) and canonical(found) == "requests.Session" else None

    def _is_use(self, place: Nested) -> bool:
        return isinstance(place.expr, Ref) and place.expr.name.partition(".")[0] == self.name

    # ------------------------------------------------------------------------------------------------------ uses
    def _refused(self, place: Nested, start: Level) -> Refused | None:
        written = place.expr.name if isinstance(place.expr, Ref) else ""
        _, _, rest = written.partition(".")
        attribute, _, method = rest.partition(".")
        if any(isinstance(outer, Lambda) for outer in place.above):
            return Refused(f"{self.name} is used in a lambda")
        if not attribute:
            return self._refused_name(place, start)
        if attribute in SESSION_WITHOUT_FIX:
            return Refused("", ADVICE[SESSION_WITHOUT_FIX[attribute]])
        if attribute in SESSION_ARGUMENTS:
            return Refused(f"httpx.AsyncClient has no {attribute}: it is an argument of the client")
        if attribute in VERBS:
            is_called = isinstance(place.parent, Call) and place.parent.func is place.expr
            return None if is_called else Refused(f"{written} is passed on")
        if attribute == "close":
            return self._closed(place)
        if attribute not in SESSION_SAME or (method and not self._can(attribute, method)):
            return Refused(f"httpx.AsyncClient has no {rest}")
        if attribute == "headers" and self._drops_header(place):
            return Refused(f"{self.name}.headers may be given None, which httpx does not take")
        return self._set(place, attribute)

    def _drops_header(self, place: Nested) -> bool:
        """Whether a header is set to None: in requests, that takes it away."""
        path, scope = self.caller.module.path, self.caller.function.qualname
        match place.parent, place.stmt:
            case Call(args=args), _:
                found = [item for arg in args for item in values_of(self.project, Located(path, scope, arg))]
            case Sub(), Assign(value=value) if value is not None:
                found = [Located(path, scope, value)]
            case _:
                return False
        return any(may_be_none(self.project, item) for item in found)

    def _can(self, attribute: str, method: str) -> bool:
        return method in {"headers": _HEADERS, "cookies": _COOKIES}.get(attribute, ())

    def _refused_name(self, place: Nested, start: Level) -> Refused | None:
        if place.parent is None and place.levels[0].stmt is start.stmt:
            return None
        if isinstance(place.parent, Call) and place.parent.func is not place.expr:
            return Refused(f"{self.name} is passed to {show(place.parent.func)}")
        return Refused(f"{self.name} is used as a whole")

    def _closed(self, place: Nested) -> Refused | None:
        if self.close is not None or not isinstance(place.stmt, Do) or place.stmt.value is not place.parent:
            return Refused(f"{self.name} is closed by hand")
        self.close = place
        return None

    def _set(self, place: Nested, attribute: str) -> Refused | None:
        stmt = place.stmt
        if attribute != "auth" or not isinstance(stmt, Assign) or place.expr not in stmt.targets or stmt.value is None:
            return None
        located = Located(self.caller.module.path, self.caller.function.qualname, stmt.value)
        if not is_login(self.project, located):
            return Refused("auth is not a user and a password")
        self.classes += auth_classes(self.project, located)
        return None

    def _used_within(self) -> str:
        inner = f"{self.caller.function.qualname}.<locals>."
        for function in self.caller.module.functions:
            if not function.qualname.startswith(inner) or self.name in function.bound:
                continue
            if any(name.partition(".")[0] == self.name for name in function.names):
                return f"{self.name} is used in the nested function {function.name}"
        return ""

    # --------------------------------------------------------------------------------------------------- making
    def _session(self, start: Level, made: Call, uses: Sequence[Nested]) -> Session | Refused:
        if isinstance(start.stmt, With):
            if self.close is not None:
                return Refused(f"{self.name} is closed by hand")
            return Session(self.name, start.stmt.span, made.span, True, None, tuple(self.classes))
        ends = [self._end(start, place) for place in uses]
        if None in ends:
            return Refused(f"{self.name} is used outside the block that makes it")
        last = max(end for end in ends if end is not None)
        run = start.block[start.index : last + 1]
        closes_last = self.close is None or (run[-1] is self.close.stmt and len(run) > 1)
        if not closes_last:
            return Refused(f"{self.name} is closed by hand")
        if any(isinstance(expr, Yield) for expr in expressions(run)):
            return Refused("the client would stay open over a yield")
        span = Span(run[0].span.line, run[0].span.column, run[-1].span.end_line, run[-1].span.end_column)
        close = self.close.stmt.span if self.close is not None else None
        return Session(self.name, span, made.span, False, close, tuple(self.classes))

    def _end(self, start: Level, place: Nested) -> int | None:
        """The place in the block of the statement that holds a use, None where it is not below the assignment."""
        found = next((level.index for level in place.levels if level.block is start.block), None)
        return found if found is not None and found >= start.index else None


def _is(target: Expr | None, name: str) -> bool:
    return isinstance(target, Ref) and target.name == name
