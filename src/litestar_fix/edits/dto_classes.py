"""New DTO classes, and the names by which a module calls DTOs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from litestar_fix.edits.bindings import bind_import
from litestar_fix.edits.statements import insert_after, insert_before
from litestar_fix.edits.values import ImportNeed, NodeEdit
from litestar_fix.model.dto_places import Anchor, Named, NewDto
from litestar_fix.model.project import Project

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
    return f"class {new.name}({bases}):\n{ATTRIBUTE}{new.definition.source(config, len(ATTRIBUTE))}\n", needs


def bound(project: Project, path: str, what: str | Named, scope: str = "") -> tuple[str, tuple[ImportNeed, ...]]:
    """Return how a module calls a DTO or a base class, and what it needs to be imported for that."""
    if isinstance(what, str):
        return what, ()
    name, needs = bind_import(project, project.modules[path], what.module, what.name, scope=scope)
    return f"{name}{what.rest}", needs
