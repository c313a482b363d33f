"""The middleware of a project: classes below Litestar's, and what the option ``middleware`` names.

Source: ``litestar/middleware/base.py``, Litestar 2.25: a middleware is called with ``app``, and what that gives is
called with scope, receive and send.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from litestar_fix.model.evaluate import items
from litestar_fix.model.facts import Call, Function
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local, Located

_BASE = "litestar.middleware"
_BASES = ("AbstractMiddleware", "ASGIMiddleware", "MiddlewareProtocol")
_OWN_SOURCE = "litestar/middleware/base.py"


def middlewares(project: Project) -> Iterator[Local]:
    """Yield the classes and functions that are middleware, except Litestar's own and what extends one of them."""
    if any(path.endswith(_OWN_SOURCE) for path in project.modules):
        return
    found = dict.fromkeys((*_below(project), *_registered(project)))
    yield from (symbol for symbol in found if not _extends(project, symbol) and not _encloses(symbol, found))


def _encloses(symbol: Local, others: Iterable[Local]) -> bool:
    """Whether a function makes the class that is the middleware."""
    inner = f"{symbol.qualname}."
    return any(other.path == symbol.path and other.qualname.startswith(inner) for other in others)


def functions_of(project: Project, middleware: Local) -> Iterator[tuple[Local, Function]]:
    """Yield the functions of a middleware: its methods, or itself, and what is defined within."""
    inner = f"{middleware.qualname}."
    for function in project.modules[middleware.path].functions:
        if function.qualname == middleware.qualname or function.qualname.startswith(inner):
            yield Local(middleware.path, function.qualname), function


def _below(project: Project) -> Iterator[Local]:
    paths = [path for name in _BASES for path in project.words.readers(name)]
    for path in dict.fromkeys(paths):
        for class_ in project.modules[path].classes:
            symbol = Local(path, class_.qualname)
            if class_.bases and any(_is_base(name) for name in project.ancestry(symbol).externals):
                yield symbol
                yield from project.subclasses(symbol)


def _registered(project: Project) -> Iterator[Local]:
    for layer in dict.fromkeys(project.layers.declared()):
        for value in layer.values("middleware"):
            for item in items(project, value).items:
                yield from _meant(project, item)


def registered(project: Project) -> Iterator[tuple[Located, str]]:
    """Yield what the option ``middleware`` of each layer names, with its dotted name."""
    for layer in dict.fromkeys(project.layers.declared()):
        for value in layer.values("middleware"):
            for item in items(project, value).items:
                match project.resolve_expr(_class_of(project, item)):
                    case Local(path=path, qualname=qualname):
                        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                        yield item, f"{module}.{qualname}"
                    case External(name=name):
                        yield item, name


def _class_of(project: Project, item: Located) -> Located:
    """What makes a middleware: a class, or a function."""
    expr = item.expr
    if isinstance(expr, Call):
        name = project.external(item.path, expr, item.scope)
        first = expr.args[0] if expr.args else expr.keyword("middleware")
        is_defined = name.startswith(_BASE) and name.endswith(".DefineMiddleware") and first is not None
        expr = first if is_defined and first is not None else expr.func
    return Located(item.path, item.scope, expr)


def _meant(project: Project, item: Located) -> Iterator[Local]:
    symbol = project.resolve_expr(_class_of(project, item))
    if isinstance(symbol, Local) and (project.class_(symbol) is not None or project.function(symbol) is not None):
        yield symbol


def _extends(project: Project, symbol: Local) -> bool:
    """Whether a class is below one of Litestar's own middleware, which it configures or adds to."""
    names = project.ancestry(symbol).externals if project.class_(symbol) is not None else ()
    return any(name.startswith("litestar.") and not _is_base(name) for name in names)


def _is_base(name: str) -> bool:
    return name.startswith(_BASE) and name.rpartition(".")[2] in _BASES
