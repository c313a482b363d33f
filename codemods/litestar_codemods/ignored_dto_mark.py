"""LSF308: writes a mark so that it counts: a ``DTOField`` with a member of ``Mark``."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.errors import EditError
from litestar_fix.finding import Finding
from litestar_fix.model.ignored_marks import Form, IgnoredMark
from litestar_fix.model.project import Project
from litestar_fix.rules.ignored_dto_mark import IgnoredDtoMark


class IgnoredDtoMarkCommand(PracticeCommand):
    """Rewrites one mark where it stands."""

    rule = IgnoredDtoMark

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edit of one mark."""
        found: IgnoredMark = finding.data
        path, scope = found.where.path, found.where.scope
        module = project.modules[path]
        mark, first = edits.bind_import(project, module, "litestar.dto", "Mark", scope=scope)
        if found.form is Form.STRING:
            if found.text is None:
                raise EditError("there is no string")
            rewrite = edits.replace_expression(f"{mark}.{found.member}")
            return (edits.NodeEdit(path, found.text.expr.span, cst.BaseExpression, rewrite, first),)
        dto_field, second = edits.bind_import(project, module, "litestar.dto", "DTOField", scope=scope)
        if found.form is Form.MEMBER:
            rewrite, needs = edits.wrap_expression(f"{dto_field}(mark=", ")"), second
        else:
            rewrite, needs = edits.replace_expression(f"{dto_field}(mark={mark}.{found.member})"), (*second, *first)
        return (edits.NodeEdit(path, found.where.expr.span, cst.BaseExpression, rewrite, needs),)
