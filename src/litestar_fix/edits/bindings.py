"""How a module already calls an object of another module, or may call it: decided from facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from litestar_fix.edits.values import ImportNeed
from litestar_fix.model.facts import Import, Module
from litestar_fix.model.names import canonical
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import enclosing
from litestar_fix.model.symbols import External


def bind_import(
    project: Project, module: Module, target_module: str, name: str, *, scope: str = ""
) -> tuple[str, tuple[ImportNeed, ...]]:
    """Return the expression by which a module names an object of another module at run time, and the imports it takes.

    An import that exists is used, one of ``TYPE_CHECKING`` never; nothing that the module binds is shadowed.

    Args:
        project: the project.
        module: the module that is written into.
        target_module: where the object is to be imported from, absolute or as seen from the module, with leading dots.
        name: the object.
        scope: the qualname of the function or class in whose body the expression will stand, '' for the module.
    """
    known = _Names(project, module, scope)
    wanted = _identity(project, module, target_module, name)
    for item in known.usable:
        if item.name and _identity(project, module, item.module, item.name) == wanted:
            return item.local, ()
    if known.resolves_by_star(target_module, name):
        return name, ()
    homes = [item for item in known.usable if item.name not in ("", "*") and item.module == target_module]
    if not homes:
        prefix = known.module_prefix(target_module)
        if prefix:
            return f"{prefix}.{name}", ()
    # a function that imports from this very module itself wants its other names in the same place
    within = _home(homes[0]) if homes else ""
    local = known.free_name(name, target_module, wanted)
    return local, (ImportNeed(target_module, name, None if local == name else local, within),)


def bind_for_annotations(
    project: Project, module: Module, target_module: str, name: str
) -> tuple[str, tuple[ImportNeed, ...]]:
    """Return the expression by which annotations name an object, where they are not evaluated when they are read.

    Like `bind_import`, but an import under ``TYPE_CHECKING`` is used, and a new one goes there.

    Args:
        project: the project.
        module: the module that is written into.
        target_module: where the object is to be imported from.
        name: the object.
    """
    wanted = _identity(project, module, target_module, name)
    for item in module.imports:
        is_here = item.guarded and not item.scope and item.name
        if is_here and _identity(project, module, item.module, item.name) == wanted:
            return item.local, ()
    local, needs = bind_import(project, module, target_module, name)
    return local, tuple(replace(need, guarded=True) for need in needs)


def bind_module(
    project: Project, module: Module, target_module: str, *, scope: str = ""
) -> tuple[str, tuple[ImportNeed, ...]]:
    """Return the expression by which a module names another module at run time, and the imports it takes.

    Args:
        project: the project.
        module: the module that is written into.
        target_module: the absolute dotted name of the other module.
        scope: the qualname of the function or class in whose body the expression will stand, '' for the module.
    """
    known = _Names(project, module, scope)
    prefix = known.module_prefix(target_module)
    if prefix:
        return prefix, ()
    root = target_module.partition(".")[0]
    local = known.free_name(root, target_module, "")
    if local == root:
        return target_module, (ImportNeed(target_module, ""),)
    return local, (ImportNeed(target_module, "", local),)


class _Names:
    """The names that one scope of a module sees."""

    def __init__(self, project: Project, module: Module, scope: str) -> None:
        self.project = project
        self.module = module
        self.scope = scope
        self.scopes = [*_outwards(scope), ""]
        self.usable = [item for item in module.imports if not item.guarded and self._sees(item)]

    def _sees(self, item: Import) -> bool:
        """Whether the import is what its name means where the expression will stand."""
        if _home(item) not in self.scopes:
            return False
        if any(item.local in names for scope, names in self._bound() if self._hides(scope, _home(item))):
            return False
        root = item.local or item.module.partition(".")[0]
        return bool(item.scope) or (item.name != "*" and root not in self._defined)

    def _hides(self, scope: str, home: str) -> bool:
        return scope in self.scopes and scope != home and self.scopes.index(scope) < self.scopes.index(home)

    def _bound(self) -> Iterator[tuple[str, Iterable[str]]]:
        for function in self.module.functions:
            yield function.qualname, function.bound
        for class_ in self.module.classes:
            if class_.qualname == self.scope:
                own = [attribute.name for attribute in class_.attributes]
                yield class_.qualname, [*own, *[name.rpartition(".")[2] for name in class_.methods]]

    @cached_property
    def _defined(self) -> set[str]:
        """What the module itself binds at its top."""
        names = {item.name for item in self.module.assignments}
        names.update(item.qualname for item in self.module.functions if "." not in item.qualname)
        names.update(item.qualname for item in self.module.classes if "." not in item.qualname)
        return names

    def resolves_by_star(self, target_module: str, name: str) -> bool:
        """Whether a star import brings the very object."""
        if not any(item.name == "*" and not item.guarded and not item.scope for item in self.module.imports):
            return False
        if name in self._defined or any(item.local == name for item in self.module.imports):
            return False
        symbol = self.project.resolve(self.module.path, name, self.scope)
        if isinstance(symbol, External):
            return symbol.name == canonical(f"{target_module}.{name}")
        return symbol is not None and symbol == _symbol(self.project, self.module, target_module, name)

    def module_prefix(self, target_module: str) -> str:
        """The expression for the target module where it is imported as a whole, '' where it is not."""
        for item in self.usable:
            if item.name and f"{item.module}.{item.name}" == target_module:
                return item.local
            if not item.name and item.module == target_module:
                # `import a.b` is two facts: it binds a, and makes a.b known under no name of its own
                return item.local or item.module
        for item in self.usable:
            if not item.name and target_module.startswith(f"{item.module}."):
                dotted = (item.local or item.module) + target_module.removeprefix(item.module)
                # a submodule is an attribute of its package only where something imported it: what the code does
                # already, it may do again
                if any(name.startswith(f"{dotted}.") for name in self._read()):
                    return dotted
        return ""

    def _read(self) -> Iterator[str]:
        yield from self.module.names
        for function in self.module.functions:
            yield from function.names

    def free_name(self, name: str, target_module: str, wanted: str) -> str:
        """The name to import under: the object's own, unless that is taken."""
        taken = self._taken(wanted)
        package = target_module.lstrip(".").partition(".")[0]
        own = f"{package.title().replace('_', '')}{name}" if name[:1].isupper() else f"{package}_{name}"
        if name not in taken:
            return name
        while own in taken:
            own = f"{own}_"
        return own

    def _taken(self, wanted: str) -> set[str]:
        """All names that mean something in the module: bound anywhere, or read and bound nowhere, as builtins are.

        What a guarded import, or one within a function, binds to the very object that is wanted means nothing else.
        """
        same = {
            (_home(item), item.local)
            for item in self.module.imports
            if wanted
            and (item.guarded or item.scope)
            and _identity(self.project, self.module, item.module, item.name) == wanted
        }
        taken = {item.local for item in self.module.imports if (_home(item), item.local) not in same} | self._defined
        for scope, names in self._bound():
            taken.update(name for name in names if (scope, name) not in same)
        imported = {item.local for item in self.module.imports}
        taken.update(root for root in (name.partition(".")[0] for name in self._read()) if root not in imported)
        return taken


def _home(item: Import) -> str:
    """The qualname of the function or class that holds an import, '' for the module."""
    return item.scope.removesuffix(".<locals>")


def _outwards(scope: str) -> Iterator[str]:
    while scope:
        yield scope
        scope = enclosing(scope)


def _identity(project: Project, module: Module, dotted: str, name: str) -> str:
    """A text that is equal for two ways to import one object."""
    symbol = _symbol(project, module, dotted, name)
    return str(symbol) if symbol is not None else canonical(f"{dotted}.{name}")


def _symbol(project: Project, module: Module, dotted: str, name: str) -> object | None:
    path = project.module_path(module.path, dotted, name)
    return project.resolve(path, name) if path is not None else None
