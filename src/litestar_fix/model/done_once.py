"""Work that is done once: under a cache, or where a name outside the function says that it was not done yet.

``if _model is None: _model = load()``, and the same with an early return: ``if _model is not None: return _model``.
The state of the application outlives a request, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from litestar_fix.model.facts import Assign, Expr, Function, If, Ref, Return, Stmt, Sub
from litestar_fix.model.nesting import Level
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import statements, subexpressions

_CACHES = frozenset({"alru_cache", "cache", "cached", "cached_property", "lru_cache", "memoize", "ttl_cache"})


def is_kept(project: Project, symbol: Local) -> bool:
    """Whether a function keeps what it returns: it is decorated with a cache."""
    function = project.function(symbol)
    if function is None:
        return False
    names = (project.external(symbol.path, item, function.parent) for item in function.decorators)
    return any(name.rpartition(".")[2] in _CACHES for name in names)


def is_done_once(function: Function, levels: tuple[Level, ...]) -> bool:
    """Whether a statement of a function runs only until a name outside the function is set.

    Args:
        function: the function.
        levels: the statement and those around it, innermost first.
    """
    local = frozenset(function.bound) - {"self", "cls"}
    for at, level in enumerate(levels):
        match level.stmt:
            case If(test=test, body=body) if at and levels[at - 1].block is body and _sets_what(test, body, local):
                return True
        for stmt in level.block[: level.index]:
            match stmt:
                case If(test=test, body=(*_, Return())) if _sets_what(test, level.block[level.index :], local):
                    return True
    return False


def _sets_what(test: Expr, body: Iterable[Stmt], local: frozenset[str]) -> bool:
    """Whether statements set a name that a test asks for and that outlives the call of the function."""
    read = {_kept_in(expr.name) for expr in subexpressions(test) if isinstance(expr, Ref)}
    asked = {name for name in read if _is_of_application(name) or name.partition(".")[0] not in local}
    return bool(asked) and not asked.isdisjoint(map(_kept_in, _assigned(body)))


def _kept_in(name: str) -> str:
    """The state of the application where a name is kept in it, else the name itself."""
    before, found, _ = f"{name}.".partition("state.")
    state = f"{before}{found}".rstrip(".")
    return state if found and _is_of_application(state) else name


def _is_of_application(name: str) -> bool:
    return name == "state" or name.endswith("app.state")


def _assigned(body: Iterable[Stmt]) -> Iterator[str]:
    for stmt in statements(body):
        for target in stmt.targets if isinstance(stmt, Assign) else ():
            match target:
                case Ref(name=name) | Sub(value=Ref(name=name)):
                    yield name
