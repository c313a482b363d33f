"""LSF801: load a relationship together with the rows that it is read of."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.bindings import bind_import
from litestar_fix.edits.sequences import items_of, with_items
from litestar_fix.edits.source import bare, parse_expression
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.model.row_loads import LazyRead
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
        option = f"{loader}({statement.written}.{read.relationship.name})"
        # all relationships that a statement lacks are added in one pass, each in an edit of its own
        edit = edits.NodeEdit(
            read.path, statement.takes_options, cst.Call, _with_option(option), needs, together=cls.rule.code
        )
        return (edit,)


def _with_option(option: str) -> edits.Rewrite:
    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> edits.Result:
        argument = cst.Arg(parse_expression(option, config))
        match node:
            case cst.Call(func=cst.Attribute(attr=cst.Name("options"))):
                return _added(node, argument)
            case cst.Call(
                func=cst.Attribute(value=cst.Call(func=cst.Attribute(attr=cst.Name("options"))) as options) as func
            ):
                # another finding of this pass has put it there
                return node.with_changes(func=func.with_changes(value=_added(options, argument)))
            case cst.Call(func=cst.Attribute(value=cst.Call() as root, dot=dot) as func):
                # the new link stands on a line of its own where the next one does, and after the comments of the root
                first = cst.Call(cst.Attribute(root, cst.Name("options"), dot=dot), [argument])
                dot = cst.Dot(bare(dot.whitespace_before), bare(dot.whitespace_after))
                return node.with_changes(func=func.with_changes(value=first, dot=dot))
        inner = node.with_changes(lpar=[], rpar=[])
        return cst.Call(cst.Attribute(inner, cst.Name("options")), [argument], lpar=node.lpar, rpar=node.rpar)

    return rewrite


def _added(call: cst.Call, argument: cst.Arg) -> cst.Call:
    items = items_of(call)
    return with_items(call, items.insert(len(items.nodes), argument))
