"""Every place where a function of the project may be meant, so that "all calls are known" can be relied on.

Unlike the call graph, which leaves out what it does not know: an attribute of the function's name whose owner is not
known is a place, too, and so is its name as text where attributes are looked up by text.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from weakref import WeakKeyDictionary

import msgspec

from litestar_fix.model.facts import Attr, Await, Call, Const, Expr, Lambda, Module, Op, Ref, Span
from litestar_fix.model.lookups import BY_TEXT
from litestar_fix.model.project import Project
from litestar_fix.model.sites import roots
from litestar_fix.model.symbols import External, Local, ModuleRef, Symbol
from litestar_fix.model.walk import children


class Kind(StrEnum):
    """What is known of a place."""

    CALL = "call"
    MENTION = "mention"  #: it is read, and not called there
    UNSURE = "unsure"  #: something of its name is read, and perhaps called, and what it belongs to is not known
    TEXT = "text"  #: its name as text


class Usage(msgspec.Struct, frozen=True):
    """A place where a function may be meant.

    Args:
        kind: what is known of it.
        path, scope, span: where it is read.
        call: the call there, None where it is not called.
        within: what its value is for: the name that is assigned to, keyword arguments, calls that it is an argument of.
        in_text: whether it stands in an f-string: before Python 3.12, its position is not reliable there.
        awaited: whether the call is awaited there.
        by_class: whether it is read of its class instead of an object.
    """

    kind: Kind
    path: str
    scope: str
    span: Span
    call: Call | None = None
    within: tuple[str, ...] = ()
    in_text: bool = False
    awaited: bool = False
    by_class: bool = False


def usages(project: Project, symbol: Local, *, by_text: bool = False) -> Iterator[Usage]:
    """Yield every place of the project where a function or method may be meant, imports excepted.

    Args:
        project: what it belongs to.
        symbol: the function.
        by_text: whether to look for its name as text, too: that takes longer.
    """
    function = project.function(symbol)
    owner = Local(symbol.path, function.owner) if function is not None and function.owner else None
    key = (symbol.qualname.rpartition(".")[2], owner is not None, by_text)
    known = _known.setdefault(project, {})
    if key not in known:
        known[key] = tuple(_places(project, *key))
    for place in known[key]:
        if place.may_be(project, symbol, owner):
            yield place.usage


class _Place(msgspec.Struct, frozen=True):
    """A place for functions of one name: what is meant there, None where that is not known.

    Where any attribute of ``owner`` may be looked up, the function is one of that class or of a base.
    """

    usage: Usage
    meant: Local | None = None
    owner: Local | None = None

    def may_be(self, project: Project, symbol: Local, owner: Local | None) -> bool:
        """Whether a function, and the class that it belongs to, may be meant."""
        if self.owner is not None:
            return owner is not None and (owner == self.owner or self.owner in project.subclasses(owner))
        return self.meant is None or self.meant == symbol


#: By name, and whether it is that of methods, and whether it was looked for as text: many functions have one name.
_known: WeakKeyDictionary[Project, dict[tuple[str, bool, bool], tuple[_Place, ...]]] = WeakKeyDictionary()


def _places(project: Project, name: str, is_method: bool, by_text: bool) -> Iterator[_Place]:
    words = project.words.aliases([name])
    wanted = words | BY_TEXT if by_text else words
    paths = {path for word in wanted for path in project.words.readers(word)}
    for path in sorted(paths):
        yield from _Search(project, path, name, words, is_method=is_method).run(wanted)


class _Context(msgspec.Struct, frozen=True):
    scope: str
    within: tuple[str, ...] = ()
    call: Call | None = None
    in_text: bool = False
    awaited: bool = False


class _Search:
    """Looks through one module."""

    def __init__(self, project: Project, path: str, name: str, words: frozenset[str], *, is_method: bool) -> None:
        self.project = project
        self.path = path
        self.name = name
        self.words = words
        self.is_method = is_method
        self.imported = {item.local for item in project.modules[path].imports}

    def run(self, wanted: frozenset[str]) -> Iterator[_Place]:
        module = self.project.modules[self.path]
        for scope, target, root in roots(module, _names_with(module, wanted), attributes=wanted):
            yield from self._of(root, _Context(scope, (target,) if target else ()))

    def _of(self, expr: Expr, context: _Context) -> Iterator[_Place]:
        match expr:
            case Ref():
                yield from self._ref(expr, context)
            case Call():
                yield from self._call(expr, context)
            case Attr(value=value, attr=attr):
                if attr == self.name and self.is_method:
                    yield from self._owned(self._class_of(context.scope, value), expr, context)
                yield from self._of(value, _inner(context))
            case Await(value=Call() as call):
                yield from self._call(call, msgspec.structs.replace(context, awaited=True))
            case Op(op=op, operands=operands):
                is_text = op == "f" or op.startswith("f!")
                inner = msgspec.structs.replace(_inner(context), in_text=context.in_text or is_text)
                for operand in operands:
                    yield from self._of(operand, inner)
            case Lambda(body=body):
                yield from self._of(body, _inner(context))
            case _:
                for child in children(expr):
                    yield from self._of(child, _inner(context))

    def _call(self, call: Call, context: _Context) -> Iterator[_Place]:
        yield from self._of(call.func, msgspec.structs.replace(context, call=call))
        outer = _inner(context)
        callee = call.func.attr if isinstance(call.func, Attr) else call.callee.rpartition(".")[2]
        for argument in call.args:
            yield from self._of(argument, msgspec.structs.replace(outer, within=(*outer.within, callee)))
        for keyword in call.keywords:
            within = (*outer.within, keyword.name) if keyword.name else outer.within
            yield from self._of(keyword.value, msgspec.structs.replace(outer, within=within))
        if callee in BY_TEXT:
            yield from self._by_text(call, context)

    def _by_text(self, call: Call, context: _Context) -> Iterator[_Place]:
        for argument in call.args:
            match argument:
                case Const(value=str(text)) if text == self.name or text.endswith(f".{self.name}"):
                    yield _Place(self._made(Kind.TEXT, argument.span, context))
        if any(keyword.name == self.name for keyword in call.keywords):
            yield _Place(self._made(Kind.TEXT, call.span, context))
        if self.is_method and len(call.args) > 1 and not isinstance(call.args[1], Const):
            owner = self._class_of(context.scope, call.args[0])
            if isinstance(owner, Local):
                yield _Place(self._made(Kind.TEXT, call.span, context), owner=owner)

    # -------------------------------------------------------------------------------------------------------- names
    def _ref(self, ref: Ref, context: _Context) -> Iterator[_Place]:
        parts = ref.name.split(".")
        for index, part in enumerate(parts):
            if part not in self.words or (index and part != self.name):
                continue
            is_last = index == len(parts) - 1
            at = context if is_last else _inner(context)
            if not self.is_method:
                yield from self._function(".".join(parts[: index + 1]), ref, at)
            elif index:
                yield from self._method(".".join(parts[:index]), ref, at)
            elif part == self.name and self.project.class_(Local(self.path, context.scope)) is not None:
                own = Local(self.path, f"{context.scope}.{part}")  # in the body of its class
                yield _Place(self._used(ref.span, at, by_class=True), own)

    def _function(self, name: str, ref: Ref, context: _Context) -> Iterator[_Place]:
        found = self.project.resolve(self.path, name, context.scope)
        if isinstance(found, Local):
            yield _Place(self._used(ref.span, context), found)
        elif found is None and name.partition(".")[0] in self.imported:
            yield _Place(self._made(Kind.UNSURE, ref.span, context))

    def _method(self, prefix: str, ref: Ref, context: _Context) -> Iterator[_Place]:
        named = self.project.resolve(self.path, prefix, context.scope)
        if isinstance(named, Local) and self.project.class_(named) is not None:
            yield from self._owned(named, ref, context, by_class=prefix not in ("self", "cls"))
        elif isinstance(named, External | ModuleRef):
            return
        elif isinstance(named, Local) and self.project.assignment(named) is not None:
            yield from self._owned(self.project.callgraph.type_of(Local(named.path, ""), named.qualname), ref, context)
        else:
            yield from self._owned(self.project.callgraph.type_of(self._caller(context.scope), prefix), ref, context)

    def _owned(
        self, owner: Symbol | None, expr: Expr, context: _Context, *, by_class: bool = False
    ) -> Iterator[_Place]:
        """What an attribute of the method's name is, given the class of what it is read of."""
        match owner:
            case External(name=name) if not name.startswith(("typing.", "typing_extensions.", "unittest.mock.")):
                return
            case Local():
                found = self.project.member(owner, self.name)
                if found is not None:
                    yield _Place(self._used(expr.span, context, by_class=by_class), found)
                    return
        yield _Place(self._made(Kind.UNSURE, expr.span, context))

    def _class_of(self, scope: str, value: Expr) -> Symbol | None:
        return self.project.callgraph.type_of_expr(self._caller(scope), value)

    def _caller(self, scope: str) -> Local:
        return Local(self.path, scope)

    # ------------------------------------------------------------------------------------------------------- results
    def _used(self, span: Span, context: _Context, *, by_class: bool = False) -> Usage:
        kind = Kind.CALL if context.call is not None else Kind.MENTION
        return self._made(kind, span, context, by_class=by_class)

    def _made(self, kind: Kind, span: Span, context: _Context, *, by_class: bool = False) -> Usage:
        return Usage(
            kind,
            self.path,
            context.scope,
            span,
            context.call,
            context.within,
            context.in_text,
            context.awaited,
            by_class,
        )


def _inner(context: _Context) -> _Context:
    """What is said of an expression does not hold for its parts: they are not called, and not awaited."""
    return msgspec.structs.replace(context, call=None, awaited=False)


def _names_with(module: Module, words: frozenset[str]) -> set[str]:
    """The dotted names that a module reads and that have one of these parts."""
    texts = [module.names_text, *[function.names_text for function in module.functions]]
    near = [text for text in texts if any(word in text for word in words)]
    return {name for text in near for name in text.split() if not words.isdisjoint(name.split("."))}
