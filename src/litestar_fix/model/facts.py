"""Facts about one module: frozen, node-free, without opinions.

Everything a rule may ask about the text of a module is recorded here once, from CPython's ``ast``. Expressions and
statements form a small algebra of their own (``Expr``, ``Stmt``): precise for what Litestar code is written with,
lossy for arithmetic. Lines are 1-based, columns 0-based code points, as in LibCST.

All structs are written as arrays, without keys: a thousand lines of Python are some tens of kilobytes. Signatures and
bodies of functions stay encoded (``raw_signature``, ``raw_body``) until a rule asks for them, because most never are.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import msgspec

from litestar_fix.model.qualnames import enclosing, readable
from litestar_fix.model.span import Span as Span  # noqa: PLC0414 (re-exported)


# --------------------------------------------------------------------------------------------------- expressions
class Ref(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """A name or an attribute chain rooted in a name: ``guards``, ``ls.get``, ``self.repository.get``."""

    name: str
    span: Span


class Const(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A literal str, int, float, bool or None. Bytes, complex numbers and ``...`` are `Other`."""

    value: str | int | float | bool | None
    span: Span


class Keyword(msgspec.Struct, frozen=True, array_like=True):
    """A keyword argument; ``name`` is None for ``**value``."""

    name: str | None
    value: Expr
    span: Span


class Call(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """A call. ``callee`` is the dotted name of what is called, or empty where it is no `Ref`."""

    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    span: Span

    @property
    def callee(self) -> str:
        """The dotted name that is called as written, '' when the callee is another expression."""
        return self.func.name if isinstance(self.func, Ref) else ""

    def keyword(self, name: str) -> Expr | None:
        """Return the value of a keyword argument, or None."""
        return next((keyword.value for keyword in self.keywords if keyword.name == name), None)

    @property
    def has_unpacking(self) -> bool:
        """Whether ``*args`` or ``**kwargs`` hide some of the arguments."""
        return any(keyword.name is None for keyword in self.keywords) or any(isinstance(a, Star) for a in self.args)


class Attr(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """An attribute of something that is no plain name: ``call().attr``."""

    value: Expr
    attr: str
    span: Span


class Seq(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """A list, tuple or set display; ``kind`` says which."""

    kind: str
    items: tuple[Expr, ...]
    span: Span


class Dict(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """A dict display; a key of None is ``**value``."""

    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]
    span: Span


class Sub(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """A subscript: ``Annotated[int, X]``, ``data["x"]``."""

    value: Expr
    index: Expr
    span: Span


class Star(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """``*value`` in a call or a display."""

    value: Expr
    span: Span


class Await(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """``await value``."""

    value: Expr
    span: Span


class Yield(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """``yield value`` or ``yield from value``; ``value`` is None for a bare yield."""

    value: Expr | None
    is_from: bool
    span: Span


class Op(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """An operator, comprehension, f-string or conditional.

    ``op`` names it (``|``, ``and``, ``==``, ``if``, ``f``, ``[for]`` ...).
    """

    op: str
    operands: tuple[Expr, ...]
    span: Span


class Lambda(msgspec.Struct, frozen=True, array_like=True, tag=11):
    """A lambda; it has a scope of its own and runs later."""

    params: tuple[str, ...]
    body: Expr
    span: Span


class Other(msgspec.Struct, frozen=True, array_like=True, tag=12):
    """Any other expression, as normalised source text."""

    text: str
    span: Span


Expr: TypeAlias = Ref | Const | Call | Attr | Seq | Dict | Sub | Star | Await | Yield | Op | Lambda | Other


# ---------------------------------------------------------------------------------------------------- statements
class Assign(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """An assignment.

    ``op`` is '=' or the augmented operator, ``annotation`` that of ``x: T = ...`` (value None for ``x: T``).
    """

    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None
    op: str
    span: Span


class Return(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """``return value``."""

    value: Expr | None
    span: Span


class Raise(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """``raise exc from cause``."""

    exc: Expr | None
    cause: Expr | None
    span: Span


class Do(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """An expression statement."""

    value: Expr
    span: Span


class If(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """``if test: body else: orelse`` (an elif is an If alone in ``orelse``)."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    span: Span


class For(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """``for target in iter``."""

    target: Expr
    iter: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    is_async: bool
    span: Span


class While(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """``while test``."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    span: Span


class WithItem(msgspec.Struct, frozen=True, array_like=True):
    """One ``context as target`` of a with statement."""

    context: Expr
    target: Expr | None


class With(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """``with`` or ``async with``."""

    items: tuple[WithItem, ...]
    body: tuple[Stmt, ...]
    is_async: bool
    span: Span


class Except(msgspec.Struct, frozen=True, array_like=True):
    """One except clause; ``type`` is None for a bare one."""

    type: Expr | None
    name: str | None
    body: tuple[Stmt, ...]
    span: Span


class Try(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """``try``."""

    body: tuple[Stmt, ...]
    handlers: tuple[Except, ...]
    orelse: tuple[Stmt, ...]
    final: tuple[Stmt, ...]
    span: Span


class Branches(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """A match statement: what is matched, the classes, values and guards of its cases, and a body per case."""

    subject: Expr
    tests: tuple[Expr, ...]
    bodies: tuple[tuple[Stmt, ...], ...]
    span: Span


class Define(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """A function or class defined here.

    Its facts are in ``Module.functions`` / ``Module.classes`` under ``qualname``.
    """

    qualname: str
    is_class: bool
    span: Span


class Plain(msgspec.Struct, frozen=True, array_like=True, tag=11):
    """pass, break, continue, del, assert, global, nonlocal, import.

    ``kind`` says which, ``names`` what global and nonlocal name.
    """

    kind: str
    operands: tuple[Expr, ...]
    names: tuple[str, ...]
    span: Span


Stmt: TypeAlias = Assign | Return | Raise | Do | If | For | While | With | Try | Branches | Define | Plain


# --------------------------------------------------------------------------------------------------- definitions
class Import(msgspec.Struct, frozen=True, array_like=True):
    """One bound name of an import: ``from module import name as local``; ``name`` is '' for ``import module``.

    ``module`` keeps its leading dots. ``import a.b`` binds ``a``: local 'a', module 'a.b'. ``name`` is '*' for a star
    import. ``guarded`` marks imports under ``if TYPE_CHECKING``; ``scope`` is the qualname of the function or class
    that holds it, '' at module level.
    """

    local: str
    module: str
    name: str
    guarded: bool
    scope: str
    span: Span


class Param(msgspec.Struct, frozen=True, array_like=True):
    """A parameter; ``kind`` is 'positional' (before ``/``), 'normal', 'keyword', '*' or '**'."""

    name: str
    annotation: Expr | None
    default: Expr | None
    kind: str
    span: Span


class Function(msgspec.Struct, frozen=True, array_like=True):
    """A function or method. ``span`` starts at ``def`` or ``async`` and ends with the body.

    ``names`` are the distinct dotted names read in the body (not in nested functions), ``calls`` those of them that
    are called; ``bound`` the names that the function binds itself (parameters, assignments, imports ...),
    ``attributes`` those read of anything but names (``call().attr``), see `Attr`; ``given`` those that are arguments
    of calls, ``asked`` those that ``isinstance`` and ``issubclass`` ask for; ``labels`` what else values are given to:
    keywords of calls, assigned attributes, and keys. Each is kept as one text: a string for every name would be most of
    the memory of a large project.
    """

    name: str
    qualname: str
    is_async: bool
    is_generator: bool
    decorators: tuple[Expr, ...]
    bound_text: str
    names_text: str
    calls_text: str
    attributes_text: str
    given_text: str
    asked_text: str
    labels_text: str
    has_docstring: bool
    span: Span
    body_span: Span
    raw_signature: bytes
    raw_body: bytes

    @property
    def params(self) -> tuple[Param, ...]:
        """The parameters, in the order in which they are written."""
        return _decode_signature(self.raw_signature)[0]

    @property
    def returns(self) -> Expr | None:
        """The return annotation."""
        return _decode_signature(self.raw_signature)[1]

    @property
    def bound(self) -> list[str]:
        """The names that the function binds."""
        return self.bound_text.split()

    @property
    def names(self) -> list[str]:
        """The dotted names that the body reads."""
        return self.names_text.split()

    @property
    def calls(self) -> list[str]:
        """The dotted names that the body calls."""
        return self.calls_text.split()

    @property
    def asked(self) -> list[str]:
        """The dotted names that ``isinstance`` and ``issubclass`` ask for, and capitalised ones that are compared."""
        return self.asked_text.split()

    @property
    def body(self) -> tuple[Stmt, ...]:
        """The statements of the function, without its docstring."""
        return _body_of(self)

    @property
    def parent(self) -> str:
        """The qualname of the enclosing class or function, '' at module level."""
        return enclosing(self.qualname)

    @property
    def readable_name(self) -> str:
        """The qualname as messages say it."""
        return readable(self.qualname)

    @property
    def owner(self) -> str:
        """The qualname of the class that a method belongs to, '' for other functions."""
        outer = self.qualname.rpartition(".")[0]
        return "" if outer.endswith("<locals>") else outer


class Attribute(msgspec.Struct, frozen=True, array_like=True):
    """A class attribute or module-level name: ``name: annotation = value``; ``op`` is '=' or an augmented operator."""

    name: str
    annotation: Expr | None
    value: Expr | None
    op: str
    conditional: bool
    span: Span


class Class(msgspec.Struct, frozen=True, array_like=True):
    """A class. ``methods`` are qualnames in ``Module.functions``.

    ``names`` what else the body reads; ``span`` starts at ``class``.
    """

    name: str
    qualname: str
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expr, ...]
    attributes: tuple[Attribute, ...]
    methods: tuple[str, ...]
    span: Span
    body_span: Span

    @property
    def parent(self) -> str:
        """The qualname of the enclosing class or function, '' at module level."""
        return enclosing(self.qualname)

    @property
    def readable_name(self) -> str:
        """The qualname as messages say it."""
        return readable(self.qualname)

    def attribute(self, name: str) -> Attribute | None:
        """Return the last assignment of a class attribute in this very class, or None."""
        return next((item for item in reversed(self.attributes) if item.name == name), None)


class Suppression(msgspec.Struct, frozen=True, array_like=True):
    """A comment that suppresses: ``form`` is 'own', 'fixit' or 'noqa'; ``codes`` as written (empty = all).

    It covers findings reported on the lines ``first`` to ``last``. ``comment`` is all that stands at ``span``.
    """

    form: str
    codes: tuple[str, ...]
    reason: str
    first: int
    last: int
    comment: str
    span: Span


class Module(msgspec.Struct, frozen=True, array_like=True):
    """All facts of one file. ``path`` is relative to the project's root, with ``/``.

    ``statements`` are the module-level statements that are neither imports nor definitions nor plain assignments
    (encoded, see ``body``).
    """

    path: str
    imports: tuple[Import, ...]
    assignments: tuple[Attribute, ...]
    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    suppressions: tuple[Suppression, ...]
    exports: tuple[str, ...] | None
    names_text: str
    attributes_text: str
    labels_text: str
    lines: int
    raw_body: bytes

    @property
    def names(self) -> list[str]:
        """The dotted names read at module level, in class bodies, decorators and default values."""
        return self.names_text.split()

    @property
    def body(self) -> tuple[Stmt, ...]:
        """The module-level statements in order, imports and plain assignments included."""
        return _body_of(self)


_signature_decoder = msgspec.msgpack.Decoder(tuple[tuple[Param, ...], Expr | None])
_body_decoder = msgspec.msgpack.Decoder(tuple[Stmt, ...])


#: The bodies that were asked for lately, by identity: to hash their bytes takes as long as to decode them.
_bodies: dict[int, tuple[Function | Module, tuple[Stmt, ...]]] = {}
_MOST_BODIES = 4096


def _body_of(owner: Function | Module) -> tuple[Stmt, ...]:
    found = _bodies.get(id(owner))
    if found is None:
        if len(_bodies) >= _MOST_BODIES:
            _bodies.clear()
        found = _bodies[id(owner)] = owner, _body_decoder.decode(owner.raw_body)
    return found[1]


@lru_cache(maxsize=4096)
def _decode_signature(raw: bytes) -> tuple[tuple[Param, ...], Expr | None]:
    return _signature_decoder.decode(raw)
