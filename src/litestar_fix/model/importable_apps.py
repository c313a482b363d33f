"""The applications that another module of the project can import, or have made by a factory."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.evaluate import returned, value_of
from litestar_fix.model.facts import Call, Function, Ref
from litestar_fix.model.layers import Layer
from litestar_fix.model.names import LITESTAR
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.sites import CallSite
from litestar_fix.model.symbols import Local, Located


class ImportableApp(msgspec.Struct, frozen=True, eq=False):
    """An application, the name of the project that stands for it, and whether that is a function that makes it."""

    layer: Layer
    symbol: Local
    is_factory: bool


def importable_apps(project: Project) -> list[ImportableApp]:
    """Return the applications of the project's own code, each by one name."""
    found = []
    for site, layer in project.layers.applications:
        if project.role(site.path) is not Role.APPLICATION or not _is_litestar(project, site):
            continue
        name = _name(project, site)
        if name is not None:
            found.append(ImportableApp(layer, name, project.function(name) is not None))
    return found


def _is_litestar(project: Project, site: CallSite) -> bool:
    return project.external(site.path, site.call, site.scope) == LITESTAR


def _name(project: Project, site: CallSite) -> Local | None:
    if not site.scope:
        return _module_level(project, Local(site.path, site.target))
    factory = Local(site.path, site.scope)
    function = project.function(factory)
    if function is None or not _makes(project, factory, function, site.call):
        return None
    # an application that is made when its module is imported goes before another one of the same factory
    return next(_made_at_import(project, factory), factory)


def _module_level(project: Project, symbol: Local) -> Local | None:
    found = project.assignment(symbol)
    return symbol if found is not None and not found.conditional else None


def _makes(project: Project, factory: Local, function: Function, call: Call) -> bool:
    """Whether a function of a module takes nothing and returns what a call makes."""
    needs = [param for param in function.params if param.default is None and not param.kind.startswith("*")]
    answer = returned(factory.path, function)
    if "." in factory.qualname or needs or function.decorators or answer is None:
        return False
    made: Located | None = value_of(project, answer) if isinstance(answer.expr, Ref) else answer
    return made is not None and made.path == factory.path and made.expr.span == call.span


def _made_at_import(project: Project, factory: Local) -> Iterator[Local]:
    for path in project.words.readers(factory.qualname):
        if project.role(path) is not Role.APPLICATION:
            continue
        for item in project.modules[path].assignments:
            if isinstance(item.value, Call) and project.resolve_expr(Located(path, "", item.value.func)) == factory:
                found = _module_level(project, Local(path, item.name))
                if found is not None:
                    yield found
