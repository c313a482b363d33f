"""From CPython's expression nodes to the ``Expr`` algebra of `facts`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from litestar_fix.model.facts import (
    Attr,
    Await,
    Call,
    Const,
    Dict,
    Expr,
    Keyword,
    Lambda,
    Op,
    Other,
    Ref,
    Seq,
    Span,
    Star,
    Sub,
    Yield,
)
from litestar_fix.model.quoted import unquoted
from litestar_fix.model.walk import subexpressions

_INT64 = 2**63
_OPERATORS: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.MatMult: "@",
    ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&",
    ast.And: "and", ast.Or: "or", ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


_CLASS_TESTS = frozenset({"isinstance", "issubclass"})
_LEAVES = frozenset({Ref, Const, Other})


class Scope:
    """What a function (or the module) binds and reads, filled while its body is converted."""

    __slots__ = ("asked", "attributes", "bound", "calls", "given", "globals", "is_generator", "labels", "names")

    def __init__(self) -> None:
        self.bound: dict[str, None] = {}
        self.names: dict[str, None] = {}
        self.calls: dict[str, None] = {}
        self.attributes: dict[str, None] = {}
        self.given: dict[str, None] = {}
        self.asked: dict[str, None] = {}
        self.labels: dict[str, None] = {}
        self.globals: set[str] = set()
        self.is_generator = False


def span_of(node: Any) -> Span:
    """Return the span of a node."""
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def in_code_points(tree: ast.Module, lines: list[bytes]) -> None:
    """Let the columns of a tree count code points, as facts do: ``ast`` counts bytes.

    Args:
        tree: the parsed file.
        lines: its lines as UTF-8.
    """
    wide = {number: line for number, line in enumerate(lines, 1) if not line.isascii()}
    for node in ast.walk(tree):
        if (first := getattr(node, "lineno", 0)) in wide:
            node.col_offset = _column(wide[first], node.col_offset)  # type: ignore[attr-defined]
        if (last := getattr(node, "end_lineno", 0)) in wide:
            node.end_col_offset = _column(wide[last], node.end_col_offset)  # type: ignore[attr-defined]


def _column(line: bytes, column: int) -> int:
    return len(line[:column].decode("utf-8", "replace"))


class Expressions:
    """Converts expressions of one file, whose columns are those of its text, see `in_code_points`."""

    def __init__(self) -> None:
        self.scope = Scope()
        self._convert: dict[type, Callable[[Any], Expr]] = dict.fromkeys(ast.expr.__subclasses__(), self._other)
        self._convert |= {
            ast.Name: self._name, ast.Attribute: self._attribute, ast.Constant: self._constant, ast.Call: self._call,
            ast.List: self._sequence, ast.Tuple: self._sequence, ast.Set: self._sequence, ast.Dict: self._dict,
            ast.Subscript: self._subscript, ast.Starred: self._starred, ast.Await: self._await,
            ast.Yield: self._yield, ast.YieldFrom: self._yield, ast.BinOp: self._binary, ast.BoolOp: self._boolean,
            ast.UnaryOp: self._unary, ast.Compare: self._compare, ast.IfExp: self._conditional,
            ast.JoinedStr: self._joined,
            ast.FormattedValue: self._formatted, ast.ListComp: self._comprehension, ast.SetComp: self._comprehension,
            ast.GeneratorExp: self._comprehension, ast.DictComp: self._comprehension, ast.Lambda: self._lambda,
            ast.NamedExpr: self._named, ast.Slice: self._slice,
        }  # fmt: skip

    def __call__(self, node: ast.expr) -> Expr:
        """Convert one expression and record what it reads, calls and binds in the current scope."""
        return self._convert[type(node)](node)

    def _all(self, nodes: list[ast.expr]) -> tuple[Expr, ...]:
        convert = self._convert
        return tuple([convert[type(node)](node) for node in nodes]) if nodes else ()

    def _other(self, node: ast.expr) -> Expr:
        return Other(ast.unparse(node), span_of(node))

    def optional(self, node: ast.expr | None) -> Expr | None:
        """Convert an expression that may be absent."""
        return None if node is None else self(node)

    def annotation(self, node: ast.expr | None) -> Expr | None:
        """Convert an annotation; quoted ones are read as the expression they quote, at the span of the quotes."""
        if node is None:
            return None
        return self(node if type(node) in (ast.Name, ast.Attribute) else unquoted(node))

    def _name(self, node: ast.Name) -> Expr:
        name = node.id
        scope = self.scope
        (scope.names if type(node.ctx) is ast.Load else scope.bound)[name] = None
        return Ref(name, span_of(node))

    def _attribute(self, node: ast.Attribute) -> Expr:
        name = node.attr
        if type(node.ctx) is ast.Store:
            self.scope.labels[name] = None
        value = node.value
        while type(value) is ast.Attribute:
            name = f"{value.attr}.{name}"
            value = value.value
        if type(value) is not ast.Name:
            self.scope.attributes[node.attr] = None
            return Attr(self(node.value), node.attr, span_of(node))
        name = f"{value.id}.{name}"
        self.scope.names[name] = None
        return Ref(name, span_of(node))

    def _constant(self, node: ast.Constant) -> Expr:
        value = node.value
        if isinstance(value, str) and (value.isascii() or _encodable(value)):
            return Const(value, span_of(node))
        if value is None or isinstance(value, (bool, float)):
            return Const(value, span_of(node))
        if isinstance(value, int) and -_INT64 <= value < _INT64:
            return Const(value, span_of(node))
        return Other(ascii(value), span_of(node))

    def _call(self, node: ast.Call) -> Expr:
        convert, scope = self._convert, self.scope
        func = convert[type(node.func)](node.func)
        name = func.name if isinstance(func, Ref) else ""
        if name:
            scope.calls[name] = None
        keywords: tuple[Keyword, ...] = ()
        if node.keywords:
            keywords = tuple([Keyword(k.arg, convert[type(k.value)](k.value), span_of(k)) for k in node.keywords])
            scope.labels.update(dict.fromkeys([k.arg for k in node.keywords if k.arg]))
        args = tuple([convert[type(item)](item) for item in node.args]) if node.args else ()
        for value in (*args, *[keyword.value for keyword in keywords]) if keywords else args:
            if type(value) is Ref:
                scope.given[value.name] = None
        if len(args) == 2 and name in _CLASS_TESTS:
            scope.asked.update(dict.fromkeys(_names_in(args[1])))
        return Call(func, args, keywords, span_of(node))

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set) -> Expr:
        return Seq(type(node).__name__.lower(), self._all(node.elts), span_of(node))

    def _dict(self, node: ast.Dict) -> Expr:
        keys = tuple([self.optional(key) for key in node.keys])
        return Dict(keys, self._all(node.values), span_of(node))

    def _subscript(self, node: ast.Subscript) -> Expr:
        value, index = self(node.value), self(node.slice)
        if type(node.ctx) is ast.Store and type(index) is Const and isinstance(index.value, str):
            self.scope.labels.update(dict.fromkeys(index.value.split()))
        return Sub(value, index, span_of(node))

    def _starred(self, node: ast.Starred) -> Expr:
        return Star(self(node.value), span_of(node))

    def _await(self, node: ast.Await) -> Expr:
        return Await(self(node.value), span_of(node))

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Expr:
        self.scope.is_generator = True
        return Yield(self.optional(node.value), type(node) is ast.YieldFrom, span_of(node))

    def _binary(self, node: ast.BinOp) -> Expr:
        return Op(_OPERATORS[type(node.op)], (self(node.left), self(node.right)), span_of(node))

    def _boolean(self, node: ast.BoolOp) -> Expr:
        return Op(_OPERATORS[type(node.op)], self._all(node.values), span_of(node))

    def _unary(self, node: ast.UnaryOp) -> Expr:
        return Op(_OPERATORS[type(node.op)], (self(node.operand),), span_of(node))

    def _compare(self, node: ast.Compare) -> Expr:
        operands = (self(node.left), *self._all(node.comparators))
        for operand in operands:
            for item in (operand,) if type(operand) in _LEAVES else subexpressions(operand):
                if type(item) is Ref and item.name[item.name.rfind(".") + 1].isupper():
                    self.scope.asked[item.name] = None
        return Op(" ".join([_OPERATORS[type(op)] for op in node.ops]), operands, span_of(node))

    def _conditional(self, node: ast.IfExp) -> Expr:
        return Op("if", (self(node.test), self(node.body), self(node.orelse)), span_of(node))

    def _joined(self, node: ast.JoinedStr) -> Expr:
        return Op("f", self._all(node.values), span_of(node))

    def _formatted(self, node: ast.FormattedValue) -> Expr:
        value = self(node.value)
        if node.conversion == -1 and node.format_spec is None:
            return value
        spec = () if node.format_spec is None else (self(node.format_spec),)
        return Op(f"f!{node.conversion}", (value, *spec), span_of(node))

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Expr:
        label = {ast.ListComp: "[for]", ast.SetComp: "{for}", ast.GeneratorExp: "(for)", ast.DictComp: "{:for}"}[
            type(node)
        ]
        clauses = []
        for item in node.generators:
            operands = (self(item.target), self(item.iter), *[self(test) for test in item.ifs])
            clauses.append(Op("async for" if item.is_async else "for", operands, span_of(node)))
        elements = (self(node.key), self(node.value)) if isinstance(node, ast.DictComp) else (self(node.elt),)
        return Op(label, (*elements, *clauses), span_of(node))

    def _lambda(self, node: ast.Lambda) -> Expr:
        arguments = node.args
        for default in (*arguments.defaults, *arguments.kw_defaults):
            self.optional(default)
        names = [item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        names += [item.arg for item in (arguments.vararg, arguments.kwarg) if item is not None]
        was_generator = self.scope.is_generator
        body = self(node.body)
        self.scope.is_generator = was_generator
        return Lambda(tuple(names), body, span_of(node))

    def _named(self, node: ast.NamedExpr) -> Expr:
        return Op(":=", (self(node.target), self(node.value)), span_of(node))

    def _slice(self, node: ast.Slice) -> Expr:
        parts = [self.optional(item) or Const(None, span_of(node)) for item in (node.lower, node.upper, node.step)]
        return Op(":", tuple(parts), span_of(node))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _names_in(expr: Expr) -> Iterator[str]:
    """The names of a class, or of the classes in a tuple or a union."""
    match expr:
        case Ref(name=name):
            yield name
        case Seq(items=items) | Op(operands=items):
            for item in items:
                yield from _names_in(item)
        case Star(value=value):
            yield from _names_in(value)
