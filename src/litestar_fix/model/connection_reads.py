"""What a function reads of a connection that it takes, where that is all that it does with it.

Source: ``litestar/connection/base.py`` and ``litestar/connection/request.py``, Litestar 2.25: headers, cookies, query
parameters, client, URLs and method are read of the ASGI scope and cannot raise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from litestar_fix.model.facts import (
    Assign,
    Call,
    Const,
    Expr,
    For,
    Function,
    Lambda,
    Op,
    Other,
    Plain,
    Ref,
    Seq,
    Star,
)
from litestar_fix.model.project import Project
from litestar_fix.model.services import Taken, argument_of
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import children, expressions, own_expressions, statements

_GETTERS = frozenset({"headers", "cookies", "query_params"})
_ATTRIBUTES = frozenset({"base_url", "client", "cookies", "method", "url", "user"})
_ONLY_REQUESTS = frozenset({"method"})
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
                case Op(op="f", operands=operands) if any(map(self._is_shown, operands)):
                    raise Refused(f"an f-string shows how it reads {self.param}")
                case Other(text=text) if self.param in re.findall(r"\w+", text):
                    raise Refused(f"it reads {self.param} in a way that is not followed")
        if any(self._is_read(name) and name not in seen for name in self.function.names):
            raise Refused(f"it reads {self.param} in a way that is not followed")

    def _is_shown(self, part: Expr) -> bool:
        """Whether a part of an f-string is the text of what comes next: ``{request.method=}``."""
        match part:
            case Const(value=str(text)):
                return text.rstrip().endswith("=") and f"{self.param}." in text
        return False

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
