"""What the functions of one middleware touch: literals, names, library calls, headers, status codes, loggers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import cached_property
from itertools import pairwise

from litestar_fix.model.facts import (
    Assign,
    Branches,
    Call,
    Const,
    Dict,
    Expr,
    Function,
    If,
    Op,
    Other,
    Ref,
    Seq,
    Sub,
    Try,
)
from litestar_fix.model.middlewares import functions_of
from litestar_fix.model.nesting import Level, Nested, nested
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import statements, subexpressions

_BYTES = regex(r"""^b(['"])(.*)\1$""", re.DOTALL)
_COMPARISONS = frozenset({"==", "!=", "in", "not in"})
_ADDERS = frozenset({"add", "append", "set", "setdefault"})
_STATUS = regex(r"^HTTP_(\d{3})_")
_EXCEPTIONS = {"ClientException": 400, "PermissionDeniedException": 403, "TooManyRequestsException": 429}
_LEVELS = frozenset(
    f"{prefix}{level}" for prefix in ("", "a") for level in ("critical", "debug", "error", "info", "log", "warning")
)
_LOGGER = regex(r"(^|[._])log(ger|ging)?$", re.IGNORECASE)


class Evidence:
    """Answers about one middleware."""

    def __init__(self, project: Project, middleware: Local) -> None:
        self._project = project
        self._functions = tuple(functions_of(project, middleware))
        class_ = project.class_(middleware)
        self._attributes = tuple(item.value for item in class_.attributes if item.value) if class_ is not None else ()

    # -------------------------------------------------------------------------------------------------- what it reads
    @cached_property
    def _places(self) -> tuple[Nested, ...]:
        bodies = [function.body[1:] if function.has_docstring else function.body for _, function in self._functions]
        return tuple(place for body in bodies for place in nested(body))

    @cached_property
    def _constants(self) -> tuple[Expr, ...]:
        """The values of class attributes, and of module-level names that are read."""
        read = [(symbol, name) for symbol, function in self._functions for name in function.names]
        names = dict.fromkeys((*read, *((symbol, name.partition(".")[0]) for symbol, name in read)))
        symbols = {self._project.resolve(symbol.path, name, symbol.qualname) for symbol, name in names}
        found = (self._project.assignment(symbol) for symbol in symbols)
        return (*self._attributes, *(item.value for item in found if item is not None and item.value is not None))

    @cached_property
    def _expressions(self) -> tuple[Expr, ...]:
        constants = (expr for value in self._constants for expr in subexpressions(value))
        return (*(place.expr for place in self._places), *constants)

    @cached_property
    def texts(self) -> Set[str]:
        """The literal strings and bytes, in lower case."""
        return frozenset(text.lower() for expr in self._expressions if (text := _text(expr)) is not None)

    @cached_property
    def words(self) -> Set[str]:
        """The parts of all names that are read or bound."""
        names = (name for _, function in self._functions for name in _names(function))
        return frozenset(word for name in names for word in name.split("."))

    @cached_property
    def libraries(self) -> Set[str]:
        """The library functions and classes that are called."""
        graph = self._project.callgraph
        found = (found for symbol, _ in self._functions for _, found in graph.callees(symbol))
        return frozenset(item.name for item in found if isinstance(item, External))

    @cached_property
    def statuses(self) -> Set[int]:
        """The status codes that are written out, or named by a constant or an exception."""
        numbers = (expr.value for expr in self._expressions if isinstance(expr, Const))
        named = (int(match[1]) for word in self.words if (match := _STATUS.match(word)))
        raised = (_EXCEPTIONS[word] for word in self.words if word in _EXCEPTIONS)
        return frozenset((*(item for item in numbers if type(item) is int), *named, *raised))

    def mentions(self, *names: str) -> bool:
        """Whether one of these is part of a name, or a literal string."""
        return not self.words.isdisjoint(names) or not self.texts.isdisjoint(names)

    def matches(self, pattern: re.Pattern[str]) -> bool:
        """Whether a name or a literal string matches."""
        return any(pattern.search(word) for word in self.words | self.texts)

    # -------------------------------------------------------------------------------------------------- what it does
    @property
    def counts(self) -> bool:
        """Whether something is counted or collected from request to request."""
        added = any(isinstance(place.stmt, Assign) and place.stmt.op == "+=" for place in self._places)
        return added or self.mentions("append", "appendleft", "incr", "set", "setex")

    @property
    def looks_up_host(self) -> bool:
        """Whether the host of a request is looked up among others."""
        return any(_looks_up(expr, "host") for expr in self._expressions)

    def asks_for(self, pattern: re.Pattern[str], owners: Set[str]) -> bool:
        """Whether a literal that matches is the key of something that one of these words names: of cookies, say."""
        for place in self._places:
            text = _text(place.expr)
            if text is not None and pattern.search(text) and place.parent is not None:
                said = {word for part in subexpressions(place.parent) for word in _said(part)}
                if not owners.isdisjoint(said):
                    return True
        return False

    def compares(self, *names: str) -> bool:
        """Whether something is compared with one of these: a literal string, or a name that ends so."""
        return any(not set(names).isdisjoint(_said(place.expr)) and _is_compared(place) for place in self._places)

    def sets_header(self, name: str) -> bool:
        """Whether a header is written: a key, the first of a pair, an argument of a call that adds it."""
        inside = any(_is(place.expr, name) and _is_set(place) for place in self._places)
        return inside or any(_holds_header(value, name) for value in self._constants)

    def keeps(self, pattern: re.Pattern[str]) -> bool:
        """Whether something whose name matches is both read and filled."""
        read: set[str] = set()
        filled: set[str] = set()
        for expr in self._expressions:
            match expr:
                case Call(func=Ref(name=name)):
                    owner, _, method = name.rpartition(".")
                    if method == "get":
                        read.add(owner)
                    elif method in ("set", "setex"):
                        filled.add(owner)
                case Sub(value=Ref(name=name)):
                    read.add(name)
        stmts = [stmt for _, function in self._functions for stmt in statements(function.body)]
        targets = [target for stmt in stmts if isinstance(stmt, Assign) for target in stmt.targets]
        filled |= {item.value.name for item in targets if isinstance(item, Sub) and isinstance(item.value, Ref)}
        return any(pattern.search(name) for name in read & filled)

    @property
    def logs_each_request(self) -> bool:
        """Whether method and path of every request are logged."""
        return any(_logs(place) for place in self._places)


def _names(function: Function) -> Iterator[str]:
    yield from function.names
    yield from function.attributes_text.split()
    yield from function.bound


def _text(expr: Expr | None) -> str | None:
    match expr:
        case Const(value=str() as text):
            return text
        case Other(text=text):
            found = _BYTES.match(text)
            return found[2] if found else None
    return None


def _is(expr: Expr | None, text: str) -> bool:
    found = _text(expr)
    return found is not None and found.lower() == text


def _looks_up(expr: Expr, word: str) -> bool:
    match expr:
        case Op(op="in" | "not in", operands=(asked, *_)):
            said = (text for part in subexpressions(asked) for text in _said(part))
            return any(word in text.lower() for text in said)
    return False


def _is_set(place: Nested) -> bool:
    if any(isinstance(outer, Op) and outer.op in _COMPARISONS for outer in place.above):
        return False
    match place.parent:
        case Sub() as target:
            return isinstance(place.stmt, Assign) and any(item is target for item in place.stmt.targets)
        case Call(func=Ref(name=called)):
            return called.rpartition(".")[2] in _ADDERS
        case Seq(items=(first, _)):
            return first is place.expr
        case Dict(keys=keys):
            return any(key is place.expr for key in keys)
    return False


def _holds_header(value: Expr, name: str) -> bool:
    for expr in subexpressions(value):
        match expr:
            case Dict(keys=keys) if any(_is(key, name) for key in keys):
                return True
            case Seq(items=pairs) if any(
                isinstance(pair, Seq) and pair.items and _is(pair.items[0], name) for pair in pairs
            ):
                return True
    return False


def _logs(place: Nested) -> bool:
    match place.expr:
        case Call(func=Ref(name=name)) as call:
            owner, _, level = name.rpartition(".")
            if level not in _LEVELS or not _LOGGER.search(owner) or not _is_for_all(place.levels):
                return False
            told = {word for part in subexpressions(call) for word in _said(part)}
            return "method" in told and not told.isdisjoint({"path", "raw_path", "url"})
    return False


def _is_for_all(levels: tuple[Level, ...]) -> bool:
    """Whether statements run for each request: others around them only ask for the kind of scope or message."""
    for inner, outer in pairwise(levels):
        match outer.stmt:
            case If(test=test):
                if "type" not in {word for part in subexpressions(test) for word in _said(part)}:
                    return False
            case Try(handlers=handlers):
                if any(inner.block is handler.body for handler in handlers):
                    return False
            case _:
                return False
    return True


def _is_compared(place: Nested) -> bool:
    if isinstance(place.stmt, Branches) and any(test is place.expr for test in place.stmt.tests):
        return True
    return any(isinstance(outer, Op) and outer.op in _COMPARISONS for outer in place.above)


def _said(expr: Expr) -> Iterator[str]:
    if isinstance(expr, Ref):
        yield from expr.name.split(".")
    text = _text(expr)
    if text is not None:
        yield text.lower()
