"""LSF601: raise the exception for the status that an error payload names."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.source import comments, without_comments
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.model.status_classes import HOME
from litestar_fix.rules.error_payload_returned import ErrorPayloadReturned, Refused


class ErrorPayloadReturnedCommand(PracticeCommand):
    """Puts a raise in the place of a return."""

    rule = ErrorPayloadReturned

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the one edit of a return."""
        found: Refused = finding.data
        module = project.modules[found.path]
        name, needs = edits.bind_import(project, module, HOME, found.name, scope=found.scope)
        return (edits.NodeEdit(found.path, found.statement, cst.Return, _raised(name, found), needs),)


def _raised(name: str, found: Refused) -> edits.Rewrite:
    def rewrite(node: cst.Return, config: cst.PartialParserConfig) -> edits.Result:
        display = _display(node.value)
        keys = {"status_code": found.code, "detail": found.detail}
        arguments = [f"{keyword}={_value(display, key)}" for keyword, key in keys.items() if key]
        said = [comment.value for comment in comments(node)]
        call = f"{name}({', '.join(arguments)})"
        if said:
            inner = "".join(f"{config.default_indent}{line}\n" for line in [*said, *[f"{item}," for item in arguments]])
            call = f"{name}(\n{inner})"
        return cst.Raise(cst.parse_expression(call, config), semicolon=node.semicolon)

    return rewrite


def _display(value: cst.BaseExpression | None) -> cst.Dict:
    match value:
        case cst.Dict():
            return value
        case cst.Call(args=args):
            return next(arg.value for arg in args if isinstance(arg.value, cst.Dict))
    raise AssertionError(value)


def _value(display: cst.Dict, wanted: str) -> str:
    """The source of what stands at a key."""
    for element in display.elements:
        match element:
            case cst.DictElement(key=cst.SimpleString() | cst.ConcatenatedString() as key, value=value) if (
                key.evaluated_value == wanted
            ):
                if not isinstance(value, cst.GeneratorExp | cst.NamedExpr | cst.Tuple | cst.Yield):
                    value = value.with_changes(lpar=(), rpar=())
                # what is said in it stands above both arguments
                return cst.Module([]).code_for_node(without_comments(value))
    raise AssertionError(wanted)
