"""In which modules a name may be read: an index of all words of a project, asked before anything is decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from litestar_fix.model.facts import Module, Ref


class Words:
    """Answers for the modules of one project.

    Args:
        modules: their facts, in the order in which answers come.
    """

    def __init__(self, modules: Iterable[Module]) -> None:
        self._readers: dict[str, list[str]] = {}
        self._aliases: dict[str, set[str]] = {}
        for module in modules:
            for word in _words(module):
                self._readers.setdefault(word, []).append(module.path)
            for name, alias in _renamed(module):
                self._aliases.setdefault(name, set()).add(alias)

    def readers(self, word: str) -> Sequence[str]:
        """Return the modules that import something under this name or read a dotted name with this part in it."""
        return self._readers.get(word, ())

    def all(self) -> Iterable[str]:
        """Return every word that some module reads."""
        return self._readers.keys()

    def aliases(self, names: Iterable[str]) -> frozenset[str]:
        """Return plain names and all names that any module gives to what has one of them, whatever it is.

        Given by ``import a as b`` and ``b = a``.
        """
        found: set[str] = set()
        todo = [*names]
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self._aliases.get(name, ())
        return frozenset(found)


def _words(module: Module) -> set[str]:
    texts = [module.names_text, module.attributes_text]
    for function in module.functions:
        texts += (function.names_text, function.attributes_text)
    words = set(" ".join(texts).replace(".", " ").split())
    words.update(item.name for item in module.imports if item.name)
    return words


def _renamed(module: Module) -> Iterator[tuple[str, str]]:
    for imported in module.imports:
        if imported.name not in ("", "*", imported.local):
            yield imported.name, imported.local
    for item in module.assignments:
        if isinstance(item.value, Ref):
            yield item.value.name.rpartition(".")[2], item.name
