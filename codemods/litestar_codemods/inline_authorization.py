"""LSF704: makes guards of the checks with which handlers begin."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits import dto_classes, dto_layers
from litestar_fix.finding import Finding
from litestar_fix.model.facts import Call, Seq
from litestar_fix.model.inline_checks import REQUEST
from litestar_fix.model.layers import Handler
from litestar_fix.model.new_guards import CONNECTION, Guarded, NewGuard
from litestar_fix.model.project import Project
from litestar_fix.rules.inline_authorization import InlineAuthorization


class InlineAuthorizationCommand(PracticeCommand):
    """Writes one guard, and gives it to the handlers that made its check."""

    rule = InlineAuthorization

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one guard and its handlers."""
        guard: NewGuard = finding.data
        moved = edits.Moved()
        found: list[edits.NodeEdit] = []
        for guarded in guard.handlers:
            found.append(_without_check(guarded, moved if guarded is guard.handlers[0] else None))
            found.append(_with_guard(guarded.check.handler, guard.name))
        found.append(_written(project, guard, moved))
        return tuple(dto_layers.merged(found))


def _without_check(guarded: Guarded, moved: edits.Moved | None) -> edits.NodeEdit:
    function = guarded.check.handler.function
    first, count = int(function.has_docstring), len(guarded.check.statements)
    steps = [moved.taken(first, count) if moved is not None else edits.drop_statements(first, count)]
    if not guarded.needs_request:
        steps += [edits.drop_parameter(REQUEST), edits.retell_parameter(REQUEST, ())]
    return edits.NodeEdit(guarded.check.handler.path, function.span, cst.FunctionDef, edits.compose(*steps))


def _with_guard(handler: Handler, name: str) -> edits.NodeEdit:
    given = handler.keyword("guards")
    if given is not None and isinstance(given.value, Seq):
        return edits.NodeEdit(handler.path, given.value.span, cst.BaseExpression, edits.add_element(name))
    if handler.decorator is None:
        raise AssertionError(handler)
    span = handler.decorator.span
    rewrite = edits.set_keyword("guards", f"[{name}]")
    called = cst.Call if isinstance(handler.decorator, Call) else cst.BaseExpression
    return edits.NodeEdit(handler.path, span, called, rewrite)


def _written(project: Project, guard: NewGuard, moved: edits.Moved) -> edits.NodeEdit:
    anchor = guard.anchor
    module = project.modules[anchor.path]
    is_late = any(item.module == "__future__" and item.name == "annotations" for item in module.imports)
    has_guarded = any(item.guarded and not item.scope for item in module.imports)
    bind = edits.bind_for_annotations if is_late and has_guarded else edits.bind_import
    connection, first = bind(project, module, "litestar.connection", "ASGIConnection")
    handler, second = bind(project, module, "litestar.handlers", "BaseRouteHandler")
    keyword = "async def" if guard.is_async else "def"
    header = f"{keyword} {guard.name}({CONNECTION}: {connection}, _: {handler}) -> None:"
    rewrite = moved.placed(header, REQUEST, CONNECTION)
    return edits.NodeEdit(anchor.path, anchor.span, dto_classes.NODES[anchor.node], rewrite, (*first, *second))
