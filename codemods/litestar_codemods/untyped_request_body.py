"""LSF305: lets handlers take a dataclass that is written above them."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.body_keys import BODY
from litestar_fix.model.facts import Call
from litestar_fix.model.project import Project
from litestar_fix.model.typed_bodies import TypedBody
from litestar_fix.rules.untyped_request_body import UntypedRequestBody


class UntypedRequestBodyCommand(PracticeCommand):
    """Writes the dataclasses of bodies, annotates the parameters, and reads attributes instead of keys."""

    rule = UntypedRequestBody

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of the handlers of one controller, or of a function."""
        fixes: list[TypedBody] = finding.data
        made: list[edits.Edit] = [*edits.write_dataclasses(project, [fix.model for fix in fixes])]
        for fix in fixes:
            path = fix.handler.path
            rewrite = edits.replace_expression(fix.model.name)
            made.append(edits.NodeEdit(path, fix.annotation.span, cst.BaseExpression, rewrite))
            for read in fix.reads:
                kind = cst.Call if isinstance(read.expr, Call) else cst.Subscript
                attribute = edits.replace_expression(f"{BODY}.{read.key}")
                made.append(edits.NodeEdit(path, read.expr.span, kind, attribute))
        return tuple(made)
