"""What catches exceptions: code that runs under an ``except`` or its like, and the classes named there."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator

import msgspec

from litestar_fix.model.arguments import arguments
from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import (
    Call,
    Const,
    Except,
    Expr,
    For,
    Function,
    Import,
    Module,
    Op,
    Ref,
    Seq,
    Span,
    Star,
    Stmt,
    Try,
    While,
    With,
    Yield,
)
from litestar_fix.model.graph import show
from litestar_fix.model.project import Project
from litestar_fix.model.sites import calls_of
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import blocks, expressions, own_expressions, statements, subexpressions

#: Context managers that catch the classes they are called with.
_CATCHING = frozenset({"contextlib.suppress", "pytest.raises", "unittest.TestCase.assertRaises"})
#: What turns the ValueErrors of the functions it decorates or is given into validation errors.
_VALIDATORS = frozenset(
    f"{module}.{name}"
    for module in ("pydantic", "pydantic.functional_validators", "pydantic.class_validators")
    for name in (
        "AfterValidator", "BeforeValidator", "PlainValidator", "WrapValidator",
        "field_validator", "model_validator", "root_validator", "validator",
    )
)  # fmt: skip
_DEPTH = 8
#: How the encoding of a try and of a with statement begins: the number of its fields, and its tag.
_ENCODED_TRY = msgspec.msgpack.encode(Try((), (), (), (), Span(0, 0, 0, 0)))[:2]
_IMPORT_ERRORS = frozenset({"builtins.ImportError", "builtins.Exception", "builtins.BaseException"})
_ENCODED_WITH = msgspec.msgpack.encode(With((), (), False, Span(0, 0, 0, 0)))[:2]


class ClassNames(msgspec.Struct, frozen=True):
    """Classes named by an expression: ``builtins.ValueError``, ``litestar.exceptions.HTTPException``, ``file::Class``.

    ``known`` is False where there may be others.
    """

    names: frozenset[str]
    known: bool


NOT_KNOWN = ClassNames(frozenset(), False)


class Clause(msgspec.Struct, frozen=True):
    """One thing that catches.

    Args:
        text: as its author would call it: ``except ValueError``, ``suppress(KeyError)``.
        path, scope, span: where it stands.
        classes: what it catches.
        variable: the name that the exception is bound to, '' where it is not.
        body: what runs then.
    """

    text: str
    path: str
    scope: str
    span: Span
    classes: ClassNames
    variable: str = ""
    body: tuple[Stmt, ...] = ()


class Protected(msgspec.Struct, frozen=True):
    """Statements whose exceptions the clauses catch, first match first."""

    path: str
    scope: str
    body: tuple[Stmt, ...]
    clauses: tuple[Clause, ...]

    @property
    def suspends(self) -> bool:
        """Whether it is left with ``yield`` outside loops: what its user does in the meantime is thrown into it."""
        return any(_yields(stmt) for stmt in self.body)

    def holds(self, path: str, scope: str, span: Span) -> bool:
        """Whether a place lies in the protected statements themselves."""
        return path == self.path and scope == self.scope and any(stmt.span.contains(span) for stmt in self.body)


def _yields(stmt: Stmt) -> bool:
    if isinstance(stmt, For | While):
        return False
    own = any(isinstance(expr, Yield) for root in own_expressions(stmt) for expr in subexpressions(root, lambdas=False))
    return own or any(_yields(inner) for block in blocks(stmt) for inner in block)


def class_names(project: Project, located: Located, depth: int = 0) -> ClassNames:
    """Return the classes that an expression names: a class, a tuple of classes, a name for either."""
    path, scope, expr = located.path, located.scope, located.expr
    match expr:
        case Seq(items=items) | Op(op="+" | "|", operands=items):
            return _union(class_names(project, Located(path, scope, item), depth) for item in items)
        case Star(value=value):
            return class_names(project, Located(path, scope, value), depth)
        case Ref(name=name):
            match project.resolve(path, name, scope):
                case External(name=external):
                    return ClassNames(frozenset({external}), True)
                case Local() as symbol if project.class_(symbol) is not None:
                    return ClassNames(frozenset({f"{symbol.path}::{symbol.qualname}"}), True)
            if hasattr(builtins, name) and project.callgraph.is_builtin(Local(path, scope), name):
                return ClassNames(frozenset({f"builtins.{name}"}), True)
            return _followed(project, located, name, depth + 1) if depth < _DEPTH else NOT_KNOWN
    return NOT_KNOWN


def _followed(project: Project, located: Located, name: str, depth: int) -> ClassNames:
    """The classes that a variable or a parameter stands for."""
    target = value_of(project, located)
    if target is not None:
        return class_names(project, target, depth)
    passed = arguments(project, Local(located.path, located.scope), name)
    return _union(class_names(project, item, depth) for item in passed.items) if passed.known else NOT_KNOWN


def _union(parts: Iterable[ClassNames]) -> ClassNames:
    found = list(parts)
    return ClassNames(frozenset().union(*[part.names for part in found]), all(part.known for part in found))


def protected(project: Project, modules: Iterable[Module]) -> Iterator[Protected]:
    """Yield every protected part of some modules, file by file; nested ones on their own, too.

    Args:
        project: the project.
        modules: where to look; all that imports connect with one of them must be among them.
    """
    searched = list(modules)
    parts = ProtectedParts(project, searched)
    for module in searched:
        yield from parts.of_module(module)
        for function in module.functions:
            yield from parts.of_function(module.path, function)


class ProtectedParts:
    """The protected parts of modules and functions, each on its own.

    Args:
        project: the project.
        modules: those that imports connect with each other.
    """

    def __init__(self, project: Project, modules: Iterable[Module]) -> None:
        self.project = project
        self._managers = project.words.aliases(name.rpartition(".")[2] for name in _CATCHING)
        self._judging = any(_judges(function) for module in modules for function in module.functions)

    def of_module(self, module: Module) -> Iterator[Protected]:
        """Yield those at module level."""
        raw = module.raw_body
        if _ENCODED_TRY in raw or _ENCODED_WITH in raw:
            yield from _in_body(self.project, module.path, "", module.body)

    def of_function(self, path: str, function: Function) -> Iterator[Protected]:
        """Yield those of a function."""
        if _may_protect(function, self._managers, judging=self._judging):
            yield from _in_body(self.project, path, function.qualname, function.body)


def is_import_caught(project: Project, path: str, item: Import) -> bool:
    """Whether the ImportError of an import that fails is caught where it stands."""
    scope = item.scope.removesuffix(".<locals>")
    return any(
        not clause.classes.known or not _IMPORT_ERRORS.isdisjoint(clause.classes.names)
        for part in protected(project, [project.modules[path]])
        if part.holds(path, scope, item.span)
        for clause in part.clauses
    )


def has_try(function: Function) -> bool:
    """Whether a body may hold a try statement, told without decoding it."""
    return _ENCODED_TRY in function.raw_body


def _may_protect(function: Function, managers: frozenset[str], *, judging: bool) -> bool:
    """Whether to decode a body: most hold neither a try statement nor a context manager that may catch."""
    if has_try(function) or (judging and _ENCODED_WITH in function.raw_body):
        return True
    text = function.calls_text
    for manager in managers:
        if manager in text:
            return any(name.rpartition(".")[2] in managers for name in function.calls)
    return False


def _in_body(project: Project, path: str, scope: str, body: tuple[Stmt, ...]) -> Iterator[Protected]:
    for stmt in statements(body):
        match stmt:
            case Try():
                if stmt.handlers:
                    clauses = tuple(_except(project, path, scope, handler) for handler in stmt.handlers)
                    yield Protected(path, scope, stmt.body, clauses)
                if _asks_for_exception(project, path, scope, stmt.final):
                    yield Protected(path, scope, stmt.body, (Clause("finally", path, scope, stmt.span, NOT_KNOWN),))
            case With(items=items):
                for item in items:
                    if _is_judged(project, path, scope, item.context):
                        clause = Clause(f"with {show(item.context)}", path, scope, item.context.span, NOT_KNOWN)
                        yield Protected(path, scope, stmt.body, (clause,))
                    if isinstance(item.context, Call) and _catches(project, path, scope, item.context):
                        yield Protected(path, scope, stmt.body, (_context(project, path, scope, item.context),))


def _judges(function: Function) -> bool:
    """Whether a context manager's exit looks at the exception that it is given."""
    if function.name not in ("__exit__", "__aexit__") or not function.owner:
        return False
    given = {param.name for param in function.params[1:]}
    return not given.isdisjoint(name.partition(".")[0] for name in function.names)


def _is_judged(project: Project, path: str, scope: str, context: Expr) -> bool:
    """Whether a context manager of the project may tell exceptions apart."""
    match context:
        case Call(func=func):
            owner = project.resolve_expr(Located(path, scope, func))
        case Ref(name=name):
            owner = project.callgraph.type_of(Local(path, scope), name)
        case _:
            owner = None
    if not isinstance(owner, Local):
        return False
    exits = [project.function(project.member(owner, name)) for name in ("__exit__", "__aexit__")]
    return any(_judges(function) for function in exits if function is not None)


def _asks_for_exception(project: Project, path: str, scope: str, body: tuple[Stmt, ...]) -> bool:
    """Whether statements look up the exception that is on its way."""
    found = (expr for expr in expressions(body) if isinstance(expr, Call))
    return any(project.external(path, call, scope) in ("sys.exc_info", "sys.exception") for call in found)


def _except(project: Project, path: str, scope: str, handler: Except) -> Clause:
    if handler.type is None:
        names, text = ClassNames(frozenset({"builtins.BaseException"}), True), "except"
    else:
        names, text = class_names(project, Located(path, scope, handler.type)), f"except {show(handler.type)}"
    return Clause(text, path, scope, handler.span, names, handler.name or "", handler.body)


def _catches(project: Project, path: str, scope: str, call: Call) -> bool:
    return project.external(path, call, scope) in _CATCHING or call.callee == "self.assertRaises"


def _context(project: Project, path: str, scope: str, call: Call) -> Clause:
    expected: list[Expr] = [arg for arg in call.args if not isinstance(arg, Const)]
    classes = _union(class_names(project, Located(path, scope, arg)) for arg in expected)
    return Clause(show(call), path, scope, call.span, classes)


def validators(project: Project) -> Iterator[Local]:
    """Yield the functions whose ValueErrors pydantic or msgspec turn into validation errors.

    Those are pydantic's validators, and every ``__post_init__``, because msgspec builds structs and dataclasses.
    """
    for module, function in project.functions():
        outer = function.parent
        decorated = any(project.external(module.path, item, outer) in _VALIDATORS for item in function.decorators)
        if decorated or (function.name == "__post_init__" and function.owner):
            yield Local(module.path, function.qualname)
    for site in calls_of(project, *_VALIDATORS):
        for arg in site.call.args:
            found = project.resolve_expr(Located(site.path, site.scope, arg))
            if isinstance(found, Local) and project.function(found) is not None:
                yield found
