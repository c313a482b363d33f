"""Values of the contract: expressions as text in which every name stands for what it resolves to.

Two expressions that are written differently and mean the same have the same text: names are followed to the function,
class or library object that they name, module-level names and local variables to what is assigned to them. Positions
are no part of it, so that moving code changes nothing.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import (
    Attr,
    Await,
    Call,
    Const,
    Dict,
    Expr,
    Lambda,
    Op,
    Other,
    Ref,
    Seq,
    Span,
    Star,
    Sub,
    Yield,
)
from litestar_fix.model.project import Project
from litestar_fix.model.secret_values import is_shown
from litestar_fix.model.secrets import is_credential
from litestar_fix.model.symbols import External, Local, Located, ModuleRef

Place: TypeAlias = tuple[str, Span]

_BRACKETS = {"list": "[]", "tuple": "()", "set": "{}"}
_STATUS = re.compile(r"litestar\.status_codes\.(?:HTTP|WS)_(\d+)_\w+$")
_LITERAL = re.compile(r"b?['\"]")
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the contract.

    Args:
        text: what is compared and shown.
        unknown: the parts that cannot be evaluated, each with what is known of its names; sorted.
        places: where the value is written, outermost first; no part of what is compared.
    """

    text: str
    unknown: tuple[str, ...] = ()
    places: tuple[Place, ...] = field(default=(), compare=False)

    def noting(self, unknown: Iterable[str]) -> Value:
        """Return the value with more that is not known about it."""
        return Value(self.text, tuple(sorted({*self.unknown, *unknown})), self.places)


UNSET = Value("not set")


def joined(values: Iterable[Value], template: str = "[{}]") -> Value:
    """Return several values as one, in order."""
    found = list(values)
    return Value(
        template.format(", ".join(item.text for item in found)),
        tuple(sorted({name for item in found for name in item.unknown})),
        tuple(place for item in found for place in item.places),
    )


def opaque(value: Value) -> Value:
    """Return the value of an expression that can be read, but holds more than its text tells."""
    return value.noting([value.text])


@dataclass(slots=True)
class _Parts:
    """What is noted while an expression is turned into text."""

    unknown: set[str] = field(default_factory=set)
    places: list[Place] = field(default_factory=list)


#: The text of what names stand for, with what is noted about it, by place and depth.
_Meant: TypeAlias = dict[tuple[str, str, Span, str, int], tuple[str, _Parts]]


class Values:
    """Turns the expressions of a project into values, each once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[tuple[str, str, Span, type], Value] = {}
        self._meant: _Meant = {}

    def of(self, located: Located) -> Value:
        """Return the value of an expression."""
        expr = located.expr
        key = (located.path, located.scope, expr.span, type(expr))
        found = self._known.get(key)
        if found is None:
            parts = _Parts(places=[(located.path, expr.span)])
            text = _Writer(self.project, parts, self._meant).text(located, 0, frozenset())
            found = self._known[key] = Value(text, tuple(sorted(parts.unknown)), tuple(parts.places))
        return found

    def at(self, path: str, scope: str, expr: Expr | None, absent: str = "not set") -> Value:
        """Return the value of an expression that may be absent."""
        return self.of(Located(path, scope, expr)) if expr is not None else Value(absent)


def _hidden(text: str) -> str:
    """What is compared and shown in the place of a secret."""
    return f"<secret {sha256(text.encode()).hexdigest()[:8]}>"


@dataclass(frozen=True, slots=True)
class _Writer:
    project: Project
    parts: _Parts
    meant: _Meant

    def text(self, at: Located, depth: int, bound: frozenset[str]) -> str:
        expr = at.expr
        match expr:
            case Ref(name=name):
                return self._named(at, name, depth, bound)
            case Const(value=value):
                return repr(value) if not isinstance(value, str) or is_shown(value) else _hidden(repr(value))
            case Other(text=text):
                return text
            case Call():
                words = sorted(
                    f"{k.name}={self._keyword(at, k.name, k.value, depth, bound)}" for k in expr.keywords if k.name
                )
                words += [f"**{self._at(at, k.value, depth, bound)}" for k in expr.keywords if not k.name]
                given = [*self._all(at, expr.args, depth, bound), *words]
                return f"{self._at(at, expr.func, depth, bound)}({', '.join(given)})"
            case Seq(kind=kind, items=items):
                found = self._all(at, items, depth, bound)
                return ", ".join(sorted(found) if kind == "set" else found).join(_BRACKETS[kind])
            case Dict(keys=keys, values=values):
                return self._dict(at, keys, values, depth, bound)
            case Lambda(params=params, body=body):
                return f"lambda {', '.join(params)}: {self._at(at, body, depth, bound | set(params))}"
        return self._compound(at, expr, depth, bound)

    def _keyword(self, at: Located, name: str, value: Expr, depth: int, bound: frozenset[str]) -> str:
        text = self._at(at, value, depth, bound)
        return _hidden(text) if is_credential(name) and _LITERAL.match(text) else text

    def _compound(self, at: Located, expr: Expr, depth: int, bound: frozenset[str]) -> str:
        match expr:
            case Attr(value=value, attr=attr):
                return f"{self._at(at, value, depth, bound)}.{attr}"
            case Sub(value=value, index=index):
                inner = index.items if isinstance(index, Seq) and index.kind == "tuple" else (index,)
                return f"{self._at(at, value, depth, bound)}[{', '.join(self._all(at, inner, depth, bound))}]"
            case Star(value=value):
                return f"*{self._at(at, value, depth, bound)}"
            case Await(value=value):
                return f"await {self._at(at, value, depth, bound)}"
            case Yield(value=value):
                return f"yield {self._at(at, value, depth, bound) if value is not None else ''}"
            case Op(op=op, operands=operands):
                found = self._all(at, operands, depth, bound)
                return f"({f' {op} '.join(found)})" if len(found) > 1 else f"({op} {''.join(found)})"
        return ""

    def _dict(
        self, at: Located, keys: tuple[Expr | None, ...], values: tuple[Expr, ...], depth: int, bound: frozenset[str]
    ) -> str:
        pairs = [
            (f"{self._at(at, key, depth, bound)}: " if key is not None else "**") + self._at(at, value, depth, bound)
            for key, value in zip(keys, values, strict=True)
        ]
        return ", ".join(pairs if None in keys else sorted(pairs)).join("{}")

    def _all(self, at: Located, found: Iterable[Expr], depth: int, bound: frozenset[str]) -> list[str]:
        return [self._at(at, expr, depth, bound) for expr in found]

    def _at(self, at: Located, expr: Expr, depth: int, bound: frozenset[str]) -> str:
        return self.text(Located(at.path, at.scope, expr), depth, bound)

    # --------------------------------------------------------------------------------------------------------- names
    def _named(self, at: Located, name: str, depth: int, bound: frozenset[str]) -> str:
        if name.partition(".")[0] in bound:
            return name
        symbol = self.project.resolve_expr(at)
        match symbol:
            case External(name=dotted):
                status = _STATUS.match(dotted)
                return status[1] if status else dotted
            case ModuleRef(path=path):
                return path
            case Local(path=path, qualname=qualname):
                if self.project.function(symbol) is not None or self.project.class_(symbol) is not None:
                    return f"{path}::{qualname}"
        followed = (value_of(self.project, at) or self._of_class_body(at, name)) if depth < _DEPTH else None
        if followed is not None and followed.expr != at.expr:
            self.parts.places.append((followed.path, followed.expr.span))
            return self._followed(followed, depth + 1)
        if isinstance(symbol, Local):
            self.parts.unknown.add(f"{symbol.path}::{symbol.qualname}")
            return f"{symbol.path}::{symbol.qualname}"
        return self._attribute(at, name, depth)

    def _followed(self, found: Located, depth: int) -> str:
        """What a name stands for; worked out once, since the fields of many models may read one large table."""
        expr = found.expr
        key = (found.path, found.scope, expr.span, expr.name if isinstance(expr, Ref) else type(expr).__name__, depth)
        if key not in self.meant:
            parts = _Parts()
            self.meant[key] = _Writer(self.project, parts, self.meant).text(found, depth, frozenset()), parts
        text, parts = self.meant[key]
        self.parts.unknown |= parts.unknown
        self.parts.places += parts.places
        return text

    def _of_class_body(self, at: Located, name: str) -> Located | None:
        """What a class body assigns to a name that its decorators read."""
        class_ = self.project.class_(Local(at.path, at.scope))
        attribute = class_.attribute(name) if class_ is not None else None
        return Located(at.path, at.scope, attribute.value) if attribute is not None and attribute.value else None

    def _attribute(self, at: Located, name: str, depth: int) -> str:
        """An attribute of an object, a builtin, or a name that nothing is known of."""
        root, _, rest = name.partition(".")
        if rest and depth < _DEPTH:
            owner = Located(at.path, at.scope, Ref(root, at.expr.span))
            if self.project.resolve_expr(owner) is not None or value_of(self.project, owner) is not None:
                return f"{self.text(owner, depth + 1, frozenset())}.{rest}"
        if not hasattr(builtins, root):
            self.parts.unknown.add(f"{name} in {at.path}::{at.scope}" if at.scope else f"{name} in {at.path}")
        return name
