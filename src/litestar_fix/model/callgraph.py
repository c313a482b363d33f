"""Who calls whom, over the functions of a project.

Known receivers: imported and defined names, ``self`` (inherited methods too), ``self.attribute`` and parameters of an
annotated class, instances made in the function or at module level, ``super()``. Whatever else is called is unknown and
left out, never guessed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property

import msgspec

from litestar_fix.model.facts import Attr, Call, Function, Ref
from litestar_fix.model.receivers import Receivers
from litestar_fix.model.symbols import External, Local, Symbol
from litestar_fix.model.walk import expressions


class Step(msgspec.Struct, frozen=True):
    """One call on the way: who calls, and what, as written."""

    caller: Local
    name: str


class CallGraph(Receivers):
    """The calls of a project's functions, worked out when asked for."""

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
        self,
        start: Local,
        wanted: Callable[[str], bool],
        *,
        into_async: bool = False,
        follows: Callable[[Step, Symbol], bool] | None = None,
    ) -> tuple[Step, ...] | None:
        """Find the shortest chain of calls from a function to a library call.

        Args:
            start: the function to begin with.
            wanted: tells by its canonical name whether a library call is looked for; builtins are ``builtins.<name>``.
            into_async: whether to follow calls of coroutine functions of the project, too.
            follows: tells of a call, and of what it stands for, whether it counts; all of them do by default.

        Returns:
            The calls on the way, the library call last; None where there is no such chain.
        """
        todo: deque[tuple[Local, tuple[Step, ...]]] = deque([(start, ())])
        seen = {start}
        while todo:
            caller, way = todo.popleft()
            for name, found in self._with_builtins(caller):
                step = (*way, Step(caller, name))
                if follows is not None and not follows(step[-1], found):
                    continue
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
        if function is None:
            return
        for name in function.calls:
            if "." not in name and self.is_builtin(caller, name):
                yield name, External(f"builtins.{name}")
        for expr in expressions(function.body, lambdas=False):
            match expr:
                case Call(func=Attr(value=value, attr=attr)):  # Path("x").read_text()
                    owner = self.type_of_expr(caller, value)
                    if isinstance(owner, External):
                        yield f"{owner.name}.{attr}", External(f"{owner.name}.{attr}")

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
