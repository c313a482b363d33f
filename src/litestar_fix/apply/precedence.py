"""Where new expressions need parentheses: LibCST writes ``a + b * 2`` for a sum in the place of ``K`` in ``K * 2``."""

from __future__ import annotations

from typing import TypeVar

import libcst as cst

_LOWEST, _LAMBDA, _CONDITIONAL, _OR, _AND, _NOT, _COMPARISON = range(-1, 6)
_BIT_OR, _BIT_XOR, _BIT_AND, _SHIFT, _SUM, _PRODUCT, _UNARY, _POWER, _AWAIT, _ATOM = range(6, 16)

_OPERATORS: dict[type[cst.CSTNode], int] = {
    cst.Or: _OR,
    cst.And: _AND,
    cst.BitOr: _BIT_OR,
    cst.BitXor: _BIT_XOR,
    cst.BitAnd: _BIT_AND,
    cst.LeftShift: _SHIFT,
    cst.RightShift: _SHIFT,
    cst.Add: _SUM,
    cst.Subtract: _SUM,
    cst.Multiply: _PRODUCT,
    cst.Divide: _PRODUCT,
    cst.FloorDivide: _PRODUCT,
    cst.Modulo: _PRODUCT,
    cst.MatrixMultiply: _PRODUCT,
    cst.Power: _POWER,
}
Expression = TypeVar("Expression", bound=cst.BaseExpression)


def parenthesized(parent: cst.CSTNode | None, old: cst.CSTNode, new: Expression) -> Expression:
    """Return the new expression with parentheses if it needs them where the old one stood.

    Args:
        parent: the node around the old expression, as it was.
        old: the old expression.
        new: what stands in its place.
    """
    if new.lpar or _strength(new) >= _required(parent, old):
        return new
    return new.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _strength(node: cst.BaseExpression) -> int:
    match node:
        case cst.Tuple() | cst.Yield() | cst.NamedExpr() | cst.GeneratorExp():
            return _LOWEST
        case cst.Lambda():
            return _LAMBDA
        case cst.IfExp():
            return _CONDITIONAL
        case cst.BooleanOperation(operator=operator) | cst.BinaryOperation(operator=operator):
            return _OPERATORS[type(operator)]
        case cst.UnaryOperation(operator=operator):
            return _NOT if isinstance(operator, cst.Not) else _UNARY
        case cst.Comparison():
            return _COMPARISON
        case cst.Await():
            return _AWAIT
    return _ATOM


def _required(parent: cst.CSTNode | None, old: cst.CSTNode) -> int:
    """How strongly an expression has to bind to stand in the place of the old one without parentheses."""
    match parent:
        case cst.Attribute() | cst.Await():
            return _ATOM
        case cst.Call(func=value) | cst.Subscript(value=value):
            return _ATOM if value is old else _LAMBDA
        case cst.BinaryOperation(operator=cst.Power()):
            return _AWAIT if parent.left is old else _UNARY
        case cst.BinaryOperation(operator=operator) | cst.BooleanOperation(operator=operator):
            # operators group to the left
            return _OPERATORS[type(operator)] + (parent.right is old)
        case cst.UnaryOperation(operator=operator):
            return _NOT if isinstance(operator, cst.Not) else _UNARY
        case cst.Comparison() | cst.ComparisonTarget() | cst.StarredElement() | cst.StarredDictElement():
            return _BIT_OR
        case cst.Arg(star="*" | "**"):
            return _BIT_OR
        case cst.IfExp():
            return _LAMBDA if parent.orelse is old else _OR
        case cst.CompFor() | cst.CompIf():
            return _OR
        case cst.FormattedStringExpression():
            return _CONDITIONAL
        case cst.Assign() | cst.AugAssign() | cst.Return() | cst.Expr() | cst.Index():
            return _LOWEST
    return _LAMBDA
