"""LSF502: calls of requests become calls of an httpx client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.edits.source import Statement, comment_lines, comments, leading_lines, own_lines, parse_statements
from litestar_fix.finding import Finding
from litestar_fix.http_clients.clients import Block, Translated, client_arguments, stays
from litestar_fix.http_clients.errors import Clause
from litestar_fix.http_clients.functions import Translation
from litestar_fix.http_clients.responses import Read
from litestar_fix.http_clients.sessions import Session
from litestar_fix.model.facts import Attr, Span
from litestar_fix.model.project import Project
from litestar_fix.rules.sync_http_client import Exchange, SyncHttpClient


class SyncHttpClientCommand(PracticeCommand):
    """Opens a client around adjacent calls, awaits them, and renames what httpx names differently."""

    rule = SyncHttpClient

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of all calls of a function."""
        exchange: Exchange = finding.data
        writer = _Writer(project, exchange.translation)
        return (*writer.written(), *exchange.manifests)


@dataclass(slots=True)
class _Writer:
    project: Project
    translation: Translation

    @property
    def path(self) -> str:
        return self.translation.caller.module.path

    def written(self) -> Iterator[edits.NodeEdit]:
        """Yield the edits of the function."""
        for item in self.translation.calls:
            yield self._node(item.call.call.span, cst.Call, self._call(item))
        for block in self.translation.blocks:
            yield self._block(block)
        for session in self.translation.sessions:
            yield from self._session(session)
        for read in self.translation.reads:
            yield self._read(read)
        for name in self.translation.names:
            yield self._renamed(name.span, name.name)
        for caught in self.translation.caught:
            for clause in caught.clauses:
                yield from self._clause(clause)

    def _node(
        self, span: Span, kind: type[Any], rewrite: edits.Rewrite, needs: Iterable[edits.ImportNeed] = ()
    ) -> edits.NodeEdit:
        return edits.NodeEdit(self.path, span, kind, rewrite, tuple(needs))

    def _bound(self, dotted: str) -> tuple[str, tuple[edits.ImportNeed, ...]]:
        """The expression for an object of a library, and the imports it takes; modules are imported as a whole."""
        module, scope = self.translation.caller.module, self.translation.caller.function.qualname
        home, first, *rest = dotted.split(".")
        local, needs = edits.bind_import(self.project, module, home, first, scope=scope)
        if needs:
            prefix, needs = edits.bind_module(self.project, module, home, scope=scope)
            local = f"{prefix}.{first}"
        return ".".join([local, *rest]), needs

    def _renamed(self, span: Span, dotted: str) -> edits.NodeEdit:
        name, needs = self._bound(dotted)
        return self._node(span, cst.BaseExpression, edits.replace_expression(name), needs)

    # ------------------------------------------------------------------------------------------------------- calls
    def _call(self, item: Translated) -> edits.Rewrite:
        arguments = item.arguments
        client = item.call.session or self.translation.client
        # the last first: none may stand behind one that is named already
        steps = [edits.name_argument(at, name) for at, name in reversed(arguments.named)]
        steps += [edits.rename_keyword(old, new) for old, new in arguments.renamed]
        steps += [edits.drop_keyword(name) for name in arguments.dropped]
        if arguments.timeout is not None:
            connect, read = arguments.timeout
            timeout, _ = self._bound("httpx.Timeout")
            steps.append(edits.set_keyword("timeout", f"{timeout}({read}, connect={connect})"))
        if stays(item, self._with_same_client(item)):
            steps.append(edits.set_keyword("follow_redirects", "False"))
        if arguments.verb:
            steps.append(edits.insert_argument(0, f'"{arguments.verb}"'))
        steps.append(edits.rename_call(f"{client}.{arguments.method}"))
        if self.translation.caller.function.is_async:
            steps.append(edits.wrap_expression("await ", ""))
        return edits.compose(*steps)

    def _with_same_client(self, item: Translated) -> Sequence[Translated]:
        if item.call.session:
            return self._of_session(item.call.session)
        return next(block.calls for block in self.translation.blocks if item in block.calls)

    def _of_session(self, name: str) -> list[Translated]:
        return [item for item in self.translation.calls if item.call.session == name]

    # ----------------------------------------------------------------------------------------------------- clients
    def _client(self) -> tuple[str, tuple[edits.ImportNeed, ...]]:
        return self._bound("httpx.AsyncClient" if self.translation.caller.function.is_async else "httpx.Client")

    def _with(self) -> str:
        return "async with" if self.translation.caller.function.is_async else "with"

    def _block(self, block: Block) -> edits.NodeEdit:
        client, needs = self._client()
        moved = tuple(name for name, _ in block.calls[0].arguments.moved)
        told = client_arguments(block.calls)
        rewrite = _open_client(f"{self._with()} {client}", moved, told, self.translation.client)
        return self._node(block.span, cst.IndentedBlock, rewrite, needs)

    def _session(self, session: Session) -> Iterator[edits.NodeEdit]:
        client, needs = self._client()
        told = client_arguments(self._of_session(session.name))
        made = f"{client}({', '.join(f'{name}={value}' for name, value in told)})"
        if not session.is_with:
            header = f"{self._with()} {made} as {session.name}:"
            rewrite = _open_session(header, closes=session.close is not None)
            yield self._node(session.span, cst.IndentedBlock, rewrite, needs)
            return
        yield self._node(session.made, cst.Call, edits.replace_expression(made), needs)
        if self.translation.caller.function.is_async:
            yield self._node(session.span, cst.With, edits.make_async())

    # ------------------------------------------------------------------------------------------- answers and errors
    def _read(self, read: Read) -> edits.NodeEdit:
        span = read.place.expr.span
        if not isinstance(read.place.expr, Attr):
            return self._node(span, cst.BaseExpression, edits.replace_expression(read.new))
        if read.new.startswith("str("):
            return self._node(span, cst.Attribute, edits.wrap_expression("str(", ")"))
        return self._node(span, cst.Attribute, _rename_attribute(read.new))

    def _clause(self, clause: Clause) -> Iterator[edits.NodeEdit]:
        if clause.only:
            yield self._renamed(clause.span, clause.only)
            return
        added = [self._bound(name) for name in clause.added]
        needs = [need for _, more in added for need in more]
        is_tuple = not any(span == clause.span for span, _ in clause.names)
        if not is_tuple and added:
            name, more = self._bound(clause.names[0][1])
            text = f"({', '.join([name, *[other for other, _ in added]])})"
            yield self._node(clause.span, cst.BaseExpression, edits.replace_expression(text), [*more, *needs])
            return
        for span, name in clause.names:
            yield self._renamed(span, name)
        steps = [edits.drop_elements(*clause.dropped)] if clause.dropped else []
        steps += [edits.add_element(name) for name, _ in added]
        if steps:
            yield self._node(clause.span, cst.Tuple, edits.compose(*steps), needs)


def _rename_attribute(name: str) -> edits.Rewrite:
    def rewrite(node: cst.Attribute, config: cst.PartialParserConfig) -> edits.Result:  # noqa: ARG001 (a Rewrite)
        return node.with_changes(attr=node.attr.with_changes(value=name))

    return rewrite


class _Take(cst.CSTTransformer):
    """Takes arguments from the calls of a client."""

    def __init__(self, client: str, names: Sequence[str]) -> None:
        super().__init__()
        self.client, self.names = client, names
        self.found: dict[str, cst.BaseExpression] = {}

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802
        match updated_node.func:
            case cst.Attribute(value=cst.Name(value=self.client)):
                pass
            case _:
                return updated_node
        result: Any = updated_node
        for arg in original_node.args:
            if arg.keyword is not None and arg.keyword.value in self.names:
                self.found.setdefault(arg.keyword.value, arg.value)
                result = edits.drop_keyword(arg.keyword.value)(result, cst.PartialParserConfig())
        return cst.ensure_type(result, cst.Call)


def _open_client(opening: str, moved: Sequence[str], told: Sequence[tuple[str, str]], name: str) -> edits.Rewrite:
    """Put statements under a new client; it is given what their calls gave each time."""

    def rewrite(node: cst.IndentedBlock, config: cst.PartialParserConfig) -> edits.Result:
        taking = _Take(name, moved)
        block = cst.ensure_type(node.visit(taking), cst.IndentedBlock) if moved else node
        given = [(key, cst.Module([]).code_for_node(taking.found[key])) for key in sorted(moved)]
        arguments = ", ".join(f"{key}={value}" for key, value in (*given, *told))
        return edits.wrap_statements(f"{opening}({arguments}) as {name}:")(block, config)

    return rewrite


def _open_session(header: str, *, closes: bool) -> edits.Rewrite:
    """Put a header in the place of the statement that makes a session, and those below it under that header."""

    def rewrite(node: cst.IndentedBlock, config: cst.PartialParserConfig) -> edits.Result:
        first, *others = cast("Sequence[Statement]", node.body)
        inner, footer = (others[:-1], own_lines(others[-1])) if closes else (others, [])
        outer = parse_statements(f"{header}\n    pass", config)[0]
        made = cst.ensure_type(first, cst.SimpleStatementLine)
        above = [*leading_lines(made), *comment_lines(comment for part in made.body for comment in comments(part))]
        block = cst.IndentedBlock(inner, header=made.trailing_whitespace, footer=footer)
        return node.with_changes(body=[outer.with_changes(leading_lines=above, body=block)])

    return rewrite
