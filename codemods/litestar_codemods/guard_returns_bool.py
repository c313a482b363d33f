"""LSF706: make a guard raise where it returned False."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.guard_returns_bool import GuardReturnsBool, Verdicts

_OPPOSITES: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.Equal: cst.NotEqual,
    cst.NotEqual: cst.Equal,
    cst.In: cst.NotIn,
    cst.NotIn: cst.In,
    cst.Is: cst.IsNot,
    cst.IsNot: cst.Is,
}


class GuardReturnsBoolCommand(PracticeCommand):
    """Rewrites the returns of one guard, and its annotation."""

    rule = GuardReturnsBool

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one guard."""
        found: Verdicts = finding.data
        module = project.modules[found.path]
        home, name = "litestar.exceptions", "PermissionDeniedException"
        denial, needs = edits.bind_import(project, module, home, name, scope=found.scope)
        made = [edits.NodeEdit(found.path, at, cst.Return, _denied(denial), needs) for at in found.denied]
        made += [edits.NodeEdit(found.path, at, cst.Return, _left) for at in found.allowed]
        for at in found.asked:
            asked = _asked(denial, goes_on=at not in found.ends)
            made.append(edits.NodeEdit(found.path, at, cst.SimpleStatementLine, asked, needs))
        if found.annotation is not None:
            nothing = edits.replace_expression("None")
            made.append(edits.NodeEdit(found.path, found.annotation, cst.BaseExpression, nothing))
        return tuple(made)


def _denied(denial: str) -> edits.Rewrite:
    def rewrite(node: cst.Return, config: cst.PartialParserConfig) -> edits.Result:
        return cst.Raise(cst.parse_expression(denial, config), semicolon=node.semicolon)

    return rewrite


def _left(node: cst.Return, config: cst.PartialParserConfig) -> edits.Result:  # noqa: ARG001 (a Rewrite)
    return cst.Return(semicolon=node.semicolon)


def _asked(denial: str, *, goes_on: bool) -> edits.Rewrite:
    """Raise unless the returned value is true; ``goes_on``: other statements follow, which are not to run."""

    def rewrite(node: cst.SimpleStatementLine, config: cst.PartialParserConfig) -> edits.Result:
        returned = cst.ensure_type(node.body[-1], cst.Return).value
        if returned is None:
            raise AssertionError(node)
        test = cst.Module([]).code_for_node(_negated(returned))
        rest = "\nreturn" if goes_on else ""
        return edits.replace_statement(f"if {test}:\n    raise {denial}{rest}")(node, config)

    return rewrite


def _negated(node: cst.BaseExpression) -> cst.BaseExpression:
    match node:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return inner
        case cst.Call(func=cst.Name("bool"), args=[cst.Arg(value=inner, keyword=None, star="")]):
            return _negated(inner)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=operator) as target], lpar=[]):
            opposite = _OPPOSITES.get(type(operator))
            if opposite is not None:
                return node.with_changes(comparisons=[target.with_changes(operator=opposite())])
        case cst.BooleanOperation(lpar=[]) | cst.IfExp(lpar=[]):
            node = node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.UnaryOperation(cst.Not(), node)
