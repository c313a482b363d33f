"""LSF501: a blocking call is awaited in a thread, or becomes anyio's."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from litestar_fix import edits
from litestar_fix.command import PracticeCommand
from litestar_fix.finding import Finding
from litestar_fix.model.open_files import Use
from litestar_fix.model.project import Project
from litestar_fix.model.thread_moves import Move, Moved
from litestar_fix.rules.blocking_call_in_async import BlockingCallInAsync


class BlockingCallInAsyncCommand(PracticeCommand):
    """``await sync_to_thread(f, x)``, ``await anyio.sleep(x)``, ``async with await anyio.open_file(path) as file``."""

    rule = BlockingCallInAsync

    @classmethod
    def edits(cls, project: Project, finding: Finding) -> tuple[edits.Edit, ...]:
        """Return the edits of one call."""
        return tuple(move_call(project, finding.data))


def move_call(project: Project, found: Moved) -> Iterator[edits.NodeEdit]:
    """Yield the edits that move a call away from the event loop."""
    module = project.modules[found.path]
    match found.move:
        case Move.THREAD:
            name, needs = edits.bind_import(
                project, module, "litestar.concurrency", "sync_to_thread", scope=found.scope
            )
            rewrite = _hand_to(name)
        case Move.RUN_SYNC:
            name, needs = edits.bind_import(project, module, "anyio.to_thread", "run_sync", scope=found.scope)
            rewrite = _hand_to(name)
        case Move.SLEEP:
            anyio, needs = edits.bind_module(project, module, "anyio", scope=found.scope)
            rewrite = edits.compose(edits.rename_call(f"{anyio}.sleep"), edits.wrap_expression("await ", ""))
        case Move.OPEN_FILE:
            anyio, needs = edits.bind_module(project, module, "anyio", scope=found.scope)
            rewrite = _open_file(f"{anyio}.open_file")
            yield from _file_edits(found)
    yield edits.NodeEdit(found.path, found.span, cst.Call, rewrite, needs)


def _hand_to(runner: str) -> edits.Rewrite:
    return edits.compose(edits.pass_function(runner), edits.wrap_expression("await ", ""))


def _open_file(opener: str) -> edits.Rewrite:
    """Turn ``open(path)`` and ``path.open()`` into the call of another opener."""

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> edits.Result:
        match node.func:
            case cst.Attribute(attr=cst.Name("open"), value=value) if not _is_module(value):
                called = edits.pass_receiver(opener)
            case _:
                called = edits.rename_call(opener)
        return edits.compose(called, edits.wrap_expression("await ", ""))(node, config)

    return rewrite


def _is_module(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value in ("io", "builtins")


def _file_edits(found: Moved) -> Iterator[edits.NodeEdit]:
    if found.block is not None:
        yield edits.NodeEdit(found.path, found.block, cst.With, edits.make_async())
    for item in found.uses:
        match item.use:
            case Use.LOOP:
                yield edits.NodeEdit(found.path, item.span, cst.For, edits.make_async())
            case Use.METHOD:
                yield edits.NodeEdit(found.path, item.span, cst.Call, edits.wrap_expression("await ", ""))
            case Use.LOADS:
                yield edits.NodeEdit(found.path, item.span, cst.Call, _loads(found.file))


def _loads(file: str) -> edits.Rewrite:
    """Turn ``json.load(file, ...)`` into ``json.loads(await file.read(), ...)``."""

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> edits.Result:
        match node.func:
            case cst.Attribute(attr=name):
                func: cst.BaseExpression = node.func.with_changes(attr=cst.Name(f"{name.value}s"))
            case func:
                func = cst.Name(f"{cst.ensure_type(func, cst.Name).value}s")
        return edits.set_argument(0, f"await {file}.read()")(node.with_changes(func=func), config)

    return rewrite
