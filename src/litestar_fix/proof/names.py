"""Every name that new code uses is bound, before it is used, and no import is left that an edit made useless."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator

from litestar_fix.errors import EditError
from litestar_fix.proof.version import Version
from litestar_fix.surroundings import Surroundings

#: What is there in every module.
ALWAYS = frozenset(dir(builtins)) | {
    "__annotations__", "__builtins__", "__class__", "__doc__", "__file__", "__loader__", "__module__", "__name__",
    "__package__", "__path__", "__qualname__", "__spec__", "reveal_type", "reveal_locals",
}  # fmt: skip


def check_names(old: Version, new: Version, surroundings: Surroundings) -> None:
    """Check the names of a rewritten file against those of the file before: what was wrong there may stay.

    Args:
        old: the file before.
        new: the file after.
        surroundings: what the project knows about the names of the file.

    Raises:
        EditError: a name is bound nowhere, or too late, or an import is orphaned.
    """
    missing = _unbound(new)
    if missing:
        missing -= _unbound(old)
    if missing:
        raise EditError(f"{min(missing)} would not be defined")
    early = _early(new.tree)
    if early:
        early -= _early(old.tree)
    if early:
        raise EditError(f"{min(early)} would be used above its definition")
    orphans = _orphans(old, new, surroundings)
    if orphans:
        raise EditError(f"an import that nothing uses would be left: {min(orphans)}")


# ----------------------------------------------------------------------------------------------------------- unbound
def _unbound(file: Version) -> set[str]:
    """The names that are used where no binding of them can be seen; none where ``import *`` may bind any."""
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in file.nodes):
        return set()
    top = symtable.symtable(file.content, "<result>", "exec")  # type: ignore[arg-type]
    bound = {symbol.get_name() for symbol in top.get_symbols() if _binds(symbol)}
    anywhere = set(bound)
    used: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if _binds(symbol) or symbol.is_parameter():
                anywhere.add(symbol.get_name())
                if symbol.is_declared_global():
                    bound.add(symbol.get_name())
            if symbol.is_referenced() and (symbol.is_global() or table is top):
                used.add(symbol.get_name())
    # annotations in quotes, or not evaluated at all
    loose = file.used - anywhere
    return {name for name in (used - bound) | loose if name not in ALWAYS}


def _binds(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported()


# ------------------------------------------------------------------------------------------------------------- order
def _early(tree: ast.Module) -> set[str]:
    """The names that a module uses, when it is imported, above the first statement that binds them."""
    first: dict[str, int] = {}
    used: list[tuple[str, int]] = []
    future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    for number, statement in enumerate(tree.body):
        for node in _run_at_import(statement, with_annotations=not future):
            match node:
                case ast.Name(id=name, ctx=ast.Load()):
                    used.append((name, number))
                case ast.Name(id=name):
                    first.setdefault(name, number)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    first.setdefault(name, number)
                case ast.alias(name=name, asname=asname):
                    first.setdefault(asname or name.partition(".")[0], number)
                case ast.ExceptHandler(name=str(name)):
                    first.setdefault(name, number)
    return {name for name, number in used if first.get(name, number) > number and name not in ALWAYS}


def _run_at_import(node: ast.AST, *, with_annotations: bool) -> Iterator[ast.AST]:
    """A statement and what is evaluated with it: not the bodies of functions."""
    waiting = [node]
    while waiting:
        item = waiting.pop()
        yield item
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*item.decorator_list, *item.args.defaults, *[each for each in item.args.kw_defaults if each]]
            if with_annotations:
                waiting += _annotations(item)
        elif isinstance(item, ast.AnnAssign) and not with_annotations:
            waiting += [item.target, *([item.value] if item.value else [])]
        elif not isinstance(item, ast.Lambda):
            waiting += ast.iter_child_nodes(item)


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterable[ast.AST]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    found = [item.annotation for item in arguments if item is not None]
    return [item for item in (*found, node.returns) if item is not None]


# ----------------------------------------------------------------------------------------------------------- orphans
def _orphans(old: Version, new: Version, surroundings: Surroundings) -> set[str]:
    """The imports at the top of a module that nothing uses, and that something used before or that are new."""
    known = {name for name, _ in _imported(old.tree)}
    if surroundings.path.endswith("__init__.py"):
        return set()
    found: set[str] = set()
    lines = new.content.decode("utf-8", "replace").splitlines()
    for name, statement in _imported(new.tree):
        is_ours = name in old.used or name not in known
        if not is_ours or name in new.used:
            continue
        if not any("noqa" in line.lower() for line in lines[statement.lineno - 1 : statement.end_lineno]):
            found.add(name)
    if not found or surroundings.exported is None:
        return set()
    return found - surroundings.exported


def _imported(tree: ast.Module) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    """The names that imports bind at the top of a module or under TYPE_CHECKING, but for redundant aliases."""
    waiting: list[ast.stmt] = list(tree.body)
    for statement in waiting:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            waiting += statement.body
        if isinstance(statement, ast.Import):
            yield from ((item.asname or item.name.partition(".")[0], statement) for item in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module != "__future__":
            yield from ((item.asname or item.name, statement) for item in statement.names if item.asname != item.name)
