"""LSF806: await the call of execute(), not what is asked of its result."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.await_misplaced import AwaitMisplaced


class AwaitMisplacedCommand(PracticeCommand):
    """Moves one ``await`` to the innermost call, in parentheses."""

    rule = AwaitMisplaced

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the one edit of an await."""
        return (edits.NodeEdit(finding.path, finding.data, cst.Await, _moved),)


def _moved(node: cst.Await, config: cst.PartialParserConfig) -> edits.Result:  # noqa: ARG001 (a Rewrite)
    gap = node.whitespace_after_await
    chain = _bare(node.expression)
    awaited = _innermost(chain, cst.SimpleWhitespace(" ") if gap.empty else gap)
    return awaited.with_changes(lpar=[*node.lpar, *awaited.lpar], rpar=[*awaited.rpar, *node.rpar])


def _bare(node: cst.BaseExpression) -> cst.BaseExpression:
    """What was awaited, without parentheses around all of it that hold no line break together."""
    if "\n" in cst.Module([]).code_for_node(node):
        return node
    return node.with_changes(lpar=node.lpar[1:], rpar=node.rpar[:-1])


def _innermost(node: cst.BaseExpression, gap: cst.BaseParenthesizableWhitespace) -> cst.BaseExpression:
    match node:
        case cst.Call(func=cst.Attribute(value=inner) as func) if _is_chain(inner):
            return node.with_changes(func=func.with_changes(value=_innermost(inner, gap)))
        case cst.Attribute(value=inner) | cst.Subscript(value=inner) if _is_chain(inner):
            return node.with_changes(value=_innermost(inner, gap))
    return cst.Await(node, whitespace_after_await=gap, lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _is_chain(node: cst.BaseExpression) -> bool:
    """Whether an expression has a call below its attributes and subscripts."""
    match node:
        case cst.Call():
            return True
        case cst.Attribute(value=inner) | cst.Subscript(value=inner):
            return _is_chain(inner)
    return False
