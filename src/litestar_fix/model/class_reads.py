"""Where code asks of which class an exception is: comparisons, ``isinstance``, and whatever else reads its class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from weakref import WeakKeyDictionary

import msgspec

from litestar_fix.model.catching import ClassNames, class_names
from litestar_fix.model.facts import (
    Attribute,
    Branches,
    Call,
    Const,
    Expr,
    Function,
    Module,
    Op,
    Ref,
    Span,
    Stmt,
    Try,
)
from litestar_fix.model.graph import show
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import children, expressions, own_expressions, statements, subexpressions

_COMPARISONS = frozenset({"is", "==", "!=", "in"})  # "is not" and "not in" hold one of them
_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
#: How the encoding of a match statement begins: the number of its fields, and its tag.
_ENCODED_BRANCHES = msgspec.msgpack.encode(Branches(Ref("", Span(0, 0, 0, 0)), (), (), Span(0, 0, 0, 0)))[:2]

#: Asked for each part of a project that runs on its own.
_names: WeakKeyDictionary[Project, dict[frozenset[str], frozenset[str]]] = WeakKeyDictionary()


class ClassTest(msgspec.Struct, frozen=True):
    """A question about the class of something.

    Args:
        path, span, text: where, and what is written there.
        exact: True for a comparison of classes or of their names, False for one that subclasses pass too.
        classes: the classes it names.
        names: the strings that it compares with.
        of_caught: whether it is asked of what an ``except`` clause of the same function has caught.
    """

    path: str
    span: Span
    text: str
    exact: bool
    classes: ClassNames
    names: frozenset[str]
    of_caught: bool


def class_tests(
    project: Project, modules: Iterable[Module], compared: Set[str], caught: Set[str]
) -> Iterator[ClassTest]:
    """Yield the ``isinstance``, ``issubclass``, class patterns and comparisons of modules that name some classes.

    Args:
        project: the project.
        modules: where to look.
        compared: the plain names of the classes that comparisons are wanted with.
        caught: the plain names of those that are asked for with their subclasses. Other questions may be among the
            answers.
    """
    names = _standing_for(project, frozenset(compared | caught))
    signs = [_ENCODED_BRANCHES, *map(_encoded, sorted(compared))]
    for module in modules:
        near = _held(module, signs)
        if not names.isdisjoint(_lasts(module.names_text)) or _may_hold(module, near):
            yield from _in_body(project, module.path, "", module.body)
        for function in module.functions:
            if _may_test(function, names) or _may_hold(function, near):
                yield from _in_body(project, module.path, function.qualname, function.body)


def _may_test(function: Function, names: frozenset[str]) -> bool:
    """Whether to decode a body: most ask no question about these classes."""
    asked = function.asked
    if not asked or not names.isdisjoint(name.rpartition(".")[2] for name in asked):
        return bool(asked)
    bound = function.bound
    return any(name.partition(".")[0] in bound for name in asked)


def _held(module: Module, signs: Iterable[bytes]) -> list[bytes]:
    """What of a match statement and some constants is anywhere in a module: mostly nothing."""
    raw = b"".join([module.raw_body, *[function.raw_body for function in module.functions]])
    return [sign for sign in signs if sign in raw]


def _may_hold(owner: Module | Function, signs: Iterable[bytes]) -> bool:
    raw = owner.raw_body if signs else b""
    return any(sign in raw for sign in signs)


def _encoded(text: str) -> bytes:
    """How the encoding of a constant with this text begins: all of it but its span."""
    span = Span(0, 0, 0, 0)
    return msgspec.msgpack.encode(Const(text, span)).removesuffix(msgspec.msgpack.encode(span))


def _lasts(text: str) -> Iterator[str]:
    return (name.rpartition(".")[2] for name in text.split())


def _standing_for(project: Project, classes: frozenset[str]) -> frozenset[str]:
    """The plain names that may stand for one of the classes: their aliases, and names of tuples that hold one."""
    known = _names.setdefault(project, {})
    if classes not in known:
        known[classes] = _find_names(project, classes)
    return known[classes]


def _find_names(project: Project, classes: frozenset[str]) -> frozenset[str]:
    names = project.words.aliases(classes)
    while True:
        paths = dict.fromkeys(path for name in sorted(names) for path in project.words.readers(name))
        holders = {
            item.name
            for path in paths
            for item in _attributes(project.modules[path])
            if item.value is not None and any(_is_named(expr, names) for expr in subexpressions(item.value))
        }
        if holders <= names:
            return names
        names = project.words.aliases(names | holders)


def _attributes(module: Module) -> Iterator[Attribute]:
    yield from module.assignments
    for class_ in module.classes:
        yield from class_.attributes


def _is_named(expr: Expr, names: frozenset[str]) -> bool:
    return isinstance(expr, Ref) and expr.name.rpartition(".")[2] in names


def _in_body(project: Project, path: str, scope: str, body: tuple[Stmt, ...]) -> Iterator[ClassTest]:
    caught = {h.name for stmt in statements(body) if isinstance(stmt, Try) for h in stmt.handlers if h.name}
    for stmt in statements(body):
        if isinstance(stmt, Branches):
            of_caught = isinstance(stmt.subject, Ref) and stmt.subject.name in caught
            for item in stmt.tests:
                if isinstance(item, Ref):
                    classes = class_names(project, Located(path, scope, item))
                    text = f"case {show(item)}"
                    yield ClassTest(path, item.span, text, False, classes, frozenset(), of_caught)
        for root in own_expressions(stmt):
            for expr in subexpressions(root):
                if type(expr) is Call or type(expr) is Op:  # most ask nothing
                    yield from _of_expression(project, Located(path, scope, expr), caught)


def _of_expression(project: Project, located: Located, caught: set[str]) -> Iterator[ClassTest]:
    path, scope, expr = located.path, located.scope, located.expr
    match expr:
        case Call(func=Ref(name="isinstance" | "issubclass"), args=(subject, named)):
            classes = class_names(project, Located(path, scope, named))
            of_caught = any(isinstance(item, Ref) and item.name in caught for item in subexpressions(subject))
            yield ClassTest(path, expr.span, show(expr), False, classes, frozenset(), of_caught)
        case Op(op=op, operands=operands) if not _COMPARISONS.isdisjoint(op.split(" ")):
            inner = [item for operand in operands for item in subexpressions(operand)]
            texts = frozenset(item.value for item in inner if isinstance(item, Const) and isinstance(item.value, str))
            refs = [item for item in inner if isinstance(item, Ref) and _is_class_name(item.name)]
            names = frozenset().union(*[class_names(project, Located(path, scope, item)).names for item in refs])
            if names or texts:
                yield ClassTest(path, expr.span, show(expr), True, ClassNames(names, True), texts, False)


def _is_class_name(name: str) -> bool:
    return name.rpartition(".")[2][:1].isupper()


def _is_class_of(expr: Expr, variable: str) -> bool:
    match expr:
        case Call(func=Ref(name="type"), args=(Ref(name=name),)):
            return name == variable
        case Ref(name=name):
            return name.startswith(f"{variable}.__class__")
    return False


def reads_class(body: Iterable[Stmt], variable: str) -> Iterator[Expr]:
    """Yield what in a body reads the class of a variable's value: ``type(x)``, ``x.__class__``, ``repr(x)``.

    What is only logged does not count.
    """
    for stmt in statements(body):
        for root in own_expressions(stmt):
            yield from _reads_in(root, variable)


def _reads_in(expr: Expr, variable: str) -> Iterator[Expr]:
    if isinstance(expr, Call) and _is_logging(expr.callee):
        return
    if _is_class_of(expr, variable) or _is_repr(expr, variable):
        yield expr
        return
    for child in children(expr):
        yield from _reads_in(child, variable)


def _is_repr(expr: Expr, variable: str) -> bool:
    match expr:
        case Call(func=Ref(name="repr"), args=(Ref(name=name),)) | Op(op="f!114", operands=(Ref(name=name), *_)):
            return name == variable
    return False


def shown(expr: Expr) -> str:
    """Return what `reads_class` found as text."""
    return f"{{{show(expr.operands[0])}!r}}" if isinstance(expr, Op) else show(expr)


def _is_logging(callee: str) -> bool:
    receiver, _, method = callee.rpartition(".")
    return bool(receiver) and (method.removeprefix("a") in _LOGGING or method in _LOGGING or receiver == "traceback")


def reads_class_of_argument(project: Project, symbol: Local, position: int) -> Located | None:
    """Return a place where a function, or one that it hands the argument on to, depends on the class of an argument.

    Args:
        project: the project.
        symbol: the function.
        position: of the argument among the parameters; ``self`` and ``cls`` do not count.
    """
    function = project.function(symbol)
    name = _parameter(function, position) if function is not None else ""
    return reads_class_of_variable(project, symbol, function.body, name) if function is not None and name else None


def reads_class_of_variable(project: Project, caller: Local, body: tuple[Stmt, ...], name: str) -> Located | None:
    """Return a place where statements, or a function that they hand a variable on to, depend on its value's class.

    Args:
        project: the project.
        caller: the function that holds the statements.
        body: the statements.
        name: the variable.
    """
    todo = [(caller, body, name)]
    seen: set[tuple[Local, int]] = set()
    while todo:
        current, statements_there, variable = todo.pop()
        for found in reads_class(statements_there, variable):
            return Located(current.path, current.qualname, found)
        for step in _handed_on(project, current, statements_there, variable):
            function = project.function(step[0])
            parameter = _parameter(function, step[1]) if function is not None else ""
            if step not in seen and function is not None and parameter:
                seen.add(step)
                todo.append((step[0], function.body, parameter))
    return None


def _parameter(function: Function, position: int) -> str:
    params = [param.name for param in function.params if param.kind in ("positional", "normal")]
    if params and params[0] in ("self", "cls"):
        params = params[1:]
    return params[position] if position < len(params) else ""


def _handed_on(project: Project, caller: Local, body: tuple[Stmt, ...], name: str) -> Iterator[tuple[Local, int]]:
    for expr in expressions(body):
        if not isinstance(expr, Call) or not expr.callee:
            continue
        positions = [i for i, arg in enumerate(expr.args) if isinstance(arg, Ref) and arg.name == name]
        keywords = [k.name for k in expr.keywords if k.name and isinstance(k.value, Ref) and k.value.name == name]
        target = project.callgraph.target(caller, expr.callee) if positions or keywords else None
        called = project.function(target)
        if called is None or not isinstance(target, Local):
            continue
        for position in positions:
            yield target, position
        names = [param.name for param in called.params if param.name not in ("self", "cls")]
        yield from ((target, names.index(keyword)) for keyword in keywords if keyword in names)
