"""The exceptions of requests: which clauses catch them, and what those are to catch instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from litestar_fix.http_clients.calls import Caller
from litestar_fix.http_clients.responses import Read
from litestar_fix.http_clients.table import (
    BASES,
    BEFORE_TIMEOUTS,
    ERROR_DIFFERENT,
    ERRORS,
    OS_ERRORS,
    OTHER_ERRORS,
    TIMEOUTS,
    canonical,
)
from litestar_fix.http_clients.variables import uses_of_error
from litestar_fix.model.facts import Except, Expr, Ref, Seq, Span, Try
from litestar_fix.model.nesting import nested
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External
from litestar_fix.model.walk import statements

_ALL = frozenset({"builtins.Exception", "builtins.BaseException"})
_JSON = "json.JSONDecodeError"
_JSON_CLAUSES = frozenset({"builtins.ValueError", "requests.JSONDecodeError", _JSON})
_ROOT = "requests.RequestException"
_SSL, _CONNECTION = "requests.SSLError", "requests.ConnectionError"


class Clause(msgspec.Struct, frozen=True):
    """One except clause that names exceptions of requests.

    Args:
        span: its type: a name, or a tuple.
        names: the places of the names that change, and what they become.
        dropped: items of the tuple that another item has come to include.
        added: classes that it has to catch besides.
        only: the one class that is left of a tuple, '' where there are several.
    """

    span: Span
    names: tuple[tuple[Span, str], ...]
    dropped: tuple[int, ...] = ()
    added: tuple[str, ...] = ()
    only: str = ""


class Caught(msgspec.Struct, frozen=True):
    """A ``try`` that catches exceptions of requests, or OSErrors.

    Args:
        stmt: the statement.
        clauses: its clauses as they are to be.
        reads: what they read of ``error.response``.
        refusal: why they cannot catch the errors of httpx, '' where they can.
        names_requests: whether an exception of requests is named.
    """

    stmt: Try
    clauses: tuple[Clause, ...]
    reads: tuple[Read, ...]
    refusal: str
    names_requests: bool


def caught_in(project: Project, caller: Caller, reads: Sequence[Read]) -> Iterator[Caught]:
    """Yield the ``try`` statements of a function that catch exceptions of requests, or OSErrors.

    Args:
        project: the project.
        caller: the function.
        reads: what it reads of answers.
    """
    for stmt in statements(caller.function.body):
        if not isinstance(stmt, Try):
            continue
        handlers = [_Handler(project, caller, handler) for handler in stmt.handlers]
        for at, handler in enumerate(handlers):
            handler.before_timeouts = any(not TIMEOUTS.isdisjoint(later.names) for later in handlers[at + 1 :])
        named = {name for handler in handlers for name in handler.names}
        names_requests = any(name.startswith("requests.") for name in named)
        reads_json = any(read.name == "json" and _holds(stmt.body, read.place.expr.span) for read in reads)
        if names_requests:
            refusal = (
                _os_error(handlers) or _shadowed(handlers) or next(filter(None, (h.refusal for h in handlers)), "")
            )
            clauses = tuple(_clauses(handlers, reads_json=reads_json))
            found = tuple(read for handler in handlers for read in handler.reads)
            yield Caught(stmt, clauses, found, refusal, True)
        elif named & OS_ERRORS:
            yield Caught(stmt, (), (), _os_error(handlers), False)


def _holds(body: Sequence[object], span: Span) -> bool:
    return any(stmt.span.contains(span) for stmt in body)  # type: ignore[attr-defined]


class _Handler:
    """An except clause, with the canonical names of what it catches."""

    def __init__(self, project: Project, caller: Caller, handler: Except) -> None:
        self.handler = handler
        self.line = handler.span.line
        self.items: tuple[Expr, ...] = ()
        if handler.type is not None:
            self.items = handler.type.items if isinstance(handler.type, Seq) else (handler.type,)
        self.names = [_named(project, caller, item) for item in self.items] or ["builtins.BaseException"]
        self.own = [name for name in self.names if name.startswith("requests.")]
        uses = uses_of_error(handler) if handler.name and self.own else None
        self.reads = uses.reads if uses is not None else []
        self.before_timeouts = False
        self.refusal = self._refused(uses.refusal if uses is not None else "")

    def _refused(self, response: str) -> str:
        unknown = next((name for name in self.own if name not in ERRORS), "")
        if _SSL in self.own and {_ROOT, _CONNECTION}.isdisjoint(self.own):
            unknown = _SSL  # a ConnectError of httpx is any failure to connect
        if unknown:
            return f"httpx has no counterpart of {unknown}"
        for place in nested(self.handler.body) if self.handler.name and self.own else ():
            if not isinstance(place.expr, Ref) or not place.expr.name.startswith(f"{self.handler.name}."):
                continue
            attribute = place.expr.name.split(".")[1]
            without = [ERRORS[name][1] for name in self.own if name != "requests.HTTPError"]
            if attribute == "response" and (without or len(self.names) > len(self.own)):
                return f"{(without or self.names)[0]} has no response"
            if attribute in ERROR_DIFFERENT:
                return f"{self.handler.name}.{attribute} of httpx is another thing"
        return response

    @property
    def new(self) -> list[str]:
        """The canonical names of what it is to catch."""
        return [self.counterpart(name) for name in self.names]

    def counterpart(self, name: str) -> str:
        """What one of the classes becomes, or the most of it; itself where it is not one of requests."""
        if name == _CONNECTION and self.before_timeouts:
            return BEFORE_TIMEOUTS[0]
        return ERRORS[name][1] if name in ERRORS else name

    @property
    def added(self) -> list[str]:
        """What it is to catch besides, so that a class is covered."""
        more = BEFORE_TIMEOUTS[1:] if _CONNECTION in self.names and self.before_timeouts else ()
        return [name for name in more if name not in self.new]


def _named(project: Project, caller: Caller, item: Expr) -> str:
    if not isinstance(item, Ref):
        return "?"
    found = project.resolve(caller.module.path, item.name, caller.function.qualname)
    if isinstance(found, External):
        return canonical(found.name)
    is_builtin = found is None and project.callgraph.is_builtin(caller.symbol, item.name)
    return f"builtins.{item.name}" if is_builtin else "?"


def _os_error(handlers: Sequence[_Handler]) -> str:
    for handler in handlers:
        if handler.names and not _ALL.isdisjoint(handler.names):
            return ""
        if not OS_ERRORS.isdisjoint(handler.names):
            return f"line {handler.line} catches OSError, which no error of httpx is"
        if _ROOT in handler.names:
            return ""
    return ""


def _shadowed(handlers: Sequence[_Handler]) -> str:
    """Say so where a clause catches what only a later one caught in requests."""
    earlier: list[tuple[str, str]] = []
    for handler in handlers:
        for name in handler.own:
            new = handler.counterpart(name) if name in ERRORS else ""
            for above, base in earlier:
                if above == name or above in ERRORS.get(name, ((), ""))[0]:
                    continue
                if new and (base == new or base in BASES.get(new, ())):
                    article = "caught above" if base == new else f"an {base}"
                    return f"line {handler.line} would never be reached: {new} is {article}"
        earlier += [(name, handler.counterpart(name)) for name in handler.own if name in ERRORS]
    return ""


def _clauses(handlers: Sequence[_Handler], *, reads_json: bool) -> Iterator[Clause]:
    catches_json = any(not _JSON_CLAUSES.isdisjoint(handler.names) for handler in handlers)
    for handler in handlers:
        if not handler.own or handler.handler.type is None:
            continue
        added = tuple(handler.added)
        if reads_json and not catches_json and _ROOT in handler.own:
            added = (*added, _JSON)
        new = handler.new
        dropped = tuple(at for at, name in enumerate(new) if _is_included(at, name, new))
        left = [name for at, name in enumerate(new) if at not in dropped]
        yield Clause(
            span=handler.handler.type.span,
            names=tuple(
                (item.span, name)
                for at, (item, name) in enumerate(zip(handler.items, new, strict=True))
                if handler.names[at] in ERRORS and at not in dropped
            ),
            dropped=dropped,
            added=added,
            only=left[0] if dropped and len(left) == 1 and not added else "",
        )


def _is_included(at: int, name: str, new: Sequence[str]) -> bool:
    """Whether another item of the tuple catches it: one of its bases, or itself further left."""
    return name in new[:at] or any(base in new for base in BASES.get(name, ()))


# ------------------------------------------------------------------------------------------------------------ elsewhere
def is_error(name: str) -> bool:
    """Whether a canonical name is that of an exception of requests."""
    return name in ERRORS or name in OTHER_ERRORS
