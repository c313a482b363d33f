"""LSF308: writes a mark so that it counts: a ``DTOField`` with a member of ``Mark``."""

from __future__ import annotations

import libcst as cst
from libcst.helpers import get_full_name_for_node

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.expressions import replaced
from litestar_fix.edits.sequences import items_of, with_items
from litestar_fix.edits.source import parse_expression
from litestar_fix.errors import EditError
from litestar_fix.finding import Finding
from litestar_fix.model.facts import Ref
from litestar_fix.model.ignored_marks import Form, IgnoredMark
from litestar_fix.model.project import Project
from litestar_fix.rules.ignored_dto_mark import IgnoredDtoMark


class IgnoredDtoMarkCommand(PracticeCommand):
    """Rewrites one mark where it stands."""

    rule = IgnoredDtoMark

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edit of one mark."""
        found: IgnoredMark = finding.data
        path, scope = found.where.path, found.where.scope
        module = project.modules[path]
        if found.is_of_column:
            return (_in_info(project, found),)
        mark, first = edits.bind_import(project, module, "litestar.dto", "Mark", scope=scope)
        if found.form is Form.STRING:
            if found.text is None:
                raise EditError("there is no string")
            rewrite = edits.replace_expression(f"{mark}.{found.member}")
            return (edits.NodeEdit(path, found.text.expr.span, cst.BaseExpression, rewrite, first),)
        dto_field, second = edits.bind_import(project, module, "litestar.dto", "DTOField", scope=scope)
        if found.form is Form.MEMBER:
            rewrite, needs = edits.wrap_expression(f"{dto_field}(mark=", ")"), second
        else:
            rewrite, needs = edits.replace_expression(f"{dto_field}(mark={mark}.{found.member})"), (*second, *first)
        return (edits.NodeEdit(path, found.where.expr.span, cst.BaseExpression, rewrite, needs),)


# ------------------------------------------------------------------------------------------------------------- columns
def _in_info(project: Project, found: IgnoredMark) -> edits.NodeEdit:
    """Take the mark out of the annotation of a column, and put it into the ``info`` of its ``mapped_column``."""
    column = found.column(project)
    if column is None or not isinstance(found.where.expr, Ref):
        raise EditError("there is no column that could take the mark")
    path, scope = found.where.path, found.where.scope
    module = project.modules[path]
    dto_field, needs = edits.bind_import(project, module, "litestar.dto", "dto_field", scope=scope)
    info = f'{dto_field}("{found.mark}")'
    call = ""
    if column.value is None:
        call, more = edits.bind_import(project, module, "sqlalchemy.orm", "mapped_column", scope=scope)
        needs = (*needs, *more)
    rewrite = _marked(found.where.expr.name, info, call)
    return edits.NodeEdit(path, column.span, cst.AnnAssign, rewrite, needs)


def _marked(name: str, info: str, call: str) -> edits.Rewrite:
    def rewrite(node: cst.AnnAssign, config: cst.PartialParserConfig) -> edits.Result:
        annotation = cst.ensure_type(node.annotation.visit(_WithoutMark(name)), cst.Annotation)
        value = node.value
        if value is None:
            value = parse_expression(f"{call}(info={info})", config)
        else:
            value = cst.ensure_type(edits.set_keyword("info", info)(value, config), cst.Call)
        equal = node.equal if isinstance(node.equal, cst.AssignEqual) else cst.AssignEqual()
        return node.with_changes(annotation=annotation, value=value, equal=equal)

    return rewrite


class _WithoutMark(cst.CSTTransformer):
    """Drops a name from ``Annotated``, and ``Annotated`` itself where nothing else is left in it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.BaseExpression:  # noqa: N802, ARG002
        items = items_of(updated_node)
        for index in reversed(range(1, len(updated_node.slice))):
            if self._is_mark(updated_node.slice[index]):
                items = items.remove(index)
        first, *others = items.nodes
        if len(items.nodes) == len(updated_node.slice) or not isinstance(first.slice, cst.Index):
            return updated_node
        if others:
            return with_items(updated_node, items)
        hollow = items.change(0, first.with_changes(slice=cst.Index(cst.Name("_"))))
        return replaced(with_items(updated_node, hollow), first.slice.value)

    def _is_mark(self, item: cst.SubscriptElement) -> bool:
        return isinstance(item.slice, cst.Index) and get_full_name_for_node(item.slice.value) == self.name
