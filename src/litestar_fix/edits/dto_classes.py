"""New DTO classes and configurations, and the names by which a module calls DTOs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from litestar_fix.edits.bindings import bind_import
from litestar_fix.edits.expressions import wrap_expression
from litestar_fix.edits.statements import add_class_attribute, insert_after, insert_before
from litestar_fix.edits.values import ImportNeed, NodeEdit
from litestar_fix.errors import EditError
from litestar_fix.model.dto_places import Anchor, Named, NewDto, config_class
from litestar_fix.model.dtos import Dto
from litestar_fix.model.facts import Sub
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Definition
from litestar_fix.model.schemas import Kind
from litestar_fix.model.symbols import Local

#: What stands in front of a configuration in the body of a class.
ATTRIBUTE = "    config = "
NODES: dict[str, type[cst.CSTNode]] = {
    "class": cst.ClassDef,
    "function": cst.FunctionDef,
    "assignment": cst.SimpleStatementLine,
}


def new_classes(project: Project, new: Iterable[NewDto]) -> Iterator[tuple[Anchor, str, tuple[ImportNeed, ...]]]:
    """Yield the source of new classes, and what it needs to be imported: together for those in one place."""
    places: dict[Anchor, list[NewDto]] = {}
    for item in new:
        places.setdefault(item.anchor, []).append(item)
    for anchor, items in places.items():
        written = [_source(project, item) for item in items]
        yield anchor, "\n\n".join(text for text, _ in written), tuple(need for _, needs in written for need in needs)


def inserted(anchor: Anchor, source: str, needs: tuple[ImportNeed, ...]) -> NodeEdit:
    """Return the edit that puts classes where they belong."""
    rewrite = insert_after(source) if anchor.is_below else insert_before(source)
    return NodeEdit(anchor.path, anchor.span, NODES[anchor.node], rewrite, needs)


def _source(project: Project, new: NewDto) -> tuple[str, tuple[ImportNeed, ...]]:
    path = new.anchor.path
    config, needs = bound(project, path, new.config)
    if isinstance(new.bases, str):
        bases = new.bases
    else:
        base, more = bound(project, path, new.bases[0])
        model, most = bound(project, path, new.bases[1])
        bases, needs = f"{base}[{model}]", (*needs, *more, *most)
    return f"class {new.name}({bases}):\n{ATTRIBUTE}{new.definition.source(config)}\n", needs


# ----------------------------------------------------------------------------------------------------- configurations
def configured(project: Project, dto: Dto, definition: Definition) -> NodeEdit:
    """Return the edit that gives a DTO a configuration where it has none of its own."""
    if dto.symbol is not None and project.class_(dto.symbol) is not None:
        return _as_attribute(project, dto.symbol, dto.kind, definition)
    return _beside_model(project, dto, definition)


def _as_attribute(project: Project, symbol: Local, kind: Kind, definition: Definition) -> NodeEdit:
    class_ = project.class_(symbol)
    if class_ is None:
        raise EditError("the DTO is no class")
    callee, needs = bound(project, symbol.path, config_class(project, symbol.path, kind), symbol.qualname)
    source = f"config = {definition.source(callee)}"
    return NodeEdit(symbol.path, class_.span, cst.ClassDef, add_class_attribute(source), needs)


def _beside_model(project: Project, dto: Dto, definition: Definition) -> NodeEdit:
    argument = dto.argument
    if argument is None or not isinstance(argument.expr, Sub):
        raise EditError("the DTO names no model")
    module = project.modules[argument.path]
    annotated, first = bind_import(project, module, "typing", "Annotated", scope=argument.scope)
    callee, second = bound(project, argument.path, config_class(project, argument.path, dto.kind), argument.scope)
    rewrite = wrap_expression(f"{annotated}[", f", {definition.source(callee)}]")
    return NodeEdit(argument.path, argument.expr.index.span, cst.BaseExpression, rewrite, (*first, *second))


# ---------------------------------------------------------------------------------------------------------------- names
def bound(project: Project, path: str, what: str | Named, scope: str = "") -> tuple[str, tuple[ImportNeed, ...]]:
    """Return how a module calls a DTO or a base class, and what it needs to be imported for that."""
    if isinstance(what, str):
        return what, ()
    name, needs = bind_import(project, project.modules[path], what.module, what.name, scope=scope)
    return f"{name}{what.rest}", needs
