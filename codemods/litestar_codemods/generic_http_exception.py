"""LSF603: raise the class that Litestar has for a status."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.facts import Module, Ref
from litestar_fix.model.project import Project
from litestar_fix.rules.generic_http_exception import GenericHttpException, GenericRaise

_HOME = "litestar.exceptions"


class GenericHttpExceptionCommand(PracticeCommand):
    """Puts the specific class in the place of the generic one and drops ``status_code=``; other arguments stay."""

    rule = GenericHttpException

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the one edit of a raise."""
        found: GenericRaise = finding.data
        module = project.modules[found.path]
        home = _imported_from(module, found)
        name, needs = edits.bind_import(project, module, home, found.specific, scope=found.scope)
        rewrite = edits.compose(edits.drop_keyword("status_code"), edits.rename_call(name))
        return (edits.NodeEdit(found.path, found.call.span, cst.Call, rewrite, imports=needs),)


def _imported_from(module: Module, found: GenericRaise) -> str:
    """The module of Litestar from which the file imports the generic class: the specific one stands beside it."""
    func = found.call.func
    local = func.name if isinstance(func, Ref) else ""
    for item in module.imports:
        if item.local == local and item.name and not item.guarded and f"{item.module}.".startswith(f"{_HOME}."):
            return item.module
    return _HOME
