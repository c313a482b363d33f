"""LSF303: makes the DTO of a PATCH handler partial, and lets the handler update with ``DTOData``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits import dto_classes, dto_layers
from litestar_fix.finding import Finding
from litestar_fix.model.dtos import Dto, Place
from litestar_fix.model.partial_dtos import Copying, PartialFix
from litestar_fix.model.project import Project
from litestar_fix.rules.patch_without_partial import PatchWithoutPartial


class PatchWithoutPartialCommand(PracticeCommand):
    """Changes a DTO or writes one, and the annotation and the body of one handler."""

    rule = PatchWithoutPartial

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one handler."""
        fix: PartialFix = finding.data
        found = [edit for change in fix.changes for edit in dto_layers.changed(project, change)]
        found += [dto_classes.inserted(*place) for place in dto_classes.new_classes(project, fix.new)]
        if fix.in_place is not None:
            found.append(_partial(project, fix.in_place, fix))
        if fix.copying is not None:
            found += _updating(project, fix, fix.copying)
        return tuple(dto_layers.merged(found))


def _partial(project: Project, dto: Dto, fix: PartialFix) -> edits.NodeEdit:
    call = dto.config.call
    if dto.config.place in (Place.CLASS, Place.ANNOTATED) and call is not None:
        rewrite = edits.set_keyword("partial", "True")
        if fix.left_out:
            names = ", ".join(fix.definition.names)
            rewrite = edits.compose(edits.set_keyword(fix.definition.keyword, f"{{{names}}}"), rewrite)
        return edits.NodeEdit(call.path, call.expr.span, cst.Call, rewrite)
    return dto_classes.configured(project, dto, fix.definition)


def _updating(project: Project, fix: PartialFix, copying: Copying) -> Iterator[edits.NodeEdit]:
    handler, written = fix.patch.handler, fix.patch.data.model
    name, needs = edits.bind_import(
        project, project.modules[handler.path], "litestar.dto", "DTOData", scope=handler.layer.scope
    )
    wrap = edits.wrap_expression(f"{name}[", "]")
    yield edits.NodeEdit(handler.path, written.expr.span, cst.BaseExpression, wrap, needs)
    first, *others = copying.spans
    update = edits.replace_statement(f"data.update_instance({copying.target})")
    yield edits.NodeEdit(handler.path, first, cst.SimpleStatementLine, update)
    for span in others:
        yield edits.NodeEdit(handler.path, span, cst.SimpleStatementLine, edits.remove_statement())
