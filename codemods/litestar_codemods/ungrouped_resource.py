"""LSF406: makes the handlers of a resource the methods of a controller."""

from __future__ import annotations

from typing import cast

import libcst as cst
from libcst.helpers import get_full_name_for_node

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.sequences import items_of, with_items
from litestar_fix.edits.source import (
    Statement,
    blank_lines,
    has_comment,
    parse_expression,
    parse_statements,
    parted_lines,
    with_blank_lines,
)
from litestar_fix.finding import Finding
from litestar_fix.model.facts import Ref
from litestar_fix.model.paths import segments
from litestar_fix.model.project import Project
from litestar_fix.rules.ungrouped_resource import Grouping, UngroupedResource


class UngroupedResourceCommand(PracticeCommand):
    """The functions become one class, and one name stands where they were registered."""

    rule = UngroupedResource

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one group: the module of its handlers, and the list that registers them."""
        grouping: Grouping = finding.data
        group, first = grouping.group, grouping.found.first
        if first is None:
            raise AssertionError(grouping)
        base, needs = edits.bind_import(project, project.modules[group.path], "litestar", "Controller")
        made = edits.NodeEdit(group.path, grouping.run, cst.IndentedBlock, _class(grouping, base), needs)
        return made, _registered(project, grouping, first)


def _registered(project: Project, grouping: Grouping, first: Ref) -> edits.NodeEdit:
    """Return the edit of the list, which other groups that it registers may edit in the same pass."""
    found = grouping.found
    prefix = first.name.rpartition(".")[0]
    name = f"{prefix}.{grouping.name}" if prefix else grouping.name
    needs: tuple[edits.ImportNeed, ...] = ()
    if found.imported:
        module = project.modules[found.path]
        name, needs = edits.bind_import(project, module, found.imported, grouping.name, scope=found.scope)
    written = [element.name for index in found.indexes if isinstance(element := found.display.items[index], Ref)]
    rewrite = _one_for_all(written, name)
    return edits.NodeEdit(found.path, found.display.span, cst.BaseExpression, rewrite, needs, UngroupedResource.code)


def _one_for_all(written: list[str], name: str) -> edits.Rewrite:
    """Put one element in the place of several, which are known by their names: others may change, too.

    That is the place of the first. Comments that stand between them would come to stand above what follows.
    """

    def rewrite(node: cst.List | cst.Tuple | cst.Set, config: cst.PartialParserConfig) -> edits.Result:
        items = items_of(node)
        names = [_name(element.value) for element in items.nodes]
        places = [names.index(name) for name in written]
        first, last = min(places), max(places)
        between = items.gaps[first + 1 : last + 1]
        at = last if len(between) == len(places) - 1 and any(map(has_comment, between)) else places[0]
        items = items.change(at, items.nodes[at].with_changes(value=parse_expression(name, config)))
        for index in sorted({*places} - {at}, reverse=True):
            items = items.remove(index)
        return with_items(node, items)

    return rewrite


def _name(node: cst.BaseExpression) -> str:
    """The dotted name that an expression is, however it is laid out, '' for other expressions."""
    return get_full_name_for_node(node) or "" if isinstance(node, cst.Name | cst.Attribute) else ""


# ------------------------------------------------------------------------------------------------------------ the class
def _class(grouping: Grouping, base: str) -> edits.Rewrite:
    group = grouping.group
    names = {handler.function.name for handler in group.handlers}

    def rewrite(node: cst.IndentedBlock, config: cst.PartialParserConfig) -> edits.Result:
        body = cast("list[Statement]", list(node.body))
        functions = [item for item in body if isinstance(item, cst.FunctionDef) and item.name.value in names]
        others = [item for item in body if not any(item is function for function in functions)]
        above, own = parted_lines(functions[0])
        functions[0] = functions[0].with_changes(leading_lines=own)
        methods = [_method(function, group.prefix, config) for function in functions]
        prefix = "/".join(group.prefix)
        made = parse_statements(f'class {grouping.name}({base}):\n    path = "/{prefix}"\n', config)[0]
        class_ = cst.ensure_type(made, cst.ClassDef)
        block = cst.ensure_type(class_.body, cst.IndentedBlock)
        class_ = class_.with_changes(body=block.with_changes(body=[*block.body, *methods]), leading_lines=above)
        new = with_blank_lines(class_, max(2, blank_lines(class_)))
        return node.with_changes(body=[new, *[with_blank_lines(item, 2) for item in others]])

    return rewrite


def _method(function: cst.FunctionDef, prefix: tuple[str, ...], config: cst.PartialParserConfig) -> Statement:
    decorator = function.decorators[0]
    call = _shortened(cst.ensure_type(decorator.decorator, cst.Call), prefix, config)
    function = function.with_changes(decorators=[decorator.with_changes(decorator=call)])
    indent = str(config.default_indent)
    to_method = edits.compose(edits.take_self(), edits.indent_docstring(indent))
    method = cst.ensure_type(to_method(function, config), cst.FunctionDef)
    # a blank line between comments was not indented, and is not; in a class there is one where there were two
    lines: list[cst.EmptyLine] = []
    for line in method.leading_lines:
        if line.comment:
            lines.append(line)
        elif not lines or lines[-1].comment:
            lines.append(cst.EmptyLine(indent=False))
    return with_blank_lines(method.with_changes(leading_lines=lines), 1)


def _shortened(call: cst.Call, prefix: tuple[str, ...], config: cst.PartialParserConfig) -> cst.Call:
    """Return the route decorator without the beginning of its paths."""
    items = items_of(call)
    at = next(index for index, arg in enumerate(call.args) if arg.keyword is None or arg.keyword.value == "path")
    arg = call.args[at]
    if not isinstance(arg.value, cst.List | cst.Tuple | cst.Set):
        text = _rest(arg.value, len(prefix), config)
        if text is None:
            return with_items(call, items.remove(at))
        return with_items(call, items.change(at, arg.with_changes(value=text)))
    display = items_of(arg.value)
    root = parse_expression('"/"', config)
    for index, element in enumerate(display.nodes):
        text = _rest(element.value, len(prefix), config) or root
        display = display.change(index, element.with_changes(value=text))
    return with_items(call, items.change(at, arg.with_changes(value=with_items(arg.value, display))))


def _rest(node: cst.BaseExpression, length: int, config: cst.PartialParserConfig) -> cst.BaseExpression | None:
    """Return the literal of a path without the segments it begins with, None where nothing is left."""
    if not isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        raise AssertionError(node)
    rest = [segment.text for segment in segments(str(node.evaluated_value))][length:]
    quote = node.quote if isinstance(node, cst.SimpleString) else '"'
    return parse_expression(f"{quote}/{'/'.join(rest)}{quote}", config) if rest else None
