"""The modules of a project, linked by name: names resolve through aliases, relative imports and re-exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from litestar_fix.model.cyclic_answers import CyclicAnswers
from litestar_fix.model.facts import Attribute, Call, Class, Expr, Function, Import, Module, Ref, Sub
from litestar_fix.model.import_roots import ImportRoots
from litestar_fix.model.names import canonical
from litestar_fix.model.qualnames import enclosing
from litestar_fix.model.symbols import External, Local, Located, ModuleRef, Symbol
from litestar_fix.model.table import Table


class Ancestry(msgspec.Struct, frozen=True):
    """The linearised bases of a class, itself first.

    ``externals`` are base classes of libraries; ``known`` is False where a base could not be resolved.
    """

    classes: tuple[tuple[str, Class], ...]
    externals: tuple[str, ...]
    known: bool


class Linked:
    """Facts of modules, linked by name.

    Names, members and bases are one question: a base is a name, and a member of a class may be one of a base.

    Args:
        modules: facts by path.
    """

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = dict(sorted(modules.items()))
        self._tables: dict[str, Table] = {}
        self._names: CyclicAnswers[Symbol] = CyclicAnswers(self._resolve)
        self._resolved = self._names.known
        self._ancestries: dict[Local, Ancestry] = {}

    # ---------------------------------------------------------------------------------------------- definitions
    def table(self, path: str) -> Table:
        """The definitions of a module by name."""
        found = self._tables.get(path)
        if found is None:
            found = self._tables[path] = Table(self.modules[path])
        return found

    def function(self, symbol: Symbol | None) -> Function | None:
        """The function that a symbol names, or None."""
        return self.table(symbol.path).functions.get(symbol.qualname) if isinstance(symbol, Local) else None

    def class_(self, symbol: Symbol | None) -> Class | None:
        """The class that a symbol names, or None."""
        return self.table(symbol.path).classes.get(symbol.qualname) if isinstance(symbol, Local) else None

    def assignment(self, symbol: Symbol | None) -> Attribute | None:
        """The one plain assignment of a module-level name; None when there are several, or none."""
        if not isinstance(symbol, Local):
            return None
        found = self.table(symbol.path).assignments.get(symbol.qualname, ())
        return found[0] if len(found) == 1 and found[0].op == "=" else None

    def functions(self) -> Iterator[tuple[Module, Function]]:
        """All functions of the project, file by file."""
        for module in self.modules.values():
            for function in module.functions:
                yield module, function

    def classes(self) -> Iterator[tuple[Module, Class]]:
        """All classes of the project, file by file."""
        for module in self.modules.values():
            for class_ in module.classes:
                yield module, class_

    # ------------------------------------------------------------------------------------------------- resolving
    def resolve(self, path: str, name: str, scope: str = "") -> Symbol | None:
        """Resolve a dotted name as code in a scope of a file sees it.

        Args:
            path: the file.
            name: a dotted name, as in `facts.Ref`.
            scope: the qualname of the function or class whose body holds the name; '' for the module.

        Returns:
            What the name stands for, None where that is not known: a local variable, an unknown attribute, a builtin.
        """
        key = (path, name, scope)
        return self._resolved[key] if key in self._resolved else self._names.answer(key)

    def resolve_expr(self, located: Located) -> Symbol | None:
        """Resolve an expression that is a name, or a subscript of one (``Base[Model]``)."""
        match located.expr:
            case Ref() as ref:
                pass
            case Sub(value=Ref() as ref):
                pass
            case _:
                return None
        return self.resolve(located.path, ref.name, self._scope_at(located.path, located.scope, ref))

    def _scope_at(self, path: str, scope: str, ref: Ref) -> str:
        """The scope that binds a name where it stands: what a class body defines further down is not bound yet.

        In ``@delete("/") async def delete(self)`` the decorator is not the method.
        """
        table = self.table(path)
        if scope not in table.classes:
            return scope
        own = f"{scope}.{ref.name.partition('.')[0]}"
        definition = table.functions.get(own) or table.classes.get(own)
        is_below = definition is not None and definition.span > ref.span
        return enclosing(scope) if is_below else scope

    def external(self, path: str, expr: Expr | None, scope: str = "") -> str:
        """The canonical name of the library object that an expression names or calls, '' for anything else."""
        if isinstance(expr, Call):
            return self.external(path, expr.func, scope)
        symbol = self.resolve_expr(Located(path, scope, expr)) if expr is not None else None
        return symbol.name if isinstance(symbol, External) else ""

    def _resolve(self, path: str, name: str, scope: str) -> Symbol | None:
        root, _, rest = name.partition(".")
        if root in ("self", "cls") and scope:
            owner = self._self_class(path, scope, root)
            return self._follow(owner, rest) if owner is not None and rest else owner
        return self._follow(self._lookup(path, root, scope), rest)

    def _self_class(self, path: str, scope: str, root: str) -> Local | None:
        function = self.table(path).functions.get(scope)
        while function is not None and not function.owner:
            function = self.table(path).functions.get(function.parent)
        if function is None or not function.params or function.params[0].name != root:
            return None
        return Local(path, function.owner)

    def _lookup(self, path: str, root: str, scope: str) -> Symbol | None:
        table = self.table(path)
        inner = True
        while scope:
            function = table.functions.get(scope)
            if function is not None and root in table.bound(function):
                return self._bound_in(path, f"{scope}.<locals>", root)
            if function is None and inner and scope in table.classes:
                found = self._bound_in(path, scope, root)
                if found is not None:
                    return found
            inner = False  # the names of an enclosing class are not seen by its methods
            scope = enclosing(scope)
        return self._in_module(path, root)

    def _bound_in(self, path: str, prefix: str, root: str) -> Symbol | None:
        table = self.table(path)
        imported = table.imports.get((prefix, root))
        if imported is not None:
            return self._import(path, imported)
        qualname = f"{prefix}.{root}"
        return Local(path, qualname) if qualname in table.functions or qualname in table.classes else None

    def _in_module(self, path: str, root: str) -> Symbol | None:
        table = self.table(path)
        if root in table.functions or root in table.classes:
            return Local(path, root)
        imported = table.imports.get(("", root))
        if imported is not None:
            return self._import(path, imported)
        assigned = table.assignments.get(root)
        if assigned is not None:
            value = assigned[0].value
            if len(assigned) == 1 and isinstance(value, Ref) and value.name != root and not assigned[0].conditional:
                return self.resolve(path, value.name) or Local(path, root)
            return Local(path, root)
        return self._star(path, root)

    def _star(self, path: str, root: str) -> Symbol | None:
        for item in self.table(path).stars:
            target = self.module_path(path, item.module)
            if target is None or target == path:
                continue
            exports = self.modules[target].exports
            if (root in exports) if exports is not None else not root.startswith("_"):
                found = self.resolve(target, root)
                if found is not None:
                    return found
        return None

    def _import(self, path: str, item: Import) -> Symbol | None:
        if not item.name:
            return self._module(path, item.module)
        target = self.module_path(path, item.module, item.name)
        found = self.resolve(target, item.name) if target is not None else None
        if found is not None:
            return found
        dotted = f"{item.module}{item.name}" if item.module.endswith(".") else f"{item.module}.{item.name}"
        submodule = self.module_path(path, dotted)
        if submodule is not None:
            return ModuleRef(submodule)
        return External(canonical(dotted)) if target is None and not dotted.startswith(".") else None

    def _module(self, path: str, dotted: str) -> Symbol:
        target = self.module_path(path, dotted)
        return ModuleRef(target) if target is not None else External(dotted)

    def _follow(self, symbol: Symbol | None, rest: str) -> Symbol | None:
        """Follow attributes from a symbol."""
        while rest and symbol is not None:
            attribute, _, rest = rest.partition(".")
            match symbol:
                case External(name=name):
                    symbol = External(canonical(f"{name}.{attribute}"))
                case ModuleRef(path=path):
                    symbol = self._submodule(path, attribute) or self.resolve(path, attribute)
                case Local():
                    symbol = self.member(symbol, attribute)
        return symbol

    def _submodule(self, path: str, name: str) -> Symbol | None:
        if not path.endswith("__init__.py") or name in self.table(path):
            return None
        folder = path.removesuffix("__init__.py")
        for candidate in (f"{folder}{name}.py", f"{folder}{name}/__init__.py"):
            if candidate in self.modules:
                return ModuleRef(candidate)
        return None

    def member(self, owner: Local, name: str) -> Local | None:
        """The method, attribute or nested class of a class of the project, inherited ones included."""
        if owner.qualname not in self.table(owner.path).classes:
            return None
        for path, class_ in self.ancestry(owner).classes:
            table = self.table(path)
            qualname = f"{class_.qualname}.{name}"
            if qualname in table.functions or qualname in table.classes or class_.attribute(name) is not None:
                return Local(path, qualname)
        return None

    # --------------------------------------------------------------------------------------------------- modules
    @cached_property
    def import_roots(self) -> ImportRoots:
        """Where imports are looked for."""
        return ImportRoots(self.modules, lambda path, name: name in self.table(path))

    def module_path(self, importer: str, dotted: str, name: str = "") -> str | None:
        """The file of an imported module as seen from another file, see `ImportRoots.find`."""
        return self.import_roots.find(importer, dotted, name)

    # --------------------------------------------------------------------------------------------------- classes
    def ancestry(self, symbol: Local) -> Ancestry:
        """The bases of a class of the project, nearest first."""
        found = self._ancestries.get(symbol)
        if found is None:
            self._ancestries[symbol] = Ancestry((), (), False)  # a class that inherits from itself ends here
            found = self._ancestries[symbol] = self._linearise(symbol)
        return found

    def _linearise(self, symbol: Local) -> Ancestry:
        own = self.class_(symbol)
        if own is None:
            return Ancestry((), (), False)
        scope = own.parent
        classes: list[tuple[str, Class]] = []
        externals: list[str] = []
        known = True
        for base in own.bases:
            match self.resolve_expr(Located(symbol.path, scope, base)):
                case External(name=name):
                    externals.append(name)
                case Local() as local if self.class_(local) is not None:
                    above = self.ancestry(local)
                    classes = [item for item in classes if item not in above.classes] + list(above.classes)
                    externals += above.externals
                    known = known and above.known
                case _:
                    known = known and isinstance(base, Ref) and base.name == "object"
        return Ancestry(((symbol.path, own), *classes), tuple(dict.fromkeys(externals)), known)

    def inherits(self, symbol: Local, external: str) -> bool:
        """Whether a class of the project has a library class among its bases."""
        return external in self.ancestry(symbol).externals

    @cached_property
    def _subclasses(self) -> dict[Local, list[Local]]:
        index: dict[Local, list[Local]] = {}
        for module, class_ in self.classes():
            own = Local(module.path, class_.qualname)
            for path, base in self.ancestry(own).classes[1:]:
                index.setdefault(Local(path, base.qualname), []).append(own)
        return index

    def subclasses(self, symbol: Local) -> list[Local]:
        """All classes of the project that inherit from a class, directly or not."""
        return self._subclasses.get(symbol, [])
