"""LSF404: write the annotation of a path parameter, and -> None."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.missing_annotation import Fix, MissingAnnotation


class MissingAnnotationCommand(PracticeCommand):
    """Annotates one parameter, or the result of one function."""

    rule = MissingAnnotation

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the one edit of a parameter or a function."""
        fix: Fix = finding.data
        if not fix.is_parameter:
            return (edits.NodeEdit(finding.path, fix.span, cst.FunctionDef, edits.set_annotation(fix.type)),)
        home, _, name = fix.type.rpartition(".")
        needs: tuple[edits.ImportNeed, ...] = ()
        if home != "builtins":
            name, needs = edits.bind_import(project, project.modules[finding.path], home, name, scope=fix.scope)
        return (edits.NodeEdit(finding.path, fix.span, cst.Param, edits.set_annotation(name), needs),)
