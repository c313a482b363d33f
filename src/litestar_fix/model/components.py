"""Which modules of a project can run in one process: those that imports connect, in either direction.

A repository often holds several programs. What one of them does is no concern of another that shares no module with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from litestar_fix.model.facts import Module
from litestar_fix.model.project import Project


def components(project: Project) -> Mapping[str, str]:
    """Return a representative module for each module; connected modules have the same one."""
    leaders = {path: path for path in project.modules}

    def leader(path: str) -> str:
        while leaders[path] != path:
            leaders[path] = leaders[leaders[path]]
            path = leaders[path]
        return path

    for module in project.modules.values():
        for other in _neighbours(project, module):
            leaders[leader(other)] = leader(module.path)
    return {path: leader(path) for path in leaders}


def _neighbours(project: Project, module: Module) -> Iterator[str]:
    package = f"{module.path.rpartition('/')[0]}/__init__.py".lstrip("/")
    if package in project.modules:
        yield package
    for item in module.imports:
        if not project.import_roots.may_hold(item):
            continue
        names = [item.module]
        if project.import_roots.is_stem(item.name):
            names.append(f"{item.module}{'' if item.module.endswith('.') else '.'}{item.name}")
        for name in names:
            target = project.module_path(module.path, name, item.name)
            if target is not None:
                yield target
