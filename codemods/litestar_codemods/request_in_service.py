"""LSF201: the request that a service takes is replaced by the values that it reads of it, at all calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.expressions import replaced
from litestar_fix.errors import EditError
from litestar_fix.finding import Finding
from litestar_fix.model.connection_calls import Passed
from litestar_fix.model.connection_reads import Read
from litestar_fix.model.connection_values import Value
from litestar_fix.model.facts import Expr, Module, Ref, Sub
from litestar_fix.model.project import Project
from litestar_fix.model.version import python_version
from litestar_fix.model.walk import subexpressions
from litestar_fix.rules.request_in_service import Fix, RequestInService

#: What a docstring says of a value.
_TOLD = {
    "base_url": "The base URL of the application.",
    "client": "The address of the client.",
    "cookies": "The cookies of the request.",
    "headers": "The {key} header of the request.",
    "method": "The method of the request.",
    "query_params": "The query parameter {key}.",
    "url": "The URL of the request.",
    "user": "The authenticated user.",
}
_COOKIE = "The cookie {key}."


class RequestInServiceCommand(PracticeCommand):
    """Replaces one parameter, reads the values where the service is called, and passes them."""

    rule = RequestInService

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of the services that change together, and of every call of them."""
        fixes: tuple[Fix, ...] = finding.data
        found: list[edits.Edit] = []
        for fix in fixes:
            found.append(_function(project, fix))
            found += [
                edits.NodeEdit(fix.taken.symbol.path, span, cst.SimpleStatementLine, edits.remove_statement())
                for span in fix.values.dropped
            ]
            found += [_call(fix, passed, _names_at(fixes, passed)) for passed in fix.calls]
        return tuple(found)


def _function(project: Project, fix: Fix) -> edits.NodeEdit:
    """The edit of a service itself."""
    span, param, values = fix.taken.function.span, fix.taken.param.name, fix.values.values
    signature, needs = _signature(project, fix)
    rewrite = edits.compose(
        _read_values(param, values),
        edits.retell_parameter(param, [(value.name, _said(value)) for value in values]),
        edits.replace_parameter(param, *signature) if signature else edits.drop_parameter(param),
    )
    return edits.NodeEdit(fix.taken.symbol.path, span, cst.FunctionDef, rewrite, needs)


def _names_at(fixes: Sequence[Fix], passed: Passed) -> dict[object, str]:
    """What the values are called where a service that changes, too, hands them on."""
    for fix in fixes:
        symbol = fix.taken.symbol
        if (symbol.path, symbol.qualname) == (passed.path, passed.scope) and passed.argument == fix.taken.param.name:
            return {value.read.identity: value.name for value in fix.values.values}
    return {}


# ---------------------------------------------------------------------------------------------------------- signature
def _signature(project: Project, fix: Fix) -> tuple[list[tuple[str, str]], tuple[edits.ImportNeed, ...]]:
    """The new parameters with their annotations, and the imports that these take."""
    annotations = _Annotations(project, fix)
    return [(value.name, annotations.of(value)) for value in fix.values.values], tuple(annotations.needs)


class _Annotations:
    """Writes annotations as the module of the service writes them."""

    def __init__(self, project: Project, fix: Fix) -> None:
        self.project = project
        self.module: Module = project.modules[fix.taken.symbol.path]
        annotation = fix.taken.param.annotation
        self.needs: list[edits.ImportNeed] = []
        self.is_lazy = any(item.module == "__future__" and item.name == "annotations" for item in self.module.imports)
        self.is_quoted = annotation is not None and _is_quoted(annotation)
        self.is_guarded = annotation is not None and self._is_guarded(annotation)

    def _is_guarded(self, annotation: Expr) -> bool:
        roots = {item.name.partition(".")[0] for item in subexpressions(annotation) if isinstance(item, Ref)}
        return any(item.local in roots and item.guarded and not item.scope for item in self.module.imports)

    def of(self, value: Value) -> str:
        """The annotation of a value."""
        home, _, name = value.type.rpartition(".") if value.is_imported else ("", "", value.type)
        is_quoted = not self.is_lazy and self.is_quoted and (bool(home) or value.read.attribute == "user")
        text = self._bound(home, name) if home else name
        if value.is_optional:
            text = f"{text} | None" if is_quoted else self._optional(text)
        return f'"{text}"' if is_quoted else text

    def _bound(self, home: str, name: str) -> str:
        bind = edits.bind_for_annotations if self.is_guarded else edits.bind_import
        text, needs = bind(self.project, self.module, home, name)
        self.needs += needs
        return text

    def _optional(self, text: str) -> str:
        written = next(
            (i.local for i in self.module.imports if i.module == "typing" and i.name == "Optional" and not i.scope), ""
        )
        if written:
            return f"{written}[{text}]"
        if self.is_lazy or (python_version(self.project.root) or (3, 10)) >= (3, 10):
            return f"{text} | None"
        return f"{self._bound('typing', 'Optional')}[{text}]"


def _is_quoted(annotation: Expr) -> bool:
    """Whether an annotation is written as a string: what it quotes has the place of the quotes."""
    match annotation:
        case Ref(name=name, span=span):
            return span.end_column - span.column != len(name)
        case Sub(value=value, span=span):
            return value.span == span
    return False


# --------------------------------------------------------------------------------------------------------------- body
def _read_values(param: str, values: Sequence[Value]) -> edits.Rewrite:
    """Put the parameters in the place of what is read of a connection."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> edits.Result:  # noqa: ARG001 (a Rewrite)
        body = cast("cst.BaseSuite", node.body.visit(_ReadValues(param, values)))
        left = _Names(param)
        body.visit(left)
        if left.is_found:
            raise EditError(f"{param} would still be read")
        return node.with_changes(body=body)

    return rewrite


class _ReadValues(cst.CSTTransformer):
    def __init__(self, param: str, values: Sequence[Value]) -> None:
        super().__init__()
        self.param = param
        self.names = {value.read.identity: value.name for value in values}

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:  # noqa: ARG002, N802
        match updated_node:
            case cst.Attribute(value=cst.Name(value=self.param), attr=cst.Name(value=attribute)):
                return self._named(Read(attribute), updated_node)
        return updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: ARG002, N802
        match updated_node:
            case cst.Call(
                func=cst.Attribute(
                    value=cst.Attribute(value=cst.Name(value=self.param), attr=cst.Name(value=attribute)),
                    attr=cst.Name(value="get"),
                ),
                args=[cst.Arg(value=key), *rest],
            ):
                default = _text(rest[0].value) if rest else None
                return self._named(Read(attribute, _text(key), default), updated_node)
        return updated_node

    def _named(self, read: Read, node: cst.BaseExpression) -> cst.BaseExpression:
        name = self.names.get(read.identity)
        return node if name is None else replaced(node, cst.Name(name))


class _Names(cst.CSTVisitor):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.is_found = False

    def visit_Attribute(self, node: cst.Attribute) -> bool:  # noqa: N802
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:  # noqa: N802
        node.value.visit(self)
        return False

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802
        self.is_found = self.is_found or node.value == self.name


def _text(node: cst.BaseExpression) -> str | None:
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            value = node.evaluated_value
            return value if isinstance(value, str) else None
    return None


def _said(value: Value) -> str:
    read = value.read
    told = _COOKIE if read.attribute == "cookies" and read.key is not None else _TOLD[read.attribute]
    return told.format(key=read.key)


# -------------------------------------------------------------------------------------------------------------- calls
def _call(fix: Fix, passed: Passed, named: Mapping[object, str]) -> edits.NodeEdit:
    """The edit of one call: the values are read of what it passed until now, or handed on."""
    values = fix.values.values
    sources = [named.get(value.read.identity) or f"{passed.argument}{_read(value.read)}" for value in values]
    steps: list[edits.Rewrite] = []
    if passed.index is not None:
        steps += [edits.set_argument(passed.index, sources[0])] if sources else [edits.drop_argument(passed.index)]
        steps += [edits.insert_argument(passed.index + at, source) for at, source in enumerate(sources[1:], 1)]
    elif not sources:
        steps.append(edits.drop_keyword(fix.taken.param.name))
    else:
        names = [value.name for value in values]
        steps += [edits.rename_keyword(fix.taken.param.name, names[0]), edits.set_keyword(names[0], sources[0])]
        steps += [
            edits.set_keyword(name, source, after=before)
            for before, name, source in zip(names, names[1:], sources[1:], strict=False)
        ]
    return edits.NodeEdit(passed.path, passed.call.span, cst.Call, edits.compose(*steps))


def _read(read: Read) -> str:
    """How a value is read of a connection."""
    if read.key is None:
        return f".{read.attribute}"
    default = "" if read.default is None else f", {_quoted(read.default)}"
    return f".{read.attribute}.get({_quoted(read.key)}{default})"


def _quoted(text: str) -> str:
    plain = repr(text)
    return f'"{text}"' if plain == f"'{text}'" and '"' not in text else plain
