"""What kind of callable an expression names: Litestar treats sync, async and generator callables differently.

Source: ``litestar/di.py`` (``Provide.__init__``) and ``litestar/utils/predicates.py`` (``is_async_callable``), Litestar
2.25. A class always counts as sync; a callable instance counts as its ``__call__``; a ``functools.partial`` as what it
wraps, except that a generator below it is not recognised. What a decorator makes of a function is known for those of
the standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Call, Class, Expr, Function, Lambda, Ref
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local, Located, Symbol
from litestar_fix.model.walk import subexpressions

PARTIAL = "functools.partial"
_CACHES = frozenset({"functools.cache", "functools.lru_cache"})
_TRANSPARENT = frozenset(
    ["abc.abstractmethod", "functools.wraps", "typing.final", "typing.no_type_check", "typing.override"]
)
_METHOD_KINDS = frozenset({"classmethod", "staticmethod"})
_INITIALISERS = ("__new__", "__init__", "__post_init__", "__attrs_post_init__", "model_post_init")
_DEPTH = 6


class Kind(StrEnum):
    """How Litestar runs a callable."""

    SYNC = "sync"
    ASYNC = "async"
    GENERATOR = "generator"


class KnownCallable(msgspec.Struct, frozen=True):
    """A callable of which the kind is known.

    Args:
        kind: how Litestar runs it.
        name: how its author calls it.
        bodies: the functions of the project that run when it is called.
        params: its parameters, those bound already left out; None where they are not known.
        text: the lambda that runs when it is called, None for anything else.
    """

    kind: Kind
    name: str
    bodies: tuple[Local, ...]
    params: tuple[str, ...] | None
    text: Located | None = None

    def reaches(self, project: Project, wanted: Callable[[str], bool]) -> bool:
        """Tell whether calling it can lead to a library call.

        Args:
            project: what it belongs to.
            wanted: tells by its canonical name whether a library call is looked for.
        """
        return any(project.callgraph.path_to(start, wanted) is not None for start in self.bodies) or any(
            wanted(name) for name in self._called_in_lambda(project)
        )

    def _called_in_lambda(self, project: Project) -> Iterator[str]:
        if self.text is None:
            return
        scope = Local(self.text.path, self.text.scope)
        for expr in subexpressions(self.text.expr):
            if not isinstance(expr, Call) or not expr.callee:
                continue
            found = project.callgraph.target(scope, expr.callee)
            if isinstance(found, External):
                yield found.name
            elif found is None and project.callgraph.is_builtin(scope, expr.callee):
                yield f"builtins.{expr.callee}"


def callable_of(project: Project, located: Located, depth: int = 0) -> KnownCallable | None:
    """Return what is known of the callable that an expression stands for, None where its kind is not known."""
    expr = located.expr
    match expr:
        case Lambda(params=params):
            bodies = tuple(_functions_called(project, located))
            return KnownCallable(Kind.SYNC, "<lambda>", bodies, params, located)
        case Call() if project.external(located.path, expr, located.scope) == PARTIAL and expr.args:
            return _partial(project, located, expr, depth)
        case Call():
            return _instance(project, located, expr)
        case Ref(name=name) if depth < _DEPTH:
            return _named(project, located, name, depth)
    return None


def _functions_called(project: Project, located: Located) -> Iterator[Local]:
    scope = Local(located.path, located.scope)
    for expr in subexpressions(located.expr):
        if isinstance(expr, Call) and expr.callee:
            found = project.callgraph.target(scope, expr.callee)
            function = project.function(found)
            if isinstance(found, Local) and function is not None and not function.is_async:
                yield found


def _partial(project: Project, located: Located, call: Call, depth: int) -> KnownCallable | None:
    inner = callable_of(project, Located(located.path, located.scope, call.args[0]), depth + 1)
    return inner if inner is not None and inner.kind is not Kind.GENERATOR else None


def _instance(project: Project, located: Located, call: Call) -> KnownCallable | None:
    class_ = project.resolve_expr(Located(located.path, located.scope, call.func))
    if not isinstance(class_, Local) or project.class_(class_) is None:
        return None
    return _method(project, class_, "__call__", call.callee)


def _named(project: Project, located: Located, name: str, depth: int) -> KnownCallable | None:
    symbol = project.resolve_expr(located)
    if isinstance(symbol, Local) and project.function(symbol) is not None:
        return function_callable(project, symbol, name)
    class_ = project.class_(symbol)
    if isinstance(symbol, Local) and class_ is not None:
        return _class(project, symbol, class_, name)
    scope = Local(located.path, located.scope)
    receiver, _, method = name.rpartition(".")
    owner = project.callgraph.type_of(scope, receiver or name)
    if isinstance(owner, Local):
        return _method(project, owner, method if receiver else "__call__", name)
    followed = value_of(project, located)
    if followed is None or isinstance(followed.expr, Call) is not _is_partial(project, followed):
        return None
    return callable_of(project, followed, depth + 1)


def _is_partial(project: Project, located: Located) -> bool:
    return project.external(located.path, located.expr, located.scope) == PARTIAL


def _method(project: Project, owner: Local, method: str, name: str) -> KnownCallable | None:
    """A method of an instance; a subclass that overrides it may stand in, so then nothing is known."""
    found = project.member(owner, method)
    if found is None or any(project.member(derived, method) != found for derived in project.subclasses(owner)):
        return None
    known = function_callable(project, found, name)
    function = project.function(found)
    if known is None or function is None or known.params is None:
        return known
    bound = known.params if _is_static(function) else known.params[1:]
    return KnownCallable(known.kind, name, known.bodies, bound)


def _is_static(function: Function) -> bool:
    return any(isinstance(item, Ref) and item.name == "staticmethod" for item in function.decorators)


def function_callable(
    project: Project, symbol: Local, name: str, decorators: tuple[Expr, ...] | None = None
) -> KnownCallable | None:
    """Return what is known of a function of the project.

    Args:
        project: what it belongs to.
        symbol: the function.
        name: how to call it.
        decorators: the decorators that count; all of its own by default.

    Returns:
        None where it is defined more than once in different kinds, or a decorator may make something else of it.
    """
    defined = [item for item in project.modules[symbol.path].functions if item.qualname == symbol.qualname]
    if symbol.qualname in {item.name for item in project.modules[symbol.path].assignments}:
        return None
    kinds = {
        _kind(project, symbol.path, item, item.decorators if decorators is None else decorators) for item in defined
    }
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is None:
        return None
    function = defined[-1]
    params = tuple(param.name for param in function.params if param.kind not in ("*", "**"))
    if function.decorators and any(isinstance(d, Ref) and d.name == "classmethod" for d in function.decorators):
        params = params[1:]
    return KnownCallable(kind, name, (symbol,), params)


def _kind(project: Project, path: str, function: Function, decorators: tuple[Expr, ...]) -> Kind | None:
    scope = function.parent
    kind = Kind.GENERATOR if function.is_generator else Kind.ASYNC if function.is_async else Kind.SYNC
    for decorator in decorators:
        if isinstance(decorator, Ref) and decorator.name in _METHOD_KINDS:
            continue
        name = project.external(path, decorator, scope)
        if name not in _TRANSPARENT and not (name in _CACHES and kind is Kind.SYNC):
            return None
    return kind


def _class(project: Project, symbol: Local, class_: Class, name: str) -> KnownCallable | None:
    call = project.function(project.member(symbol, "__call__"))
    if call is not None and call.is_generator:
        return None  # Provide takes the class for a generator
    found = [project.member(symbol, method) for method in _INITIALISERS]
    bodies = tuple(item for item in found if item is not None and project.function(item) is not None)
    return KnownCallable(Kind.SYNC, name, bodies, _class_params(project, symbol, class_))


def _class_params(project: Project, symbol: Local, class_: Class) -> tuple[str, ...] | None:
    init = project.function(project.member(symbol, "__init__"))
    if init is not None:
        unpacked = any(param.kind in ("*", "**") for param in init.params)
        return None if unpacked else tuple(param.name for param in init.params[1:])
    ancestry = project.ancestry(symbol)
    if not ancestry.known or ancestry.externals or class_.keywords:
        return None
    scope = class_.parent
    names = {project.external(symbol.path, decorator, scope) for decorator in class_.decorators}
    if names == {"dataclasses.dataclass"}:
        return tuple(
            item.name for _, base in ancestry.classes for item in base.attributes if item.annotation is not None
        )
    return None if names else ()


def parameters(project: Project, symbol: Symbol | None) -> tuple[str, ...] | None:
    """Return the names of the parameters of a function or class of the project; None where they are not known."""
    function, class_ = project.function(symbol), project.class_(symbol)
    if function is not None:
        return tuple(param.name for param in function.params if param.kind not in ("*", "**"))
    return _class_params(project, symbol, class_) if isinstance(symbol, Local) and class_ is not None else None
