"""Of which type a value is, as far as annotations tell: of variables, attributes, elements, and what functions return.

A type is where its annotation is written, or a class of the project. What is not known is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from litestar_fix.model.annotations import name_of_type
from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Assign, Await, Call, Dict, Expr, For, Function, Op, Ref, Seq, Sub, Try, With
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import expressions, statements

Type: TypeAlias = Located | Local

_SAME_ELEMENTS = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed"})
_SEVERAL = frozenset(
    ["list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "Iterable", "Collection", "Iterator"]
)
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})
_PROPERTIES = frozenset({"property", "cached_property", "hybrid_property"})
_DEPTH = 12


class ValueTypes:
    """Answers for the expressions of one function.

    Args:
        project: the project.
        caller: the function.
    """

    def __init__(self, project: Project, caller: Local) -> None:
        self.project = project
        self.caller = caller

    def of(self, expr: Expr | None, above: tuple[Expr, ...] = (), depth: int = 0) -> Type | None:
        """Return the type of an expression.

        Args:
            expr: the expression.
            above: the expressions that it stands in: comprehensions bind names.
            depth: how many expressions were followed.
        """
        if depth > _DEPTH:
            return None
        match expr:
            case Await(value=value):
                return self.of(value, above, depth + 1)
            case Ref(name=name):
                return self._named(name, above, depth)
            case Call(func=Ref(name=name)):
                return self._returned(name) or self._of_get(expr, above, depth)
            case Sub(value=value):
                return self._argument(self.of(value, above, depth + 1), -1) or self._of_display(value)
        return None

    def class_of(self, found: Type | None) -> Local | None:
        """Return the class of the project that a type is, also where it may be None."""
        if isinstance(found, Located):
            symbol = self.project.callgraph.class_in(found)
            return symbol if isinstance(symbol, Local) else None
        return found

    # -------------------------------------------------------------------------------------------------- variables
    def _named(self, name: str, above: tuple[Expr, ...], depth: int) -> Type | None:
        root, *rest = name.split(".")
        if root == "self":
            symbol = self.project.resolve(self.caller.path, "self", self.caller.qualname)
            found: Type | None = symbol if isinstance(symbol, Local) else None
        else:
            found = self._variable(root, above, depth)
        for attribute in rest:
            owner = self.class_of(found)
            found = self._attribute(owner, attribute) if owner is not None else None
        return found

    def _variable(self, name: str, above: tuple[Expr, ...], depth: int) -> Type | None:
        for outer in above:
            for target, iterable in _clauses(outer):
                if isinstance(target, Ref) and target.name == name:
                    return self._element(iterable, above, depth + 1)
        function = self.project.function(self.caller)
        if function is None:
            return None
        if name not in function.bound:
            return self._of_module(name)
        for param in function.params:
            if param.name == name:
                is_kept = not bindings(function, name)
                return self._at(param.annotation) if is_kept and param.kind not in ("*", "**") else None
        match bindings(function, name):
            case [Assign(annotation=annotation)] if annotation is not None:
                return self._at(annotation)
            case [Assign(value=value, op="=", targets=(Ref(),))]:
                return self.of(value, (), depth + 1)
            case [For(target=Ref(), iter=iterable)]:
                return self._element(iterable, (), depth + 1)
        return None

    def _of_module(self, name: str) -> Type | None:
        symbol = self.project.resolve(self.caller.path, name, self.caller.qualname)
        attribute = self.project.assignment(symbol)
        if attribute is None or not isinstance(symbol, Local):
            return None
        if attribute.annotation is not None:
            return Located(symbol.path, "", attribute.annotation)
        return self._made(Located(symbol.path, "", attribute.value)) if attribute.value is not None else None

    def _at(self, annotation: Expr | None) -> Located | None:
        return Located(self.caller.path, self.caller.qualname, annotation) if annotation is not None else None

    # ------------------------------------------------------------------------------------------------- attributes
    def _attribute(self, owner: Local, name: str) -> Type | None:
        for path, class_ in self.project.ancestry(owner).classes:
            declared = class_.attribute(name)
            if declared is not None:
                return Located(path, class_.qualname, declared.annotation) if declared.annotation is not None else None
            method = self.project.function(Local(path, f"{class_.qualname}.{name}"))
            if method is not None:
                is_read = any(_last(item) in _PROPERTIES for item in method.decorators)
                return Located(path, class_.qualname, method.returns) if is_read and method.returns else None
        return None

    # ------------------------------------------------------------------------------------------------------ calls
    def _returned(self, name: str) -> Type | None:
        symbol = self.project.resolve(self.caller.path, name, self.caller.qualname)
        if isinstance(symbol, Local) and self.project.class_(symbol) is not None:
            return symbol
        target = self.project.callgraph.target(self.caller, name)
        function = self.project.function(target)
        if function is None or not isinstance(target, Local) or function.is_generator or function.returns is None:
            return None
        if any(_last(item) not in ("staticmethod", "classmethod") for item in function.decorators):
            return None
        return Located(target.path, function.parent, function.returns)

    def _of_get(self, call: Call, above: tuple[Expr, ...], depth: int) -> Type | None:
        """What ``mapping.get(key)`` and ``mapping.pop(key)`` give; ``next(...)`` an element."""
        receiver, _, method = call.callee.rpartition(".")
        if method == "next" and not receiver and call.args:
            return self._element(call.args[0], above, depth + 1)
        if method not in ("get", "pop") or not receiver:
            return None
        mapping = Ref(receiver, call.func.span)
        return self._argument(self.of(mapping, above, depth + 1), -1) or self._of_display(mapping)

    # --------------------------------------------------------------------------------------------------- elements
    def _element(self, expr: Expr, above: tuple[Expr, ...], depth: int) -> Type | None:
        """Return the type of what an iteration gives."""
        if depth > _DEPTH:
            return None
        match expr:
            case Await(value=value):
                return self._element(value, above, depth + 1)
            case Call(func=Ref(name=name), args=(inner, *_)) if name in _SAME_ELEMENTS:
                return self._element(inner, above, depth + 1)
            case Call(func=Ref(name=name)) if name.endswith(".values"):
                mapping = Ref(name.removesuffix(".values"), expr.span)
                return self._argument(self.of(mapping, above, depth + 1), -1) or self._of_display(mapping)
            case Op(op="(for)" | "[for]", operands=(element, *_)):
                return self.of(element, (expr, *above), depth + 1)
        return self._argument(self.of(expr, above, depth + 1), 0) or self._of_display(expr)

    def _argument(self, found: Type | None, index: int) -> Located | None:
        """The argument of a container's annotation: its elements, or the values of a mapping (index -1)."""
        if not isinstance(found, Located) or not isinstance(found.expr, Sub):
            return None
        name = name_of_type(self.project, found).rpartition(".")[2]
        argument = found.expr.index
        arguments = argument.items if isinstance(argument, Seq) and argument.kind == "tuple" else (argument,)
        is_pair = name in _MAPPINGS and len(arguments) == 2
        if is_pair or (name in _SEVERAL and len(arguments) == 1):
            return Located(found.path, found.scope, arguments[index])
        return None

    def _of_display(self, expr: Expr) -> Local | None:
        """The one class of which all values of a list or dict of the project are made."""
        followed = value_of(self.project, Located(self.caller.path, self.caller.qualname, expr))
        match followed.expr if followed is not None else expr:
            case Seq(items=values) | Dict(values=values) if values:
                where = followed or Located(self.caller.path, self.caller.qualname, expr)
                classes = {self._made(Located(where.path, where.scope, value)) for value in values}
                return classes.pop() if len(classes) == 1 else None
        return None

    def _made(self, located: Located) -> Local | None:
        if not isinstance(located.expr, Call):
            return None
        symbol = self.project.resolve_expr(Located(located.path, located.scope, located.expr.func))
        return symbol if isinstance(symbol, Local) and self.project.class_(symbol) is not None else None


def _clauses(expr: Expr) -> Iterator[tuple[Expr, Expr]]:
    """The targets of a comprehension, each with what it goes through."""
    if isinstance(expr, Op) and expr.op.strip("[](){}:") == "for" and expr.op != "for":
        for clause in expr.operands:
            if isinstance(clause, Op) and clause.op in ("for", "async for"):
                yield clause.operands[0], clause.operands[1]


def bindings(function: Function, name: str) -> list[object]:
    """What binds a variable in the body of a function."""
    found: list[object] = []
    for stmt in statements(function.body):
        match stmt:
            case Assign(targets=targets) if any(_binds(target, name) for target in targets):
                found.append(stmt)
            case For(target=target) if _binds(target, name):
                found.append(stmt)
            case With(items=items):
                found += [item for item in items if item.target is not None and _binds(item.target, name)]
            case Try(handlers=handlers):
                found += [item for item in handlers if item.name == name]
    named = (item for item in expressions(function.body) if isinstance(item, Op) and item.op == ":=")
    return [*found, *[item for item in named if _binds(item.operands[0], name)]]


def _binds(target: Expr, name: str) -> bool:
    match target:
        case Ref(name=bound):
            return bound == name
        case Seq(items=items):
            return any(_binds(item, name) for item in items)
    return False


def _last(expr: Expr) -> str:
    return expr.name.rpartition(".")[2] if isinstance(expr, Ref) else ""
