"""Which protected parts may be running when a function runs: those of its callers, and what is left with ``yield``."""

from __future__ import annotations

from collections.abc import Iterator, Set

from litestar_fix.model.catching import Protected, ProtectedParts
from litestar_fix.model.facts import Function, Module
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local


class RunningParts:
    """The protected parts of some modules; few of them are ever asked for.

    Args:
        project: the project.
        modules: those that may run in one process.
    """

    def __init__(self, project: Project, modules: list[Module]) -> None:
        self._parts = ProtectedParts(project, modules)
        self._found: dict[Local, list[tuple[Protected, bool]]] = {}
        self._holders: dict[Local, list[Module | Function]] = {}
        for module in modules:
            self._holders[Local(module.path, "")] = [module]
            for function in module.functions:  # several may have one name
                self._holders.setdefault(Local(module.path, function.qualname), []).append(function)
        self._order = {holder: number for number, holder in enumerate(self._holders)}
        self._always = [holder for holder, held in self._holders.items() if any(map(_is_always_asked, held))]

    def parts(self, reached_by: Set[Local]) -> Iterator[tuple[Protected, bool]]:
        """Yield the parts that may be running, and whether they are left with ``yield``, in the order of the files.

        Args:
            reached_by: the functions that may run what is asked about.
        """
        holders = {*self._always, *(holder for holder in reached_by if holder in self._order)}
        for holder in sorted(holders, key=self._order.__getitem__):
            if holder not in self._found:
                self._found[holder] = [(part, part.suspends) for part in self._read(holder)]
            for part, suspends in self._found[holder]:
                if suspends or not holder.qualname or holder in reached_by:
                    yield part, suspends

    def _read(self, holder: Local) -> Iterator[Protected]:
        for item in self._holders[holder]:
            if isinstance(item, Module):
                yield from self._parts.of_module(item)
            else:
                yield from self._parts.of_function(holder.path, item)


def _is_always_asked(holder: Module | Function) -> bool:
    """Whether what a module or function protects may be running whatever calls it: imports, and context managers."""
    return isinstance(holder, Module) or holder.is_generator
