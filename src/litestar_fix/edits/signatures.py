"""Rewrites of what functions take and calls give, and how both are laid out when they grow too long for a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from litestar_fix.edits.sequences import Items, items_of, with_items
from litestar_fix.edits.source import (
    NO_GAP,
    ONE_SPACE,
    Gap,
    bare,
    comments,
    is_line_break,
    joined,
    parse_expression,
    parse_statements,
)
from litestar_fix.edits.values import Result, Rewrite
from litestar_fix.errors import EditError

_LISTS = ("posonly_params", "params", "kwonly_params")


def replace_parameters(name: str, new: Sequence[tuple[str, str]], *, column: int, limit: int) -> Rewrite:
    """Put parameters, each a name and an annotation, in the place of one, laid out like its neighbours.

    A header of one line that would grow longer than ``limit`` is broken as formatters break it.

    Args:
        name: the parameter that goes, with all that is said of it.
        new: what stands in its place; none to remove it.
        column: where the function begins in its line.
        limit: how long a line may be.
    """

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:
        for field in _LISTS:
            params: list[cst.Param] = list(getattr(node.params, field))
            at = next((index for index, param in enumerate(params) if param.name.value == name), None)
            if at is None:
                continue
            written = [_param(item, config) for item in new]
            changed = _replaced(params[at], written, _gap(node)) if written else []
            others = _with(node.params, field, [*params[:at], *changed, *params[at + 1 :]])
            result = node.with_changes(params=others) if written else _closed(node, params[at], others)
            return _fitted(result, column, limit, config)
        raise EditError(f"the function has no parameter {name}")

    return rewrite


def take_self(*, column: int, limit: int) -> Rewrite:
    """Let a function take ``self`` before its other parameters, laid out as they are.

    Args:
        column: where the method begins in its line.
        limit: how long a line may be; a header that is longer already may stay so.
    """

    def rewrite(node: cst.FunctionDef, config: cst.PartialParserConfig) -> Result:
        field = "posonly_params" if node.params.posonly_params else "params"
        comma = cst.Comma(whitespace_after=_gap(node)) if _all(node.params) else cst.MaybeSentinel.DEFAULT
        first = cst.Param(cst.Name("self"), comma=comma, star="")
        result = node.with_changes(params=_with(node.params, field, [first, *getattr(node.params, field)]))
        longest = max(len(line) for line in _header(node).split("\n"))
        return _fitted(result, column, max(limit, longest), config)

    return rewrite


def _with(node: cst.Parameters, field: str, params: Sequence[cst.Param]) -> cst.Parameters:
    """Return the parameters with others of one kind; a bare star or slash goes with the last that needs it."""
    changes: dict[str, Any] = {field: params}
    if not params and field == "posonly_params":
        changes["posonly_ind"] = cst.MaybeSentinel.DEFAULT
    if not params and field == "kwonly_params" and isinstance(node.star_arg, cst.ParamStar):
        changes["star_arg"] = cst.MaybeSentinel.DEFAULT
    return node.with_changes(**changes)


def _param(item: tuple[str, str], config: cst.PartialParserConfig) -> cst.Param:
    name, annotation = item
    return cst.Param(cst.Name(name), annotation=cst.Annotation(parse_expression(annotation, config)), star="")


def _replaced(old: cst.Param, new: Sequence[cst.Param], gap: Gap) -> list[cst.Param]:
    separated = [param.with_changes(comma=cst.Comma(whitespace_after=gap)) for param in new[:-1]]
    last = new[-1].with_changes(comma=old.comma, whitespace_after_param=old.whitespace_after_param)
    return [*separated, last]


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


# ----------------------------------------------------------------------------------------------------------- too long
def _fitted(node: cst.FunctionDef, column: int, limit: int, config: cst.PartialParserConfig) -> cst.FunctionDef:
    header = _header(node)
    lines = header.split("\n")
    too_long = max((column if index == 0 else 0) + len(line) for index, line in enumerate(lines)) > limit
    if not too_long or comments(node.params) or len(lines) not in (1, 3):
        return node
    texts = [_text(item) for item in _all(node.params)]
    inner = ", ".join(texts)
    one_line = column + len(str(config.default_indent)) + len(inner) <= limit
    text = f"\n    {inner}\n" if one_line and len(lines) == 1 else "".join(f"\n    {item}," for item in texts) + "\n"
    made = parse_statements(f"def made({text}):\n    pass", config)[0]
    function = cst.ensure_type(made, cst.FunctionDef)
    return node.with_changes(params=function.params, whitespace_before_params=function.whitespace_before_params)


def _header(node: cst.FunctionDef) -> str:
    body = cst.SimpleStatementSuite([cst.Pass()], leading_whitespace=cst.SimpleWhitespace(""))
    alone = node.with_changes(decorators=[], leading_lines=[], lines_after_decorators=[], body=body)
    return _code(alone).rstrip("\r\n").removesuffix("pass")


def _text(item: cst.Param | cst.ParamStar | cst.ParamSlash) -> str:
    if isinstance(item, cst.Param):
        return _code(item.with_changes(comma=cst.MaybeSentinel.DEFAULT)).strip()
    return "*" if isinstance(item, cst.ParamStar) else "/"


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def fit_call(*, end: int, indent: int, inset: int, limit: int) -> Rewrite:
    """Break a call of one line that its edits made too long, as formatters do.

    For a rewrite of the call that comes last: the arguments go on one line of their own, or each on its own.

    Args:
        end: how long the call's line would be without its arguments.
        indent: where its line begins.
        inset: how much further in that is than where its statement begins.
        limit: how long a line may be.
    """

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> Result:
        arguments = ", ".join(_code(item.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for item in node.args)
        if not node.args or "\n" in _code(node) or end + len(arguments) <= limit:
            return node
        one_line = indent + len(str(config.default_indent)) + len(arguments) <= limit
        inner, close = (
            cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(" " * inset + text))
            for text in (str(config.default_indent), "")
        )
        nodes = items_of(node).nodes
        gaps = (inner, *[ONE_SPACE if one_line else inner] * (len(nodes) - 1), close)
        return with_items(node, Items(nodes, gaps, trailing_comma=not one_line))

    return rewrite
