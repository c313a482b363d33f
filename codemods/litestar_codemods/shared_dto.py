"""LSF301: splits a DTO that serves requests and responses into one for each."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits import dto_classes
from litestar_fix.errors import EditError
from litestar_fix.finding import Finding
from litestar_fix.model.dto_places import Anchor, Named
from litestar_fix.model.dto_splits import LayerChange, Split
from litestar_fix.model.facts import Call
from litestar_fix.model.project import Local, Project
from litestar_fix.model.read_dtos import MAX_LINE
from litestar_fix.rules.shared_dto import SharedDto

_OPTIONS = ("dto", "return_dto")


class SharedDtoCommand(PracticeCommand):
    """Writes the classes, and sets them on the layers that use the DTO."""

    rule = SharedDto

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one DTO."""
        split: Split = finding.data
        found = [edit for change in split.changes for edit in _changed(project, change)]
        for anchor, source, needs in dto_classes.new_classes(project, split.new):
            edit = dto_classes.inserted(anchor, source, needs)
            if split.unused is not None and _is_that(project, anchor, split.unused):
                edit = edits.NodeEdit(edit.path, edit.span, edit.kind, _instead(source), needs)
            found.append(edit)
        return tuple(_merged(found))


def _is_that(project: Project, anchor: Anchor, symbol: Local) -> bool:
    class_ = project.class_(symbol)
    return class_ is not None and (anchor.path, anchor.span) == (symbol.path, class_.span)


def _instead(source: str) -> edits.Rewrite:
    """Put classes in the place of one that nothing names any more, but below one that says more than its config."""

    def rewrite(node: cst.ClassDef, config: cst.PartialParserConfig) -> edits.Result:
        is_plain = len(node.body.body) == 1 and not node.decorators
        return (edits.replace_statement if is_plain else edits.insert_after)(source)(node, config)

    return rewrite


# -------------------------------------------------------------------------------------------------------------- layers
def _changed(project: Project, change: LayerChange) -> Iterator[edits.NodeEdit]:
    options = {option: change.options[option] for option in _OPTIONS if option in change.options}
    if change.layer.kind == "controller":
        yield from _in_class(project, change, options)
        return
    if change.handler is not None and change.handler.decorator is None:
        raise EditError("the handler has no decorator")
    decorator = change.handler.decorator if change.handler is not None else None
    span = decorator.span if decorator is not None else change.layer.span
    bound = {
        name: dto_classes.bound(project, change.home.path, dto, change.home.scope) for name, dto in options.items()
    }
    steps = [edits.set_keyword(name, text, after="dto") for name, (text, _) in bound.items()]
    added = sum(len(f", {name}={text}") for name, (text, _) in bound.items() if not change.layer.values(name))
    if span.line == span.end_line and span.end_column <= MAX_LINE < span.end_column + added:
        steps.append(edits.one_argument_per_line())
    kind = cst.Call if decorator is None or isinstance(decorator, Call) else cst.BaseExpression
    needs = tuple(need for _, found in bound.values() for need in found)
    yield edits.NodeEdit(change.home.path, span, kind, edits.compose(*steps), needs)


def _in_class(project: Project, change: LayerChange, options: dict[str, str | Named]) -> Iterator[edits.NodeEdit]:
    owner = project.class_(Local(change.home.path, change.home.scope))
    if owner is None:
        raise EditError("the controller's class is not known")
    for name, dto in options.items():
        text, needs = dto_classes.bound(project, change.home.path, dto, change.home.scope)
        old = owner.attribute(name)
        if old is not None and old.value is not None:
            rewrite = edits.replace_expression(text)
            yield edits.NodeEdit(change.home.path, old.value.span, cst.BaseExpression, rewrite, needs)
            continue
        rewrite = edits.add_class_attribute(f"{name} = {text}", after=("dto",))
        yield edits.NodeEdit(change.home.path, owner.span, cst.ClassDef, rewrite, needs)


def _merged(found: list[edits.NodeEdit]) -> Iterator[edits.NodeEdit]:
    """One edit for each node."""
    nodes: dict[tuple[str, object], list[edits.NodeEdit]] = {}
    for edit in found:
        nodes.setdefault((edit.path, edit.span), []).append(edit)
    for first, *others in nodes.values():
        rewrite = edits.compose(first.rewrite, *[edit.rewrite for edit in others]) if others else first.rewrite
        needs = (*first.imports, *[need for edit in others for need in edit.imports])
        yield edits.NodeEdit(first.path, first.span, first.kind, rewrite, needs)
