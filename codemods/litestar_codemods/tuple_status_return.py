"""LSF606: return a Response with a status instead of a tuple with one."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.project import Project
from litestar_fix.rules.tuple_status_return import Answers, TupleStatusReturn

_KEYWORDS = (None, "status_code", "headers")


class TupleStatusReturnCommand(PracticeCommand):
    """Makes responses of all that a handler returns, and annotates it so."""

    rule = TupleStatusReturn

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one handler."""
        found: Answers = finding.data
        handler = found.handler
        module = project.modules[handler.path]
        name, needs = edits.bind_import(project, module, "litestar", "Response", scope=handler.function.qualname)
        wrap = edits.wrap_expression(f"{name}(", ")")
        answers = [edits.NodeEdit(handler.path, at, cst.Tuple, _response(name), needs) for at in found.tuples]
        answers += [edits.NodeEdit(handler.path, at, cst.BaseExpression, wrap, needs) for at in found.others]
        if found.annotation is not None:
            typed = edits.wrap_expression(f"{name}[", "]")
            answers.append(edits.NodeEdit(handler.path, found.annotation, cst.BaseExpression, typed, needs))
        return tuple(answers)


def _response(name: str) -> edits.Rewrite:
    def rewrite(node: cst.Tuple, config: cst.PartialParserConfig) -> edits.Result:  # noqa: ARG001 (a Rewrite)
        equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        arguments = [
            cst.Arg(element.value, comma=element.comma)
            if keyword is None
            else cst.Arg(element.value, keyword=cst.Name(keyword), equal=equal, comma=element.comma)
            for element, keyword in zip(node.elements, _KEYWORDS, strict=False)
        ]
        call = cst.parse_expression(f"{name}()")
        if not node.lpar:
            return call.with_changes(args=arguments)
        arguments[-1] = arguments[-1].with_changes(whitespace_after_arg=node.rpar[0].whitespace_before)
        return call.with_changes(
            args=arguments,
            whitespace_before_args=node.lpar[0].whitespace_after,
            lpar=node.lpar[1:],
            rpar=node.rpar[1:],
        )

    return rewrite
