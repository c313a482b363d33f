"""LSF307: annotates a handler with the model that it returns, so that its response DTO applies."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.inert_return_dto import Annotate, InertReturnDto


class InertReturnDtoCommand(PracticeCommand):
    """Changes one return annotation."""

    rule = InertReturnDto

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edit of one handler."""
        fix: Annotate = finding.data
        handler, model = fix.handler, fix.annotation.model
        needs: tuple[edits.ImportNeed, ...] = ()
        if isinstance(model, str):
            name = model
        else:
            module = project.modules[handler.path]
            name, needs = edits.bind_import(project, module, model.module, model.name, scope=handler.layer.scope)
            name = f"{name}{model.rest}"
        rewrite = edits.set_annotation(fix.annotation.of(name))
        return (edits.NodeEdit(handler.path, handler.function.span, cst.FunctionDef, rewrite, needs),)
