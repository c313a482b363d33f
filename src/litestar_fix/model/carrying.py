"""Saying a value in another place than where it stands: by which names it is read there."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from litestar_fix.model.evaluate import is_settled
from litestar_fix.model.facts import Attr, Call, Const, Dict, Expr, Import, Op, Ref, Seq, Sub
from litestar_fix.model.graph import show
from litestar_fix.model.import_names import imported_by, module_name
from litestar_fix.model.options import binding_function, is_builtin
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local, Located, ModuleRef
from litestar_fix.model.walk import subexpressions


class Carried(msgspec.Struct, frozen=True):
    """A name of a value, and how another module gets it: ``from module import name``, of which ``rest`` is read.

    ``module`` is '' where the name is at hand as ``name``; ``name`` is '' where the module itself is imported.
    """

    written: str
    module: str
    name: str
    rest: str = ""


class _NotCarried(Exception):
    """Why a value cannot be said in another place."""


def carry(project: Project, value: Located, path: str, scope: str) -> tuple[tuple[Carried, ...], str]:
    """Return what the names of a value are in another place, and why it cannot be said there ('' where it can).

    Args:
        project: what both belong to.
        value: the value where it stands.
        path: the file of the other place.
        scope: the scope of the other place.
    """
    try:
        found = {item.written: item for item in _carried(project, value, path, scope)}
    except _NotCarried as reason:
        return (), str(reason)
    if any(item.module for item in found.values()) and value.path not in imported_by(project, path):
        # what it needs would be imported earlier than now
        return (), f"{path} imports {value.path} only when it runs"
    return tuple(found.values()), ""


def _carried(project: Project, value: Located, path: str, scope: str) -> Iterator[Carried]:
    for expr in subexpressions(value.expr):
        if not _is_plain(expr):
            raise _NotCarried(f"{show(value.expr)} is not written out plainly")
        if isinstance(expr, Ref):
            yield _Way(project, Located(value.path, value.scope, expr), expr.name, path, scope).carried()


def _is_plain(expr: Expr) -> bool:
    match expr:
        case Const(value=value):
            return value is None or isinstance(value, str | bytes | int) or _is_number(value)
        case Op(op="-", operands=(Const(),)):
            return True
        case Dict(keys=keys):
            return None not in keys
        case Call():
            return not expr.has_unpacking
    return isinstance(expr, Ref | Seq | Attr | Sub)


def _is_number(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


class _Way(msgspec.Struct, frozen=True):
    """The way of one name to another place."""

    project: Project
    located: Located
    written: str
    path: str
    scope: str

    def carried(self) -> Carried:
        symbol = self.project.resolve_expr(self.located)
        if symbol is None:
            return self._local()
        there = self.project.resolve(self.path, self.written, self.scope)
        if self.located.path == self.path and there == symbol:
            return self._at_hand(self.written)
        root, _, rest = self.written.partition(".")
        item = self._import(root)
        is_module = isinstance(self._resolved(root), ModuleRef)
        if isinstance(symbol, Local) and (item is None or is_module):
            return self._defined(symbol)
        if item is not None and item.name:
            return self._imported(item, f".{rest}" if rest else "")
        if item is not None and isinstance(symbol, External):
            return self._of_module(item)
        raise _NotCarried(f"it is not known where {self.written} comes from")

    def _resolved(self, name: str) -> object:
        return self.project.resolve(self.located.path, name, self.located.scope)

    def _import(self, root: str) -> Import | None:
        """The import that binds the first part of the name, the one that names most of it."""
        found = [
            item
            for item in self.project.modules[self.located.path].imports
            if (item.local or item.module.partition(".")[0]) == root and not item.guarded and self._sees(item)
        ]
        fitting = [item for item in found if item.name or self.written.startswith(f"{item.local or item.module}.")]
        return max(fitting, key=lambda item: len(item.module), default=None)

    def _sees(self, item: Import) -> bool:
        return not item.scope or self.located.scope.startswith(item.scope.removesuffix(".<locals>"))

    def _at_hand(self, name: str) -> Carried:
        return Carried(self.written, "", name)

    def _local(self) -> Carried:
        """A parameter or variable of the function that holds both places, or a builtin."""
        places = (self.located, Located(self.path, self.scope, self.located.expr))
        homes = {(place.path, binding_function(self.project, place, self.written)) for place in places}
        path, home = homes.pop()
        function = self.project.function(Local(path, home))
        if not homes and function is not None:
            if is_settled(function, self.written.partition(".")[0]):
                return self._at_hand(self.written)
            raise _NotCarried(f"{self.written} may be something else by then")
        if all(is_builtin(self.project, place, self.written) for place in places):
            return self._at_hand(self.written)
        raise _NotCarried(f"it is not known where {self.written} comes from")

    def _defined(self, symbol: Local) -> Carried:
        """What the project defines, imported from there."""
        head, dot, rest = symbol.qualname.partition(".")
        own = self.located.scope.split(".")[0]
        if "<locals>" in symbol.qualname or (dot and head == own and not self.written.startswith(f"{head}.")):
            raise _NotCarried(f"{self.written} is a name of {symbol.qualname.rpartition('.')[0]}")
        if symbol.path == self.path:
            if self.project.resolve(self.path, head, self.scope) != Local(symbol.path, head):
                raise _NotCarried(f"{head} means something else there")
            return self._at_hand(f"{head}{dot}{rest}")
        return Carried(self.written, self._home(symbol.path, head), head, dot + rest)

    def _imported(self, item: Import, rest: str) -> Carried:
        """What is imported here, imported from the same module there."""
        source = self.project.module_path(self.located.path, item.module, item.name)
        if source is None and item.module.startswith("."):
            raise _NotCarried(f"it is not known where {self.written} comes from")
        if source == self.path and self.project.resolve(self.path, item.name, self.scope) == self._resolved(item.local):
            return self._at_hand(f"{item.name}{rest}")
        module = item.module if source is None else self._home(source, item.name)
        return Carried(self.written, module, item.name, rest)

    def _of_module(self, item: Import) -> Carried:
        known = item.local or item.module
        return Carried(self.written, item.module, "", self.written.removeprefix(known))

    def _home(self, source: str, name: str) -> str:
        module = module_name(self.project, self.path, source)
        if module is None:
            raise _NotCarried(f"no name is known under which {self.path} can import {name}")
        if self.path in imported_by(self.project, source):
            raise _NotCarried(f"{source} imports {self.path}, which would have to import {name} from it")
        return module
