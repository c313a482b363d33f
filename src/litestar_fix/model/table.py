"""The definitions of one module by name."""

from __future__ import annotations

from litestar_fix.model.facts import Attribute, Function, Import, Module


class Table:
    """The definitions of one module by name."""

    def __init__(self, module: Module) -> None:
        self.functions = {function.qualname: function for function in module.functions}
        self.classes = {class_.qualname: class_ for class_ in module.classes}
        self.assignments: dict[str, list[Attribute]] = {}
        for item in module.assignments:
            self.assignments.setdefault(item.name, []).append(item)
        self.imports: dict[tuple[str, str], Import] = {}
        self.stars: list[Import] = []
        for imported in module.imports:
            key = (imported.scope, imported.local)
            if imported.name == "*":
                self.stars.append(imported)
            elif imported.local and (key not in self.imports or self.imports[key].guarded):
                self.imports[key] = imported
        self._bound: dict[str, frozenset[str]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.functions or name in self.classes or name in self.assignments or ("", name) in self.imports

    def bound(self, function: Function) -> frozenset[str]:
        """The names that a function binds."""
        found = self._bound.get(function.qualname)
        if found is None:
            found = self._bound[function.qualname] = frozenset(function.bound)
        return found
