"""LSF901: requests to a local server become requests to the application."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.source import parse_expression
from litestar_fix.errors import EditError
from litestar_fix.finding import Finding
from litestar_fix.http_clients.moves import Move, MovedCall
from litestar_fix.model.project import Project
from litestar_fix.rules.test_over_http import TestOverHttp


class TestOverHttpCommand(PracticeCommand):
    """Makes a test client of the application, and cuts the server off the addresses."""

    __test__ = False

    rule = TestOverHttp

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of all requests of a function."""
        moved: Move = finding.data
        return tuple(_edits(project, moved))


def _edits(project: Project, moved: Move) -> Iterator[edits.NodeEdit]:
    module = project.modules[moved.path]
    app, imports = edits.bind_import(project, module, moved.home, moved.app.symbol.qualname, scope=moved.scope)
    given = f"app={app}()" if moved.app.is_factory else f"app={app}"

    def bound(name: str) -> tuple[str, tuple[edits.ImportNeed, ...]]:
        local, needs = edits.bind_import(project, module, "litestar.testing", name, scope=moved.scope)
        return local, (*imports, *needs)

    for call in moved.calls:
        yield edits.NodeEdit(moved.path, call.call, cst.Call, _request(call))
    for span, name in moved.clients:
        local, needs = bound(name)
        rewrite = edits.compose(
            edits.drop_keyword("base_url"),
            edits.drop_keyword("follow_redirects"),
            edits.rename_call(local),
            _first_keyword(given),
        )
        yield edits.NodeEdit(moved.path, span, cst.Call, rewrite, needs)
    if moved.run is not None:
        local, needs = bound("AsyncTestClient" if moved.is_async else "TestClient")
        opening = "async with" if moved.is_async else "with"
        header = f"{opening} {local}({given}) as {moved.client}:"
        yield edits.NodeEdit(moved.path, moved.run, cst.IndentedBlock, edits.wrap_statements(header), needs)


def _first_keyword(given: str) -> edits.Rewrite:
    """Name the application before all other arguments."""
    insert, name = edits.insert_argument(0, given.removeprefix("app=")), edits.name_argument(0, "app")
    return edits.compose(insert, name)


def _request(call: MovedCall) -> edits.Rewrite:
    steps: list[edits.Rewrite] = [_with_path(call)]
    steps += [edits.rename_keyword(old, new) for old, new in call.renamed]
    if call.func:
        steps.append(edits.rename_call(call.func))
    if call.awaited:
        steps.append(edits.wrap_expression("await ", ""))
    return edits.compose(*steps)


def _with_path(call: MovedCall) -> edits.Rewrite:
    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> edits.Result:
        args = list(node.args)
        old = args[call.url].value
        new = parse_expression(f'"{call.text}"', config) if call.text else _cut(old, call.origin)
        args[call.url] = args[call.url].with_changes(value=new)
        return node.with_changes(args=args)

    return rewrite


def _cut(node: cst.BaseExpression, origin: str) -> cst.BaseExpression:
    """Return an address without the server that it begins with."""
    match node:
        case cst.SimpleString(value=value):
            start = len(node.prefix) + len(node.quote)
            return node.with_changes(value=value[:start] + _rooted(value[start:].removeprefix(origin)))
        case cst.FormattedString(parts=[cst.FormattedStringText(value=value) as first, *others]):
            rest = value.removeprefix(origin)
            text = [first.with_changes(value=_rooted(rest))] if rest else []  # else a value begins with the path
            return node.with_changes(parts=[*text, *others])
        case cst.FormattedString(parts=[cst.FormattedStringExpression(), *others]):
            return _plain(node.with_changes(parts=others))
        case cst.BinaryOperation(left=cst.Name() | cst.Attribute(), right=right):
            return right
        case cst.BinaryOperation(left=left, right=right) | cst.ConcatenatedString(left=left, right=right):
            is_all = isinstance(left, cst.SimpleString) and left.evaluated_value == origin
            return right if is_all else node.with_changes(left=_cut(left, origin))
    raise EditError(f"no address: {cst.Module([]).code_for_node(node)}")


def _rooted(text: str) -> str:
    """What follows the server, where only a query does with the slash that the client would add."""
    return text if text.startswith("/") else f"/{text}"


def _plain(node: cst.FormattedString) -> cst.BaseExpression:
    """Return a text that holds no values any more as one that is not formatted."""
    texts = [part.value for part in node.parts if isinstance(part, cst.FormattedStringText)]
    text = "".join(texts)
    if len(texts) < len(node.parts) or "{" in text or "}" in text:
        return node
    prefix = node.prefix.lower().replace("f", "")
    return cst.SimpleString(f"{prefix}{node.start.lower().lstrip('frb')}{text}{node.end}", node.lpar, node.rpar)
