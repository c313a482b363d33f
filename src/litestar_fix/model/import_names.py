"""By which name one module of a project imports another."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.facts import Import, Module
from litestar_fix.model.project import Project


def module_name(project: Project, importer: str, target: str) -> str | None:
    """Return the name by which a module may import another one, None where no name is known to work.

    As the module itself does already, else relative where it imports the project in no other way, else as its
    neighbours do, else by its place below the import root.

    Args:
        project: the project.
        importer: the file of the module that imports.
        target: the file of the one that is imported.
    """
    own = list(_used(project, importer, target))
    if own:
        return min(own, key=lambda name: (name.startswith("."), len(name)))
    candidates = [
        *_relative(project, importer, target),
        *_of_neighbours(project, target),
        *_below_roots(project, importer, target),
    ]
    return next((name for name in candidates if project.module_path(importer, name, "x") == target), None)


def collection_name(module: Module, name: str) -> str:
    """Return how a module writes a builtin collection in annotations: as ``typing.Dict`` where it imports that.

    Args:
        module: the module.
        name: of the builtin, such as ``dict``.
    """
    written = (item for item in module.imports if item.module == "typing" and item.name == name.capitalize())
    return next((item.local for item in written if not item.scope and not item.guarded), name)


def _used(project: Project, importer: str, target: str) -> Iterator[str]:
    for item in project.modules[importer].imports:
        if item.name and item.name != "*" and _imports(project, importer, item) == target:
            yield item.module


def _imports(project: Project, importer: str, item: Import) -> str | None:
    return project.module_path(importer, item.module, item.name)


def _relative(project: Project, importer: str, target: str) -> Iterator[str]:
    own = [item for item in project.modules[importer].imports if _imports(project, importer, item) is not None]
    if not own or not all(item.module.startswith(".") for item in own):
        return
    here, there = importer.split("/")[:-1], _without_suffix(target).split("/")
    shared = next((at for at, pair in enumerate(zip(here, there, strict=False)) if pair[0] != pair[1]), len(here))
    shared = min(shared, len(there))
    yield "." * (len(here) - shared + 1) + ".".join(there[shared:])


def _of_neighbours(project: Project, target: str) -> Iterator[str]:
    stem = _without_suffix(target).rpartition("/")[2]
    for path, module in project.modules.items():
        for item in module.imports:
            is_likely = item.name and item.module.rpartition(".")[2] == stem and not item.module.startswith(".")
            if is_likely and _imports(project, path, item) == target:
                yield item.module


def _below_roots(project: Project, importer: str, target: str) -> Iterator[str]:
    """Names below the folders from which the importer imports, then other modules, then any."""
    roots = [*_roots(project, importer)]
    roots += [root for path in project.modules if path != importer for root in _roots(project, path)]
    stem = _without_suffix(target)
    for root in dict.fromkeys(roots):
        if stem.startswith(root):
            yield stem.removeprefix(root).replace("/", ".")
    parts = stem.split("/")
    yield from (".".join(parts[start:]) for start in range(len(parts)))


def _roots(project: Project, path: str) -> Iterator[str]:
    for item in project.modules[path].imports:
        target = _imports(project, path, item) if not item.module.startswith(".") else None
        if target is not None:
            stem, tail = _without_suffix(target), item.module.replace(".", "/")
            if stem == tail or stem.endswith(f"/{tail}"):
                yield stem.removesuffix(tail)


def _without_suffix(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__")


def imported_by(project: Project, path: str) -> frozenset[str]:
    """Return the files that are imported when a module is, itself included."""
    found = {path}
    todo = [path]
    while todo:
        current = todo.pop()
        for item in project.modules[current].imports:
            target = None if item.guarded or item.scope else _imports(project, current, item)
            if target is not None and target not in found:
                found.add(target)
                todo.append(target)
    return frozenset(found)
