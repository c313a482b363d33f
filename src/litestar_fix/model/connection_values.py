"""What a function may be handed instead of a connection: the values that it reads, their names and their types.

Source: ``litestar/connection/base.py``, Litestar 2.25: ``user`` raises ``ImproperlyConfiguredException`` where no
middleware has set it.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType

import msgspec

from litestar_fix.model.connection_reads import Read, Refused, read_in
from litestar_fix.model.evaluation_order import comes_first
from litestar_fix.model.facts import (
    Assign,
    Branches,
    Call,
    Define,
    Except,
    Expr,
    For,
    Function,
    Op,
    Plain,
    Ref,
    Seq,
    Span,
    Stmt,
    Sub,
    With,
)
from litestar_fix.model.project import Project
from litestar_fix.model.services import Taken
from litestar_fix.model.walk import expressions, statements, subexpressions

_KINDS = MappingProxyType({"headers": "header", "cookies": "cookie", "query_params": "query"})
_DATA = "litestar.datastructures"
#: Attribute -> (module and name of its type, whether it may be None).
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
_MAY_RAISE = frozenset({"user"})


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
    for name in (plain, f"{plain}_{_KINDS[read.attribute]}"):
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


def _check_certain(taken: Taken, handed: frozenset[Span]) -> None:
    """Refuse the user, who may be missing, unless it is read in any case and before anything else is done."""
    param = taken.param.name

    def is_user(expr: Expr) -> bool:
        is_read = isinstance(expr, Ref) and f"{expr.name}.".startswith(f"{param}.user.")
        return is_read or (isinstance(expr, Call) and expr.span in handed)

    if not comes_first(taken.function.body, is_user, lambda expr: read_in(expr, param) is not None):
        raise Refused(f"{param}.user raises without authentication, and is not the first that it does")
