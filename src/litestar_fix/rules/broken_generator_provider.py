"""LSF209: generator providers that Litestar does not run as one, or that break when they are resumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.callables import PARTIAL, Kind, KnownCallable, callable_of
from litestar_fix.model.consumers import consumers, other_mentions, provide_calls
from litestar_fix.model.evaluate import value_of
from litestar_fix.model.facts import Call, Expr, Function, Ref, Seq, Span
from litestar_fix.model.generators import exchanges, manager_decorator, may_enter, resumes_sqlite
from litestar_fix.model.graph import show
from litestar_fix.model.names import PROVIDE
from litestar_fix.model.project import Project
from litestar_fix.model.provide_calls import is_cached
from litestar_fix.model.sites import calls_of
from litestar_fix.model.symbols import Local, Located


class Undecorated(msgspec.Struct, frozen=True):
    """A provider that loses its decorator, and the ``Provide`` calls that lose ``sync_to_thread``."""

    path: str
    span: Span
    registrations: tuple[tuple[str, Span], ...]


class _Registration(msgspec.Struct, frozen=True):
    """What is provided, where; ``call`` is None for a bare callable."""

    dependency: Located
    call: Call | None

    @property
    def span(self) -> Span:
        return self.call.span if self.call is not None else self.dependency.expr.span


class BrokenGeneratorProvider(practice.PracticeRule):
    """A provider is a generator that Litestar does not recognise, cannot cache, or answers with 500 when it resumes it.

    ## Why

    Litestar runs a generator function up to its `yield`, injects what it yields, and resumes it after the handler. It
    does not look behind decorators and `functools.partial`: under `@asynccontextmanager` the handler is given the
    context manager, behind `partial` the generator itself, and nothing is ever opened or closed. Arguments that
    `partial` binds are not used either: Litestar passes all parameters itself, and takes from the query string what no
    dependency provides.

    A generator cannot be cached: with `use_cache=True` the application does not start. A synchronous one is resumed in
    a worker thread, where a connection of `sqlite3` refuses to be closed. And when it raises another exception than
    the one that the handler raised, the client gets 500 whichever the two are.

    ## When it is quiet

    Plain generator functions; context managers that a handler enters itself, or may enter: because it is annotated so,
    or hands them on; those that nobody is seen to be given; connections with `check_same_thread=False`; clauses that
    raise what they caught, or around no `yield`; callables of which the parameters are not known. A clause for certain
    exceptions around a `yield` and a commit is not reported, because the conflict that the commit meets does become
    the response; one that the handler meets itself, when it flushes, is answered with 500 all the same.

    ## Fix safety

    Safe for `@asynccontextmanager` and `@contextmanager`: the decorator goes, and `sync_to_thread`, which has no effect
    on generators, with it. What handlers were given until now was never the resource. Refused where somebody enters
    the context manager, where it is cached, and under further decorators. There is no fix for the others: whether a
    lifespan, a function of its own or an exception handler is wanted is for the owner to say.

    ## Source

    `litestar/di.py` (`Provide.__init__`), `litestar/_kwargs/cleanup.py` (`DependencyCleanupGroup`) and
    `litestar/_signature/model.py`, Litestar 2.25.
    """

    code = "LSF209"
    name = "broken-generator-provider"
    severity = practice.Severity.HIGH
    applicability = practice.Applicability.SAFE
    changes = ("dependencies.kind", "dependencies.returns")
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from collections.abc import AsyncGenerator

            from litestar import get
            from litestar.di import Provide

            async def provide_tide() -> AsyncGenerator[float, None]:
                yield 1.7

            @get("/tide", dependencies={"tide": Provide(provide_tide)})
            async def read_tide(tide: float) -> float:
                return tide
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from collections.abc import AsyncGenerator
            from contextlib import asynccontextmanager

            from litestar import get
            from litestar.di import Provide

            @asynccontextmanager
            async def provide_tide() -> AsyncGenerator[float, None]:
                yield 1.7

            @get("/tide", dependencies={"tide": Provide(provide_tide)})
            async def read_tide(tide: float) -> float:
                return tide
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield what is wrong where providers are registered, then what is wrong in their functions."""
        functions: dict[Local, None] = {}
        for registration in _registrations(project):
            yield from cls._registered(project, registration)
            target = project.resolve_expr(registration.dependency)
            if isinstance(target, Local) and project.function(target) is not None:
                functions[target] = None
        for symbol in functions:
            function = project.function(symbol)
            if function is not None and function.is_generator:
                yield from cls._defined(project, symbol, function)

    # ------------------------------------------------------------------------------------------------ registrations
    @classmethod
    def _registered(cls, project: Project, found: _Registration) -> Iterator[practice.Finding]:
        where = found.dependency.path
        if found.call is not None and is_cached(found.call):
            known = callable_of(project, found.dependency)
            if known is not None and known.kind is Kind.GENERATOR:
                yield cls.finding(
                    where,
                    found.span,
                    f"the application does not start, because Litestar cannot cache the generator {known.name}; drop "
                    "use_cache, or open what it yields once in a lifespan",
                    applicability=practice.Applicability.NONE,
                )
        partial = _partial(project, found.dependency)
        if partial is not None:
            message = _of_partial(project, *partial)
            if message:
                yield cls.finding(where, found.span, message, applicability=practice.Applicability.NONE)

    # --------------------------------------------------------------------------------------------------- functions
    @classmethod
    def _defined(cls, project: Project, symbol: Local, function: Function) -> Iterator[practice.Finding]:
        decorator = manager_decorator(project, symbol, function)
        if decorator:
            yield from cls._manager(project, symbol, function, decorator)
            return
        if resumes_sqlite(project, symbol, function):
            yield cls.finding(
                symbol.path,
                function.span,
                f"{function.name} is resumed after its yield in a worker thread, where SQLite refuses, so every "
                "request ends with 500; make it async def, or connect with check_same_thread=False",
                applicability=practice.Applicability.NONE,
            )
        for clause, other in list(exchanges(function))[:1]:
            raised = show(other.exc.func if isinstance(other.exc, Call) else other.exc) if other.exc is not None else ""
            yield cls.finding(
                symbol.path,
                function.span,
                f"{function.name} raises {raised} where the handler raised {_caught(clause.type)}, and Litestar "
                "answers the two with 500; let it pass, and translate it in an exception handler",
                applicability=practice.Applicability.NONE,
                related=[practice.Related(symbol.path, other.span, f"raises {raised} instead")],
            )

    @classmethod
    def _manager(
        cls, project: Project, symbol: Local, function: Function, decorator: str
    ) -> Iterator[practice.Finding]:
        receivers = consumers(project, symbol).receivers
        entering = [item.symbol for item in receivers if may_enter(project, item.symbol, item.param)]
        mistaken = dict.fromkeys(item.symbol.qualname for item in receivers if item.symbol not in entering)
        if not mistaken:
            return
        gets = "gets" if len(mistaken) == 1 else "get"
        generators = "async generators" if function.is_async else "generators"
        yield cls.finding(
            symbol.path,
            function.span,
            f"{function.name} is decorated with {decorator}, so {_listed(list(mistaken))} {gets} the context manager "
            f"in place of what it yields; remove the decorator, Litestar runs {generators} itself",
            refusal=_obstacle(project, symbol, function, entering),
            data=Undecorated(
                symbol.path,
                function.span,
                tuple((site.path, site.call.span) for site in provide_calls(project, symbol)),
            ),
        )


def _obstacle(project: Project, symbol: Local, function: Function, entering: list[Local]) -> str:
    if len(function.decorators) > 1:
        return "it has other decorators, too"
    if any(is_cached(site.call) for site in provide_calls(project, symbol)):
        return "it is cached, and Litestar cannot cache a generator"
    if entering:
        return f"{entering[0].qualname} may enter it itself"
    registered = {site.call.span for site in provide_calls(project, symbol)}
    for mention in other_mentions(project, symbol):
        if not any(span.contains(mention.span) for span in registered):
            return f"{mention.path}:{mention.span.line} uses it as a context manager"
    return ""


# ------------------------------------------------------------------------------------------------------- registrations
def _registrations(project: Project) -> Iterator[_Registration]:
    """Everything that is registered as a provider, once: in layers, and by ``Provide`` calls wherever they stand."""
    seen: set[tuple[str, Span]] = set()
    # the value of a bare name that stands for a call, a partial say, is that call
    found = [_Registration(item.dependency or item.value, item.call) for item in project.layers.providers]
    for site in calls_of(project, PROVIDE):
        inner = site.call.args[0] if site.call.args else site.call.keyword("dependency")
        if inner is not None:
            found.append(_Registration(Located(site.path, site.scope, inner), site.call))
    for registration in found:
        key = (registration.dependency.path, registration.dependency.expr.span)
        if key not in seen:
            seen.add(key)
            yield registration


def _partial(project: Project, dependency: Located) -> tuple[Located, Call] | None:
    located = dependency
    for _ in range(3):
        if isinstance(located.expr, Call):
            is_partial = project.external(located.path, located.expr, located.scope) == PARTIAL
            return (located, located.expr) if is_partial and located.expr.args else None
        followed = value_of(project, located) if isinstance(located.expr, Ref) else None
        if followed is None:
            return None
        located = followed
    return None


def _of_partial(project: Project, located: Located, call: Call) -> str:
    """What goes wrong with a partial, '' where nothing is known to."""
    inner = callable_of(project, Located(located.path, located.scope, call.args[0]))
    if inner is None:
        return ""
    if inner.kind is Kind.GENERATOR:
        return (
            f"Litestar does not see that {inner.name} is a generator behind functools.partial and hands out the "
            "generator itself; register a function that yields"
        )
    if inner.params is None or call.has_unpacking:
        return ""
    bound = [word for word in call.keywords if word.name in inner.params]
    if bound:
        names = _listed([str(word.name) for word in bound])
        values = _listed([f"{word.name}={show(word.value)}" for word in bound])
        its, them = ("its own value", "it") if len(bound) == 1 else ("its own values", "them")
        return (
            f"Litestar calls {inner.name} with {its} for {names}, from the request, a dependency or the default, not "
            f"with {values}; register a function that passes {them}"
        )
    if len(call.args) > 1 and inner.params and _is_plain_function(project, inner):
        return (
            f"Litestar passes {inner.params[0]} to {inner.name} itself, and with {show(call.args[1])} bound before it "
            "every request fails; register a function that passes it"
        )
    return ""


def _is_plain_function(project: Project, inner: KnownCallable) -> bool:
    function = project.function(inner.bodies[0]) if len(inner.bodies) == 1 else None
    return function is not None and not function.owner


# ------------------------------------------------------------------------------------------------------------ messages
def _caught(type_: Expr | None) -> str:
    match type_:
        case None | Ref(name="Exception" | "BaseException"):
            return "an exception"
        case Seq(items=items):
            return " or ".join(map(show, items))
    return show(type_)


def _listed(names: list[str]) -> str:
    shown = names if len(names) < 4 else [*names[:2], f"{len(names) - 2} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
