"""Blocking calls that coroutine functions make on the event loop, themselves or through synchronous functions.

Asked from the end: the functions that make a known blocking call, then whoever calls those, until a coroutine function
is met. Few functions of a project lie on such a way, and only these are decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import cached_property
from weakref import WeakKeyDictionary

import msgspec

from litestar_fix.model.blocking import ASYNC_MODULES, PARSER, Waiting, blocking_names, waits_for
from litestar_fix.model.bodies import parses_body
from litestar_fix.model.done_once import is_done_once, is_kept
from litestar_fix.model.facts import Call, Const, Expr, Function, Ref, Span
from litestar_fix.model.generators import when_resumed
from litestar_fix.model.made_calls import Made, MadeCalls
from litestar_fix.model.names import HTTP_DECORATORS
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.served import served
from litestar_fix.model.symbols import External, Local, Symbol

#: What is looked for in one walk; a call that leads to both counts for the first.
_WALKS = (frozenset({Waiting.IO, Waiting.CPU, Waiting.REQUESTS}), frozenset({Waiting.DATABASE}))
_APART = frozenset({Role.MIGRATION, Role.SCRIPT, Role.TEST})
_SLOW_ROUNDS = 10_000
#: Decorators that leave a function what it is.
_PLAIN = ("functools.wraps", "staticmethod", "classmethod")


class Blocked(msgspec.Struct, frozen=True):
    """A call in a coroutine function that blocks the event loop.

    Args:
        way: the call, and those that it leads to; the last one is the blocking call itself.
        waits_for: what it waits for.
        root: the function that Litestar runs.
        role: what it is: handler, provider, guard ...
        entry: the calls that lead from it to the coroutine function; none where it is that function.
    """

    way: tuple[Made, ...]
    waits_for: Waiting
    root: Local
    role: str
    entry: tuple[Made, ...]

    @property
    def first(self) -> Made:
        """The call in the coroutine function."""
        return self.way[0]

    @property
    def is_direct(self) -> bool:
        """Whether the coroutine function itself calls the library."""
        return len(self.way) == 1


class _Found(msgspec.Struct, frozen=True):
    """What one search finds: blocked event loops, and the ways from synchronous functions to what blocks."""

    loops: tuple[Blocked, ...]
    ways: Mapping[Local, tuple[Made, ...]]


_known: WeakKeyDictionary[Project, _Found] = WeakKeyDictionary()


def blocked_loops(project: Project) -> tuple[Blocked, ...]:
    """Return the calls of coroutine functions that block while they serve a request, each once."""
    return _searched(project).loops


def blocking_way(project: Project, symbol: Local) -> tuple[Made, ...]:
    """Return the calls by which a synchronous function blocks whoever runs it, none where it does not.

    That of a generator is made before its ``yield``.
    """
    return _searched(project).ways.get(symbol, ()) if not is_kept(project, symbol) else ()


def _searched(project: Project) -> _Found:
    if project not in _known:
        search = _Search(project)
        found: dict[tuple[Local, Span], Blocked] = {}
        ways: dict[Local, tuple[Made, ...]] = {}
        for kinds in _WALKS:
            for blocked in search.blocked(kinds):
                found.setdefault((blocked.first.caller, blocked.first.call.span), blocked)
            ways = search.ways() | ways
        _known[project] = _Found(tuple(found.values()), ways)
    return _known[project]


class _Search:
    """One search; each walk begins anew, and what was worked out about the functions on the way stays."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.made = MadeCalls(project)
        self._more = frozenset(project.settings.blocking_calls)
        self._computing = frozenset(project.settings.extend_cpu_bound_calls)
        self._next: dict[Local, Made] = {}
        self._entries: dict[Local, tuple[Made, ...] | None] = {}

    def blocked(self, kinds: Set[Waiting]) -> Iterator[Blocked]:
        self._next = {}
        for made in self._on_loops(kinds):
            entry = self._entry(made.caller)
            way = self._way(made)
            kind = self._kind(way[-1])
            if entry is not None and kind is not None:
                root = entry[0].caller if entry else made.caller
                yield Blocked(way, kind, root, self._served[root], entry)

    def ways(self) -> dict[Local, tuple[Made, ...]]:
        """The ways of the last walk, by the synchronous functions in which they begin."""
        return {symbol: self._way(made) for symbol, made in self._next.items()}

    # ------------------------------------------------------------------------------------------------ from the calls
    def _on_loops(self, kinds: Set[Waiting]) -> Iterator[Made]:
        """Yield the calls of coroutine functions that lead to a blocking one; shortest ways are found first."""
        todo = []
        for made in self._direct(kinds):
            if self._is_async(made.caller):
                if not made.is_awaited:
                    yield made
            elif self._is_new(made):
                todo.append(made.caller)
        for callee in todo:  # grows
            for made in self.made.of(callee, _APART):
                if not self._counts(made):
                    continue
                if Waiting.DATABASE in kinds and made.is_run_by_sqlalchemy:
                    continue
                if self._is_async(made.caller):
                    yield made
                elif self._is_new(made):
                    todo.append(made.caller)

    def _direct(self, kinds: Set[Waiting]) -> Iterator[Made]:
        words, stars = self._words(kinds)
        read = {word for word in words if self.project.words.readers(word)} | set(self._starred(stars))
        paths = dict.fromkeys(path for word in sorted(read) for path in self.project.words.readers(word))
        for path in paths:
            if self.project.role(path) in _APART:
                continue
            for caller in self.made.naming(path, read):
                if not self._may_block(caller, kinds, read):
                    continue
                # what ends first is run first
                for made in sorted(self.made.by(caller, read), key=_end):
                    if self._kind(made) in kinds and self._counts(made):
                        yield made

    def _may_block(self, caller: Local, kinds: Set[Waiting], read: Set[str]) -> bool:
        """Whether to look at each call of a function: most blocking names mean something else there."""
        function = self.project.function(caller)
        if function is None:
            return False
        if not read.isdisjoint(function.attributes_text.split()):
            return True
        named = [name for name in function.calls if name.rpartition(".")[2] in read]
        return any(self._waits(self.made.named(caller, name)) in kinds for name in named)

    @cached_property
    def _imported(self) -> Set[str]:
        return {"builtins"} | {
            item.module.partition(".")[0]
            for module in self.project.modules.values()
            if self.project.role(module.path) not in _APART
            for item in module.imports
            if not item.module.startswith(ASYNC_MODULES)
        }

    def _words(self, kinds: Set[Waiting]) -> tuple[frozenset[str], frozenset[str]]:
        """The names by which blocking calls of the packages that the project imports may be written."""
        imported = self._imported
        names = {last for package, last in blocking_names(kinds, self._more) if package in imported}
        if Waiting.CPU in kinds and PARSER.partition(".")[0] in imported:
            names.add(PARSER.rpartition(".")[2])
        stars = {name.removesuffix("*") for name in names if name.endswith("*")}
        return self.project.words.aliases(name for name in names if not name.endswith("*")), frozenset(stars)

    def _starred(self, stars: Set[str]) -> Iterator[str]:
        """The names that begin as a starred name does; one that is a star alone is too much to ask for."""
        beginnings = tuple(star for star in stars if star)
        if beginnings:
            yield from (word for word in self.project.words.all() if word.startswith(beginnings))

    def _kind(self, made: Made) -> Waiting | None:
        found = self._waits(made.runs)
        if found is None or _is_short(made) or (_is_parser(made.runs) and not parses_body(self.project, made)):
            return None
        return found

    def _waits(self, runs: Symbol | None) -> Waiting | None:
        if not isinstance(runs, External):
            return None
        is_long = _is_parser(runs) or runs.name in self._computing
        return Waiting.CPU if is_long else waits_for(runs.name, self._more)

    def _counts(self, made: Made) -> bool:
        """Whether a call is made on the event loop each time that its function runs."""
        function = self.project.function(made.caller)
        if function is None or is_done_once(function, made.place.levels):
            return False
        runs = self.project.function(made.runs)
        return not (made.is_awaited and runs is not None and self._is_changed(made.runs, runs))

    def _is_changed(self, symbol: object, function: Function) -> bool:
        """Whether a decorator may have made a coroutine function of a function."""
        path = symbol.path if isinstance(symbol, Local) else ""
        return any(not self._is_plain(path, item, function.parent) for item in function.decorators)

    def _is_plain(self, path: str, decorator: Expr, scope: str) -> bool:
        if isinstance(decorator, Ref) and decorator.name in _PLAIN:
            return True
        return self.project.external(path, decorator, scope) in _PLAIN

    def _is_async(self, symbol: Local) -> bool:
        function = self.project.function(symbol)
        return function is not None and function.is_async

    def _is_new(self, made: Made) -> bool:
        """Note the first way from a synchronous function; whether those are to be asked who call it."""
        if made.caller in self._next or self._is_after_yield(made):
            return False
        self._next[made.caller] = made
        return self._passes_on(made.caller)

    def _is_after_yield(self, made: Made) -> bool:
        """Whether a generator makes a call when it is resumed, which Litestar does in a thread if no handler raised."""
        function = self.project.function(made.caller)
        if function is None or not function.is_generator:
            return False
        return any(stmt.span.contains(made.call.span) for stmt in when_resumed(function.body))

    def _passes_on(self, symbol: Local) -> bool:
        """Whether calling a synchronous function makes its calls, and each time."""
        function = self.project.function(symbol)
        return function is not None and not function.is_generator and not is_kept(self.project, symbol)

    def _way(self, made: Made) -> tuple[Made, ...]:
        way = [made]
        while isinstance(way[-1].runs, Local):
            way.append(self._next[way[-1].runs])
        return tuple(way)

    # --------------------------------------------------------------------------------------------- from the requests
    @cached_property
    def _served(self) -> Mapping[Local, str]:
        return served(self.project)

    def _entry(self, symbol: Local) -> tuple[Made, ...] | None:
        """The calls that lead from what Litestar runs to a coroutine function; None where none are seen to."""
        if symbol not in self._entries:
            self._entries[symbol] = self._find_entry(symbol)
        return self._entries[symbol]

    def _find_entry(self, symbol: Local) -> tuple[Made, ...] | None:
        leaving: dict[Local, Made | None] = {symbol: None}
        for current in (todo := [symbol]):  # grows
            if is_kept(self.project, current):
                continue
            if current in self._served:
                return tuple(_chain(leaving, current))
            for made in self.made.of(current, _APART):
                if made.caller not in leaving:
                    leaving[made.caller] = made
                    todo.append(made.caller)
        return None


def _end(made: Made) -> tuple[int, int]:
    return made.call.span.end_line, made.call.span.end_column


def _is_short(made: Made) -> bool:
    """Whether a key is derived in so few rounds that it takes about a millisecond."""
    match made:
        case Made(
            runs=External(name="hashlib.pbkdf2_hmac"), call=Call(args=(_, _, _, Const(value=int() as rounds), *_))
        ):
            return rounds < _SLOW_ROUNDS
    return False


def _chain(leaving: Mapping[Local, Made | None], start: Local) -> Iterator[Made]:
    made = leaving[start]
    while made is not None and isinstance(made.runs, Local):
        yield made
        made = leaving[made.runs]


def is_handler(project: Project, symbol: Local) -> bool:
    """Whether a function answers HTTP requests."""
    handler = project.layers.handlers.get(symbol)
    return handler is not None and handler.kind in HTTP_DECORATORS


def is_parser(blocked: Blocked) -> bool:
    """Whether a call parses what a client sent."""
    return _is_parser(blocked.first.runs)


def _is_parser(runs: Symbol) -> bool:
    return isinstance(runs, External) and runs.name == PARSER
