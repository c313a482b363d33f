"""LSF104: spells an option right, or moves it from the class to its handlers."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.source import without_comments
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.ineffective_option import IneffectiveOption, Move, Rename


class IneffectiveOptionCommand(PracticeCommand):
    """One keyword, or one attribute and the decorators that get it."""

    rule = IneffectiveOption

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the edits of one finding."""
        together = cls.rule.code
        match finding.data:
            case Rename(path=path, call=call, name=name, option=option):
                rename = edits.rename_keyword(name, option)
                return (edits.NodeEdit(path, call, cst.Call, rename, together=together),)
            case Move() as move:
                add = edits.set_keyword(move.option, move.text)
                return (
                    edits.NodeEdit(move.path, move.span, cst.ClassDef, _moved(move), together=together),
                    *[edits.NodeEdit(path, span, cst.Call, add, together=together) for path, span in move.others],
                )
        raise AssertionError(finding.data)


def _moved(move: Move) -> edits.Rewrite:
    def rewrite(node: cst.ClassDef, config: cst.PartialParserConfig) -> edits.Result:
        value = _value(node, move.option)
        targets = dict(move.own)
        lowered = node.visit(_Lower(move.option, value, targets, config))
        return edits.remove_class_attribute(move.option)(lowered, config)

    return rewrite


def _value(node: cst.ClassDef, option: str) -> str:
    for statement in node.body.body:
        # semicolons put several on one line
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]:
            match small:
                case (
                    cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value)
                    | cst.AnnAssign(target=cst.Name(value=name), value=cst.BaseExpression() as value)
                ) if name == option:
                    # its comments stay where the attribute was
                    return cst.Module([]).code_for_node(without_comments(value))
    raise AssertionError(option)


class _Lower(cst.CSTTransformer):
    """Sets the option in the decorators of one class's own handlers."""

    def __init__(self, option: str, value: str, targets: Mapping[str, int], config: cst.PartialParserConfig) -> None:
        super().__init__()
        self.option, self.value, self.targets, self.config = option, value, targets, config
        self._depth = 0

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:  # noqa: ARG002, N802 (LibCST's name)
        self._depth += 1
        return self._depth == 1

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:  # noqa: ARG002, N802
        self._depth -= 1
        return updated_node

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: ARG002, N802
        return False

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: ARG002, N802
        at = self.targets.get(updated_node.name.value)
        if at is None:
            return updated_node
        decorators = list(updated_node.decorators)
        add = edits.set_keyword(self.option, self.value)
        decorators[at] = cst.ensure_type(add(decorators[at], self.config), cst.Decorator)
        return updated_node.with_changes(decorators=decorators)
