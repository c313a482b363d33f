"""Rewrites of expressions: calls and their arguments, displays and their elements, annotations.

Each function returns a rewrite for `NodeEdit`; source text is Python as it would be written in the file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import libcst as cst

from litestar_fix.edits.sequences import Display, Items, items_of, with_items
from litestar_fix.edits.source import NO_GAP, comments, opened, parse_expression
from litestar_fix.edits.values import Result, Rewrite
from litestar_fix.errors import EditError


def set_keyword(name: str, source: str, *, after: str = "") -> Rewrite:
    """Set a keyword argument of a call, or of a decorator: ``@get`` becomes ``@get(name=source)``.

    The value of an existing keyword is replaced. A new one goes behind the keyword ``after`` if there is one, else
    last, but before ``**kwargs``, and on a line of its own where the arguments have lines of their own.
    """

    def rewrite(node: cst.CSTNode, config: cst.PartialParserConfig) -> Result:
        if isinstance(node, cst.Decorator):
            return node.with_changes(decorator=rewrite(node.decorator, config))
        value = parse_expression(source, config)
        if not isinstance(node, cst.Call):
            argument = cst.Arg(value=value, keyword=cst.Name(name), equal=_tight_equal())
            return cst.Call(func=cast("cst.BaseExpression", node), args=[argument])
        items = items_of(node)
        at = _keyword_index(items, name)
        if at is None:
            return with_items(node, _with_keyword(items, name, value, after))
        old = items.nodes[at]
        return with_items(node, items.change(at, old.with_changes(value=replaced(old.value, value))))

    return rewrite


def drop_keyword(name: str) -> Rewrite:
    """Remove a keyword argument of a call; nothing happens where it is not there."""

    def rewrite(node: cst.CSTNode, config: cst.PartialParserConfig) -> Result:
        if isinstance(node, cst.Decorator):
            return node.with_changes(decorator=rewrite(node.decorator, config))
        if not isinstance(node, cst.Call):
            return node
        at = _keyword_index(items_of(node), name)
        return node if at is None else with_items(node, items_of(node).remove(at))

    return rewrite


def drop_argument(index: int) -> Rewrite:
    """Remove an argument of a call by its place among all arguments, keywords included."""

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        if not 0 <= index < len(node.args):
            raise EditError(f"the call has no argument {index}")
        return with_items(node, items_of(node).remove(index))

    return rewrite


def set_argument(index: int, source: str) -> Rewrite:
    """Replace the value of an argument by its place among all arguments; a keyword keeps its name."""

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> Result:
        if not 0 <= index < len(node.args):
            raise EditError(f"the call has no argument {index}")
        old = node.args[index]
        items = items_of(node)
        return with_items(
            node, items.change(index, old.with_changes(value=replaced(old.value, parse_expression(source, config))))
        )

    return rewrite


def insert_argument(index: int, source: str) -> Rewrite:
    """Put a positional argument before the one at a place."""

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> Result:
        return with_items(node, items_of(node).insert(index, cst.Arg(parse_expression(source, config))))

    return rewrite


def name_argument(index: int, name: str) -> Rewrite:
    """Turn a positional argument, by its place among all arguments, into a keyword argument."""

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        items = items_of(node)
        named = items.nodes[index].with_changes(keyword=cst.Name(name), equal=_tight_equal())
        return with_items(node, items.change(index, named))

    return rewrite


def rename_keyword(name: str, new: str) -> Rewrite:
    """Give a keyword argument another name; nothing happens where it is not there."""

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        items = items_of(node)
        at = _keyword_index(items, name)
        if at is None:
            return node
        return with_items(node, items.change(at, items.nodes[at].with_changes(keyword=cst.Name(new))))

    return rewrite


def rename_call(func: str) -> Rewrite:
    """Call something else with the same arguments."""

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> Result:
        return node.with_changes(func=replaced(node.func, parse_expression(func, config)))

    return rewrite


def pass_function(to: str) -> Rewrite:
    """Turn a call ``f(x)`` into ``to(f, x)``."""

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> Result:
        return _passed(node, node.func, parse_expression(to, config))

    return rewrite


def pass_receiver(to: str) -> Rewrite:
    """Turn a call ``a.f(x)`` into ``to(a, x)``."""

    def rewrite(node: cst.Call, config: cst.PartialParserConfig) -> Result:
        return _passed(node, cst.ensure_type(node.func, cst.Attribute).value, parse_expression(to, config))

    return rewrite


def _passed(node: cst.Call, what: cst.BaseExpression, to: cst.BaseExpression) -> cst.Call:
    given = with_items(node, items_of(node).insert(0, cst.Arg(what)))  # with the comments that are in it
    return given.with_changes(func=to)


def replace_expression(source: str) -> Rewrite:
    """Put another expression in the place of one; it gets parentheses where its new surroundings need them."""

    def rewrite(node: cst.BaseExpression, config: cst.PartialParserConfig) -> Result:
        return replaced(node, parse_expression(source, config))

    return rewrite


def replace_in_text(old: str, new: str) -> Rewrite:
    """Replace a part of a string literal, as it is written; quotes and prefix stay.

    Raises:
        EditError: when it rewrites a literal that does not hold the part in one piece.
    """

    def rewrite(node: cst.CSTNode, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        result = node.visit(_ReplaceText(old, new))
        if result.deep_equals(node):  # type: ignore[union-attr]
            raise EditError(f"{old} is not written in one piece")
        return cast("Result", result)

    return rewrite


class _ReplaceText(cst.CSTTransformer):
    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self.old, self.new = old, new

    def leave_SimpleString(  # noqa: N802 (LibCST's name)
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        return updated_node.with_changes(value=original_node.value.replace(self.old, self.new))


def wrap_expression(before: str, after: str) -> Rewrite:
    """Put text around an expression that stays as it is, with its comments: ``wrap_expression("Provide(", ")")``."""

    def rewrite(node: cst.BaseExpression, config: cst.PartialParserConfig) -> Result:
        hole = "_litestar_fix_hole"
        outer = parse_expression(f"{before}{hole}{after}", config)
        filled = outer.visit(_Fill(hole, node))
        return cast("cst.BaseExpression", filled)

    return rewrite


class _Fill(cst.CSTTransformer):
    def __init__(self, hole: str, node: cst.BaseExpression) -> None:
        super().__init__()
        self.hole, self.node = hole, node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:  # noqa: N802
        return self.node if original_node.value == self.hole else updated_node


def add_element(source: str, *, value: str | None = None) -> Rewrite:
    """Add an element at the end of a list, set or tuple display; with ``value``, an entry to a dict display."""

    def rewrite(node: Display, config: cst.PartialParserConfig) -> Result:
        expression = parse_expression(source, config)
        element: cst.BaseElement | cst.BaseDictElement = cst.Element(expression)
        if value is not None:
            element = cst.DictElement(expression, parse_expression(value, config))
        items = items_of(node)
        if isinstance(node, cst.Tuple) and len(items.nodes) == 1 and not items.is_one_per_line:
            # a single element needs the comma, two do not
            items = replace(items, trailing_comma=False)
        return with_items(node, items.insert(len(items.nodes), element))

    return rewrite


def drop_elements(*indexes: int) -> Rewrite:
    """Remove elements of a display or subscript, or entries of a dict display, by their place."""

    def rewrite(node: Display | cst.Subscript, config: cst.PartialParserConfig) -> Result:  # noqa: ARG001 (a Rewrite)
        items = items_of(node)
        for index in sorted(indexes, reverse=True):
            items = items.remove(index)
        return with_items(node, items)

    return rewrite


def set_annotation(source: str) -> Rewrite:
    """Set what a function returns, or the annotation of a parameter or of an annotated assignment."""

    def rewrite(node: cst.CSTNode, config: cst.PartialParserConfig) -> Result:
        new = parse_expression(source, config)
        match node:
            case cst.FunctionDef():
                return node.with_changes(returns=_annotation(node.returns, new))
            case cst.Param() | cst.AnnAssign():
                return node.with_changes(annotation=_annotation(node.annotation, new))
        raise EditError(f"a {type(node).__name__} has no annotation")

    return rewrite


def replaced(old: cst.BaseExpression, new: cst.BaseExpression) -> cst.BaseExpression:
    """Return the new expression within the parentheses that the old one has; those of a tuple are its own.

    Comments within the old one stay, in parentheses around the new one.
    """
    result, lost = new, old
    if old.lpar and not new.lpar and not isinstance(old, cst.Tuple):
        result, lost = new.with_changes(lpar=old.lpar, rpar=old.rpar), old.with_changes(lpar=[], rpar=[])
    found = comments(lost)
    if not found:
        return result
    opening = cst.LeftParen(whitespace_after=opened(NO_GAP, found))
    return result.with_changes(lpar=[*result.lpar, opening], rpar=[cst.RightParen(), *result.rpar])


def _annotation(old: cst.Annotation | None, new: cst.BaseExpression) -> cst.Annotation:
    return cst.Annotation(new) if old is None else old.with_changes(annotation=replaced(old.annotation, new))


def _keyword_index(items: Items, name: str) -> int | None:
    for index, item in enumerate(items.nodes):
        if item.keyword is not None and item.keyword.value == name:
            return index
    return None


def _with_keyword(items: Items, name: str, value: cst.BaseExpression, after: str) -> Items:
    args = cast("tuple[cst.Arg, ...]", items.nodes)
    at = next((index for index, arg in enumerate(args) if arg.star == "**"), len(args))
    neighbour = _keyword_index(items, after) if after else None
    if neighbour is not None:
        at = neighbour + 1
    for index, arg in enumerate(args):
        if isinstance(arg.value, cst.GeneratorExp) and not arg.value.lpar:
            # a generator may do without parentheses only where it is alone
            bracketed = arg.value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
            items = items.change(index, arg.with_changes(value=bracketed))
    equals = [arg.equal for arg in args if isinstance(arg.equal, cst.AssignEqual)]
    equal = equals[-1] if equals and not comments(equals[-1]) else _tight_equal()
    return items.insert(at, cst.Arg(value=value, keyword=cst.Name(name), equal=equal))


def _tight_equal() -> cst.AssignEqual:
    return cst.AssignEqual(whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace(""))
