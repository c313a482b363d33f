"""LSF101: moves what all handlers of a controller repeat onto the class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.sequences import Display
from litestar_fix.finding import Finding
from litestar_fix.model.class_options import Join
from litestar_fix.model.project import Project
from litestar_fix.rules.repeated_handler_config import Hoist, RepeatedHandlerConfig, Source

_LINE = 110  # what fits on the line of a class attribute, with its name and indentation


class RepeatedHandlerConfigCommand(PracticeCommand):
    """One class: the attribute is set or added to, and each decorator loses the keyword."""

    rule = RepeatedHandlerConfig

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:  # noqa: ARG003 (all is in the finding)
        """Return the one edit of the class."""
        hoist: Hoist = finding.data
        return (edits.NodeEdit(hoist.path, hoist.span, cst.ClassDef, _hoisted(hoist)),)


def _hoisted(hoist: Hoist) -> edits.Rewrite:
    def rewrite(node: cst.ClassDef, config: cst.PartialParserConfig) -> edits.Result:
        lift = _Lift(hoist, config)
        lowered = cst.ensure_type(node.visit(lift), cst.ClassDef)
        if hoist.join is Join.SET:
            lines = [f"{option} = {_text(lift.values[option], hoist.length)}" for option in hoist.options]
            return edits.add_class_attribute("\n".join(lines), after=hoist.below)(lowered, config)
        return lowered.visit(_Add(lift.values, config))

    return rewrite


class _OfClass(cst.CSTTransformer):
    """Enters the body of one class, and no functions or classes in it."""

    def __init__(self) -> None:
        super().__init__()
        self._is_inside = False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:  # noqa: ARG002, N802
        was_inside, self._is_inside = self._is_inside, True
        return not was_inside

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: ARG002, N802
        return False


class _Lift(_OfClass):
    """Takes the options out of the decorators; ``values`` is what the class is to say."""

    def __init__(self, hoist: Hoist, config: cst.PartialParserConfig) -> None:
        super().__init__()
        self.hoist = hoist
        self.config = config
        self.sources = {source.name: source for source in hoist.sources}
        self.values: dict[str, cst.BaseExpression] = {}

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: ARG002, N802
        source = self.sources.get(updated_node.name.value)
        if source is None:
            return updated_node
        decorators = list(updated_node.decorators)
        decorators[source.decorator] = self._lowered(decorators[source.decorator], source)
        return updated_node.with_changes(decorators=decorators)

    def _lowered(self, decorator: cst.Decorator, source: Source) -> cst.Decorator:
        for option in self.hoist.options:
            value = _keyword(decorator, option)
            if source.name == self.hoist.model:
                self.values[option] = value
            rewrite = edits.drop_keyword(option)
            if source.rest:
                length = cast("int", self.hoist.length)
                rewrite = _set(option, edits.drop_elements(*range(length)))
            elif source.name == self.hoist.model and self.hoist.join is Join.SET:
                # the comments within the value go with it
                rewrite = edits.compose(edits.set_keyword(option, "None"), rewrite)
            decorator = cst.ensure_type(rewrite(decorator, self.config), cst.Decorator)
        return decorator
