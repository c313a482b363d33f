"""What a handler and its dependencies read of a request beside its path and query: user, session, cookies, headers."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.facts import Call, Expr, Function, Param, Ref, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import External, Local, Located
from litestar_fix.model.walk import subexpressions

_PRIVATE = ("auth", "cookies", "headers", "session", "user")
_RESERVED = frozenset({"cookies", "headers"})
_CONNECTIONS = frozenset({"litestar.Request", "litestar.connection.ASGIConnection"})
# The explicit forms of Litestar 2.2x: litestar/params.py.
_FORMS = {"FromHeader": "header", "HeaderParameter": "header", "FromCookie": "cookie", "CookieParameter": "cookie"}


def private_reads(project: Project, route: Route) -> Iterator[tuple[str, str]]:
    """Yield (who, what) for everything that a route's handler, or a dependency of it, reads of the client.

    Args:
        project: what the route belongs to.
        route: the route.
    """
    handler = route.handler
    for what in _of_function(project, handler.path, handler.function):
        yield "it", what
    for provider in route.used_dependencies().values():
        function = project.function(provider.target)
        if isinstance(provider.target, Local) and function is not None:
            for what in _of_function(project, provider.target.path, function):
                yield function.readable_name, what


def _of_function(project: Project, path: str, function: Function) -> Iterator[str]:
    names = function.names
    for param in function.params:
        if param.name in _RESERVED:
            yield param.name
        elif _is_connection(project, path, function, param):
            reads = tuple(f"{param.name}.{attribute}" for attribute in _PRIVATE)
            yield from dict.fromkeys(read for name in names for read in reads if f"{name}.".startswith(f"{read}."))
        else:
            for expr in (param.annotation, param.default):
                if expr is not None:
                    yield from _declared(project, path, function, param, expr)


def _is_connection(project: Project, path: str, function: Function, param: Param) -> bool:
    if param.name == "request":
        return True
    annotation = param.annotation.value if isinstance(param.annotation, Sub) else param.annotation
    if not isinstance(annotation, Ref):
        return False
    symbol = project.resolve(path, annotation.name, function.parent)
    return isinstance(symbol, External) and symbol.name in _CONNECTIONS


def _declared(project: Project, path: str, function: Function, param: Param, root: Expr) -> Iterator[str]:
    """Yield the header or cookie that a parameter is taken from."""
    for expr in subexpressions(root):
        match expr:
            case Call(keywords=keywords) if project.external(path, expr, function.parent).endswith(".Parameter"):
                yield from (f"the {k.name} of {param.name}" for k in keywords if k.name in ("header", "cookie"))
            case Ref(name=name) if name.rpartition(".")[2] in _FORMS:
                symbol = project.resolve_expr(Located(path, function.parent, expr))
                if isinstance(symbol, External) and symbol.name.startswith("litestar.params."):
                    yield f"the {_FORMS[name.rpartition('.')[2]]} of {param.name}"
