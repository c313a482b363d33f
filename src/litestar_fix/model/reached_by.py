"""Which functions of a project may run a given function: `reach`, asked from the other end.

A closure of what a function may run visits most of a project, one of what may run a function only a few functions. Who
may mention a function is looked up by the words of its names; whether it does is what `Reach` says of the mention.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from litestar_fix.model.facts import Attr, Call, Expr, Function, Module, Ref, Span, Stmt
from litestar_fix.model.reach import Reach, words_of
from litestar_fix.model.sites import roots
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import expressions, subexpressions

_ITSELF = frozenset({"self", "cls"})
#: The size of a closure from which on the steps of the whole project are worked out.
_MANY = 60


class _Mentions(msgspec.Struct, frozen=True):
    """The words of the names that a function, or the value of a module-level name, mentions."""

    symbol: Local
    words: frozenset[str]


class ReachedBy:
    """Answers for one project; what is worked out for one function is kept for the next."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.project = reach.project
        self._steps: dict[Local, frozenset[Local]] = {}
        self._closures: dict[Local, frozenset[Local]] = {}
        self._bodies: dict[tuple[Local, Span], frozenset[Local]] = {}
        self._mentioning: dict[str, list[_Mentions]] = {}
        self._mentioners: dict[frozenset[str], Mapping[Local, Sequence[Local]]] = {}
        self._takers: dict[frozenset[str], frozenset[Local]] = {}

    def of_function(self, symbol: Local) -> frozenset[Local]:
        """Return the functions, and the module-level names, that may run a function; it is one of them itself."""
        if symbol not in self._closures:
            seen: set[Local] = set()
            todo = [symbol]
            while todo:
                current = todo.pop()
                if current not in seen:
                    seen.add(current)
                    todo += self._all_before.get(current, ()) if len(seen) > _MANY else self._before(current)
            self._closures[symbol] = frozenset(seen)
        return self._closures[symbol]

    def body_runs(self, path: str, scope: str, body: tuple[Stmt, ...], symbol: Local) -> bool:
        """Whether statements may run a function.

        Args:
            path: the file of the statements.
            scope: the qualname of the function that holds them, '' for a module.
            body: the statements, all of one block.
            symbol: the function.
        """
        reached_by = self.of_function(symbol)
        holder = Local(path, scope)
        if scope and holder not in reached_by:
            return False
        return not reached_by.isdisjoint(self._mentioned_in(holder, body))

    def _mentioned_in(self, holder: Local, body: tuple[Stmt, ...]) -> frozenset[Local]:
        key = holder, body[0].span
        if key not in self._bodies:
            self._bodies[key] = frozenset(self.reach.mentioned(holder, expressions(body)))
        return self._bodies[key]

    def _before(self, symbol: Local) -> frozenset[Local]:
        if symbol not in self._steps:
            self._steps[symbol] = frozenset(self._find_before(symbol))
        return self._steps[symbol]

    def _find_before(self, symbol: Local) -> Iterator[Local]:
        yield from self._enclosing(symbol)
        family = self._family(symbol)
        words = self.project.words.aliases({_last(symbol), *[_last(class_) for class_ in family]})
        homes = {class_.path for class_ in family}
        yield from (found for found in self._by_words(words).get(symbol, ()) if found.path not in homes)
        for path in sorted(homes):
            wanted = words | _ITSELF
            for item in self._mentions(path):
                if not wanted.isdisjoint(item.words) and self.reach.leads_to(item.symbol, symbol, wanted):
                    yield item.symbol
        function = self.project.function(symbol)
        if function is not None:
            for taker in {*self._decorated_by(symbol, function), *self._called_with(words)}:
                yield from self._through(taker, symbol)

    def _by_words(self, words: frozenset[str]) -> Mapping[Local, Sequence[Local]]:
        """Who mentions what by these words, worked out once for all functions of one name."""
        if words not in self._mentioners:
            found: dict[Local, list[Local]] = {}
            for path in self._readers(words):
                for item in self._mentions(path):
                    if not words.isdisjoint(item.words):
                        for meant in self.reach.mentioned_by(item.symbol, words):
                            found.setdefault(meant, []).append(item.symbol)
            self._mentioners[words] = found
        return self._mentioners[words]

    def _readers(self, words: frozenset[str]) -> Iterable[str]:
        return dict.fromkeys(path for word in sorted(words) for path in self.project.words.readers(word))

    def _enclosing(self, symbol: Local) -> Iterator[Local]:
        """The functions in which a function is defined; whoever runs them may run it."""
        *outer, _ = symbol.qualname.split(".<locals>.")
        for end in range(len(outer)):
            holder = Local(symbol.path, ".<locals>.".join(outer[: end + 1]))
            if self.project.function(holder) is not None:
                yield holder

    def _family(self, symbol: Local) -> list[Local]:
        """The classes whose mention runs a function: those that have it as a special method."""
        function = self.project.function(symbol)
        if (
            function is None
            or not function.owner
            or not (function.name.startswith("__") and function.name[-2:] == "__")
        ):
            return []
        owner = Local(symbol.path, function.owner)
        return [owner, *self.project.subclasses(owner)]

    @cached_property
    def _all_before(self) -> dict[Local, list[Local]]:
        """All steps of the project turned round: for a large closure less work than a search for each member."""
        symbols = [Local(module.path, function.qualname) for module, function in self.project.functions()]
        for module in self.project.modules.values():
            symbols += [Local(module.path, name) for name in dict.fromkeys(item.name for item in module.assignments)]
        index: dict[Local, list[Local]] = {}
        for symbol in symbols:
            for found in self.reach.steps(symbol):
                index.setdefault(found, []).append(symbol)
        return index

    # ------------------------------------------------------------------------------------------ functions handed over
    def _decorated_by(self, symbol: Local, function: Function) -> Iterator[Local]:
        for decorator in function.decorators:
            taker = self.reach.taker(Local(symbol.path, function.parent), decorator)
            if taker is not None:
                yield taker

    def _called_with(self, words: frozenset[str]) -> frozenset[Local]:
        """The functions that are called with an argument of one of these names."""
        if words not in self._takers:
            self._takers[words] = frozenset(self._takers_of(words))
        return self._takers[words]

    def _takers_of(self, words: frozenset[str]) -> Iterator[Local]:
        for path in self._readers(words):
            module = self.project.modules[path]
            for scope, _, root in roots(module, _containing(module, words), given=True):
                for expr in subexpressions(root):
                    if isinstance(expr, Call) and _is_given(expr, words):
                        taker = self.reach.taker(Local(path, scope), expr)
                        if taker is not None:
                            yield taker

    def _through(self, taker: Local, symbol: Local) -> Iterator[Local]:
        """The functions that call what the taker is given: itself, and those defined in it."""
        if symbol not in self.reach.handed(taker):
            return
        inner = f"{taker.qualname}.<locals>."
        for qualname in self.project.table(taker.path).functions:
            within = Local(taker.path, qualname)
            if (within == taker or qualname.startswith(inner)) and symbol in self.reach.steps(within):
                yield within

    # ------------------------------------------------------------------------------------------------------- indexes
    def _mentions(self, path: str) -> list[_Mentions]:
        if path not in self._mentioning:
            module = self.project.modules[path]
            functions = [_Mentions(Local(path, item.qualname), _of_function(item)) for item in module.functions]
            self._mentioning[path] = [*functions, *self._of_values(module)]
        return self._mentioning[path]

    def _of_values(self, module: Module) -> Iterator[_Mentions]:
        for item in module.assignments:
            symbol = Local(module.path, item.name)
            if item.value is not None and self.project.assignment(symbol) is item:
                yield _Mentions(symbol, frozenset(_words_in(item.value)))


def _last(symbol: Local) -> str:
    return symbol.qualname.rpartition(".")[2]


def _of_function(function: Function) -> frozenset[str]:
    words = {word for name in function.names for word in words_of(name)}
    words.update(function.attributes_text.split())
    words.update(word for decorator in function.decorators for word in _words_in(decorator))
    return frozenset(words)


def _is_given(call: Call, words: frozenset[str]) -> bool:
    given = (*call.args, *[keyword.value for keyword in call.keywords])
    return any(isinstance(item, Ref) and not words.isdisjoint(words_of(item.name)) for item in given)


def _words_in(root: Expr) -> Iterator[str]:
    for expr in subexpressions(root):
        match expr:
            case Ref(name=name):
                yield from words_of(name)
            case Attr(attr=attr):
                yield attr


def _containing(module: Module, words: frozenset[str]) -> set[str]:
    """The dotted names read in a module that have one of the words in them."""
    texts = [module.names_text, *[function.given_text for function in module.functions]]
    near = [text for text in texts if any(word in text for word in words)]
    return {name for text in near for name in text.split() if not words.isdisjoint(words_of(name))}
