"""Statements of one function that become a function of their own."""

from __future__ import annotations

import libcst as cst

from litestar_fix.edits.source import Statement, blank_lines, parse_statements, parted_lines, with_blank_lines
from litestar_fix.edits.statements import statements_of, without
from litestar_fix.edits.values import Inserted, Result, Rewrite
from litestar_fix.edits.variables import rename_variable
from litestar_fix.errors import EditError


class Moved:
    """Statements on their way from one node to another, which encloses it or is the same.

    Nodes are rewritten inside-out: what `taken` takes is there when `placed` is asked for it.
    """

    def __init__(self) -> None:
        self._statements: list[Statement] = []

    def taken(self, first: int, count: int) -> Rewrite:
        """Take statements out of a function, with their comments.

        Args:
            first: the place of the first of them in the body; a docstring counts.
            count: how many.
        """

        def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:
            self._statements = statements_of(node.body)[first : first + count]
            return _cut(node, first, count, config, with_comments=False)

        return rewrite

    def placed(self, header: str, name: str, new: str) -> Rewrite:
        """Put a function of these statements above a statement; in it a variable has a new name.

        Args:
            header: the function's signature, up to the colon.
            name: the variable.
            new: its new name.
        """

        def rewrite(node: Statement, config: cst.PartialParserConfig) -> Result:
            made, *_ = parse_statements(f"{header}\n    pass", config)
            if not isinstance(made, cst.FunctionDef) or not self._statements:
                raise EditError("nothing was moved")
            head, *others = self._statements
            body = cst.IndentedBlock([with_blank_lines(head, 0), *others])
            function = rename_variable(name, new)(made.with_changes(body=body), config)
            above, own = parted_lines(node)
            if not isinstance(function, cst.FunctionDef):
                raise EditError("nothing was moved")
            anchor = node.with_changes(leading_lines=own)
            return Inserted([function.with_changes(leading_lines=above), anchor], anchor)

        return rewrite


def drop_statements(first: int, count: int) -> Rewrite:
    """Remove statements of a function by their place, a docstring counts; comments stay, what follows moves up."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:
        return _cut(node, first, count, config, with_comments=True)

    return rewrite


def _cut(
    node: cst.FunctionDef, first: int, count: int, config: cst.PartialParserConfig, *, with_comments: bool
) -> cst.FunctionDef:
    body = statements_of(node.body)
    cut = body[first : first + count]
    if len(cut) != count or not isinstance(node.body, cst.IndentedBlock):
        raise EditError("the statements are not there")
    distance = blank_lines(cut[0])
    if with_comments:
        kept, lines = without(body, set(map(id, cut)))
    else:
        kept, lines = [*body[:first], *body[first + count :]], []
    # what comes next takes their place
    kept[first : first + 1] = [with_blank_lines(statement, distance) for statement in kept[first : first + 1]]
    block = node.body.with_changes(body=kept or parse_statements("pass", config))
    return node.with_changes(body=block.with_changes(footer=[*lines, *block.footer]))
