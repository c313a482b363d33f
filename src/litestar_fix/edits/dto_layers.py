"""DTOs of layers: options of decorators and of calls of Router and Litestar, attributes of controllers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from litestar_fix.edits.dto_classes import bound as bound_dto
from litestar_fix.edits.expressions import replace_expression, set_keyword
from litestar_fix.edits.statements import add_class_attribute
from litestar_fix.edits.values import NodeEdit, compose
from litestar_fix.errors import EditError
from litestar_fix.model.dto_places import Named
from litestar_fix.model.dto_variants import LayerChange
from litestar_fix.model.facts import Call
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local

_OPTIONS = ("dto", "return_dto")


def changed(project: Project, change: LayerChange) -> Iterator[NodeEdit]:
    """Yield the edits that give a layer its DTOs."""
    options = {option: change.options[option] for option in _OPTIONS if option in change.options}
    if change.layer.kind == "controller":
        yield from _in_class(project, change, options)
        return
    if change.handler is not None and change.handler.decorator is None:
        raise EditError("the handler has no decorator")
    decorator = change.handler.decorator if change.handler is not None else None
    span = decorator.span if decorator is not None else change.layer.span
    bound = {name: bound_dto(project, change.home.path, dto, change.home.scope) for name, dto in options.items()}
    steps = [set_keyword(name, text, after="dto") for name, (text, _) in bound.items()]
    kind = cst.Call if decorator is None or isinstance(decorator, Call) else cst.BaseExpression
    needs = tuple(need for _, found in bound.values() for need in found)
    yield NodeEdit(change.home.path, span, kind, compose(*steps), needs)


def _in_class(project: Project, change: LayerChange, options: dict[str, str | Named]) -> Iterator[NodeEdit]:
    owner = project.class_(Local(change.home.path, change.home.scope))
    if owner is None:
        raise EditError("the controller's class is not known")
    for name, dto in options.items():
        text, needs = bound_dto(project, change.home.path, dto, change.home.scope)
        old = owner.attribute(name)
        if old is not None and old.value is not None:
            rewrite = replace_expression(text)
            yield NodeEdit(change.home.path, old.value.span, cst.BaseExpression, rewrite, needs)
            continue
        rewrite = add_class_attribute(f"{name} = {text}", after=("dto",))
        yield NodeEdit(change.home.path, owner.span, cst.ClassDef, rewrite, needs)


def merged(found: Iterable[NodeEdit]) -> Iterator[NodeEdit]:
    """Yield one edit for each node."""
    nodes: dict[tuple[str, object], list[NodeEdit]] = {}
    for edit in found:
        nodes.setdefault((edit.path, edit.span), []).append(edit)
    for first, *others in nodes.values():
        rewrite = compose(first.rewrite, *[edit.rewrite for edit in others]) if others else first.rewrite
        needs = (*first.imports, *[need for edit in others for need in edit.imports])
        yield NodeEdit(first.path, first.span, first.kind, rewrite, needs)
