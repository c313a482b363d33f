"""Rewrites of docstrings: what they tell, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import cast

import libcst as cst

from litestar_fix.edits.values import Result, Rewrite

#: The heading of a section of which nothing is left, with the blank line above it.
_EMPTY = re.compile(
    r"(\r?\n)[ \t]*\r?\n[ \t]*(?:(?:Args|Arguments|Parameters):|Parameters[ \t]*\r?\n[ \t]*-{3,})[ \t]*\r?\n"
    r"(?=[ \t]*(?:\r?\n|\"\"\"|\'\'\'))"
)
#: A docstring of which one line is left.
_ONE_LINE = re.compile(r"\A(\w*(?:\"\"\"|\'\'\')[^\r\n]*?)\s*(\"\"\"|\'\'\')\Z")
_RULE = re.compile(r"\s*-{3,}\s*")


def retell_parameter(name: str, told: Sequence[tuple[str, str]]) -> Rewrite:
    """Replace what a docstring tells of a parameter by what there is to tell of others, a name and a sentence each.

    In the styles of Google, NumPy and Sphinx; a docstring in another style, or without the parameter, stays as it is.
    """

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        match node.body:
            case cst.IndentedBlock(
                body=[cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() as text)]), *_]
            ):
                new = "".join(_retold(text.value.splitlines(keepends=True), name, told))
                if new != text.value and (empty := _EMPTY.search(new)):
                    new = _ONE_LINE.sub(r"\1\2", f"{new[: empty.start()]}{empty[1]}{new[empty.end() :]}")
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
    of_numpy = re.compile(rf"(?P<indent>\s*){re.escape(name)}(\s+:\s.*)?\s*")
    type_ = re.compile(rf"\s*:type\s+{re.escape(name)}:")
    indent: int | None = None
    is_numpy = False
    for above, line in pairwise(["", *lines]):
        if _RULE.fullmatch(line):
            is_numpy = above.strip() == "Parameters"
        if type_.match(line):
            continue
        if indent is not None and line.strip() and len(line) - len(line.lstrip()) > indent:
            continue  # the rest of what was told of it
        found = of_numpy.fullmatch(line) if is_numpy else entry.match(line)
        indent = len(found["indent"]) if found is not None else None
        if found is None:
            yield line
            continue
        end = line[len(line.rstrip("\r\n")) :]
        for new, sentence in told:
            start = found["indent"]
            before = "" if is_numpy else found["before"] or ""
            between = f"{end}{start}    " if is_numpy else ": "
            yield f"{start}{before}{new}{between}{sentence}{end}"
