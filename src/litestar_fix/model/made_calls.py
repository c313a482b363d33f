"""The calls that functions make themselves, each with what it runs, and from the other end: who calls a function.

Where the call graph leaves an abstract method, its one implementation is meant, or that of the class that the providers
give. A function handed to SQLAlchemy's ``run_sync``, or a coroutine function to a task group or a background task, is
called by those on the event loop. What lambdas and nested functions call runs later, and perhaps elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from functools import cached_property

import msgspec

from litestar_fix.model.facts import (
    Attr,
    Await,
    Call,
    Const,
    Do,
    Expr,
    Function,
    Lambda,
    Other,
    Plain,
    Raise,
    Ref,
    Return,
)
from litestar_fix.model.nesting import Level, Nested, levels
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import External, Local, Symbol
from litestar_fix.model.walk import children, own_expressions, statements

_LEAVES = frozenset({Const, Lambda, Other, Ref})
_FEW = 8
#: Methods that run what they are given on the event loop; the first one runs synchronous functions.
_RUN_SYNC = "run_sync"
_STARTERS = frozenset({"BackgroundTask", "add_task", "start_soon"})
_SYNC_RUNNERS = frozenset(
    [
        "sqlalchemy.ext.asyncio.AsyncSession",
        "sqlalchemy.ext.asyncio.AsyncConnection",
        "sqlmodel.ext.asyncio.AsyncSession",
    ]
)


class Made(msgspec.Struct, frozen=True):
    """One call: who makes it, the name as written, what it runs, and where it stands."""

    caller: Local
    name: str
    call: Call
    runs: Symbol
    place: Nested

    @property
    def is_awaited(self) -> bool:
        """Whether its result is awaited at once."""
        return isinstance(self.place.parent, Await)

    @property
    def is_run_by_sqlalchemy(self) -> bool:
        """Whether ``run_sync`` runs it, with a session or connection whose queries are awaited behind its back."""
        return self.name != self.call.callee and self.call.callee.rpartition(".")[2] == _RUN_SYNC


class MadeCalls:
    """Answers for one project; what a function calls is worked out once for each name."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._nested: dict[Local, tuple[tuple[str, str, Nested], ...]] = {}
        self._callers: dict[tuple[Local, frozenset[Role]], tuple[Made, ...]] = {}

    # ------------------------------------------------------------------------------------------------ what it calls
    def by(self, caller: Local, wanted: Set[str]) -> Iterator[Made]:
        """Yield the calls that a function makes of what has one of these plain names.

        Args:
            caller: the function.
            wanted: last parts of the names as written; a class's name for its ``__init__``.
        """
        for last, handed, place in self._calls(caller):
            call = place.expr
            if (last not in wanted and handed not in wanted) or not isinstance(call, Call):
                continue
            name = _name(call)
            if last in wanted:
                found = self._run(caller, call)
                if found is not None:
                    yield Made(caller, name, call, found, place)
            given = call.args[0] if call.args else None
            if handed in wanted and isinstance(given, Ref):
                found = self._handed(caller, name, call, given)
                if found is not None:
                    yield Made(caller, given.name, call, found, place)

    def _calls(self, caller: Local) -> tuple[tuple[str, str, Nested], ...]:
        """The calls of a function, each behind the plain names of what it calls and of its first argument."""
        if caller not in self._nested:
            function = self.project.function(caller)
            self._nested[caller] = tuple(_own_calls(function)) if function is not None else ()
        return self._nested[caller]

    def named(self, caller: Local, name: str) -> Symbol | None:
        """Return what the call of a dotted name in a function runs."""
        graph = self.project.callgraph
        found = graph.target(caller, name)
        if found is None and "." not in name and graph.is_builtin(caller, name):
            return External(f"builtins.{name}")
        return self._concrete(caller, name.rpartition(".")[0], found) if isinstance(found, Local) else found

    def _run(self, caller: Local, call: Call) -> Symbol | None:
        graph = self.project.callgraph
        match call.func:
            case Ref(name=name):
                return self.named(caller, name)
            case Attr(value=Call(func=Ref(name="super")), attr=attr):
                return next((found for name, found in graph.callees(caller) if name == f"super().{attr}"), None)
            case Attr(value=value, attr=attr):
                match graph.type_of_expr(caller, value):
                    case External(name=name):
                        return External(f"{name}.{attr}")
                    case Local() as owner:
                        found = self.project.member(owner, attr)
                        return self._concrete(caller, "", found) if found is not None else None
        return None

    def _handed(self, caller: Local, name: str, call: Call, given: Ref) -> Local | None:
        found = self.project.callgraph.target(caller, given.name)
        function = self.project.function(found)
        if function is None or not isinstance(found, Local):
            return None
        last = name.rpartition(".")[2]
        if last in _STARTERS:
            return found if function.is_async else None
        return found if last == _RUN_SYNC and not function.is_async and self._runs_sync(caller, call) else None

    def _runs_sync(self, caller: Local, call: Call) -> bool:
        receiver = call.callee.rpartition(".")[0]
        owner = self.project.callgraph.type_of(caller, receiver) if receiver else None
        names = self.project.ancestry(owner).externals if isinstance(owner, Local) else ()
        return not _SYNC_RUNNERS.isdisjoint((owner.name,) if isinstance(owner, External) else names)

    # -------------------------------------------------------------------------------------------- abstract methods
    def _concrete(self, caller: Local, receiver: str, found: Local) -> Local:
        function = self.project.function(found)
        if function is None or not function.owner or not _is_abstract(function):
            return found
        implementations = self._implementations(found, function.name)
        if len(implementations) > 1 or not implementations:
            provided = self._provided(caller, receiver, function.name)
            implementations = provided or implementations
        return implementations.pop() if len(implementations) == 1 else found

    def _implementations(self, abstract: Local, name: str) -> set[Local]:
        owner = Local(abstract.path, abstract.qualname.rpartition(".")[0])
        real = [sub for sub in self.project.subclasses(owner) if self.project.role(sub.path) is not Role.TEST]
        members = {self.project.member(sub, name) for sub in real}
        return {item for item in members if item is not None and not self._leaves_open(item)}

    def _leaves_open(self, symbol: Local) -> bool:
        function = self.project.function(symbol)
        return function is None or _is_abstract(function)

    def _provided(self, caller: Local, receiver: str, method: str) -> set[Local]:
        """The methods of the classes that the providers give for a parameter of a handler or provider."""
        members = {self.project.member(class_, method) for class_ in self._provided_classes.get(receiver, ())}
        function = self.project.function(caller)
        if function is None or not any(param.name == receiver for param in function.params):
            return set()
        return {item for item in members if item is not None}

    @cached_property
    def _provided_classes(self) -> dict[str, frozenset[Local]]:
        found: dict[str, set[Local]] = {}
        for provider in self.project.layers.providers:
            if self.project.role(provider.value.path) is Role.TEST:
                continue
            for class_ in self._given_by(provider.target):
                found.setdefault(provider.key, set()).add(class_)
        return {key: frozenset(classes) for key, classes in found.items()}

    def _given_by(self, target: Symbol | None) -> Iterator[Local]:
        function = self.project.function(target)
        if isinstance(target, Local) and self.project.class_(target) is not None:
            yield target
        elif isinstance(target, Local) and function is not None:
            for stmt in statements(function.body):
                value = stmt.value if isinstance(stmt, Return) else None
                class_ = self.project.callgraph.type_of_expr(target, value)
                if isinstance(class_, Local):
                    yield class_

    # -------------------------------------------------------------------------------------------------- who calls it
    def of(self, callee: Local, apart: frozenset[Role] = frozenset()) -> tuple[Made, ...]:
        """Return the calls that are seen to run a function of the project, but for those in files of some roles."""
        key = callee, apart
        if key not in self._callers:
            self._callers[key] = tuple(self._find(callee, apart))
        return self._callers[key]

    def _find(self, callee: Local, apart: frozenset[Role]) -> Iterator[Made]:
        words = self.project.words.aliases(self._names(callee))
        for path in dict.fromkeys(path for word in sorted(words) for path in self.project.words.readers(word)):
            if self.project.role(path) not in apart:
                for caller in self.naming(path, words):
                    yield from (made for made in self.by(caller, words) if made.runs == callee)

    def naming(self, path: str, words: Set[str]) -> Iterator[Local]:
        """Yield the functions of a file that name one of these plain names anywhere in their bodies."""
        for function in self.project.modules[path].functions:
            texts = [function.calls_text, function.given_text, function.attributes_text]
            near = _near(texts, words) if len(words) <= _FEW else texts
            if near and not words.isdisjoint(" ".join(near).replace(".", " ").split()):
                yield Local(path, function.qualname)

    def _names(self, callee: Local) -> set[str]:
        *outer, last = callee.qualname.split(".")
        owner = Local(callee.path, ".".join(outer))
        match last:
            case "__init__":
                classes = [owner, *self.project.subclasses(owner)]
                return {class_.qualname.rpartition(".")[2] for class_ in classes}
            case "__call__":
                return set(self._instances(owner))
        return {last}

    def _instances(self, class_: Local) -> Iterator[str]:
        """The names of variables, attributes and parameters that may hold an instance."""
        own = class_.qualname.rpartition(".")[2]
        for path in self.project.words.readers(own):
            module = self.project.modules[path]
            yield from (item.name for item in module.assignments)
            for owner in module.classes:
                yield from (item.name for item in owner.attributes)
            for function in module.functions:
                yield from (name.rpartition(".")[2] for name in function.bound)


def _near(texts: Iterable[str], words: Iterable[str]) -> list[str]:
    """The texts that a word is a part of: to look for a few in a text is much faster than to split it."""
    found = []
    for text in texts:
        for word in words:
            if word in text:
                found.append(text)
                break
    return found


def _own_calls(function: Function) -> Iterator[tuple[str, str, Nested]]:
    for here in levels(function.body):
        for root in own_expressions(here[0].stmt):
            found: list[Nested] = []
            _collect(root, (), here, found)
            for place in found:
                yield _name(place.expr).rpartition(".")[2], _handed(place.expr), place


def _collect(expr: Expr, above: tuple[Expr, ...], here: tuple[Level, ...], found: list[Nested]) -> None:
    # not `nested`: most of the time of a search would go into places of names and constants
    kind = type(expr)
    if kind in _LEAVES:
        return
    if kind is Call:
        found.append(Nested(expr, above, here))
    for child in children(expr):
        _collect(child, (expr, *above), here, found)


def _name(call: Expr) -> str:
    match call:
        case Call(func=Ref(name=name)):
            return name
        case Call(func=Attr(value=Call(func=Ref(name="super")), attr=attr)):
            return f"super().{attr}"
        case Call(func=Attr(attr=attr)):
            return f"().{attr}"
    return ""


def _handed(call: Expr) -> str:
    match call:
        case Call(args=(Ref(name=name), *_)):
            return name.rpartition(".")[2]
    return ""


def _is_abstract(function: Function) -> bool:
    """Whether a method leaves what it does to subclasses, or to whoever fulfils a protocol."""
    if any(_named(item).rpartition(".")[2] == "abstractmethod" for item in function.decorators):
        return True
    return all(_does_nothing(stmt) for stmt in function.body)


def _does_nothing(stmt: object) -> bool:
    match stmt:
        case Plain(kind="pass") | Do(value=Const() | Other(text="Ellipsis")):
            return True
        case Raise(exc=Ref(name=name)) | Raise(exc=Call(func=Ref(name=name))):
            return name == "NotImplementedError"
    return False


def _named(expr: Expr) -> str:
    return expr.name if isinstance(expr, Ref) else ""
