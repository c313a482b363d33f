"""The resolved layer tree as plain data: what a person, and the tests, compare with the running application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
    Star,
    Sub,
    Yield,
)
from litestar_fix.model.layers import Layer
from litestar_fix.model.names import CUMULATIVE, MERGED
from litestar_fix.model.project import Project
from litestar_fix.model.providers import Provider
from litestar_fix.model.roles import Role
from litestar_fix.model.routes import Effective, Route
from litestar_fix.model.secret_values import is_shown
from litestar_fix.model.secrets import is_credential
from litestar_fix.model.symbols import External, Local, Located, ModuleRef
from litestar_fix.model.walk import subexpressions

_BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}")}
_STRUCTURE = frozenset({"path", "route_handlers", "http_method"})


def graph(project: Project) -> dict[str, Any]:
    """Return the layer tree of a project.

    Returns:
        ``litestar``: the target's version or None; ``applications``: one node for each application of application
        code and examples, with ``children`` down to the handlers; ``unregistered``: controllers, routers and handlers
        that no application is seen to register. A node has ``kind``, ``name``, ``path``, ``line``, ``complete`` and
        the ``options`` declared on it; a handler's also ``paths``, ``methods`` and ``effective``: what holds there,
        and which layer it comes from.
    """
    version = project.litestar_version
    applications: list[dict[str, Any]] = []
    unregistered: list[dict[str, Any]] = []
    nodes: dict[tuple[Layer, ...], dict[str, Any]] = {}
    for _, layer in project.layers.applications:
        if project.role(layer.path) is not Role.TEST:
            nodes[(layer,)] = _node(layer)
            applications.append(nodes[(layer,)])
    for route in project.layers.routes:
        if project.role(route.layers[0].path) is Role.TEST:
            continue
        siblings = applications if route.rooted else unregistered
        for depth in range(1, len(route.layers)):
            key = route.layers[:depth]
            if key not in nodes:
                nodes[key] = _node(key[-1])
                siblings.append(nodes[key])
            siblings = nodes[key]["children"]
        siblings.append(_leaf(project, route))
    return {
        "litestar": ".".join(map(str, version)) if version else None,
        "applications": applications,
        "unregistered": unregistered,
    }


def _node(layer: Layer) -> dict[str, Any]:
    names = sorted(layer.names - {"route_handlers"})
    declared = {name: " + ".join(_without_secrets(value.expr) for value in layer.values(name)) for name in names}
    return {
        "kind": layer.kind,
        "name": layer.name,
        "path": layer.path,
        "line": layer.span.line,
        "complete": layer.complete,
        "options": declared,
        "children": [],
    }


def _without_secrets(expr: Expr) -> str:
    """An expression as text that may be printed; what `show` returns may become code."""
    text = show(expr)
    for part in subexpressions(expr):
        if isinstance(part, Const) and isinstance(part.value, str) and not is_shown(part.value):
            text = text.replace(repr(part.value), "'***'")
        for keyword, value in _named(part):
            if isinstance(value, Const) and isinstance(value.value, str) and is_credential(keyword):
                for mark in ("=", ": "):
                    text = text.replace(f"{mark}{value.value!r}", f"{mark}'***'")
    return text


def _named(expr: Expr) -> Iterator[tuple[str, Expr]]:
    """The values of a call or dict that have a name."""
    match expr:
        case Call(keywords=keywords):
            yield from ((keyword.name, keyword.value) for keyword in keywords if keyword.name)
        case Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            yield from ((key.value, value) for key, value in pairs if isinstance(key, Const) and type(key.value) is str)


def _leaf(project: Project, route: Route) -> dict[str, Any]:
    node = _node(route.layers[-1])
    node["paths"] = list(route.paths) if route.paths is not None else None
    node["methods"] = list(route.handler.methods) if route.handler.methods is not None else None
    node["effective"] = _effective(project, route)
    return node


def _effective(project: Project, route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for option in sorted({name for layer in route.layers for name in layer.names} - _STRUCTURE):
        if option in CUMULATIVE:
            values = route.cumulative(option)
            found[option] = {"values": [name(project, item) for item in values.items], "known": values.known}
        elif option == "dependencies":
            known = route.merged(option).known
            found[option] = {
                "values": {key: _provider(project, p) for key, p in sorted(route.dependencies().items())},
                "known": known,
            }
        elif option in MERGED:
            entries = route.merged(option)
            values_by_key = {name(project, entry.key): name(project, entry.value) for entry in entries.entries}
            found[option] = {"values": values_by_key, "known": entries.known}
        elif option not in ("dto", "return_dto"):
            found[option] = _closest(project, route.closest(option))
    found["dto"] = _closest(project, route.data_dto())
    found["return_dto"] = _closest(project, route.return_dto())
    for option in ("guards", "dependencies"):
        found.setdefault(option, {"values": [] if option == "guards" else {}, "known": route.complete})
    return found


def _closest(project: Project, effective: Effective) -> dict[str, Any]:
    value = name(project, effective.value) if effective.value is not None else None
    source = f"{effective.layer.kind} {effective.layer.name}" if effective.layer is not None else None
    return {"value": value, "from": source, "known": effective.known}


def _provider(project: Project, provider: Provider) -> str:
    return name(project, provider.dependency or provider.value)


def name(project: Project, located: Located) -> str:
    """Return the resolved name of what an expression stands for, or its text."""
    expr = located.expr
    arguments = f"[{_index(expr.index)}]" if isinstance(expr, Sub) else ""
    match project.resolve_expr(located):
        case Local(path=path, qualname=qualname):
            return f"{path}::{qualname}{arguments}"
        case External(name=dotted):
            return dotted + arguments
        case ModuleRef(path=path):
            return path
    return _without_secrets(expr)


def _index(index: Expr) -> str:
    text = show(index)
    return text[1:-1] if isinstance(index, Seq) and index.kind == "tuple" else text


def show(expr: Expr) -> str:
    """Return an expression as text, on one line."""
    match expr:
        case Ref(name=text) | Other(text=text):
            return text
        case Const(value=value):
            return repr(value)
        case Call():
            shown = [f"{k.name}={show(k.value)}" if k.name else f"**{show(k.value)}" for k in expr.keywords]
            return f"{show(expr.func)}({', '.join([*map(show, expr.args), *shown])})"
        case Attr(value=value, attr=attr):
            return f"{show(value)}.{attr}"
        case Seq(kind=kind, items=items):
            opening, closing = _BRACKETS[kind]
            return (
                f"{opening}{', '.join(map(show, items))}{',' if kind == 'tuple' and len(items) == 1 else ''}{closing}"
            )
        case Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return "{" + ", ".join(f"{show(k)}: {show(v)}" if k is not None else f"**{show(v)}" for k, v in pairs) + "}"
        case Sub(value=value, index=index):
            return f"{show(value)}[{_index(index)}]"
        case Star(value=value):
            return f"*{show(value)}"
        case Await(value=value):
            return f"await {show(value)}"
        case Yield():
            return "yield"
        case Lambda():
            return f"lambda {', '.join(expr.params)}: ..."
        case Op(op=op, operands=operands) if len(operands) == 2 and op not in ("f", "if"):
            return f"{show(operands[0])} {op} {show(operands[1])}"
    return "..."
