"""The plain types that an annotation allows: ``UUID | None`` allows ``uuid.UUID`` and ``None``."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.annotations import name_of_type
from litestar_fix.model.facts import Call, Const, Expr, Op, Ref, Seq, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local, Located

_ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})
#: Aliases of Litestar 2.25 for ``Annotated[T, ...]``.
_MARKERS = frozenset({"litestar.params.FromPath"})
_DEPTH = 8


def plain(project: Project, annotation: Located) -> Located:
    """Return an annotation without what ``Annotated`` adds to it."""
    match annotation.expr:
        case Sub(index=index) if name_of_type(project, annotation) in _ANNOTATED | _MARKERS:
            inner = index.items[0] if isinstance(index, Seq) and index.items else index
            return plain(project, Located(annotation.path, annotation.scope, inner))
    return annotation


def scalars(project: Project, annotation: Located) -> tuple[str, ...] | None:
    """Return the canonical names of the types of libraries that an annotation allows, 'None' included.

    Aliases and new types are followed. None where it holds anything else: generic types, classes of the project.
    """
    found = tuple(_scalars(project, annotation, 0))
    return None if not found or "" in found else tuple(dict.fromkeys(found))


def _scalars(project: Project, annotation: Located, depth: int) -> Iterator[str]:
    """Yield the names; '' where one is not known."""
    located = plain(project, annotation)
    match located.expr:
        case Const(value=None):
            yield "None"
        case Op(op="|", operands=operands):
            yield from _each(project, located, operands, depth)
        case Sub(index=index):
            members = index.items if isinstance(index, Seq) and index.kind == "tuple" else (index,)
            name = name_of_type(project, located)
            yield from _each(project, located, members, depth) if name in _UNIONS else ("",)
            if name == "typing.Optional":
                yield "None"
        case Ref():
            yield from _named(project, located, depth)
        case _:
            yield ""


_UNIONS = frozenset({"typing.Union", "typing.Optional"})


def _each(project: Project, located: Located, members: tuple[Expr, ...], depth: int) -> Iterator[str]:
    for member in members:
        yield from _scalars(project, Located(located.path, located.scope, member), depth + 1)


def _named(project: Project, located: Located, depth: int) -> Iterator[str]:
    symbol = project.resolve_expr(located)
    alias = project.assignment(symbol)
    if isinstance(symbol, Local) and alias is not None and alias.value is not None and not alias.conditional:
        value = Located(symbol.path, "", alias.value)
        if depth > _DEPTH:
            yield ""
        elif isinstance(alias.value, Call):
            yield from _new_type(project, value, alias.value, depth)
        else:
            yield from _scalars(project, value, depth + 1)
        return
    yield name_of_type(project, located)


def _new_type(project: Project, located: Located, call: Call, depth: int) -> Iterator[str]:
    if project.external(located.path, call, located.scope) == "typing.NewType" and len(call.args) > 1:
        yield from _scalars(project, Located(located.path, located.scope, call.args[1]), depth + 1)
    else:
        yield ""
