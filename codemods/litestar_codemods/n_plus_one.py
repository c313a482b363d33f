"""LSF801: load a relationship together with the rows that it is read of."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.bindings import bind_import
from litestar_fix.edits.sequences import items_of, with_items
from litestar_fix.edits.source import bare, parse_expression
from litestar_fix.finding import Finding
from litestar_fix.model.code_style import line_length
from litestar_fix.model.facts import Assign, Return
from litestar_fix.model.project import Project
from litestar_fix.model.row_loads import LazyRead
from litestar_fix.model.walk import statements
from litestar_fix.rules.n_plus_one import NPlusOne


class NPlusOneCommand(PracticeCommand):
    """Gives a statement one more loader option."""

    rule = NPlusOne

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the one edit of a statement."""
        read: LazyRead = finding.data
        statement = read.rows.statement
        loader, needs = bind_import(
            project, project.modules[read.path], "sqlalchemy.orm", "selectinload", scope=read.function.qualname
        )
        rewrite = _with_option(f"{loader}({statement.written}.{read.relationship.name})", _room(project, read))
        # all relationships that a statement lacks are added in one pass, each in an edit of its own
        return (edits.NodeEdit(read.path, statement.made.span, cst.Call, rewrite, needs, together=cls.rule.code),)


def _room(project: Project, read: LazyRead) -> int | None:
    """How long the chain may be on its line; None where it has several, or shares its line with more than a name."""
    made = read.rows.statement.made.span
    ends = [stmt.value for stmt in statements(read.function.body) if isinstance(stmt, Assign | Return)]
    if made.line != made.end_line or all(value is None or value.span != made for value in ends):
        return None
    return line_length(project, read.path) - made.column


def _with_option(option: str, room: int | None) -> edits.Rewrite:
    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> edits.Result:
        changed = _added(node, cst.Arg(parse_expression(option, config)))
        if room is None or node.lpar or len(cst.Module([]).code_for_node(changed)) <= room:
            return changed
        gap, end = _line(str(config.default_indent)), _line("")
        lpar, rpar = cst.LeftParen(whitespace_after=gap), cst.RightParen(whitespace_before=end)
        return _one_link_per_line(changed, gap).with_changes(lpar=[lpar], rpar=[rpar])

    return rewrite


def _added(node: cst.Call, argument: cst.Arg) -> cst.Call:
    """A chain with one more option: in the call of ``options`` that it has, or in one behind its root."""
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name("options"))):
            items = items_of(node)
            return with_items(node, items.insert(len(items.nodes), argument))
        case cst.Call(func=cst.Attribute(value=cst.Call(func=cst.Attribute(value=cst.Call())) as inner) as func):
            return node.with_changes(func=func.with_changes(value=_added(inner, argument)))
        case cst.Call(func=cst.Attribute(value=cst.Call() as root, dot=dot) as func):
            # the new link stands on a line of its own where the next one does, and after the comments of the root
            first = cst.Call(cst.Attribute(root, cst.Name("options"), dot=dot), [argument])
            dot = cst.Dot(bare(dot.whitespace_before), bare(dot.whitespace_after))
            return node.with_changes(func=func.with_changes(value=first, dot=dot))
    inner = node.with_changes(lpar=[], rpar=[])
    return cst.Call(cst.Attribute(inner, cst.Name("options")), [argument], lpar=node.lpar, rpar=node.rpar)


def _one_link_per_line(node: cst.Call, gap: cst.ParenthesizedWhitespace) -> cst.Call:
    match node.func:
        case cst.Attribute(value=cst.Call() as inner) as func:
            value, dot = _one_link_per_line(inner, gap), cst.Dot(whitespace_before=gap)
            return node.with_changes(func=func.with_changes(value=value, dot=dot))
    return node


def _line(indent: str) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
