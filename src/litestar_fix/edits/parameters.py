"""Rewrites of what functions take: parameters replaced, added and removed, laid out like their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import libcst as cst

from litestar_fix.edits.source import NO_GAP, ONE_SPACE, Gap, bare, comments, is_line_break, joined, parse_expression
from litestar_fix.edits.values import Result, Rewrite
from litestar_fix.errors import EditError

#: A name, and its annotation.
Parameter: TypeAlias = tuple[str, str]

_LISTS = ("posonly_params", "params", "kwonly_params")


def replace_parameter(name: str, *new: Parameter) -> Rewrite:
    """Put parameters without defaults in the place of one, with all that is said of it.

    Raises:
        EditError: there is a comment within it.
    """

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:
        kind, at = _place(node, name)
        params: list[cst.Param] = list(getattr(node.params, kind))
        *first, last = [_parameter(item, config) for item in new]
        old = params[at]
        if comments(old.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_param=NO_GAP)):
            raise EditError(f"there is a comment within the parameter {name}")
        gap = cst.Comma(whitespace_after=_gap(node))
        made = [param.with_changes(comma=gap) for param in first]
        made.append(last.with_changes(comma=old.comma, whitespace_after_param=old.whitespace_after_param))
        return node.with_changes(params=_with(node.params, kind, [*params[:at], *made, *params[at + 1 :]]))

    return rewrite


def insert_parameter(before: str, new: Parameter) -> Rewrite:
    """Put a parameter before another one."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:
        kind, at = _place(node, before)
        params: list[cst.Param] = list(getattr(node.params, kind))
        made = _parameter(new, config).with_changes(comma=cst.Comma(whitespace_after=_gap(node)))
        return node.with_changes(params=_with(node.params, kind, [*params[:at], made, *params[at:]]))

    return rewrite


def drop_parameter(name: str) -> Rewrite:
    """Remove a parameter; comments that stand at it stay."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        kind, at = _place(node, name)
        params: list[cst.Param] = list(getattr(node.params, kind))
        return _closed(node, params[at], _with(node.params, kind, [*params[:at], *params[at + 1 :]]))

    return rewrite


def take_self() -> Rewrite:
    """Let a function take ``self`` before its other parameters."""

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        kind = "posonly_params" if node.params.posonly_params else "params"
        comma = cst.Comma(whitespace_after=_gap(node)) if _all(node.params) else cst.MaybeSentinel.DEFAULT
        first = cst.Param(cst.Name("self"), comma=comma, star="")
        return node.with_changes(params=_with(node.params, kind, [first, *getattr(node.params, kind)]))

    return rewrite


def _place(node: cst.FunctionDef, name: str) -> tuple[str, int]:
    """The list of parameters that holds one, and where."""
    for kind in _LISTS:
        for index, param in enumerate(getattr(node.params, kind)):
            if param.name.value == name:
                return kind, index
    raise EditError(f"there is no parameter {name}")


def _parameter(item: Parameter, config: cst.PartialParserConfig) -> cst.Param:
    name, annotation = item
    return cst.Param(cst.Name(name), annotation=cst.Annotation(parse_expression(annotation, config)), star="")


def _with(node: cst.Parameters, kind: str, params: Sequence[cst.Param]) -> cst.Parameters:
    """Return the parameters with others of one kind; a bare star or slash goes with the last that needs it."""
    changes: dict[str, Any] = {kind: params}
    if not params and kind == "posonly_params":
        changes["posonly_ind"] = cst.MaybeSentinel.DEFAULT
    if not params and kind == "kwonly_params" and isinstance(node.star_arg, cst.ParamStar):
        changes["star_arg"] = cst.MaybeSentinel.DEFAULT
    return node.with_changes(**changes)


def _closed(node: cst.FunctionDef, gone: cst.Param, params: cst.Parameters) -> cst.FunctionDef:
    """Return the function without a parameter, what is around it brought together; its comments stay."""
    before = _all(node.params)
    was_last = before[-1] is gone
    lost = comments(gone.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_param=NO_GAP))
    has_comments = bool(comments(gone))
    above = before[: next(index for index, item in enumerate(before) if item is gone)]
    left = next((item for item in reversed(above) if any(item is other for other in _all(params))), None)
    end = gone.comma.whitespace_after if isinstance(gone.comma, cst.Comma) else gone.whitespace_after_param
    if left is None:
        start = node.whitespace_before_params
        if has_comments:
            start = joined(start, lost, end)
        elif not _all(params) and not comments(start):
            start = NO_GAP
        return node.with_changes(params=params, whitespace_before_params=start)
    if not was_last and not has_comments:
        return node.with_changes(params=params)
    start = left.comma.whitespace_after if isinstance(left.comma, cst.Comma) else NO_GAP
    gap = joined(start, lost, end) if has_comments else end
    closed: Any = left.with_changes(comma=cst.Comma(whitespace_after=gap))
    if was_last and not isinstance(gone.comma, cst.Comma):
        closed = left.with_changes(comma=cst.MaybeSentinel.DEFAULT)
        closed = closed.with_changes(whitespace_after_param=gap) if isinstance(left, cst.Param) else closed
    return node.with_changes(params=params.with_deep_changes(left, **_state(closed)))


def _state(node: Any) -> dict[str, Any]:
    return {name: getattr(node, name) for name in ("comma", "whitespace_after_param") if hasattr(node, name)}


def _gap(node: cst.FunctionDef) -> Gap:
    """What stands between two parameters."""
    gaps = [item.comma.whitespace_after for item in _all(node.params)[:-1] if isinstance(item.comma, cst.Comma)]
    broken = next((gap for gap in gaps if is_line_break(gap)), None)
    if broken is not None:
        return bare(broken)
    if not gaps and is_line_break(node.whitespace_before_params):
        return bare(node.whitespace_before_params)
    return ONE_SPACE


def _all(params: cst.Parameters) -> list[Any]:
    star = [params.star_arg] if isinstance(params.star_arg, cst.Param | cst.ParamStar) else []
    slash = [params.posonly_ind] if isinstance(params.posonly_ind, cst.ParamSlash) else []
    last = [params.star_kwarg] if params.star_kwarg is not None else []
    return [*params.posonly_params, *slash, *params.params, *star, *params.kwonly_params, *last]
