"""Which functions of a project may run when some statements run.

The opposite of the call graph's caution: where a call's target is not known, every function of that name may be meant,
so that "not reached" can be relied on. Followed are calls and mentions, methods of subclasses, properties, nested
functions, decorators, functions handed to the one that calls its parameter, and the special methods of every class that
is mentioned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property

from litestar_fix.model.components import components
from litestar_fix.model.facts import Assign, Attr, Call, Expr, Function, Module, Ref, Stmt
from litestar_fix.model.project import Project
from litestar_fix.model.sites import roots
from litestar_fix.model.symbols import External, Local, ModuleRef
from litestar_fix.model.walk import expressions, statements, subexpressions

#: Annotations from here (Any, Callable ...) do not say whose methods are called.
_NO_CLASS = ("typing.", "typing_extensions.", "collections.abc.")


def words_of(name: str) -> list[str]:
    """Return the parts of a dotted name that may name a function: all of them but the receiver ``self`` or ``cls``."""
    parts = name.split(".")
    return parts[1:] if len(parts) > 1 and parts[0] in ("self", "cls") else parts


class Reach:
    """Answers for one project; what a function reads is worked out once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._steps: dict[Local, frozenset[Local]] = {}
        self._given: dict[Local, frozenset[Local]] = {}

    def of_body(self, path: str, scope: str, body: Iterable[Stmt]) -> frozenset[Local]:
        """Return the functions that may run when these statements run.

        Args:
            path: their file.
            scope: the qualname of the function that holds them, '' for a module.
            body: the statements; functions defined among them count only where they are mentioned.
        """
        return self._closure(self.mentioned(Local(path, scope), expressions(body)))

    def of_function(self, symbol: Local) -> frozenset[Local]:
        """Return the functions that may run when a function runs, itself included."""
        return self._closure((symbol,))

    def of_functions(self, symbols: Iterable[Local]) -> frozenset[Local]:
        """Return the functions that may run when any of several functions runs, themselves included."""
        return self._closure(symbols)

    def _closure(self, start: Iterable[Local]) -> frozenset[Local]:
        seen: set[Local] = set()
        todo = [*start]
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo += self.steps(current)
        return frozenset(seen)

    # ------------------------------------------------------------------------------------------------------ one step
    def steps(self, symbol: Local) -> frozenset[Local]:
        """Return what a function mentions, or the value of a module-level name: functions and module-level names."""
        if symbol not in self._steps:
            self._steps[symbol] = frozenset(self._steps_of(symbol, None))
        return self._steps[symbol]

    def leads_to(self, symbol: Local, target: Local, words: Set[str]) -> bool:
        """Whether a function, or the value of a module-level name, mentions a function by one of these words."""
        return target in self.mentioned_by(symbol, words)

    def mentioned_by(self, symbol: Local, words: Set[str]) -> frozenset[Local]:
        """Return what a function, or the value of a module-level name, mentions by one of these words."""
        return frozenset(self._steps_of(symbol, words))

    def _steps_of(self, symbol: Local, words: Set[str] | None) -> Iterator[Local]:
        function = self.project.function(symbol)
        attribute = self.project.assignment(symbol)
        if function is not None:
            yield from self._of_function(symbol, function, words)
        elif attribute is not None and attribute.value is not None:
            yield from self.mentioned(Local(symbol.path, ""), subexpressions(attribute.value), words)

    def _of_function(self, symbol: Local, function: Function, words: Set[str] | None) -> Iterator[Local]:
        inner = f"{symbol.qualname}.<locals>."
        for qualname in self.project.table(symbol.path).functions:
            if qualname.startswith(inner):
                yield Local(symbol.path, qualname)
        outer = Local(symbol.path, function.parent)
        decorating = [expr for root in function.decorators for expr in subexpressions(root)]
        yield from self.mentioned(outer, decorating, words)
        yield from self.mentioned(symbol, expressions(function.body), words)

    # -------------------------------------------------------------------------------------------------- single names
    def mentioned(self, caller: Local, read: Iterable[Expr], words: Set[str] | None = None) -> Iterator[Local]:
        """Yield the functions and module-level names that expressions may mean.

        Args:
            caller: the function that holds them.
            read: the expressions, a call before what it calls.
            words: only names that have one of these in them are looked at; None for all.
        """
        called = set()
        for expr in read:
            match expr:
                case Call(func=func):
                    called.add(func.span)
                case Attr(attr=attr) if words is None or attr in words:
                    yield from self._by_name(caller, attr)
                case Ref(name=name) if words is None or not words.isdisjoint(words_of(name)):
                    yield from self._named(caller, name, expr.span in called)

    def _named(self, caller: Local, name: str, is_called: bool) -> Iterator[Local]:
        match self.project.callgraph.target(caller, name):
            case Local() as found:
                yield from self._meant_by(found)
            case External(name=external) if not external.startswith(_NO_CLASS) and not self._is_bound(caller, name):
                return
            case ModuleRef():
                return
            case _:
                yield from self._guessed(caller, name, is_called)

    def _meant_by(self, found: Local) -> Iterator[Local]:
        owner = Local(found.path, found.qualname.rpartition(".")[0])
        function = self.project.function(found)
        if function is None:
            yield from self._special_methods(found)
            return
        yield found
        if function.name == "__init__":
            yield from self._special_methods(owner)
        elif self.project.class_(owner) is not None:
            for sub in self.project.subclasses(owner):
                member = self.project.member(sub, function.name)
                if member is not None:
                    yield member

    def _special_methods(self, class_: Local) -> Iterator[Local]:
        for path, base in self.project.ancestry(class_).classes:
            for qualname in base.methods:
                if qualname.endswith("__") and qualname.rpartition(".")[2].startswith("__"):
                    yield Local(path, qualname)

    def _guessed(self, caller: Local, name: str, is_called: bool) -> Iterator[Local]:
        *middle, last = name.split(".")
        if not middle:
            yield from self._variable(caller, name, is_called)
            return
        for attribute in middle[1:]:
            yield from (found for found in self._by_name(caller, attribute) if self._is_property(found))
        receiver = self.project.resolve(caller.path, ".".join(middle), caller.qualname)
        if self.project.function(receiver) is not None and isinstance(receiver, Local):
            yield from self._meant_by(receiver)  # the function of a handler: read_book.fn(...)
            return
        owner = self.project.callgraph.type_of(caller, ".".join(middle))
        if isinstance(owner, External) and not owner.name.startswith(_NO_CLASS):
            return
        if isinstance(owner, Local) and not self._is_protocol(owner):
            # the method is a library's, or a subclass adds it
            for sub in self.project.subclasses(owner):
                member = self.project.member(sub, last)
                if member is not None:
                    yield member
            return
        is_object = middle[0] in ("self", "cls") or self._is_bound(caller, middle[0])
        yield from (found for found in self._by_name(caller, last) if not is_object or self._is_method(found))

    def _is_bound(self, caller: Local, name: str) -> bool:
        """Whether a name is a variable of the function or of one around it."""
        function = self.project.function(caller)
        while function is not None and name not in function.bound:
            function = self.project.function(Local(caller.path, function.parent))
        return function is not None

    def _is_method(self, symbol: Local) -> bool:
        function = self.project.function(symbol)
        return function is not None and bool(function.owner)

    def _variable(self, caller: Local, name: str, is_called: bool) -> Iterator[Local]:
        symbol = self.project.resolve(caller.path, name, caller.qualname)
        attribute = self.project.assignment(symbol)
        if attribute is not None and attribute.value is not None and isinstance(symbol, Local):
            yield symbol
        elif symbol is None and is_called and not self.project.callgraph.is_builtin(caller, name):
            yield from self._renamed(caller, name)
            imported = self.project.table(caller.path).imports.get(("", name))
            yield from self._by_name(caller, imported.name) if imported is not None else self._handed_to(caller)

    def _renamed(self, caller: Local, name: str) -> Iterator[Local]:
        """What a local variable is another name of: ``fetch = load_book``."""
        function = self.project.function(caller)
        for stmt in statements(function.body) if function is not None else ():
            match stmt:
                case Assign(targets=(Ref(name=target),), value=Ref(name=other)) if target == name != other:
                    found = self.project.callgraph.target(caller, other)
                    if isinstance(found, Local):
                        yield from self._meant_by(found)

    def _is_protocol(self, class_: Local) -> bool:
        return any(name.rpartition(".")[2] == "Protocol" for name in self.project.ancestry(class_).externals)

    def _is_property(self, symbol: Local) -> bool:
        function = self.project.function(symbol)
        decorators = function.decorators if function is not None else ()
        return any(isinstance(item, Ref) and "property" in item.name for item in decorators)

    # ------------------------------------------------------------------------------------------------------- indexes
    def connected(self, left: str, right: str) -> bool:
        """Whether imports connect two modules, so that code of one may run code of the other."""
        return self._components[left] == self._components[right]

    def component(self, path: str) -> str:
        """Return a name of the modules that imports connect with a module."""
        return self._components[path]

    def connected_with(self, path: str) -> list[Module]:
        """Return the modules that imports connect with a module, itself included."""
        own = self._components[path]
        return [module for module in self.project.modules.values() if self._components[module.path] == own]

    @cached_property
    def _components(self) -> Mapping[str, str]:
        return components(self.project)

    def _by_name(self, caller: Local, name: str) -> Sequence[Local]:
        return self._named_functions.get((self._components[caller.path], name), ())

    @cached_property
    def _named_functions(self) -> dict[tuple[str, str], list[Local]]:
        index: dict[tuple[str, str], list[Local]] = {}
        for module, function in self.project.functions():
            symbol = Local(module.path, function.qualname)
            if symbol not in self.project.layers.handlers:  # no longer functions: only Litestar calls them
                index.setdefault((self._components[module.path], function.name), []).append(symbol)
        return index

    def _handed_to(self, caller: Local) -> frozenset[Local]:
        """The functions that a function may call through a variable: those it decorates, those it is called with."""
        outermost = Local(caller.path, caller.qualname.partition(".<locals>")[0])
        return self.handed(caller) | self.handed(outermost)

    def handed(self, taker: Local) -> frozenset[Local]:
        """Return the functions that a function decorates or is called with."""
        if taker not in self._given:
            self._given[taker] = frozenset(self._gifts(taker))
        return self._given[taker]

    def _gifts(self, taker: Local) -> Iterator[Local]:
        *outer, last = taker.qualname.split(".")
        name = outer[-1] if outer and last == "__init__" else last
        for path in self.project.words.readers(name):
            module = self.project.modules[path]
            known_as = {name} | {item.local for item in module.imports if item.name == name}
            for function in module.functions:
                for decorator in function.decorators:
                    if self.taker(Local(path, function.parent), decorator) == taker:
                        yield Local(path, function.qualname)
            read = [module.names, *[function.names for function in module.functions]]
            wanted = {dotted for part in read for dotted in part if dotted.rpartition(".")[2] in known_as}
            for scope, _, root in roots(module, wanted):
                for expr in subexpressions(root):
                    if isinstance(expr, Call) and expr.callee in wanted:
                        yield from self._arguments(taker, Local(path, scope), expr)

    def _arguments(self, taker: Local, caller: Local, call: Call) -> Iterator[Local]:
        """The functions that a call hands to the taker."""
        given = [item.name for item in (*call.args, *[k.value for k in call.keywords]) if isinstance(item, Ref)]
        if not given or self.taker(caller, call) != taker:
            return
        for name in given:
            found = self.project.callgraph.target(caller, name)
            if isinstance(found, Local) and self.project.function(found) is not None:
                yield found

    def taker(self, caller: Local, decorator: Expr) -> Local | None:
        """Return the function of the project that a decorator or a call names, None where there is none."""
        name = decorator.callee if isinstance(decorator, Call) else decorator.name if isinstance(decorator, Ref) else ""
        found = self.project.callgraph.target(caller, name) if name else None
        return found if isinstance(found, Local) else None
