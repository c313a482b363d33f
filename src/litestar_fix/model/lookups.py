"""What is looked up by its name as text: attributes that are patched, and routes by the names of their handlers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from weakref import WeakKeyDictionary

from litestar_fix.model.facts import Call, Const, Module, Ref
from litestar_fix.model.project import Project
from litestar_fix.model.sites import roots
from litestar_fix.model.walk import subexpressions

#: Functions that find attributes by text: of the standard library, of pytest and of ``unittest.mock``.
BY_TEXT = frozenset(
    ["attrgetter", "delattr", "getattr", "hasattr", "methodcaller", "multiple", "object", "patch", "setattr", "spy"]
)
_FINDING = BY_TEXT | {"route_reverse", "url_for", "get_handler_index_by_name"}

_known: WeakKeyDictionary[Project, dict[str, list[tuple[str, str, str]]]] = WeakKeyDictionary()


def looked_up(project: Project, name: str) -> Sequence[tuple[str, str, str]]:
    """Return the texts by which something of a name is found, each with its file and what is called.

    Searched once for a project.

    Args:
        project: the project.
        name: the last part of the texts.
    """
    if project not in _known:
        found = _known[project] = {}
        for path in sorted({path for word in _FINDING for path in project.words.readers(word)}):
            for callee, text in _given_texts(project.modules[path]):
                found.setdefault(text.rpartition(".")[2], []).append((path, callee, text))
    return _known[project].get(name, ())


def _given_texts(module: Module) -> Iterator[tuple[str, str]]:
    read = (module.names_text, *[function.names_text for function in module.functions])
    names = {name for text in read for name in text.split() if name.rpartition(".")[2] in _FINDING}
    for _, _, root in roots(module, names, attributes=_FINDING):
        for call in subexpressions(root):
            if isinstance(call, Call) and (callee := _callee(call)) in _FINDING:
                for item in (*call.args, *[keyword.value for keyword in call.keywords]):
                    if isinstance(item, Const) and isinstance(item.value, str):
                        yield callee, item.value


def _callee(call: Call) -> str:
    return call.callee.rpartition(".")[2] if isinstance(call.func, Ref) else getattr(call.func, "attr", "")
