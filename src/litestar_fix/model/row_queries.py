"""What functions select with SQLAlchemy's ORM: statements, and the rows that they give.

Statements: ``select(Model)`` and ``session.query(Model)`` with what is chained to them, also over several assignments
of one variable. Whatever else makes a statement is unknown.

Source: ``sqlalchemy.orm.Session``, ``Query`` and ``sqlalchemy.sql.Select``, SQLAlchemy 2.0.
"""

from __future__ import annotations

from functools import cached_property

import msgspec

from litestar_fix.model.facts import Assign, Attr, Await, Call, Const, Expr, Ref, Span
from litestar_fix.model.libraries import library_name
from litestar_fix.model.project import Project
from litestar_fix.model.relationships import is_model
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.value_types import bindings
from litestar_fix.model.walk import expressions

ASYNC_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"
SELECTS = frozenset(f"sqlalchemy.{home}select" for home in ("", "future.", "sql.", "sql.expression."))
_QUERY = "query"
# methods of Select and Query that give another one for the same entity
_CHAINED = frozenset(
    [
        *["where", "filter", "filter_by", "order_by", "group_by", "having", "distinct", "limit", "offset"],
        *["join", "outerjoin", "join_from", "outerjoin_from", "select_from", "with_for_update", "execution_options"],
        "options",
    ]
)
_NO_ENTITIES = frozenset({"sqlalchemy.Connection", "sqlalchemy.ext.asyncio.AsyncConnection"})
_EXECUTES = frozenset({"execute", "stream"})
_SCALARS = frozenset({"scalars", "stream_scalars"})
_SAME_ROWS = frozenset({"all", "unique"})
_SAME_ELEMENTS = frozenset({"list", "tuple", "set", "sorted", "reversed"})
_DEPTH = 12


class Link(msgspec.Struct, frozen=True):
    """A method that is called on a statement: its name, and the call with all before it."""

    method: str
    call: Call


class Statement(msgspec.Struct, frozen=True):
    """A statement that selects the rows of one model.

    Args:
        model: the model.
        written: its name, as written.
        root: the call of ``select`` or ``session.query``.
        made: the chain in which that call stands, as an expression of its own.
        links: what is called on it, in order, on its way to where it is executed.
        receiver: the session of ``session.query``, '' for ``select``.
    """

    model: Local
    written: str
    root: Call
    made: Call
    links: tuple[Link, ...]
    receiver: str

    @property
    def options(self) -> tuple[Expr, ...]:
        """The loader options that it is given."""
        return tuple(
            value
            for link in self.links
            if link.method == "options"
            for value in (*link.call.args, *[keyword.value for keyword in link.call.keywords])
        )

    @property
    def has_one_row(self) -> bool:
        """Whether it gives no more than one row."""
        return any(
            link.method == "limit" and isinstance(given, Const) and given.value in (0, 1)
            for link in self.links
            for given in link.call.args
        )


class Rows(msgspec.Struct, frozen=True):
    """The rows of a statement: ``receiver`` executes it, and is awaited or not."""

    statement: Statement
    receiver: str
    are_entities: bool
    is_awaited: bool


class RowQueries:
    """Answers for the expressions of one function.

    Args:
        project: the project.
        caller: the function.
    """

    def __init__(self, project: Project, caller: Local) -> None:
        self.project = project
        self.caller = caller
        self._function = project.function(caller)

    # ------------------------------------------------------------------------------------------------- statements
    def statement(self, expr: Expr | None, depth: int = 0) -> Statement | None:
        """Return the statement that an expression is, None where that is not known."""
        if depth > _DEPTH:
            return None
        match expr:
            case Ref(name=name) if "." not in name:
                return self._variable(name, depth)
            case Call(func=Attr(value=inner, attr=attr)) if attr in _CHAINED:
                return self._chained(self.statement(inner, depth + 1), attr, expr)
            case Call(func=Ref(name=name, span=span)):
                return self._selecting(expr) or self._of_receiver(expr, name, span, depth)
        return None

    def _of_receiver(self, expr: Call, name: str, span: Span, depth: int) -> Statement | None:
        receiver, _, method = name.rpartition(".")
        if method not in _CHAINED or not receiver:
            return None
        found = self.statement(Ref(receiver, span), depth + 1)
        return msgspec.structs.replace(found, links=(*found.links, Link(method, expr))) if found is not None else None

    def _chained(self, inner: Statement | None, attr: str, expr: Call) -> Statement | None:
        if inner is None:
            return None
        links = (*inner.links, Link(attr, expr))
        # a variable in the chain has its own expression, further up
        made = expr if expr.span.contains(inner.made.span) else inner.made
        return msgspec.structs.replace(inner, links=links, made=made)

    def _selecting(self, call: Call) -> Statement | None:
        match call:
            case Call(args=(Ref(name=written),), keywords=()):
                model = self.project.resolve(self.caller.path, written, self.caller.qualname)
            case _:
                return None
        if not isinstance(model, Local) or not is_model(self.project, model):
            return None
        receiver, _, method = call.callee.rpartition(".")
        if self.is_select(call):
            return Statement(model, written, call, call, (), "")
        if method == _QUERY and receiver and self.is_session(receiver):
            return Statement(model, written, call, call, (), receiver)
        return None

    def is_select(self, call: Call) -> bool:
        """Whether a call is that of SQLAlchemy's ``select``, whatever is selected."""
        return self.project.external(self.caller.path, call, self.caller.qualname) in SELECTS

    def _variable(self, name: str, depth: int) -> Statement | None:
        """A variable that is one statement, and is perhaps assigned again with more chained to it."""
        base: Expr | None = None
        more: list[Call] = []
        for value in self.values(name) or ():
            match value:
                case Call(func=func) if _root(func) == name:
                    more.append(value)
                case _ if base is None:
                    base = value
                case _:
                    return None
        found = self.statement(base, depth + 1) if base is not None else None
        for call in more:
            links = _links(call)
            if found is None or links is None:
                return None
            found = msgspec.structs.replace(found, links=(*found.links, *links))
        return found

    def values(self, name: str) -> list[Expr] | None:
        """Return what is assigned to a local variable, None where it is bound in another way as well."""
        function = self._function
        if function is None or name not in function.bound or any(param.name == name for param in function.params):
            return None
        found: list[Expr] = []
        for binding in bindings(function, name):
            match binding:
                case Assign(targets=(Ref(),), value=value, op="=") if value is not None:
                    found.append(value)
                case _:
                    return None
        return found

    # ------------------------------------------------------------------------------------------------------- rows
    def rows(self, expr: Expr | None, depth: int = 0) -> Rows | None:
        """Return the rows that an iteration over an expression gives, None where that is not known."""
        if depth > _DEPTH:
            return None
        match expr:
            case Await(value=value):
                found = self.rows(value, depth + 1)
                return msgspec.structs.replace(found, is_awaited=True) if found is not None else None
            case Ref(name=name) if "." not in name:
                values = self.values(name)
                if values is not None and len(values) == 1:
                    return self.rows(values[0], depth + 1) or self._queried(values[0])
                return self._queried(expr)
            case Call(func=Ref(name=name), args=(inner, *_)) if name in _SAME_ELEMENTS:
                return self.rows(inner, depth + 1)
            case Call(func=Ref(name=name, span=span)) if "." in name:
                receiver, _, method = name.rpartition(".")
                return self._of_method(expr, Ref(receiver, span), method, depth)
            case Call(func=Attr(value=inner, attr=attr)):
                return self._of_method(expr, inner, attr, depth)
        return None

    def _of_method(self, call: Call, inner: Expr, method: str, depth: int) -> Rows | None:
        if method in _SAME_ROWS or (method in _SCALARS and not call.args):
            found = self.rows(inner, depth + 1)
            if found is None or method in _SAME_ROWS:
                return found or self._queried(inner)
            return msgspec.structs.replace(found, are_entities=True) if found.are_entities is False else None
        if method in _EXECUTES | _SCALARS and isinstance(inner, Ref) and self.is_session(inner.name):
            statement = self.statement(call.args[0] if call.args else call.keyword("statement"))
            return Rows(statement, inner.name, method in _SCALARS, False) if statement is not None else None
        return self._queried(call)

    def _queried(self, expr: Expr) -> Rows | None:
        """The rows of ``session.query(Model)``, which needs no execution."""
        statement = self.statement(expr)
        return (
            Rows(statement, statement.receiver, True, False) if statement is not None and statement.receiver else None
        )

    def is_session(self, receiver: str) -> bool:
        """Whether a name may be a session: not where it is known to be something else."""
        match self.project.callgraph.type_of(self.caller, receiver):
            case External(name=name):
                known = library_name(name)
                return known.startswith(("sqlalchemy.", "sqlmodel.")) and known not in _NO_ENTITIES
            case Local() as class_:
                return any(
                    name.startswith(("sqlalchemy.", "sqlmodel.")) for name in self.project.ancestry(class_).externals
                )
        return True

    def is_async_session(self, receiver: str) -> bool:
        """Whether a name is known to be an ``AsyncSession``."""
        match self.project.callgraph.type_of(self.caller, receiver):
            case External(name=name):
                return library_name(name) == ASYNC_SESSION
            case Local() as class_:
                return ASYNC_SESSION in map(library_name, self.project.ancestry(class_).externals)
        return False

    @cached_property
    def selected(self) -> tuple[str, ...]:
        """The plain names of all that is selected, queried or got anywhere in the function."""
        body = self._function.body if self._function is not None else ()
        return tuple(
            given.name.rpartition(".")[2]
            for item in expressions(body)
            if isinstance(item, Call) and item.callee.rpartition(".")[2] in ("select", _QUERY, "get", "get_one")
            for given in item.args
            if isinstance(given, Ref)
        )


def _root(expr: Expr) -> str:
    """The variable that a chain of calls begins with."""
    match expr:
        case Ref(name=name) if "." in name:
            return name.rpartition(".")[0]
        case Attr(value=Call(func=func)):
            return _root(func)
    return ""


def _links(call: Call) -> tuple[Link, ...] | None:
    """What is called on the variable that a chain begins with; None where that may give another entity."""
    match call.func:
        case Ref(name=name):
            link = Link(name.rpartition(".")[2], call)
            inner: tuple[Link, ...] | None = ()
        case Attr(value=Call() as before, attr=attr):
            link = Link(attr, call)
            inner = _links(before)
        case _:
            return None
    return (*inner, link) if inner is not None and link.method in _CHAINED else None
