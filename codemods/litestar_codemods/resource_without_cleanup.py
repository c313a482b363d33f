"""LSF202: turns a provider that leaves a resource open into a generator that closes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.source import (
    Statement,
    comment_lines,
    comments,
    leading_lines,
    parse_expression,
    parse_statements,
)
from litestar_fix.finding import Finding
from litestar_fix.model.conversions import Conversion
from litestar_fix.model.facts import Expr, Function, Span
from litestar_fix.model.project import Project
from litestar_fix.model.resources import Closing
from litestar_fix.rules.resource_without_cleanup import ResourceWithoutCleanup


class ResourceWithoutCleanupCommand(PracticeCommand):
    """Rewrites the provider's body and signature, and drops ``sync_to_thread`` where it is registered."""

    rule = ResourceWithoutCleanup

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one provider, in its module and in those that register it."""
        conversion: Conversion = finding.data
        function, fresh = conversion.function, conversion.fresh
        path = conversion.symbol.path
        first, last = fresh.made.span, fresh.last.span
        run = Span(first.line, first.column, last.end_line, last.end_column)
        found: list[edits.Edit] = [edits.NodeEdit(path, run, cst.IndentedBlock, _closing(conversion))]
        is_async = function.is_async or fresh.creation.resource.is_async
        if is_async and not function.is_async:
            found.append(edits.NodeEdit(path, function.span, cst.FunctionDef, edits.make_async()))
        if function.returns is not None:
            found.append(_annotation(project, path, function, function.returns, is_async=is_async))
        drop = edits.drop_keyword("sync_to_thread")
        found += [edits.NodeEdit(where, span, cst.Call, drop) for where, span in conversion.registrations]
        return tuple(found)


# ------------------------------------------------------------------------------------------------------- the annotation
def _annotation(project: Project, path: str, function: Function, returns: Expr, *, is_async: bool) -> edits.NodeEdit:
    name, rest = ("AsyncGenerator", ", None]") if is_async else ("Generator", ", None, None]")
    module = project.modules[path]
    generator, needs = edits.bind_import(project, module, "typing", name, scope=function.parent)
    if needs:
        generator, needs = edits.bind_import(project, module, "collections.abc", name, scope=function.parent)

    def rewrite(node: cst.BaseExpression, config: cst.PartialParserConfig) -> edits.Result:
        if isinstance(node, cst.SimpleString):  # a quoted annotation stays quoted
            start = len(node.prefix + node.quote)
            text = node.value[start : -len(node.quote)]
            return node.with_changes(value=f"{node.value[:start]}{generator}[{text}{rest}{node.quote}")
        return edits.wrap_expression(f"{generator}[", rest)(node, config)

    return edits.NodeEdit(path, returns.span, cst.BaseExpression, rewrite, needs)


# ------------------------------------------------------------------------------------------------------------- the body
def _closing(conversion: Conversion) -> edits.Rewrite:
    """Put the statements from the one that makes the resource to the one that returns it under what closes it."""
    creation = conversion.fresh.creation
    variable = conversion.fresh.variable or _variable(conversion)

    def rewrite(node: cst.IndentedBlock, config: cst.PartialParserConfig) -> edits.Result:
        made, *others = cast("Sequence[cst.SimpleStatementLine]", node.body)
        value = _value(made)
        yielding = parse_statements(f"yield {variable}", config)[0]
        inner = [*others[:-1], _in_place_of(others[-1], yielding)] if others else [yielding]
        if creation.resource.closing is Closing.CONTEXT:
            if isinstance(value, cst.Await) and not creation.in_helper:
                value = value.expression  # the context manager awaits it itself
            outer = _under_with(made, value, variable, inner, config, is_async=creation.resource.is_async)
        else:
            outer = _under_try(conversion, made, variable, inner, config)
        return node.with_changes(body=outer)

    return rewrite


def _in_place_of(returned: cst.SimpleStatementLine, yielding: Statement) -> Statement:
    """Yield on the line of a return; comments within its parentheses go above it."""
    lost = [comment for part in returned.body for comment in comments(part)]
    lines = [*returned.leading_lines, *comment_lines(lost)]
    return returned.with_changes(body=cst.ensure_type(yielding, cst.SimpleStatementLine).body, leading_lines=lines)


def _value(made: cst.SimpleStatementLine) -> cst.BaseExpression:
    match made.body[0]:
        case cst.Assign(value=value) | cst.AnnAssign(value=cst.BaseExpression() as value):
            return value
        case cst.Return(value=cst.BaseExpression() as value):
            return value
    raise AssertionError(type(made.body[0]).__name__)


def _under_with(
    made: cst.SimpleStatementLine,
    value: cst.BaseExpression,
    variable: str,
    inner: Sequence[Statement],
    config: cst.PartialParserConfig,
    *,
    is_async: bool,
) -> list[Statement]:
    header = f"{'async ' if is_async else ''}with None as {variable}:\n    pass"
    outer = cast("cst.With", parse_statements(header, config)[0])
    item = outer.items[0].with_changes(item=value)
    block = cst.IndentedBlock(_tight(inner), header=made.trailing_whitespace)
    return [outer.with_changes(items=[item], body=block, leading_lines=leading_lines(made))]


def _under_try(
    conversion: Conversion,
    made: cst.SimpleStatementLine,
    variable: str,
    inner: Sequence[Statement],
    config: cst.PartialParserConfig,
) -> list[Statement]:
    resource = conversion.fresh.creation.resource
    close = f"{'await ' if resource.is_async else ''}{variable}.{resource.method}()"
    outer = cast("cst.Try", parse_statements(f"try:\n    pass\nfinally:\n    {close}", config)[0])
    if isinstance(made.body[0], cst.Return):
        target = cst.AssignTarget(cast("cst.Name", parse_expression(variable, config)))
        made = made.with_changes(body=[cst.Assign([target], _value(made))])
    return [made, outer.with_changes(body=cst.IndentedBlock(_tight(inner)))]


def _tight(statements: Sequence[Statement]) -> list[Statement]:
    """The statements without the blank lines above the first."""
    first, *others = statements
    lines = list(leading_lines(first))
    while lines and lines[0].comment is None:
        lines.pop(0)
    return [first.with_changes(leading_lines=lines), *others]


def _variable(conversion: Conversion) -> str:
    """A name for a resource that has none yet."""
    function = conversion.function
    taken = {name.partition(".")[0] for name in (*function.names, *function.bound)}
    noun = conversion.fresh.creation.resource.noun
    return next(name for name in (noun, f"new_{noun}", f"{noun}_", f"{noun}__") if name not in taken)
