"""Changes of one place of a module, each of them a mistake that somebody could have made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple


class Mutant(NamedTuple):
    """One change: the file, the line, what it does, and the source of the changed module."""

    path: Path
    line: int
    what: str
    tree: ast.Module


# --------------------------------------------------------------------------------------------------------- mutations
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield all changes of a file; documentation, annotations and imports are left alone."""
    tree = ast.parse(path.read_text("utf-8"))
    count = len(list(_places(tree)))
    for index in range(count):
        copy = deepcopy(tree)
        node = list(_places(copy))[index][3]
        for what, new in _changed(node):
            again = deepcopy(tree)
            parent, name, position, _ = list(_places(again))[index]
            _put(parent, name, position, new)
            yield Mutant(path, getattr(node, "lineno", 0), what, ast.fix_missing_locations(again))


_Place = tuple[ast.AST, str, int | None, ast.AST]


def _places(tree: ast.AST) -> Iterator[_Place]:
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_comment"):
            continue
        children = value if isinstance(value, list) else [value]
        for position, child in enumerate(children):
            if not isinstance(child, ast.AST) or isinstance(child, ast.Import | ast.ImportFrom):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if _is_documentation(child):
                continue
            yield tree, name, position if isinstance(value, list) else None, child
            yield from _places(child)


def _is_documentation(node: ast.AST) -> bool:
    """The samples of a rule, and what the catalogue says of it."""
    names = {"VALID", "INVALID", "guide", "name", "METADATA_DEPENDENCIES", "__slots__"}
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name in names
    return False


def _changed(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(ops=[operator], left=left, comparators=comparators):
            new = _OPPOSITES[type(operator)]()
            yield f"{_name(operator)} -> {_name(new)}", ast.Compare(left, [new], comparators)
        case ast.BoolOp(op=operator, values=values):
            other = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield f"{_name(operator)} -> {_name(other)}", ast.BoolOp(other, values)
            for index in range(len(values)):
                rest = [value for at, value in enumerate(values) if at != index]
                yield f"without {_text(values[index])}", rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "without not", operand
        case ast.Constant(value=bool() as value):
            yield f"{value} -> {not value}", ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield f"{value} -> {value + 1}", ast.Constant(value + 1)
        case ast.Constant(value=str() as value) if value:
            yield f"{value!r} -> 'XX'", ast.Constant("XX")
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield "return None", ast.Return(ast.Constant(None))
        case ast.IfExp(body=body, orelse=orelse):
            yield "always the first", body
            yield "always the second", orelse
        case ast.If(test=test, body=body, orelse=orelse):
            yield "if always", ast.If(ast.Constant(True), body, orelse)
            yield "if never", ast.If(ast.Constant(False), body, orelse)
            yield from _shorter(node, test)
        case ast.Continue() | ast.Raise():
            yield f"without {_text(node)}", ast.Pass()
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
            yield f"without {_text(node)}", ast.Pass()


def _shorter(node: ast.If, test: ast.expr) -> Iterator[tuple[str, ast.AST]]:
    """Without one of several statements of the body."""
    for index, statement in enumerate(node.body):
        if len(node.body) > 1:
            rest = [other for at, other in enumerate(node.body) if at != index]
            yield f"without {_text(statement)}", ast.If(test, rest, node.orelse)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _put(parent: ast.AST, name: str, position: int | None, new: ast.AST) -> None:
    if position is None:
        setattr(parent, name, new)
    else:
        getattr(parent, name)[position] = new


def _name(operator: ast.AST) -> str:
    return type(operator).__name__


def _text(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
