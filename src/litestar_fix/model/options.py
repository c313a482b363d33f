"""The values of options: what a layer's option reaches, which values are the same, and what layers may share.

Source: signatures of the handlers, ``litestar/handlers/base.py`` (the ``resolve_*`` methods) and ``litestar/di.py``
(``Provide`` keeps a cached value, and the signature model that its first handler makes), Litestar 2.25.
"""

from __future__ import annotations

import builtins
from collections.abc import Hashable, Iterable
from types import MappingProxyType

from litestar_fix.model.callables import callable_of
from litestar_fix.model.evaluate import mapping
from litestar_fix.model.facts import Attr, Call, Const, Dict, Expr, Op, Ref, Seq, Star, Sub
from litestar_fix.model.graph import show
from litestar_fix.model.layers import Handler
from litestar_fix.model.names import (
    ASGI_OPTIONS,
    LAYERED_OPTIONS,
    LISTENER_OPTIONS,
    LISTENERS,
    PROVIDE,
    WEBSOCKET_DECORATORS,
    WEBSOCKET_OPTIONS,
)
from litestar_fix.model.project import Project
from litestar_fix.model.providers import provider_of
from litestar_fix.model.qualnames import enclosing
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import External, Local, Located, ModuleRef
from litestar_fix.model.walk import subexpressions

#: Options that a handler and the layers around it take alike.
SHARED_OPTIONS = LAYERED_OPTIONS | {"websocket_class"}
#: What the OPTIONS route that Litestar 2 adds to a path does not show.
WITHOUT_EFFECT_ON_OPTIONS = frozenset(
    [
        "dependencies",
        "dto",
        "include_in_schema",
        "request_max_body_size",
        "response_class",
        "return_dto",
        "security",
        "signature_namespace",
        "signature_types",
        "tags",
        "type_decoders",
        "type_encoders",
        "websocket_class",
    ]
)
#: The first Litestar with an option on controllers and routers, where handlers had it before.
LAYERED_SINCE = MappingProxyType({"include_in_schema": (2, 1)})
#: Options of which the values of all layers add up in order: two lists on two layers are one list on one layer.
CONCATENATED = frozenset({"guards", "middleware", "security", "signature_types", "tags", "type_decoders"})

_WEBSOCKET_REACH = (LISTENER_OPTIONS & SHARED_OPTIONS) | {"middleware"}
_ASGI_REACH = frozenset({"exception_handlers", "guards", "middleware", "opt", "signature_namespace"})
_HTTP_REACH = SHARED_OPTIONS - {"websocket_class"}
_OPERATORS = frozenset({"+", "-", "*", "|", "and", "or", "not", "if"})
# classes of Litestar whose objects only hold what they are given
_VALUES = frozenset({"CacheControlHeader", "Cookie", "DefineMiddleware", "ETag", "Provide", "ResponseHeader"})
_OWN_RULES = frozenset({"signature_namespace", "signature_types", "type_decoders"})


def takes(option: str, handler: Handler) -> bool:
    """Tell whether a handler's decorator has an option; one that it does not know lands in ``opt`` without effect."""
    if handler.is_http:
        return option in _HTTP_REACH
    if handler.kind in LISTENERS:
        return option in LISTENER_OPTIONS
    return option in (WEBSOCKET_OPTIONS if handler.kind in WEBSOCKET_DECORATORS else ASGI_OPTIONS)


def reaches(option: str, handler: Handler) -> bool:
    """Tell whether an option of an outer layer has an effect on a handler."""
    if handler.is_http:
        return option in _HTTP_REACH
    return option in (_WEBSOCKET_REACH if handler.kind in WEBSOCKET_DECORATORS else _ASGI_REACH)


# ------------------------------------------------------------------------------------------------------------ equality
def identity(project: Project, located: Located) -> Hashable | None:
    """Return what is equal for two expressions that stand for the same value, though they may be written differently.

    None where that cannot be told: lambdas, comprehensions, formatted strings.
    """
    expr = located.expr
    match expr:
        case Ref(name=name):
            return _named(project, located, name)
        case Const(value=value):
            return "const", type(value).__name__, value
        case Seq(kind=kind, items=found):
            return _all(project, located, (kind,), found)
        case Dict(keys=keys, values=values):
            pairs = [(_of(project, located, k), _of(project, located, v)) for k, v in zip(keys, values, strict=True)]
            is_known = all(
                v is not None and (k is not None or at is None) for (k, v), at in zip(pairs, keys, strict=True)
            )
            return ("dict", frozenset(pairs)) if is_known else None
        case Call():
            words = sorted(((k.name or "**", k.value) for k in expr.keywords), key=lambda word: word[0])
            return _all(
                project,
                located,
                ("call", len(expr.args), *[name for name, _ in words]),
                (expr.func, *expr.args, *[value for _, value in words]),
            )
        case Attr(value=value, attr=attr):
            return _all(project, located, ("attr", attr), (value,))
        case Sub(value=value, index=index):
            return _all(project, located, ("sub",), (value, index))
        case Star(value=value):
            return _all(project, located, ("star",), (value,))
        case Op(op=op, operands=operands) if op in _OPERATORS:
            return _all(project, located, ("op", op), operands)
    return None


def _of(project: Project, located: Located, expr: Expr | None) -> Hashable | None:
    return identity(project, Located(located.path, located.scope, expr)) if expr is not None else None


def _all(project: Project, located: Located, head: tuple[Hashable, ...], parts: Iterable[Expr]) -> Hashable | None:
    found = [_of(project, located, part) for part in parts]
    return None if None in found else (*head, *found)


def _named(project: Project, located: Located, name: str) -> Hashable:
    match project.resolve(located.path, name, located.scope):
        case Local(path=path, qualname=qualname):
            return "local", path, qualname
        case External(name=dotted):
            return "external", dotted
        case ModuleRef(path=path):
            return "module", path
    if is_builtin(project, located, name):
        return "builtin", name
    return "name", located.path, binding_function(project, located, name), name


def binding_function(project: Project, located: Located, name: str) -> str:
    """Return the qualname of the function that binds the first part of a name where an expression stands, or ''."""
    table, scope, root = project.table(located.path), located.scope, name.partition(".")[0]
    while scope:
        function = table.functions.get(scope)
        if function is not None and root in table.bound(function):
            return scope
        scope = enclosing(scope)
    return ""


def is_builtin(project: Project, located: Located, name: str) -> bool:
    """Tell whether a name that resolves to nothing is a builtin where an expression stands."""
    class_ = project.class_(Local(located.path, located.scope))
    if not hasattr(builtins, name) or (class_ is not None and class_.attribute(name) is not None):
        return False
    return project.callgraph.is_builtin(Local(located.path, located.scope), name)


def elements(located: Located) -> tuple[Located, ...] | None:
    """Return the elements of a list or tuple display; None for anything else, and where others are unpacked into it."""
    match located.expr:
        case Seq(kind="list" | "tuple", items=found) if not any(isinstance(item, Star) for item in found):
            return tuple(Located(located.path, located.scope, item) for item in found)
    return None


# ------------------------------------------------------------------------------------------------------------- sharing
def why_not_shared(project: Project, located: Located) -> str:
    """Say why one value cannot stand for several that are written alike; '' where it can."""
    for expr in subexpressions(located.expr):
        if not isinstance(expr, Call):
            continue
        called = project.external(located.path, expr, located.scope)
        if not called.startswith("litestar.") or called.rpartition(".")[2] not in _VALUES:
            return f"{show(expr)} is called for each handler anew"
        cached = (
            (expr.keyword("use_cache") or (expr.args[1] if len(expr.args) > 1 else None)) if called == PROVIDE else None
        )
        if cached is not None and not (isinstance(cached, Const) and not cached.value):
            return f"with use_cache={show(cached)} each handler caches a value of its own"
    return ""


def why_no_shared_provider(project: Project, dependencies: Located, routes: Iterable[Route]) -> str:
    """Say why handlers cannot share the ``Provide`` objects of a mapping that each of them has now; '' where they can.

    A ``Provide`` reads the parameters of its callable as the first handler that uses it does: by that handler's
    dependency keys, type decoders and DTO, its own and those of layers that others do not have.

    Args:
        project: the project.
        dependencies: the mapping as one of the handlers declares it.
        routes: all ways to the handlers.
    """
    used = list(routes)
    keys = [frozenset(route.dependencies()) for route in used]
    divided = frozenset().union(*keys) - frozenset(keys[0]).intersection(*keys) if keys else frozenset()
    common = frozenset(used[0].layers).intersection(*[route.layers for route in used]) if used else frozenset()
    has_own_rules = any(
        not _OWN_RULES.isdisjoint(layer.options) for route in used for layer in route.layers if layer not in common
    )
    for entry in mapping(project, dependencies).entries:
        provider = provider_of(project, entry, ())
        if provider.call is None or not dependencies.expr.span.contains(provider.call.span):
            continue
        known = callable_of(project, provider.dependency) if provider.dependency is not None else None
        if known is None or known.params is None:
            if divided or has_own_rules:
                return f"the parameters of {show(entry.value.expr)} are not known"
            continue
        for param in known.params:
            if param == "data" or has_own_rules:
                return f"parameter {param} of {known.name} is read by the rules of each handler"
            if param in divided:
                return f"parameter {param} of {known.name} is a dependency on some routes only"
    return ""


# ---------------------------------------------------------------------------------------------------- dependency keys
def may_use(project: Project, handler: Handler, key: str) -> bool:
    """Tell whether a dependency of this name may change a handler: a parameter of its own or of a provider has it."""
    for route in project.layers.routes_of(handler):
        params = {param.name for param in handler.function.params}
        for provider in route.used_dependencies().values():
            function = project.function(provider.target)
            if function is None:
                return True
            params |= {param.name for param in function.params}
        if key in params or mapping(project, route.closest("parameters").value).get(key) is not None:
            return True
        if route.paths is None or any(f"{{{key}:" in path.replace(" ", "") for path in route.paths):
            return True
    return False
