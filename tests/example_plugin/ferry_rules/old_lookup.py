"""FER101: a rule, and the codemod that rewrites what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import libcst as cst

from litestar_fix import edits, practice
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.facts import Call
from litestar_fix.model.project import Project
from litestar_fix.model.walk import expressions


class OldLookup(practice.PracticeRule):
    """`find_pier()` is called, which `piers.locate_pier()` replaces.

    ## Why

    The old one asks the harbour office by mail.
    """

    code = "FER101"
    name = "old-lookup"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.SAFE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = ["pier = locate_pier(3)"]
    INVALID: ClassVar[list[str | practice.Invalid]] = ["pier = find_pier(3)"]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the calls."""
        for module in project.modules.values():
            bodies = [module.body, *[function.body for function in module.functions]]
            for expr in (expr for body in bodies for expr in expressions(body)):
                if isinstance(expr, Call) and expr.callee == "find_pier":
                    yield cls.finding(module, expr.span, "find_pier() is out of use; call locate_pier()")


class OldLookupCommand(PracticeCommand):
    """Calls the new function instead."""

    rule = OldLookup

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the edit of one call."""
        need = edits.ImportNeed("piers", "locate_pier")
        return (edits.NodeEdit(finding.path, finding.span, cst.Call, edits.rename_call("locate_pier"), (need,)),)
