"""Rewrites of docstrings: what they tell, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

import libcst as cst

from litestar_fix.edits.values import Result, Rewrite

#: The heading of a section of which nothing is left, with the blank line above it.
_EMPTY = re.compile(
    r"(\r?\n)[ \t]*\r?\n[ \t]*(?:Args|Arguments|Parameters):[ \t]*\r?\n(?=[ \t]*(?:\r?\n|\"\"\"|\'\'\'))"
)


def retell_parameter(name: str, told: Sequence[tuple[str, str]]) -> Rewrite:
    """Replace what a docstring tells of a parameter by what there is to tell of others, a name and a sentence each.

    In the styles of Google and Sphinx; a docstring in another style, or without the parameter, stays as it is.
    """

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        match node.body:
            case cst.IndentedBlock(
                body=[cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() as text)]), *_]
            ):
                new = "".join(_retold(text.value.splitlines(keepends=True), name, told))
                if new != text.value:
                    new = _EMPTY.sub(r"\1", new)
                return cast("Result", node.with_deep_changes(text, value=new))
        return node

    return rewrite


def indent_docstring(indent: str) -> Rewrite:
    """Indent the lines of a docstring below the first, as its function is going to be."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        match node.body:
            case cst.IndentedBlock(
                body=[cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() as text)]), *_]
            ) if not re.search(r"\\\r?\n", text.value):
                lines = re.sub(r"\n(?=[^\r\n])", f"\n{indent}", text.value)
                return cast("Result", node.with_deep_changes(text, value=lines))
        return node

    return rewrite


def _retold(lines: Sequence[str], name: str, told: Sequence[tuple[str, str]]) -> Iterator[str]:
    entry = re.compile(rf"(?P<indent>\s*)(?P<before>:param\s+)?{re.escape(name)}(\s*\(.*?\))?:\s")
    type_ = re.compile(rf"\s*:type\s+{re.escape(name)}:")
    indent: int | None = None
    for line in lines:
        if type_.match(line):
            continue
        if indent is not None and line.strip() and len(line) - len(line.lstrip()) > indent:
            continue  # the rest of what was told of it
        found = entry.match(line)
        indent = len(found["indent"]) if found is not None else None
        if found is None:
            yield line
            continue
        end = line[len(line.rstrip("\r\n")) :]
        for new, sentence in told:
            yield f"{found['indent']}{found['before'] or ''}{new}: {sentence}{end}"
