"""Resources that a function opens in its body, and which of its statements may go under what closes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from litestar_fix.model.annotations import held
from litestar_fix.model.arguments import argument
from litestar_fix.model.closings import Change, Closings, captured, closings, is_about, is_closed_within
from litestar_fix.model.creations import Creation, creation
from litestar_fix.model.facts import (
    Assign,
    Attr,
    Await,
    Call,
    Const,
    Dict,
    Expr,
    For,
    Lambda,
    Plain,
    Raise,
    Ref,
    Return,
    Seq,
    Span,
    Stmt,
    Try,
    With,
)
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.resources import Closing
from litestar_fix.model.schemas import Kind, schema_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.uses import closes, keeps, streams, works_later
from litestar_fix.model.walk import blocks, expressions, statements, subexpressions

_ORM = ("sqlalchemy.", "sqlmodel.")
# what is given to these is closed, or used, later: of contextlib's stacks, of event loops and task groups
_TAKERS = frozenset(
    [
        *["aclosing", "callback", "closing", "enter_async_context", "enter_context", "push", "push_async_callback"],
        *["push_async_exit", "BackgroundTask", "BackgroundTasks", "add_task", "create_task", "start_soon"],
    ]
)
_CLOSERS = ("__aexit__", "__exit__", "aclose", "close")
_SCALARS = frozenset(
    [
        "None",
        *[f"builtins.{name}" for name in ("bool", "bytes", "float", "int", "str")],
        *[f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta")],
        *["decimal.Decimal", "uuid.UUID"],
    ]
)
_DEPTH = 4


class Opened(msgspec.Struct, frozen=True):
    """A resource that a function opens in its body, and not under ``with``.

    Args:
        creation: what is made.
        variable: the name that holds it.
        made: the statement that makes it.
        closings: how it is closed by hand.
        is_closed_always: whether that is in a ``finally`` clause.
        run: the statements that may go under what closes it, the one that makes it included.
        obstacle: why they may not, '' where they may.
    """

    creation: Creation
    variable: str
    made: Assign
    closings: Closings
    is_closed_always: bool
    run: Span
    obstacle: str


def opened(project: Project, handler: Handler) -> Iterator[Opened]:
    """Yield what a handler opens and closes by hand, or not at all as far as is seen."""
    for block in _all_blocks(handler.function.body):
        for index, stmt in enumerate(block):
            match stmt:
                case Assign(targets=[Ref(name=variable)], value=Call() | Await(value=Call()), op="="):
                    made = creation(project, handler.symbol, stmt.value) if "." not in variable else None
                    if made is not None:
                        found = _Opening(project, handler, made, variable, stmt, block[index:]).found()
                        if found is not None:
                            yield found


def _all_blocks(body: tuple[Stmt, ...]) -> Iterator[tuple[Stmt, ...]]:
    yield body
    for stmt in statements(body):
        yield from blocks(stmt)


class _Opening:
    """Judges one statement that opens a resource.

    Args:
        project: what it belongs to.
        handler: the handler.
        made: what it opens.
        variable: the name that holds it.
        stmt: the statement.
        rest: the block from that statement on.
    """

    def __init__(
        self,
        project: Project,
        handler: Handler,
        made: Creation,
        variable: str,
        stmt: Assign,
        rest: tuple[Stmt, ...],
    ) -> None:
        self.project, self.handler, self.made, self.variable, self.stmt = project, handler, made, variable, stmt
        self.rest = rest
        self.body = handler.function.body
        self.closings = closings(project, handler.symbol, variable, made.resource)

    def found(self) -> Opened | None:
        """Return what is known, None where nothing is wrong or somebody else may close it."""
        closed = self.closings
        if any(removal.change is Change.DISSOLVED for removal in closed.removals):
            return None
        if not closed.places and (closed.obstacle or self._elsewhere()):
            return None
        if is_closed_within(self.project, self.handler.symbol, self.variable):
            return None  # what the handler closes itself is what it does not get to hand on
        last = max((index for index, stmt in enumerate(self.rest) if self._holds_close(stmt)), default=0)
        is_last_use = not any(self._is_mentioned(stmt) for stmt in self.rest[last + 1 :])
        in_finally = is_last_use and self._closes_in_finally(self.rest[last])
        if in_finally and self.made.resource.closing is Closing.CALL and not closed.obstacle:
            return None  # there is no context manager that closes it
        is_closed = in_finally or (is_last_use and self.rest[last].span in closed.statements)
        run = self.rest[: last + 1] if is_closed else self.rest
        if is_closed and all(stmt.span in closed.statements for stmt in run[1:]):
            return None  # nothing stands between that could raise: whether it opens is all that was asked
        is_exact = in_finally or (is_closed and not self._returns_open(run))
        obstacle = closed.obstacle or self._obstacle(run)
        if not obstacle and not is_exact:
            obstacle = self._goes_on() or self._elsewhere()
            obstacle = obstacle or _noticed_by_response(self.project, self.handler, self.made)
        first, end = run[0].span, run[-1].span
        span = Span(first.line, first.column, end.end_line, end.end_column)
        is_closed_always = any(removal.change is Change.FINALLY for removal in closed.removals)
        return Opened(self.made, self.variable, self.stmt, closed, is_closed_always, span, obstacle)

    # ------------------------------------------------------------------------------------------------- where it closes
    def _holds_close(self, stmt: Stmt) -> bool:
        return any(stmt.span.contains(place) for place in self.closings.places)

    def _closes_in_finally(self, stmt: Stmt) -> bool:
        return isinstance(stmt, Try) and any(inner.span in self.closings.statements for inner in stmt.final)

    def _returns_open(self, run: Sequence[Stmt]) -> bool:
        """Whether something is returned that was not closed before."""
        for block in (run, *[block for stmt in statements(run) for block in blocks(stmt)]):
            for stmt in block:
                if stmt.span in self.closings.statements:
                    break
                if isinstance(stmt, Return) and not isinstance(stmt.value, Const | None):
                    return True
        return False

    # ------------------------------------------------------------------------------------------------------- obstacles
    def _obstacle(self, run: Sequence[Stmt]) -> str:
        resource = self.made.resource
        inside = sum(map(self._mentions, self.rest))
        if resource.closing is Closing.UNKNOWN:
            return "how it is closed is not known"
        if resource.is_async and not self.handler.function.is_async:
            return "closing it is awaited, and the handler is not async"
        if sum(map(self._mentions, self.body)) > inside:
            return f"{self.variable} is used outside of the block that opens it"
        if sum(self._assigns(stmt) for stmt in statements(self.body)) > 1:
            return f"{self.variable} is assigned more than once"
        if len({stmt.span.column for stmt in run}) > 1:
            return "its statements share a line"
        return ""

    def _mentions(self, stmt: Stmt) -> int:
        return sum(is_about(expr, self.variable) for expr in expressions((stmt,)))

    def _is_mentioned(self, stmt: Stmt) -> bool:
        return self._mentions(stmt) > 0

    def _assigns(self, stmt: Stmt) -> bool:
        match stmt:
            case Assign(targets=targets):
                return any(isinstance(target, Ref) and target.name == self.variable for target in targets)
            case For(target=Ref(name=name)):
                return name == self.variable
            case With(items=items):
                return any(isinstance(item.target, Ref) and item.target.name == self.variable for item in items)
        return False

    def _goes_on(self) -> str:
        """Why what it gave may be used when the block that opens it is left."""
        is_end = self.rest[-1] is self.body[-1] or isinstance(self.rest[-1], Return | Raise)
        return "" if is_end else "it is opened within another block"

    # ------------------------------------------------------------------------------------------------------- elsewhere
    def _elsewhere(self) -> str:
        """Who else may use it, or close it, when the handler is done; '' where nobody is seen to."""
        symbol = self.handler.symbol
        if any(isinstance(stmt, Plain) and self.variable in stmt.names for stmt in statements(self.body)):
            return f"{self.variable} is no variable of the handler"
        if any(captured(self.project, symbol, self.variable)):
            return f"a function within it uses {self.variable}, too"
        if keeps(self.project, symbol, self.variable) or any(map(self._is_kept_by, statements(self.body))):
            return f"{self.variable} is kept elsewhere, too"
        for expr in expressions(self.body):
            match expr:
                case Lambda(body=body) if any(is_about(inner, self.variable) for inner in subexpressions(body)):
                    return f"a function within it uses {self.variable}, too"
                case Call() if self._is_taken_by(expr):
                    return f"{_last(expr)} may close it"
        return ""

    def _is_kept_by(self, stmt: Stmt) -> bool:
        match stmt:
            case Assign(value=value):
                return self._is_it(value)
            case Return(value=Call() as call):  # returned within something, not used for what is returned
                return _last(call)[:1].isupper() and any(map(self._is_it, _given(call)))
            case Return(value=value) if value is not None:
                return any(isinstance(expr, Seq | Dict) and self._is_in(expr) for expr in subexpressions(value))
            case With(items=items):
                return any(self._is_it(item.context) for item in items)
        return False

    def _is_in(self, expr: Seq | Dict) -> bool:
        return any(map(self._is_it, expr.items if isinstance(expr, Seq) else expr.values))

    def _is_it(self, expr: Expr | None) -> bool:
        return isinstance(expr, Ref) and expr.name == self.variable

    def _is_taken_by(self, call: Call) -> bool:
        if not any(map(self._is_it, _given(call))):
            return False
        if _last(call) in _TAKERS:
            return True
        target = self.project.callgraph.target(self.handler.symbol, call.callee) if call.callee else None
        function = self.project.function(target)
        if not isinstance(target, Local):
            return False
        owner = Local(target.path, target.qualname.removesuffix(".__init__"))
        if self.project.class_(owner) is not None:
            return any(self.project.member(owner, method) is not None for method in _CLOSERS)
        params = [param.name for param in function.params] if function is not None else []
        taken = [name for name in params if function is not None and self._is_it(argument(function, call, name))]
        return any(closes(self.project, target, name) or keeps(self.project, target, name) for name in taken)


def _given(call: Call) -> list[Expr]:
    return [*call.args, *[keyword.value for keyword in call.keywords]]


def _last(call: Call) -> str:
    return call.func.attr if isinstance(call.func, Attr) else call.callee.rpartition(".")[2]


# ---------------------------------------------------------------------------------------------------------- responses
def _noticed_by_response(project: Project, handler: Handler, made: Creation) -> str:
    """Why closing it when the handler returns may be noticed while its response is made or sent, '' where it is not."""
    if streams(project, handler):
        return "its response is streamed, which would outlive it"
    if works_later(project, handler):
        return "it leaves work for later, which would outlive it"
    returns = handler.function.returns
    is_orm = made.resource.name.startswith(_ORM) and made.resource.name.endswith("Session")
    if is_orm and (returns is None or not _is_plain(project, Located(handler.path, handler.function.parent, returns))):
        return "what it returns may load more while the response is made"
    return ""


def _is_plain(project: Project, annotation: Located, depth: int = 0) -> bool:
    """Whether an annotation holds nothing but plain values and models of them."""
    types = list(held(project, annotation))
    if not types or depth > _DEPTH:
        return False
    for item in types:
        model = schema_of(project, item.symbol) if item.symbol is not None else None
        if model is None or model.kind is Kind.SQLALCHEMY:
            if item.name not in _SCALARS:
                return False
        elif not all(field.annotation and _is_plain(project, field.annotation, depth + 1) for field in model.fields):
            return False
    return True
