"""LSF101: moves what all handlers of a controller repeat onto the class."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import cast

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.sequences import Display
from litestar_fix.finding import Finding
from litestar_fix.model.class_options import Join
from litestar_fix.model.project import Project
from litestar_fix.rules.repeated_handler_config import Hoist, RepeatedHandlerConfig, Source

_LINE = 100  # what fits on one line beside the indentation and the name of an attribute


class RepeatedHandlerConfigCommand(PracticeCommand):
    """One class: an attribute is set or added to, and each decorator loses the keyword."""

    rule = RepeatedHandlerConfig

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (the finding says it all)
        """Return the one edit of the class."""
        hoist: Hoist = finding.data
        return (edits.NodeEdit(hoist.path, hoist.span, cst.ClassDef, _hoisted(hoist), together=cls.rule.code),)


def _hoisted(hoist: Hoist) -> edits.Rewrite:
    def rewrite(node: cst.ClassDef, config: cst.PartialParserConfig) -> edits.Result:
        lift = _Lift(hoist, config)
        lowered = cst.ensure_type(node.visit(lift), cst.ClassDef)
        if hoist.join is Join.SET:
            source = "\n".join(f"{option} = {_text(lift.values[option], hoist.length)}" for option in hoist.options)
            return edits.add_class_attribute(source, after=hoist.below)(lowered, config)
        return lowered.visit(_Add(lift.values, hoist.length, config))

    return rewrite


class _OfClass(cst.CSTTransformer):
    """Enters the body of one class, but neither functions nor classes in it."""

    def __init__(self, config: cst.PartialParserConfig) -> None:
        super().__init__()
        self.config = config
        self._is_inside = False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:  # noqa: ARG002, N802 (LibCST's name)
        was_inside, self._is_inside = self._is_inside, True
        return not was_inside

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: ARG002, N802
        return False


class _Lift(_OfClass):
    """Takes the options out of the decorators; ``values`` are those that the class is to say."""

    def __init__(self, hoist: Hoist, config: cst.PartialParserConfig) -> None:
        super().__init__(config)
        self.hoist = hoist
        self.sources = {source.name: source for source in hoist.sources}
        self.values: dict[str, cst.BaseExpression] = {}

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: ARG002, N802
        source = self.sources.get(updated_node.name.value)
        if source is None:
            return updated_node
        decorators = list(updated_node.decorators)
        call = cst.ensure_type(decorators[source.decorator].decorator, cst.Call)
        decorators[source.decorator] = decorators[source.decorator].with_changes(decorator=self._lowered(call, source))
        return updated_node.with_changes(decorators=decorators)

    def _lowered(self, call: cst.Call, source: Source) -> cst.Call:
        is_model = source.name == self.hoist.model
        for option in self.hoist.options:
            if is_model:
                self.values[option] = _argument(call, option).value
            if source.rest:
                call = self._shortened(call, option)
                continue
            if is_model and self.hoist.join is Join.SET:
                # the comments within the value move with it
                call = call.with_deep_changes(_argument(call, option), value=cst.Name("None"))
            call = cst.ensure_type(edits.drop_keyword(option)(call, self.config), cst.Call)
        return call

    def _shortened(self, call: cst.Call, option: str) -> cst.Call:
        argument = _argument(call, option)
        drop = edits.drop_elements(*range(self.hoist.length or 0))
        return call.with_deep_changes(argument, value=drop(argument.value, self.config))


class _Add(_OfClass):
    """Adds elements and entries to the attributes that the class has."""

    def __init__(
        self, values: Mapping[str, cst.BaseExpression], length: int | None, config: cst.PartialParserConfig
    ) -> None:
        super().__init__(config)
        self.values = values
        self.length = length

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:  # noqa: ARG002, N802
        return updated_node.with_changes(value=self._added(updated_node.targets[0].target, updated_node.value))

    def leave_AnnAssign(self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign) -> cst.AnnAssign:  # noqa: ARG002, N802
        if updated_node.value is None:
            return updated_node
        return updated_node.with_changes(value=self._added(updated_node.target, updated_node.value))

    def _added(self, target: cst.BaseExpression, value: cst.BaseExpression) -> cst.BaseExpression:
        if not isinstance(target, cst.Name) or target.value not in self.values:
            return value
        moved = cast("Display", self.values[target.value])
        for element in list(moved.elements)[: self.length]:
            if isinstance(element, cst.DictElement):
                add = edits.add_element(_enclosed(_code(element.key)), value=_enclosed(_code(element.value)))
            else:
                add = edits.add_element(_enclosed(_code(element.value)))
            value = cast("cst.BaseExpression", add(value, self.config))
        return value


def _argument(call: cst.Call, option: str) -> cst.Arg:
    return next(arg for arg in call.args if arg.keyword is not None and arg.keyword.value == option)


# ---------------------------------------------------------------------------------------------------------------- text
def _text(value: cst.BaseExpression, length: int | None) -> str:
    """The value as a statement of the class body has it; only its first elements where a length is given."""
    elements = [_code(item.value) for item in value.elements] if isinstance(value, cst.List | cst.Tuple) else []
    if length is None or length == len(elements):
        return _enclosed(_outdented(_code(value)))
    line = f"[{', '.join(elements[:length])}]"
    return line if len(line) <= _LINE else "".join(["[\n", *[f"    {text},\n" for text in elements[:length]], "]"])


def _enclosed(code: str) -> str:
    """Put parentheses around an expression whose lines belong together only in those of the call that it comes from."""
    if "\n" not in code:
        return code
    try:
        alone = ast.parse(f"_ = {code}").body
    except SyntaxError:
        return f"({code})"
    return code if len(alone) == 1 else f"({code})"


def _outdented(code: str) -> str:
    """Move the lines below the first as far left as a closing bracket on the last allows, else under the first."""
    first, *others = code.split("\n")
    if not others or '"""' in code or "'''" in code:
        return code
    indent = others[-1][: len(others[-1]) - len(others[-1].lstrip())]
    further = "" if others[-1].lstrip()[:1] in (")", "]", "}") else "    "
    return "\n".join([first, *[further + line.removeprefix(indent) for line in others]])


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
