"""LSF302: lets the DTO of the response leave secrets out, or gives the handler one that does."""

from __future__ import annotations

import json
from collections.abc import Iterator

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits import dto_classes
from litestar_fix.errors import EditError
from litestar_fix.finding import Finding
from litestar_fix.model.dtos import Place
from litestar_fix.model.facts import Call, Const, Seq
from litestar_fix.model.hiding import Extension, ReturnDto
from litestar_fix.model.project import Project
from litestar_fix.rules.sensitive_field_exposed import SensitiveFieldExposed


class SensitiveFieldExposedCommand(PracticeCommand):
    """Extends one configuration, or sets one ``return_dto`` and writes its class."""

    rule = SensitiveFieldExposed

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one handler."""
        match finding.data:
            case Extension() as extension:
                return tuple(_extended(project, extension))
            case ReturnDto() as fix:
                return tuple(_with_return_dto(project, fix))
        raise EditError("there is no fix")


# ---------------------------------------------------------------------------------------------------------- extension
def _extended(project: Project, extension: Extension) -> Iterator[edits.NodeEdit]:
    config = extension.dto.config
    if config.place in (Place.CLASS, Place.ANNOTATED) and config.call is not None:
        yield from _in_call(extension)
    else:
        yield dto_classes.configured(project, extension.dto, extension.definition)


def _in_call(extension: Extension) -> Iterator[edits.NodeEdit]:
    config = extension.dto.config
    given = config.keyword(extension.definition.keyword)
    if given is None and config.call is not None:
        names = ", ".join(map(json.dumps, extension.added))
        yield edits.NodeEdit(
            config.call.path, config.call.expr.span, cst.Call, edits.set_keyword("exclude", f"{{{names}}}")
        )
        return
    if given is None:
        return
    if not isinstance(given.expr, Seq):
        names = ", ".join(map(json.dumps, extension.added))
        rewrite = edits.wrap_expression("{*", f", {names}}}")
        yield edits.NodeEdit(given.path, given.expr.span, cst.BaseExpression, rewrite)
        return
    if extension.definition.selection.include:
        left = set(extension.definition.names)
        gone = [
            index
            for index, item in enumerate(given.expr.items)
            if isinstance(item, Const) and json.dumps(item.value, ensure_ascii=False) not in left
        ]
        rewrite = edits.drop_elements(*gone)
    else:
        rewrite = edits.compose(*(edits.add_element(json.dumps(path)) for path in extension.added))
    yield edits.NodeEdit(given.path, given.expr.span, cst.BaseExpression, rewrite)


# --------------------------------------------------------------------------------------------- the handler gets its own
def _with_return_dto(project: Project, fix: ReturnDto) -> Iterator[edits.NodeEdit]:
    if fix.new is not None:
        yield from (dto_classes.inserted(*found) for found in dto_classes.new_classes(project, [fix.new]))
    handler = fix.handler
    if handler.decorator is None:
        raise EditError("the handler has no decorator")
    name, needs = dto_classes.bound(project, handler.path, fix.dto, handler.layer.scope)
    span = handler.decorator.span
    rewrite = edits.set_keyword("return_dto", name, after="dto")
    kind = cst.Call if isinstance(handler.decorator, Call) else cst.BaseExpression
    yield edits.NodeEdit(handler.path, span, kind, rewrite, needs)
