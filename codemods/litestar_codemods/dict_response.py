"""LSF304: lets handlers return a dataclass that is written above them."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.model.typed_answers import TypedAnswer
from litestar_fix.rules.dict_response import DictResponse


class DictResponseCommand(PracticeCommand):
    """Writes the dataclasses of a module's answers, makes instances of them, and annotates those."""

    rule = DictResponse

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of all handlers of one module."""
        fixes: list[TypedAnswer] = finding.data
        made: list[edits.Edit] = [*edits.write_dataclasses(project, dict.fromkeys(fix.model for fix in fixes))]
        for fix in fixes:
            path, name = fix.handler.path, fix.model.name
            made += [edits.NodeEdit(path, item.span, cst.Dict, edits.make_instance(name)) for item in fix.displays]
            rewrite = edits.replace_expression(name)
            made += [edits.NodeEdit(path, item.span, cst.BaseExpression, rewrite) for item in fix.annotations]
        return tuple(made)
