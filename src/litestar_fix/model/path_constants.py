"""The text literals that paths are written in, there where they are declared or as constants of any file."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from litestar_fix.model.facts import Const, Module, Ref, Span
from litestar_fix.model.paths import DeclaredPath, declared_paths
from litestar_fix.model.project import Project
from litestar_fix.model.sites import mentions_of
from litestar_fix.model.symbols import Local


class Literal(msgspec.Struct, frozen=True):
    """A text literal that is a whole path; ``constant`` is the module-level name that stands for it, if one does."""

    path: str
    span: Span
    constant: Local | None


def literal_of(project: Project, path: DeclaredPath) -> Literal | None:
    """Return the literal that a path is written in, None where it is put together."""
    expr = path.where.expr
    if isinstance(expr, Const):
        return Literal(path.where.path, expr.span, None)
    symbol = project.resolve(path.where.path, expr.name, path.where.scope) if isinstance(expr, Ref) else None
    found = project.assignment(symbol)
    if not isinstance(symbol, Local) or found is None or found.conditional or not isinstance(found.value, Const):
        return None
    return Literal(symbol.path, found.value.span, symbol)


def sharing(project: Project, path: DeclaredPath) -> Iterator[DeclaredPath]:
    """Yield the paths that are written in the same literal, this one included."""
    own = literal_of(project, path)
    for other in (other for paths in declared_paths(project).values() for other in paths if other.text == path.text):
        if other.place == path.place or (own is not None and literal_of(project, other) == own):
            yield other


def is_read_elsewhere(project: Project, constant: Local) -> bool:
    """Whether a constant is read for anything else than to declare a path."""
    places = {path.place for paths in declared_paths(project).values() for path in paths}
    if any((mention.path, mention.span) not in places for mention in mentions_of(project, constant)):
        return True
    modules = [project.modules[path] for path in project.words.readers(constant.qualname)]
    return any(_reads_attribute(project, module, constant) for module in modules)


def _reads_attribute(project: Project, module: Module, constant: Local) -> bool:
    """Whether an attribute of the constant is read, as in ``PATH.format(...)``."""
    for scope, names in (("", module.names), *[(function.qualname, function.names) for function in module.functions]):
        for name in names:
            parts = name.split(".")
            prefixes = (".".join(parts[:end]) for end in range(1, len(parts)))
            if any(project.resolve(module.path, prefix, scope) == constant for prefix in prefixes):
                return True
    return False
