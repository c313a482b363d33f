"""The places that practices are about: so many handlers, providers, controllers there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from litestar_fix.model.dtos import dtos
from litestar_fix.model.facts import Function
from litestar_fix.model.guards import registered_guards
from litestar_fix.model.project import Project
from litestar_fix.model.providers import target_function
from litestar_fix.model.roles import Role
from litestar_fix.model.sites import calls_of
from litestar_fix.model.span import Span
from litestar_fix.model.status_classes import GENERIC, HOME, STATUS_CLASSES
from litestar_fix.model.symbols import Local

#: A file, and the lines of one place in it.
Site = tuple[str, Span]
_RAISED = (GENERIC, *(f"{HOME}.{name}" for _, name, _ in STATUS_CLASSES))
_WRITING = frozenset({"POST", "PUT", "PATCH"})


class Sites:
    """The places of application code, by kind; tests, migrations and examples do not count, but for `tests`."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, tuple[Site, ...]] = {}

    def of(self, kind: str) -> tuple[Site, ...]:
        """Return the places of a kind, in order: each once."""
        if kind not in self._known:
            found = dict.fromkeys(self._kinds[kind]())
            self._known[kind] = tuple(sorted(site for site in found if self._counts(site[0], kind)))
        return self._known[kind]

    def speak_of(self, words: tuple[str, ...]) -> bool:
        """Whether the project reads one of some names, or none is asked for: nobody is praised for what cannot be."""
        return not words or any(self._project.words.readers(word) for word in words)

    def _counts(self, path: str, kind: str) -> bool:
        is_test = self._project.role(path) is Role.TEST
        return is_test if kind == "tests" else self._project.role(path) is Role.APPLICATION

    @cached_property
    def _kinds(self) -> Mapping[str, Callable[[], Iterator[Site]]]:
        return {
            "applications": self._applications,
            "routers": self._routers,
            "controllers": self._controllers,
            "handlers": lambda: self._handlers(lambda _: True),
            "synchronous handlers": lambda: self._handlers(lambda item: not item.is_async),
            "asynchronous handlers": lambda: self._handlers(lambda item: item.is_async),
            "writing handlers": lambda: self._serving(_WRITING),
            "websocket handlers": lambda: self._serving(frozenset({"WS"})),
            "PATCH handlers": lambda: self._serving(frozenset({"PATCH"})),
            "GET handlers": lambda: self._serving(frozenset({"GET"})),
            "providers": self._providers,
            "guards": self._guards,
            "DTOs": self._dtos,
            "services": self._services,
            "coroutines": self._coroutines,
            "HTTP exceptions": self._raised,
            "tests": self._tests,
            "modules": self._modules,
        }

    def _applications(self) -> Iterator[Site]:
        return ((site.path, site.call.span) for site, _ in self._project.layers.applications)

    def _routers(self) -> Iterator[Site]:
        return ((site.path, site.call.span) for site, _ in self._project.layers.routers)

    def _controllers(self) -> Iterator[Site]:
        return ((item.path, item.class_.span) for item in self._project.layers.controllers.values())

    def _handlers(self, wanted: Callable[[Function], bool]) -> Iterator[Site]:
        for handler in self._project.layers.every_handler():
            if wanted(handler.function):
                yield handler.path, handler.function.span

    def _serving(self, methods: frozenset[str]) -> Iterator[Site]:
        for handler in self._project.layers.every_handler():
            if handler.methods is not None and methods & set(handler.methods):
                yield handler.path, handler.function.span

    def _providers(self) -> Iterator[Site]:
        for provider in self._project.layers.providers:
            symbol = target_function(provider)
            function = self._project.function(symbol) if symbol is not None else None
            if symbol is not None and function is not None:
                yield symbol.path, function.span

    def _guards(self) -> Iterator[Site]:
        for _, guard in registered_guards(self._project):
            symbol = self._project.resolve_expr(guard)
            function = self._project.function(symbol)
            if isinstance(symbol, Local) and function is not None:
                yield symbol.path, function.span

    def _dtos(self) -> Iterator[Site]:
        for dto in dtos(self._project):
            place = dto.argument
            if place is not None:
                yield place.path, place.expr.span

    def _services(self) -> Iterator[Site]:
        for module, class_ in self._project.classes():
            if class_.qualname.rpartition(".")[2].endswith(("Service", "Repository")):
                yield module.path, class_.span

    def _coroutines(self) -> Iterator[Site]:
        for module in self._project.modules.values():
            yield from ((module.path, item.span) for item in module.functions if item.is_async)

    def _raised(self) -> Iterator[Site]:
        return ((site.path, site.call.span) for site in calls_of(self._project, *_RAISED))

    def _tests(self) -> Iterator[Site]:
        for module in self._project.modules.values():
            yield from (
                (module.path, item.span)
                for item in module.functions
                if item.qualname.rpartition(".")[2].startswith("test")
            )

    def _modules(self) -> Iterator[Site]:
        return ((module.path, Span(1, 0, max(module.lines, 1), 1 << 20)) for module in self._project.modules.values())
