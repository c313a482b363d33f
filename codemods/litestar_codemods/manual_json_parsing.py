"""LSF306: lets Litestar parse the body, and hands it to the handler as ``data``."""

from __future__ import annotations

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.source import comments
from litestar_fix.finding import Finding
from litestar_fix.model.body_parameter import DATA, BodyParameter
from litestar_fix.model.project import Project
from litestar_fix.rules.manual_json_parsing import ManualJsonParsing


class ManualJsonParsingCommand(PracticeCommand):
    """Replaces what a handler parses by a parameter, and drops what nothing uses any more."""

    rule = ManualJsonParsing

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one handler."""
        fix: BodyParameter = finding.data
        annotation, imports = _annotation(project, fix)
        found = [edits.NodeEdit(fix.path, fix.function.span, cst.FunctionDef, _signature(fix, annotation), imports)]
        gone = [span for span in (fix.raw, fix.statement) if span is not None]
        found += [edits.NodeEdit(fix.path, span, cst.SimpleStatementLine, edits.remove_statement()) for span in gone]
        if fix.statement is None:
            found.append(edits.NodeEdit(fix.path, fix.read, cst.BaseExpression, _in_place()))
        return tuple(found)


def _annotation(project: Project, fix: BodyParameter) -> tuple[str, tuple[edits.ImportNeed, ...]]:
    module, scope = project.modules[fix.path], fix.function.parent
    type_ = fix.type
    imports: tuple[edits.ImportNeed, ...] = ()
    if fix.is_untyped:
        name, imports = edits.bind_import(project, module, "typing", "Any", scope=scope)
        type_ = f"{type_.partition('[')[0]}[str, {name}]"
    if not fix.is_marked:
        return type_, imports
    body, needed = edits.bind_import(project, module, "litestar.params", "JSONBody", scope=scope)
    return f"{body}[{type_}]", (*imports, *needed)


def _signature(fix: BodyParameter, annotation: str) -> edits.Rewrite:
    place = edits.replace_parameter if fix.before in fix.unused else edits.insert_parameter
    steps = [place(fix.before, (DATA, annotation))]
    steps += [edits.drop_parameter(name) for name in fix.unused if name != fix.before]
    steps += [edits.retell_parameter(name, ()) for name in fix.unused]
    if fix.variable:
        steps.append(edits.rename_variable(fix.variable, DATA))
    return edits.compose(*steps)


def _in_place() -> edits.Rewrite:
    """Put ``data`` where the body was parsed; an ``await`` needs parentheses where a name does not."""

    def rewrite(node: cst.BaseExpression, config: cst.PartialParserConfig) -> edits.Result:
        bare = node if comments(node) else node.with_changes(lpar=[], rpar=[])
        return edits.replace_expression(DATA)(bare, config)

    return rewrite
