"""Taking names out of imports, so that no empty import, block or ``if TYPE_CHECKING`` is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import libcst as cst

from litestar_fix.edits.sequences import items_of, with_items
from litestar_fix.edits.source import Statement
from litestar_fix.edits.statements import without


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that an import binds.

    ``scope`` is the qualname of the function or class around it; ``guarded`` imports stand under ``TYPE_CHECKING``.
    """

    module: str
    name: str
    local: str
    is_renamed: bool
    scope: str
    guarded: bool
    statement: cst.SimpleStatementLine


Decision: TypeAlias = Callable[[Imported], bool]
_Import: TypeAlias = cst.Import | cst.ImportFrom


def drop_names(module: cst.Module, is_dropped: Decision) -> cst.Module:
    """Return the module without the imported names that are to go; comments stay.

    Imports under ``try``, and under other conditions than ``TYPE_CHECKING``, are not asked for: they stay.
    """
    body, lines = _body(module.body, _Scope("", "", guarded=False), is_dropped)
    if all(new is old for new, old in zip(body, module.body, strict=False)) and len(body) == len(module.body):
        return module
    return module.with_changes(body=body, footer=[*lines, *module.footer])


@dataclass(frozen=True, slots=True)
class _Scope:
    qualname: str
    prefix: str
    guarded: bool


def _body(
    body: Sequence[Statement], scope: _Scope, is_dropped: Decision
) -> tuple[list[Statement], list[cst.EmptyLine]]:
    results = [(statement, _statement(statement, scope, is_dropped)) for statement in body]
    gone = {id(statement) for statement, result in results if result is None}
    return without([statement if result is None else result for statement, result in results], gone)


def _statement(statement: Statement, scope: _Scope, is_dropped: Decision) -> Statement | None:
    match statement:
        case cst.SimpleStatementLine():
            return _line(statement, scope, is_dropped)
        case cst.FunctionDef(name=name):
            qualname = f"{scope.prefix}{name.value}"
            return _compound(statement, _Scope(qualname, f"{qualname}.<locals>.", guarded=False), is_dropped)
        case cst.ClassDef(name=name):
            qualname = f"{scope.prefix}{name.value}"
            return _compound(statement, _Scope(qualname, f"{qualname}.", guarded=False), is_dropped)
        case cst.If(orelse=None) if is_type_checking(statement.test):
            guarded = _Scope(scope.qualname, scope.prefix, guarded=True)
            if isinstance(statement.body, cst.SimpleStatementSuite):
                return _one_line(statement, statement.body, guarded, is_dropped)
            inner = _compound(statement, guarded, is_dropped)
            return None if inner is not statement and _is_empty(inner) else inner
    return statement


def _compound(statement: cst.BaseCompoundStatement, scope: _Scope, is_dropped: Decision) -> cst.BaseCompoundStatement:
    block = statement.body
    if not isinstance(block, cst.IndentedBlock):
        return statement
    body, lines = _body(cast("Sequence[Statement]", block.body), scope, is_dropped)
    if len(body) == len(block.body) and all(new is old for new, old in zip(body, block.body, strict=True)):
        return statement
    changed = block.with_changes(body=body or [cst.SimpleStatementLine([cst.Pass()])], footer=[*lines, *block.footer])
    return statement.with_changes(body=changed)


def _one_line(statement: cst.If, suite: cst.SimpleStatementSuite, scope: _Scope, is_dropped: Decision) -> cst.If | None:
    line = cst.SimpleStatementLine(suite.body, trailing_whitespace=suite.trailing_whitespace)
    kept = _line(line, scope, is_dropped)
    if kept is None or kept is line:
        return None if kept is None else statement
    return statement.with_changes(body=suite.with_changes(body=kept.body))


def _is_empty(statement: cst.BaseCompoundStatement) -> bool:
    match statement.body:
        case cst.IndentedBlock(body=[cst.SimpleStatementLine(body=[cst.Pass()])]):
            return True
    return False


def _line(line: cst.SimpleStatementLine, scope: _Scope, is_dropped: Decision) -> cst.SimpleStatementLine | None:
    kept: list[cst.BaseSmallStatement] = []
    for small in line.body:
        if not isinstance(small, cst.Import | cst.ImportFrom) or isinstance(small.names, cst.ImportStar):
            kept.append(small)
            continue
        names = [alias for alias in small.names if not is_dropped(imported(line, small, alias, scope))]
        if len(names) == len(small.names):
            kept.append(small)
        elif names:
            kept.append(_with_names(small, names))
    if not kept:
        return None
    if len(kept) == len(line.body) and all(new is old for new, old in zip(kept, line.body, strict=True)):
        return line
    kept[-1] = kept[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
    return line.with_changes(body=kept)


def imported(line: cst.SimpleStatementLine, node: _Import, alias: cst.ImportAlias, scope: _Scope) -> Imported:
    """Describe one name of an import."""
    name = dotted(alias.name)
    asname = cast("cst.Name", alias.asname.name).value if alias.asname is not None else ""
    if isinstance(node, cst.Import):
        local = asname or name.partition(".")[0]
        return Imported(name, "", local, bool(asname), scope.qualname, scope.guarded, line)
    module = "." * len(node.relative) + (dotted(node.module) if node.module is not None else "")
    return Imported(module, name, asname or name, bool(asname), scope.qualname, scope.guarded, line)


def _with_names(node: _Import, names: Sequence[cst.ImportAlias]) -> _Import:
    if isinstance(node, cst.Import):
        return node.with_changes(names=[*names[:-1], names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)])
    items = items_of(node)
    for index in reversed(range(len(items.nodes))):
        if items.nodes[index] not in names:
            items = items.remove(index)
    return with_items(node, items)


def dotted(node: cst.BaseExpression) -> str:
    """Return the text of a dotted name."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return cast("cst.Name", node).value


def is_type_checking(test: cst.BaseExpression) -> bool:
    """Whether a condition holds for type checkers alone."""
    match test:
        case cst.Name(value="TYPE_CHECKING") | cst.Attribute(attr=cst.Name(value="TYPE_CHECKING")):
            return True
    return False
