"""What a function reads of a connection that it takes, where that is all that it does with it.

Source: ``litestar/connection/base.py`` and ``litestar/connection/request.py``, Litestar 2.25: headers, cookies, query
parameters, client, URLs and method are read of the ASGI scope and cannot raise; ``user`` raises
``ImproperlyConfiguredException`` where no middleware has set it.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from litestar_fix.model.facts import (
    Assign,
    Attr,
    Await,
    Branches,
    Call,
    Const,
    Define,
    Except,
    Expr,
    For,
    Function,
    If,
    Lambda,
    Op,
    Other,
    Plain,
    Ref,
    Seq,
    Span,
    Star,
    Stmt,
    Sub,
    With,
    Yield,
)
from litestar_fix.model.project import Local, Project
from litestar_fix.model.services import Taken, argument_of
from litestar_fix.model.walk import children, expressions, own_expressions, statements, subexpressions

_GETTERS = MappingProxyType({"headers": "header", "cookies": "cookie", "query_params": "query"})
_DATA = "litestar.datastructures"
#: What a service may be handed instead: attribute -> (module and name of its type, whether it may be None).
_ATTRIBUTES = MappingProxyType(
    {
        "base_url": (f"{_DATA}.URL", False),
        "client": (f"{_DATA}.Address", True),
        "cookies": ("dict[str, str]", False),
        "method": ("str", False),
        "url": (f"{_DATA}.URL", False),
        "user": ("", False),
    }
)
_ONLY_REQUESTS = frozenset({"method"})
_MAY_RAISE = frozenset({"user"})
_REQUEST = "litestar.Request"


class Read(msgspec.Struct, frozen=True):
    """A value that is read of a connection.

    Args:
        attribute: the attribute of the connection.
        key: what is got of a mapping, as first written; None for the attribute itself.
        default: the default that ``get`` is given; None where it is given none.
    """

    attribute: str
    key: str | None = None
    default: str | None = None

    @property
    def identity(self) -> tuple[str, str | None, str | None]:
        """Equal for two reads of one value: the names of headers have no case."""
        key = self.key.lower() if self.key is not None and self.attribute == "headers" else self.key
        return self.attribute, key, self.default


class Handed(msgspec.Struct, frozen=True):
    """A call in which a connection is handed on to another service."""

    target: Local
    call: Call


class Value(msgspec.Struct, frozen=True):
    """A parameter that takes the place of the connection.

    Args:
        read: what it stands for.
        name: how it is called.
        type: dotted name of its type, or what is written where that is no import.
        is_optional: whether it may be None.
    """

    read: Read
    name: str
    type: str
    is_optional: bool

    @property
    def is_imported(self) -> bool:
        """Whether the type has to be imported."""
        return self.type.startswith(_DATA)


class Values(msgspec.Struct, frozen=True):
    """What takes the place of a connection.

    Args:
        values: the parameters, in the order in which they are first read.
        dropped: the statements that do nothing but give one of the values the name of its parameter.
    """

    values: tuple[Value, ...]
    dropped: tuple[Span, ...]


class Refused(Exception):
    """Why a function cannot be handed what it reads of a connection."""


def uses_of(project: Project, taken: Taken, services: Mapping[Local, Taken]) -> tuple[Read | Handed, ...]:
    """Return all that a function does with the connection that it takes, in order.

    Args:
        project: what it belongs to.
        taken: the parameter.
        services: those that it may hand the connection on to.

    Raises:
        Refused: it does something else with it.
    """
    return _Body(project, taken, services).uses()


def values_of(project: Project, taken: Taken, reads: Iterable[Read], handed_user: Iterable[Span]) -> Values:
    """Return the parameters that a function is to have instead of a connection.

    Args:
        project: what it belongs to.
        taken: the parameter that they replace.
        reads: what they stand for, each once.
        handed_user: the calls by which the function hands the user on.

    Raises:
        Refused: there is no name or no type for one of them, or it may only be read later.
    """
    found = list(reads)
    if any(read.attribute in _MAY_RAISE for read in found):
        _check_certain(taken, frozenset(handed_user))
    return _named(project, taken, found)


def read_in(expr: Expr, param: str) -> Read | None:
    """Return what an expression, as a whole, reads of a connection; None where it is no such read."""
    match expr:
        case Call(func=Ref(name=name), args=(Const(value=str(key)), *rest), keywords=()):
            attribute = name.removeprefix(f"{param}.").removesuffix(".get")
            if name == f"{param}.{attribute}.get" and attribute in _GETTERS:
                return _got(attribute, key, rest)
        case Ref(name=name):
            attribute = name.removeprefix(f"{param}.")
            if name == f"{param}.{attribute}" and attribute in _ATTRIBUTES:
                return Read(attribute)
    return None


def _got(attribute: str, key: str, rest: Sequence[Expr]) -> Read | None:
    match rest:
        case [] | [Const(value=None)]:
            return Read(attribute, key)
        case [Const(value=str(default))]:
            return Read(attribute, key, default)
    return None


class _Body:
    """The body of one function."""

    def __init__(self, project: Project, taken: Taken, services: Mapping[Local, Taken]) -> None:
        self.project = project
        self.taken = taken
        self.services = services
        self.function: Function = taken.function
        self.param = taken.param.name

    def uses(self) -> tuple[Read | Handed, ...]:
        self._check_scopes()
        found = [use for root in self._roots() for use in self._in(root)]
        if Read("cookies") in found:
            # a function that is handed all cookies needs none of them apart
            found = [use for use in found if not isinstance(use, Read) or use.attribute != "cookies" or not use.key]
        return tuple(found)

    def _roots(self) -> Iterator[Expr]:
        for stmt in statements(self.function.body):
            targets = stmt.targets if isinstance(stmt, Assign) else (stmt.target,) if isinstance(stmt, For) else ()
            deleted = stmt.operands if isinstance(stmt, Plain) and stmt.kind == "del" else ()
            for target in (*targets, *deleted):
                self._check_target(target)
            yield from own_expressions(stmt)

    def _is_read(self, name: str) -> bool:
        return name.partition(".")[0] == self.param

    # ------------------------------------------------------------------------------------------------------ refusals
    def _check_scopes(self) -> None:
        """Refuse where the name is read in a way that a walk over the body does not see."""
        module = self.project.modules[self.taken.symbol.path]
        inner = f"{self.function.qualname}.<locals>."
        if any(item.qualname.startswith(inner) and any(map(self._is_read, item.names)) for item in module.functions):
            raise Refused(f"a function within it reads {self.param}")
        seen = set()
        for expr in expressions(self.function.body):
            match expr:
                case Ref(name=name):
                    seen.add(name)
                case Lambda(params=params) if self.param in params:
                    raise Refused(f"{self.param} means something else within it")
                case Other(text=text) if self.param in re.findall(r"\w+", text):
                    raise Refused(f"it reads {self.param} in a way that is not followed")
        if any(self._is_read(name) and name not in seen for name in self.function.names):
            raise Refused(f"it reads {self.param} in a way that is not followed")

    def _check_target(self, target: Expr) -> None:
        match target:
            case Ref(name=name) if self._is_read(name):
                raise Refused(f"it changes {name}")
            case Seq(items=items):
                for item in items:
                    self._check_target(item)
            case Star(value=value):
                self._check_target(value)

    # ---------------------------------------------------------------------------------------------------------- uses
    def _in(self, expr: Expr) -> Iterator[Read | Handed]:
        read = read_in(expr, self.param)
        match expr:
            case Call() if read is not None:
                yield read
                return
            case Ref(name=name) if self._is_read(name):
                yield self._plain(name)
                return
            case Call(args=args, keywords=keywords, func=Ref(name=callee)) if any(
                map(self._is_itself, (*args, *[item.value for item in keywords]))
            ):
                handed = self._handed(expr, callee)
                yield handed
                others = [item for item in children(expr) if not self._is_itself(item)]
                for child in others:
                    yield from self._in(child)
                return
        for child in children(expr):
            yield from self._in(child)

    def _is_itself(self, expr: Expr) -> bool:
        return isinstance(expr, Ref) and expr.name == self.param

    def _handed(self, call: Call, callee: str) -> Handed:
        target = self.project.callgraph.target(self.taken.symbol, callee)
        service = self.services.get(target) if isinstance(target, Local) else None
        given = [item for item in (*call.args, *[k.value for k in call.keywords]) if self._is_itself(item)]
        if service is None or len(given) != 1 or argument_of(service, call)[1] != given[0]:
            raise Refused(f"it hands {self.param} on to {callee}")
        return Handed(service.symbol, call)

    def _plain(self, name: str) -> Read:
        parts = name.split(".")
        if len(parts) == 1:
            raise Refused(f"it uses {self.param} itself")
        attribute = parts[1]
        known = attribute in _ATTRIBUTES and (attribute not in _ONLY_REQUESTS or self.taken.type == _REQUEST)
        if attribute in _GETTERS and not known:
            raise Refused(f"it reads {self.param}.{attribute} in another way than by get() with a literal")
        if not known:
            raise Refused(f"it reads {self.param}.{attribute}, which it cannot be handed")
        return Read(attribute)


# -------------------------------------------------------------------------------------------------------------- names
def _named(project: Project, taken: Taken, found: Sequence[Read]) -> Values:
    own: dict[object, str] = {}
    dropped: list[Span] = []
    for read, stmt, name in _assignments(taken.function, taken.param.name):
        if read.identity in {item.identity for item in found} and read.identity not in own:
            own[read.identity] = name
            dropped.append(stmt.span)
    used = _names_in(project, taken)
    values = []
    for read in found:
        name = own.get(read.identity) or next((item for item in _names(read) if item not in used), "")
        if not name:
            raise Refused(f"there is no free name for what it reads of {taken.param.name}.{read.attribute}")
        used.add(name)
        values.append(Value(read, name, *_type(project, taken, read)))
    return Values(tuple(values), tuple(dropped))


def _names_in(project: Project, taken: Taken) -> set[str]:
    """The names that mean something in a function, the parameter that goes left out."""
    inner = f"{taken.function.qualname}.<locals>."
    nested = [item for item in project.modules[taken.symbol.path].functions if item.qualname.startswith(inner)]
    found = set(dir(builtins))
    for item in (taken.function, *nested):
        found.update(item.bound, (name.partition(".")[0] for name in item.names))
    return found - {taken.param.name}


def _type(project: Project, taken: Taken, read: Read) -> tuple[str, bool]:
    if read.key is not None:
        return "str", read.default is None
    type_, optional = _ATTRIBUTES[read.attribute]
    return type_ or _user(project, taken), optional


def _user(project: Project, taken: Taken) -> str:
    """The type of the user, as the annotation of the connection says."""
    match taken.param.annotation:
        case Sub(index=Seq(items=(Ref() as user, *_))):
            if not project.external(taken.symbol.path, user, taken.function.parent).startswith("typing"):
                return user.name
    raise Refused(f"its annotation does not say of what class {taken.param.name}.user is")


def _names(read: Read) -> Iterator[str]:
    """Names for a value, the best one first."""
    if read.key is None:
        yield read.attribute
        yield f"request_{read.attribute}"
        return
    plain = re.sub(r"\W+", "_", read.key.lower()).strip("_")
    if read.attribute == "headers":
        plain = plain.removeprefix("x_")
    for name in (plain, f"{plain}_{_GETTERS[read.attribute]}"):
        if name.isidentifier() and name.isascii() and not keyword.iskeyword(name):
            yield name


def _assignments(function: Function, param: str) -> Iterator[tuple[Read, Assign, str]]:
    """The statements that do nothing but name a value: the name means nothing else before them."""
    params = {item.name for item in function.params}
    for index, stmt in enumerate(function.body):
        match stmt:
            case Assign(targets=(Ref(name=name),), value=value, op="=") if value is not None and "." not in name:
                read = read_in(value, param)
                if read is None or name in params or _is_known(function.body[:index], name):
                    continue
                if not _is_bound_again(function, stmt, name) or _count(function, param, read) == 1:
                    yield read, stmt, name


def _count(function: Function, param: str, read: Read) -> int:
    """How often a function reads a value; handing the connection on may read any."""
    count = 0
    for expr in expressions(function.body):
        item = read_in(expr, param)
        is_part = isinstance(expr, Ref) and read.key is None and expr.name.startswith(f"{param}.{read.attribute}.")
        is_handed = isinstance(expr, Ref) and expr.name == param
        count += is_part or is_handed or (item is not None and item.identity == read.identity)
    return count


def _is_bound_again(function: Function, first: Assign, name: str) -> bool:
    """Whether a name may be given another value than by one assignment."""
    for stmt in statements(function.body):
        match stmt:
            case Assign(targets=targets) if stmt is not first:
                bound = [expr for target in targets for expr in subexpressions(target)]
            case For(target=target):
                bound = [*subexpressions(target)]
            case With(items=items):
                bound = [expr for item in items if item.target is not None for expr in subexpressions(item.target)]
            case _:
                bound = []
        if any(isinstance(expr, Ref) and expr.name == name for expr in bound) or _is_known((stmt,), ""):
            return True
        if any(isinstance(clause, Except) and clause.name == name for clause in getattr(stmt, "handlers", ())):
            return True
    return any(isinstance(expr, Op) and expr.op == ":=" for expr in expressions(function.body))


def _is_known(body: Sequence[Stmt], name: str) -> bool:
    """Whether statements may bind or read a name."""
    for stmt in statements(body):
        match stmt:
            case Branches() | Define():
                return True
            case Plain(kind=kind) if kind not in ("assert", "pass"):
                return True
    clauses = [clause.name for stmt in statements(body) for clause in getattr(stmt, "handlers", ())]
    read = [expr.name.partition(".")[0] for expr in expressions(body) if isinstance(expr, Ref)]
    return name in clauses or name in read


# ------------------------------------------------------------------------------------------------- order of evaluation
def _check_certain(taken: Taken, handed: Collection[Span]) -> None:
    """Refuse the user, who may be missing, unless it is read in any case and before anything else is done."""
    name = f"{taken.param.name}.user"
    if not _comes_first(taken.function.body, taken.param.name, name, handed):
        raise Refused(f"{name} raises without authentication, and is not the first that it does")


def _comes_first(body: Sequence[Stmt], param: str, name: str, handed: Collection[Span]) -> bool:
    """Whether something is read in any case, and before anything that may raise or that others notice."""
    for stmt in body:
        for expr in _evaluated(stmt):
            for done in _in_order(expr):
                if isinstance(done, Ref) and (done.name == name or done.name.startswith(f"{name}.")):
                    return True
                if isinstance(done, Call) and done.span in handed:
                    return True
                if not _is_unnoticed(done, param):
                    return False
        if not (isinstance(stmt, Assign) and all(isinstance(t, Ref) and "." not in t.name for t in stmt.targets)):
            return False
    return False


def _evaluated(stmt: Stmt) -> tuple[Expr, ...]:
    """The expressions of a statement that are evaluated in any case, in order."""
    match stmt:
        case Assign(value=value) if value is not None:
            return (value,)
        case If(test=test):
            return (test,)
        case With(items=items):
            return (items[0].context,)
    return own_expressions(stmt)[:1]


def _in_order(expr: Expr) -> Iterator[Expr]:
    """What is evaluated in any case, parts before what is made of them."""
    match expr:
        case Op(op="and" | "or" | "if", operands=(first, *_)):
            yield from _in_order(first)
            yield expr
            return
        case Lambda():
            yield expr
            return
        case Call(func=func):
            yield from _in_order(func)
    for child in children(expr)[isinstance(expr, Call) :]:
        yield from _in_order(child)
    yield expr


def _is_unnoticed(expr: Expr, param: str) -> bool:
    """Whether evaluating an expression, its parts apart, neither raises nor does anything."""
    if read_in(expr, param) is not None:
        return True
    match expr:
        case Call() | Await() | Yield() | Sub() | Attr():
            return False
        case Op(op=op):
            return op in ("and", "or", "not", "is", "is not")
    return not any(isinstance(item, Other) for item in subexpressions(expr))
