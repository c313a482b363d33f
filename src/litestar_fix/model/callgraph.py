"""Who calls whom, over the functions of a project.

Known receivers: imported and defined names, ``self`` (inherited methods too), ``self.attribute`` and parameters of an annotated class,
instances made in the function or at module level, ``super()``. Whatever else is called is unknown and left out, never guessed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from litestar_fix.model.facts import Assign, Attr, Await, Call, Expr, Function, Op, Param, Ref, Seq, Sub
from litestar_fix.model.project import External, Local, Located, Project, Symbol
from litestar_fix.model.walk import expressions, statements

_TRANSPARENT = frozenset({"Annotated", "Optional", "NamedDependency", "Final", "ClassVar", "FromDishka", "Injected"})


@dataclass(frozen=True, slots=True)
class Step:
    """One call on the way: who calls, and what, as written."""

    caller: Local
    name: str


class CallGraph:
    """The calls of a project's functions, worked out when asked for."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._targets: dict[tuple[Local, str], Symbol | None] = {}
        self._attributes: dict[tuple[Local, str], Local | None] = {}

    def target(self, caller: Local, name: str) -> Symbol | None:
        """Return what a dotted name called in a function stands for; a class stands for its ``__init__`` where it has one.

        Args:
            caller: the calling function.
            name: the callee as written.
        """
        key = (caller, name)
        if key not in self._targets:
            found = self._resolved(caller, name)
            if isinstance(found, Local) and self.project.class_(found) is not None:
                found = self.project.member(found, "__init__") or found
            self._targets[key] = found
        return self._targets[key]

    def _resolved(self, caller: Local, name: str) -> Symbol | None:
        found = self.project.resolve(caller.path, name, caller.qualname)
        if found is not None and (not isinstance(found, Local) or self._is_code(found)):
            return found
        receiver, _, method = name.rpartition(".")
        if not receiver:
            return None
        owner = self.type_of(caller, receiver)
        match owner:
            case Local():
                return self.project.member(owner, method)
            case External(name=external):
                return External(f"{external}.{method}")
        return None

    def _is_code(self, symbol: Local) -> bool:
        return self.project.function(symbol) is not None or self.project.class_(symbol) is not None

    def type_of(self, caller: Local, name: str) -> Symbol | None:
        """Return the class of which a dotted name read in a function is an instance, None where that is not known."""
        root, *rest = name.split(".")
        found: Symbol | None
        if root == "self":
            found = self.project.resolve(caller.path, "self", caller.qualname)
        else:
            found = self._variable(caller, root)
        for attribute in rest:
            if not isinstance(found, Local):
                return None
            found = self._attribute(found, attribute)
        return found

    def _variable(self, caller: Local, name: str) -> Symbol | None:
        function = self.project.function(caller)
        while function is not None and name not in function.bound:
            caller = Local(caller.path, function.parent)
            function = self.project.function(caller)
        if function is not None:
            for param in function.params:
                if param.name == name:
                    return self._annotated(caller.path, caller.qualname, param)
            return self._assigned(caller, function, name)
        symbol = self.project.resolve(caller.path, name)
        attribute = self.project.assignment(symbol)
        if attribute is None or not isinstance(symbol, Local):
            return None
        declared = self.class_in(Located(symbol.path, "", attribute.annotation)) if attribute.annotation else None
        return declared or self._instance(symbol.path, "", attribute.value)

    def _annotated(self, path: str, scope: str, param: Param) -> Symbol | None:
        return self.class_in(Located(path, scope, param.annotation)) if param.annotation is not None else None

    def _assigned(self, caller: Local, function: Function, name: str) -> Symbol | None:
        values = [
            stmt.value
            for stmt in statements(function.body)
            if isinstance(stmt, Assign) and any(isinstance(t, Ref) and t.name == name for t in stmt.targets)
        ]
        return self._instance(caller.path, caller.qualname, values[0]) if len(values) == 1 else None

    def _instance(self, path: str, scope: str, value: Expr | None) -> Symbol | None:
        """The class that an expression makes an instance of."""
        if isinstance(value, Await):
            value = value.value
        if not isinstance(value, Call):
            return None
        symbol = self.project.resolve_expr(Located(path, scope, value.func))
        function = self.project.function(symbol)
        if (
            function is not None
            and isinstance(symbol, Local)
            and function.returns is not None
            and not function.is_generator
        ):
            return self.class_in(Located(symbol.path, symbol.qualname, function.returns))
        if isinstance(symbol, Local):
            return symbol if self.project.class_(symbol) is not None else None
        if isinstance(symbol, External) and symbol.name.rpartition(".")[2][:1].isupper():
            return symbol
        return None

    def class_in(self, located: Located) -> Symbol | None:
        """The one class that an annotation names, through ``Annotated``, ``Optional``, ``X | None`` and the like."""
        path, scope = located.path, located.scope
        match located.expr:
            case Ref():
                symbol = self.project.resolve_expr(located)
                return symbol if isinstance(symbol, External) or self.project.class_(symbol) is not None else None
            case Sub(value=Ref(name=name), index=index) if name.rpartition(".")[2] in _TRANSPARENT:
                inner = index.items[0] if isinstance(index, Seq) and index.items else index
                return self.class_in(Located(path, scope, inner))
            case Sub(value=value):
                return self.class_in(Located(path, scope, value))
            case Op(op="|", operands=operands):
                named = [operand for operand in operands if isinstance(operand, Ref | Sub)]
                return self.class_in(Located(path, scope, named[0])) if len(named) == 1 else None
        return None

    def _attribute(self, owner: Local, name: str) -> Local | None:
        key = (owner, name)
        if key not in self._attributes:
            self._attributes[key] = None
            found = self._find_attribute(owner, name)
            self._attributes[key] = found if isinstance(found, Local) else None
        return self._attributes[key]

    def _find_attribute(self, owner: Local, name: str) -> Symbol | None:
        for path, class_ in self.project.ancestry(owner).classes:
            declared = class_.attribute(name)
            if declared is not None and declared.annotation is not None:
                return self.class_in(Located(path, class_.qualname, declared.annotation))
            if declared is not None:
                return self._instance(path, class_.qualname, declared.value)
            init = self.project.function(Local(path, f"{class_.qualname}.__init__"))
            if init is not None:
                found = self._set_in(Local(path, init.qualname), init, name)
                if found is not None:
                    return found
        return None

    def _set_in(self, caller: Local, init: Function, name: str) -> Symbol | None:
        for stmt in statements(init.body):
            if not isinstance(stmt, Assign) or not any(
                isinstance(t, Ref) and t.name == f"self.{name}" for t in stmt.targets
            ):
                continue
            if stmt.annotation is not None:
                return self.class_in(Located(caller.path, caller.qualname, stmt.annotation))
            if isinstance(stmt.value, Ref) and "." not in stmt.value.name:
                return self._variable(caller, stmt.value.name)
            return self._instance(caller.path, caller.qualname, stmt.value)
        return None

    # ----------------------------------------------------------------------------------------------------- walking
    def callees(self, caller: Local) -> Iterator[tuple[str, Symbol]]:
        """Yield (name as written, what it stands for) of every call in a function whose target is known."""
        function = self.project.function(caller)
        if function is None:
            return
        for name in function.calls:
            found = self.target(caller, name)
            if found is not None:
                yield name, found
        if "super" in function.calls:
            yield from self._super_calls(caller, function)

    def _super_calls(self, caller: Local, function: Function) -> Iterator[tuple[str, Symbol]]:
        owner = self.project.resolve(caller.path, "self", caller.qualname)
        if not isinstance(owner, Local):
            return
        for expr in expressions(function.body):
            match expr:
                case Call(func=Attr(value=Call(func=Ref(name="super")), attr=attr)):
                    for path, base in self.project.ancestry(owner).classes[1:]:
                        found = self.project.member(Local(path, base.qualname), attr)
                        if found is not None:
                            yield f"super().{attr}", found
                            break

    def path_to(
        self, start: Local, wanted: Callable[[str], bool], *, into_async: bool = False
    ) -> tuple[Step, ...] | None:
        """Find the shortest chain of calls from a function to a library call.

        Args:
            start: the function to begin with.
            wanted: tells by its canonical name whether a library call is looked for; builtins are ``builtins.<name>``.
            into_async: whether to follow calls of coroutine functions of the project, too.

        Returns:
            The calls on the way, the library call last; None where there is no such chain.
        """
        todo: deque[tuple[Local, tuple[Step, ...]]] = deque([(start, ())])
        seen = {start}
        while todo:
            caller, way = todo.popleft()
            for name, found in self._with_builtins(caller):
                step = (*way, Step(caller, name))
                if isinstance(found, External):
                    if wanted(found.name):
                        return step
                elif isinstance(found, Local) and found not in seen:
                    function = self.project.function(found)
                    if function is not None and (into_async or not function.is_async) and not function.is_generator:
                        seen.add(found)
                        todo.append((found, step))
        return None

    def _with_builtins(self, caller: Local) -> Iterator[tuple[str, Symbol]]:
        yield from self.callees(caller)
        function = self.project.function(caller)
        for name in function.calls if function is not None else ():
            if "." not in name and self.is_builtin(caller, name):
                yield name, External(f"builtins.{name}")

    def is_builtin(self, caller: Local, name: str) -> bool:
        """Whether a plain name in a function is not bound by the function, its enclosing functions or the module."""
        function = self.project.function(caller)
        while function is not None:
            if name in function.bound:
                return False
            function = self.project.function(Local(caller.path, function.parent))
        return name not in self.project.table(caller.path) and not self.project.table(caller.path).stars

    @cached_property
    def _callers(self) -> dict[Local, list[Local]]:
        index: dict[Local, list[Local]] = {}
        for module, function in self.project.functions():
            caller = Local(module.path, function.qualname)
            for _, found in self.callees(caller):
                if isinstance(found, Local):
                    index.setdefault(found, []).append(caller)
        return index

    def callers(self, callee: Local) -> tuple[Local, ...]:
        """The functions of the project that are seen to call a function."""
        return tuple(dict.fromkeys(self._callers.get(callee, ())))
