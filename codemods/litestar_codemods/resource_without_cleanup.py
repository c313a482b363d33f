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
    parse_statements,
)
from litestar_fix.finding import Finding
from litestar_fix.model.conversions import Conversion
from litestar_fix.model.facts import Expr, Function, Span
from litestar_fix.model.project import Project
from litestar_fix.rules.resource_without_cleanup import ResourceWithoutCleanup


class ResourceWithoutCleanupCommand(PracticeCommand):
    """Rewrites the provider's body and signature, and drops ``sync_to_thread`` where it is registered."""

    rule = ResourceWithoutCleanup

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one provider, in its module and in those that register it."""
        return conversion_edits(project, finding.data)


def conversion_edits(project: Project, conversion: Conversion) -> tuple[edits.Edit, ...]:
    """Return the edits by which a provider becomes a generator.

    Args:
        project: what it belongs to.
        conversion: the provider, and what it makes.
    """
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
        yielding = parse_statements(f"yield {variable}", config)[0]
        inner = [*others[:-1], _in_place_of(others[-1], yielding)] if others else [yielding]
        outer = edits.under_closing(creation, made, variable, inner, config)
        return node.with_changes(body=outer)

    return rewrite


def _in_place_of(returned: cst.SimpleStatementLine, yielding: Statement) -> Statement:
    """Yield on the line of a return; comments within its parentheses go above it."""
    lost = [comment for part in returned.body for comment in comments(part)]
    lines = [*returned.leading_lines, *comment_lines(lost)]
    return returned.with_changes(body=cst.ensure_type(yielding, cst.SimpleStatementLine).body, leading_lines=lines)


def _variable(conversion: Conversion) -> str:
    """A name for a resource that has none yet."""
    function = conversion.function
    taken = {name.partition(".")[0] for name in (*function.names, *function.bound)}
    noun = conversion.fresh.creation.resource.noun
    return next(name for name in (noun, f"new_{noun}", f"{noun}_", f"{noun}__") if name not in taken)
