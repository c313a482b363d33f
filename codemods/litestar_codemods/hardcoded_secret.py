"""LSF703: read a secret from the environment."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.hardcoded_secret import Constant, Default, HardcodedSecret


class HardcodedSecretCommand(PracticeCommand):
    """Reads a constant from the environment, or takes the default of a setting away."""

    rule = HardcodedSecret

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the one edit of a secret."""
        match finding.data:
            case Constant(path=path, literal=literal, variable=variable):
                environ, needs = _environ(project, path)
                read = edits.replace_expression(f'{environ}["{variable}"]')
                return (edits.NodeEdit(path, literal, cst.BaseExpression, read, needs),)
            case Default(path=path, field=field, call=call, argument=argument):
                if call is None:
                    return (edits.NodeEdit(path, field, cst.AnnAssign, _without_value),)
                return (edits.NodeEdit(path, call, cst.Call, edits.drop_argument(argument)),)
        raise AssertionError(finding.data)


def _environ(project: Project, path: str) -> tuple[str, tuple[edits.ImportNeed, ...]]:
    """How a module names ``os.environ``: as it does already, or by ``import os``."""
    module = project.modules[path]
    environ, needs = edits.bind_import(project, module, "os", "environ")
    if needs:
        prefix, needs = edits.bind_module(project, module, "os")
        environ = f"{prefix}.environ"
    return environ, needs


def _without_value(node: cst.AnnAssign, config: cst.PartialParserConfig) -> edits.Result:  # noqa: ARG001 (a Rewrite)
    return node.with_changes(value=None, equal=cst.MaybeSentinel.DEFAULT)
