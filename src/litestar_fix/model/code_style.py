"""How a project writes its code: as its formatter is told, else as its files show."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from litestar_fix.model.facts import Call, Dict, Expr, Module, Op, Seq, Stmt
from litestar_fix.model.project import Project
from litestar_fix.model.walk import children, own_expressions, statements

#: What black and ruff take where they are told nothing.
_USUAL = 88
#: Longer lines are taken for an oversight, where nothing says that they may be.
_LONGEST = 120
#: Settings of ruff may extend others, which may extend others.
_MOST_EXTENDED = 5


class CodeStyle(msgspec.Struct, frozen=True):
    """What settings say of a file; None where they say nothing.

    Args:
        line_length: how long a line may be.
        quote: the quotes of strings.
    """

    line_length: int | None = None
    quote: str | None = None


def code_style(root: Path, path: str) -> CodeStyle:
    """Return what the settings of ruff and black say, those nearest to a file first."""
    length: int | None = None
    quote: str | None = None
    has_settings = False
    for folder in PurePosixPath(path).parents:
        for table in _tables(root / folder):
            has_settings = True
            length = length if length is not None else _length(table)
            quote = quote if quote is not None else _quote(table)
        if has_settings:
            return CodeStyle(length or _USUAL, quote)
    return CodeStyle()


def line_length(project: Project, path: str) -> int:
    """Return how long a line of a file may be.

    That is what settings say. Where there are none, it is the usual, or as much as the file shows: code that any
    formatter would have broken.
    """
    configured = code_style(project.root, path).line_length
    if configured is not None:
        return configured
    return max([_USUAL, *(end for end in _ends(project.modules[path]) if end <= _LONGEST)])


def _ends(module: Module) -> Iterator[int]:
    """Where lines end on which something stands that could be broken."""
    roots: list[Expr | None] = [*_roots(module.body)]
    for function in module.functions:
        params, returns = function.params, function.returns
        last = returns.span if returns is not None else params[-1].span if params else None
        if last is not None and params and last.end_line == function.span.line:
            yield last.end_column + len(":")
        roots += [*function.decorators, *_roots(function.body)]
    for class_ in module.classes:
        roots += [*class_.decorators, *[item.value for item in class_.attributes]]
    for root in roots:
        for expr in _outside_of_texts(root) if root is not None else ():
            if _is_breakable(expr) and expr.span.line == expr.span.end_line:
                yield expr.span.end_column


def _outside_of_texts(expr: Expr) -> Iterator[Expr]:
    """An expression and what is within it, but for f-strings, in which no formatter breaks a line."""
    if isinstance(expr, Op) and expr.op == "f":
        return
    yield expr
    for part in children(expr):
        yield from _outside_of_texts(part)


def _roots(body: Iterable[Stmt]) -> Iterator[Expr]:
    return (root for stmt in statements(body) for root in own_expressions(stmt))


def _is_breakable(expr: Expr) -> bool:
    match expr:
        case Call(args=args, keywords=keywords):
            return bool(args or keywords)
        case Seq(items=items):
            return bool(items)
        case Dict(keys=keys):
            return bool(keys)
    return False


def _length(table: Mapping[str, Any]) -> int | None:
    found = table.get("line-length", table.get("line_length"))
    return found if isinstance(found, int) and found > 0 else None


def _quote(table: Mapping[str, Any]) -> str | None:
    """The quotes that ruff's formatter or its rules ask for; black has double ones or leaves them."""
    lint = _table(table, "lint")
    asked = (
        _table(table, "format").get("quote-style"),
        _table(lint, "flake8-quotes").get("inline-quotes"),
        _table(table, "flake8-quotes").get("inline-quotes"),
    )
    return next(({"single": "'", "double": '"'}[item] for item in asked if item in ("single", "double")), None)


def _tables(folder: Path) -> Iterator[Mapping[str, Any]]:
    for name in ("ruff.toml", ".ruff.toml"):
        yield from _extended(folder, _read(folder / name))
    tool = _table(_read(folder / "pyproject.toml"), "tool")
    yield from _extended(folder, _table(tool, "ruff"))
    black = _table(tool, "black")
    if black:
        yield black


def _extended(folder: Path, table: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Settings of ruff, and those that they extend."""
    for _ in range(_MOST_EXTENDED):
        if not table:
            return
        yield table
        extended = table.get("extend")
        if not isinstance(extended, str):
            return
        file = folder / extended
        folder, table = file.parent, _read(file)
        table = _table(_table(table, "tool"), "ruff") if file.name == "pyproject.toml" else table


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8", "replace"))
    except (OSError, tomllib.TOMLDecodeError):
        return {}
