"""Rewrites of what functions take, and of the names within them.

Each function returns a rewrite for a `NodeEdit` of a function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import libcst as cst

from litestar_fix.edits.source import bare, comments, is_line_break, parse_expression
from litestar_fix.edits.values import Result, Rewrite
from litestar_fix.errors import EditError

_Change: TypeAlias = Callable[[cst.FunctionDef, Sequence[cst.Param], int], list[cst.Param]]
_LISTS = ("posonly_params", "params", "kwonly_params")
_SPACE = cst.SimpleWhitespace(" ")


def replace_parameter(name: str, new: str, annotation: str) -> Rewrite:
    """Put another parameter in the place of one; it has no default."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:
        def change(_: cst.FunctionDef, params: Sequence[cst.Param], at: int) -> list[cst.Param]:
            old = params[at]
            if comments(old.with_changes(comma=cst.MaybeSentinel.DEFAULT)):
                raise EditError(f"there is a comment within the parameter {name}")
            made = _parameter(new, annotation, config).with_changes(
                comma=old.comma, whitespace_after_param=old.whitespace_after_param
            )
            return [*params[:at], made, *params[at + 1 :]]

        return _changed(node, name, change)

    return rewrite


def insert_parameter(before: str, new: str, annotation: str) -> Rewrite:
    """Put a parameter before another one, on a line of its own where they have lines of their own."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:
        def change(function: cst.FunctionDef, params: Sequence[cst.Param], at: int) -> list[cst.Param]:
            gap = _gap_above(function, params, at)
            made = _parameter(new, annotation, config).with_changes(comma=cst.Comma(whitespace_after=gap))
            return [*params[:at], made, *params[at:]]

        return _changed(node, before, change)

    return rewrite


def drop_parameter(name: str) -> Rewrite:
    """Remove a parameter."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        def change(_: cst.FunctionDef, params: Sequence[cst.Param], at: int) -> list[cst.Param]:
            if comments(params[at]):
                raise EditError(f"there is a comment at the parameter {name}")
            kept = [*params[:at], *params[at + 1 :]]
            if at == len(kept) and kept:
                kept[-1] = kept[-1].with_changes(comma=params[at].comma)
            return kept

        return _changed(node, name, change)

    return rewrite


def one_parameter_per_line() -> Rewrite:
    """Give each parameter a line of its own, as formatters do with a signature that is too long for one."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:
        inner, end = (
            cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
            for indent in (str(config.default_indent), "")
        )
        params = node.params
        kinds = {kind: list(getattr(params, kind)) for kind in _LISTS}
        single = {kind: getattr(params, kind) for kind in ("posonly_ind", "star_arg", "star_kwarg")}
        order = [*kinds["posonly_params"], single["posonly_ind"], *kinds["params"], single["star_arg"]]
        order = [item for item in (*order, *kinds["kwonly_params"], single["star_kwarg"]) if _is_written(item)]
        if not order:
            return node
        lined = {id(item): _before(item, end if item is order[-1] else inner) for item in order}
        changed: dict[str, Any] = {kind: [lined[id(item)] for item in items] for kind, items in kinds.items()}
        changed |= {kind: lined.get(id(item), item) for kind, item in single.items()}
        return node.with_changes(whitespace_before_params=inner, params=params.with_changes(**changed))

    return rewrite


def _is_written(item: object) -> bool:
    return isinstance(item, cst.Param | cst.ParamStar | cst.ParamSlash)


def _before(item: Any, gap: cst.BaseParenthesizableWhitespace) -> Any:
    return item.with_changes(comma=cst.Comma(whitespace_after=gap))


def rename_variable(name: str, new: str) -> Rewrite:
    """Call a variable of a function by another name, everywhere within it."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        body = node.body.visit(_Rename(name, new))
        if not isinstance(body, cst.BaseSuite):
            raise EditError(f"{name} cannot be renamed")
        return node.with_changes(body=body)

    return rewrite


class _Rename(cst.CSTTransformer):
    """Renames names, but neither attributes nor keywords."""

    def __init__(self, name: str, new: str) -> None:
        super().__init__()
        self.name, self.new = name, new

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:  # noqa: N802 (LibCST's name)
        return updated_node.with_changes(value=self.new) if original_node.value == self.name else updated_node

    def leave_Attribute(  # noqa: N802
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:  # noqa: N802
        return updated_node.with_changes(keyword=original_node.keyword)


def _parameter(name: str, annotation: str, config: cst.PartialParserConfig) -> cst.Param:
    return cst.Param(cst.Name(name), annotation=cst.Annotation(parse_expression(annotation, config)))


def _changed(node: cst.FunctionDef, name: str, change: _Change) -> cst.FunctionDef:
    for kind in _LISTS:
        params: Sequence[cst.Param] = getattr(node.params, kind)
        for index, param in enumerate(params):
            if param.name.value == name:
                changed = change(node, params, index)
                closed = {} if changed else _closed(node.params, kind, param)
                return node.with_changes(params=node.params.with_changes(**{kind: changed}, **closed))
    raise EditError(f"there is no parameter {name}")


def _closed(params: cst.Parameters, emptied: str, gone: cst.Param) -> dict[str, Any]:
    """What else changes where nothing is left before a slash or behind a star: it goes."""
    default = cst.MaybeSentinel.DEFAULT
    if emptied == "posonly_params":
        return {"posonly_ind": default}
    if emptied == "params" or not isinstance(params.star_arg, cst.ParamStar):
        return {}
    if not params.params or params.star_kwarg is not None:
        return {"star_arg": default}
    *others, last = params.params
    return {"star_arg": default, "params": [*others, last.with_changes(comma=gone.comma)]}


def _gap_above(function: cst.FunctionDef, params: Sequence[cst.Param], at: int) -> cst.BaseParenthesizableWhitespace:
    """The whitespace that separates a parameter from the one above it."""
    above = params[at - 1].comma if at else None
    gap = above.whitespace_after if isinstance(above, cst.Comma) else function.whitespace_before_params
    return bare(gap) if is_line_break(gap) else _SPACE
