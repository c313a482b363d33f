"""What in a project can tell an exception of one class from the same exception of a subclass.

Asked before a raise is made more specific: exception handlers and ``except`` clauses for the new class or its other
bases, code that asks of which class an exception is, and ``raises=``. What only the log can tell is asked apart: no
response depends on it.

Source: litestar/middleware/_internal/exceptions/middleware.py looks exception handlers up by status first, then along
the bases of the class; logging compares the class, and the status that is its attribute, with ``disable_stack_trace``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import msgspec

from litestar_fix.model.catching import Clause, Protected, class_names, validators
from litestar_fix.model.class_reads import (
    ClassTest,
    class_tests,
    reads_class_of_argument,
    reads_class_of_variable,
    shown,
)
from litestar_fix.model.evaluate import items
from litestar_fix.model.exception_handlers import HandlerEntry, handler_entries, status_code
from litestar_fix.model.facts import Expr, Span
from litestar_fix.model.graph import show
from litestar_fix.model.handlers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.reach import Reach
from litestar_fix.model.reached_by import ReachedBy
from litestar_fix.model.running_parts import RunningParts
from litestar_fix.model.sites import CallSite, calls_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import subexpressions

_VALUE_ERROR = "builtins.ValueError"
_LOGGING_CONFIGS = tuple(
    f"litestar.{module}.{name}"
    for module in ("logging", "logging.config")
    for name in ("LoggingConfig", "StructLoggingConfig")
)


class Exchange(msgspec.Struct, frozen=True):
    """One class of exception for a subclass of it, both with the same status.

    Args:
        old, new: their canonical names.
        common: what an exception of either class is, ``old`` included.
        added: what only one of the new class is, ``new`` included.
        status: the status that both answer.
        old_status: the status that the old class carries as an attribute.
    """

    old: str
    new: str
    common: frozenset[str]
    added: frozenset[str]
    status: int
    old_status: int

    def differs(self, names: frozenset[str]) -> bool:
        """Whether a test for any of these classes, subclasses included, answers differently."""
        return names.isdisjoint(self.common) and not names.isdisjoint(self.added)


class Place(msgspec.Struct, frozen=True):
    """Where an exception is raised: the file, the function ('' for the module) and the raised expression."""

    path: str
    scope: str
    span: Span


class Observer(msgspec.Struct, frozen=True):
    """What can tell the classes apart, in words, and where it stands."""

    text: str
    path: str
    span: Span


class Observers:
    """Answers for one project; what several questions need is worked out once.

    Args:
        project: the project.
        exchanges: all that will be asked about.
    """

    def __init__(self, project: Project, exchanges: Iterable[Exchange]) -> None:
        self.project = project
        known = list(exchanges)
        self._compared = {name.rpartition(".")[2] for item in known for name in (item.old, item.new)}
        self._caught = {name.rpartition(".")[2] for item in known for name in item.added}
        self._parts: dict[str, RunningParts] = {}
        self._decorators: dict[str, list[tuple[Local, Expr, list[frozenset[str]]]]] = {}
        self._class_tests: dict[str, list[ClassTest]] = {}
        self._telling_tests: dict[tuple[str, str], list[Observer]] = {}
        self._reach = Reach(project)
        self._reached_by = ReachedBy(self._reach)

    def first(self, place: Place, exchange: Exchange) -> Observer | None:
        """Return one thing that can tell of which class the exception raised at a place is, None where nothing can."""
        return next(self._all(place, exchange), None)

    def _all(self, place: Place, exchange: Exchange) -> Iterator[Observer]:
        yield from self._handlers(place, exchange)
        yield from self._clauses(place, exchange)
        yield from self._validators(place, exchange)
        yield from self._tests(place, exchange)
        yield from self._answers(place, exchange)
        yield from self._raises(place, exchange)

    # ------------------------------------------------------------------------------------------- exception handlers
    @cached_property
    def _registered(self) -> list[HandlerEntry]:
        return sorted(handler_entries(self.project), key=lambda item: (item.path, item.span))

    def _registered_for(self, place: Place) -> list[HandlerEntry]:
        """The exception handlers but those of applications that have nothing to do with where it is raised."""
        return [item for item in self._registered if self._reach.connected(item.path, place.path)]

    def _handlers(self, place: Place, exchange: Exchange) -> Iterator[Observer]:
        registered = self._registered_for(place)
        for item in registered:
            for name in sorted(item.classes.names & exchange.added):
                what = f"the exception handler for {name.rpartition('.')[2]}"
                yield _observer(what, item.path, item.span, "would then take it")
        for item in registered:
            if not item.classes.known:
                yield _observer("the exception handlers", item.path, item.span, "are only known at run time")

    def _answers(self, place: Place, exchange: Exchange) -> Iterator[Observer]:
        """Handlers that get the exception either way, but whose answer depends on its class."""
        for item in self._registered_for(place):
            takes = item.status == exchange.status or not item.classes.names.isdisjoint(exchange.common)
            if takes and item.handler is not None:
                yield from self._reading(item.handler, 1)
        for _, layer in self.project.layers.applications:
            for hook in items(self.project, layer.options.get("after_exception")).items:
                if self._reach.connected(hook.path, place.path):
                    yield from self._reading(hook, 0)

    def _reading(self, handler: Located, position: int) -> Iterator[Observer]:
        symbol = self.project.resolve_expr(handler)
        found = reads_class_of_argument(self.project, symbol, position) if isinstance(symbol, Local) else None
        if found is not None:
            yield _observer(shown(found.expr), found.path, found.expr.span, "tells the classes apart")

    # ------------------------------------------------------------------------------------------------------ catching
    def _clauses(self, place: Place, exchange: Exchange) -> Iterator[Observer]:
        for part in self._running(place):
            clause = self._telling(part, exchange)
            if clause is not None:
                verb = "would then catch it" if clause.classes.known else "may then catch it"
                reading = self._clause_reads(clause, exchange)
                if reading is not None:
                    yield _observer(shown(reading.expr), reading.path, reading.expr.span, "tells the classes apart")
                else:
                    yield _observer(clause.text, clause.path, clause.span, verb)
        for symbol, decorator, classes in self._catching_decorators(place):
            if any(exchange.differs(names) for names in classes) and self._runs(symbol, place):
                yield _observer(f"@{show(decorator)}", symbol.path, decorator.span, "tells the classes apart")

    def _telling(self, part: Protected, exchange: Exchange) -> Clause | None:
        """The clause that sees a difference: it catches only the new class, or looks at the class of what it gets."""
        for clause in part.clauses:
            if not clause.classes.names.isdisjoint(exchange.common):
                return clause if self._clause_reads(clause, exchange) is not None else None
            if not clause.classes.known or exchange.differs(clause.classes.names):
                return clause
        return None

    def _clause_reads(self, clause: Clause, exchange: Exchange) -> Located | None:
        if not clause.variable or clause.classes.names.isdisjoint(exchange.common):
            return None
        return reads_class_of_variable(self.project, Local(clause.path, clause.scope), clause.body, clause.variable)

    def _catching_decorators(self, place: Place) -> list[tuple[Local, Expr, list[frozenset[str]]]]:
        """Decorators of other libraries that are given classes, such as those that try again after a ValueError."""
        component = self._reach.component(place.path)
        if component not in self._decorators:
            functions = ((m.path, function) for m in self._reach.connected_with(place.path) for function in m.functions)
            self._decorators[component] = [
                (Local(path, function.qualname), decorator, classes)
                for path, function in functions
                for decorator in function.decorators
                if (classes := self._given_classes(path, function.parent, decorator))
            ]
        return self._decorators[component]

    def _given_classes(self, path: str, scope: str, decorator: Expr) -> list[frozenset[str]]:
        dotted = self.project.external(path, decorator, scope)
        if not dotted or dotted.startswith(("litestar.", "pytest.")):
            return []
        inner = [Located(path, scope, expr) for expr in subexpressions(decorator)]
        return [names for item in inner if (names := class_names(self.project, item).names)]

    @cached_property
    def _validating(self) -> list[Local]:
        return sorted(set(validators(self.project)), key=lambda item: (item.path, item.qualname))

    def _validators(self, place: Place, exchange: Exchange) -> Iterator[Observer]:
        if _VALUE_ERROR not in exchange.added:
            return
        for symbol in self._validating:
            function = self.project.function(symbol)
            if function is not None and self._runs(symbol, place):
                what = readable(symbol.qualname)
                yield _observer(what, symbol.path, function.span, "turns a ValueError into a validation error")

    def _running(self, place: Place) -> Iterator[Protected]:
        """The protected parts that may be running when the exception is raised."""
        raising = Local(place.path, place.scope)
        reached_by = self._reached_by.of_function(raising)
        component = self._reach.component(place.path)
        if component not in self._parts:
            self._parts[component] = RunningParts(self.project, self._reach.connected_with(place.path))
        for part, suspends in self._parts[component].parts(reached_by):
            within = suspends or part.holds(place.path, place.scope, place.span)
            if within or self._reached_by.body_runs(part.path, part.scope, part.body, raising):
                yield part

    def _runs(self, symbol: Local, place: Place) -> bool:
        if not self._reach.connected(symbol.path, place.path):
            return False
        return symbol in self._reached_by.of_function(Local(place.path, place.scope))

    # --------------------------------------------------------------------------------------------- asked for by name
    def _tests(self, place: Place, exchange: Exchange) -> list[Observer]:
        component = self._reach.component(place.path)
        if component not in self._class_tests:
            modules = self._reach.connected_with(place.path)
            self._class_tests[component] = list(class_tests(self.project, modules, self._compared, self._caught))
        key = component, exchange.new
        if key not in self._telling_tests:
            self._telling_tests[key] = list(self._find_tests(self._class_tests[component], exchange))
        return self._telling_tests[key]

    def _find_tests(self, tests: Iterable[ClassTest], exchange: Exchange) -> Iterator[Observer]:
        exact = {exchange.old, exchange.new}
        texts = {name.rpartition(".")[2] for name in exact}
        for test in tests:
            if test.exact:
                tells = not exact.isdisjoint(test.classes.names) or not texts.isdisjoint(test.names)
            else:
                # of anything but a caught exception, "is it a ValueError" is a question about something else
                names = test.classes.names if test.of_caught else test.classes.names - {_VALUE_ERROR}
                tells = exchange.differs(names)
            if tells:
                yield _observer(test.text, test.path, test.span, "tells the classes apart")

    @cached_property
    def _logging(self) -> list[CallSite]:
        return list(calls_of(self.project, *_LOGGING_CONFIGS))

    def log_settings(self, place: Place, exchange: Exchange) -> Observer | None:
        """Return the first log settings because of which the stack traces of the two classes are not treated alike."""
        for site in self._logging:
            value = site.call.keyword("disable_stack_trace")
            if value is None or not self._reach.connected(site.path, place.path):
                continue
            found = items(self.project, Located(site.path, site.scope, value))
            names = frozenset().union(*[class_names(self.project, item).names for item in found.items])
            numbers = {status_code(self.project, item) for item in found.items}
            before = exchange.old in names or exchange.old_status in numbers
            after = exchange.new in names or exchange.status in numbers
            if (before and after) or (found.known and before == after):
                continue
            change = "whether its stack trace is logged may change"
            if found.known:
                change = "its stack trace is logged then" if before else "its stack trace is no longer logged then"
            return Observer(f"{change}: disable_stack_trace at {site.path}:{value.span.line}", site.path, value.span)
        return None

    @cached_property
    def _documented(self) -> list[tuple[Handler, Located, frozenset[str]]]:
        """The handlers with ``raises=``, and the classes that it names."""
        found = []
        for handler in self.project.layers.every_handler():
            declared = handler.layer.options.get("raises")
            if declared is not None:
                named = [class_names(self.project, item).names for item in items(self.project, declared).items]
                found.append((handler, declared, frozenset().union(*named)))
        return found

    def _raises(self, place: Place, exchange: Exchange) -> Iterator[Observer]:
        for handler, declared, names in self._documented:
            if exchange.old in names and exchange.new not in names and self._runs(handler.symbol, place):
                what = f"raises={show(declared.expr)} of {handler.function.name}"
                yield _observer(what, declared.path, declared.expr.span, "documents the base class")


def _observer(what: str, path: str, span: Span, verb: str) -> Observer:
    return Observer(f"{what} at {path}:{span.line} {verb}", path, span)
