"""Adding imports: merged into an import of the same module, else where isort would put a new one.

Only the first block of imports of a module, or of a function, counts: one under ``TYPE_CHECKING`` only for what
annotations alone need, and one under ``try`` only for a library that is imported nowhere else, as it may be missing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias, cast

import libcst as cst

from litestar_fix.apply.removal import Imported, dotted, drop_names, is_type_checking
from litestar_fix.edits.sequences import items_of, with_items
from litestar_fix.edits.source import Statement, blank_lines, parse_statements, with_blank_lines
from litestar_fix.edits.statements import space
from litestar_fix.edits.values import ImportNeed

_STDLIB, _THIRD_PARTY, _OWN, _RELATIVE = range(4)
#: Libraries that are there with another one.
_COME_WITH: dict[str, set[str]] = {"anyio": {"anyio", "litestar"}}
_WORD = re.compile(r"[^\W\d]\w*")
_Key: TypeAlias = tuple[Any, ...]


def add_imports(module: cst.Module, needs: Iterable[ImportNeed], own_packages: Collection[str]) -> cst.Module:
    """Return the module with these imports.

    Args:
        module: the module.
        needs: what has to be importable; what is imported already is left alone.
        own_packages: the first parts of the names of modules that belong to the project.
    """
    wanted = sorted(set(needs), key=lambda need: (need.scope, need.module, need.name, need.alias or ""))
    block = _Block(module, own_packages)
    for need in wanted:
        if need.scope:
            module = cst.ensure_type(module.visit(_InFunction(need, block)), cst.Module)
        else:
            module = module.with_changes(body=_at_top(cast("list[Statement]", list(module.body)), need, block))
    bound = {(need.module, need.name, need.local) for need in wanted if not need.scope and not need.guarded}

    def is_doubled(item: Imported) -> bool:
        return item.guarded and not item.scope and (item.module, item.name, item.local) in bound

    return drop_names(module, is_doubled)


def _at_top(body: list[Statement], need: ImportNeed, block: _Block) -> list[Statement]:
    for index, statement in enumerate(body) if need.guarded else ():
        match statement:
            case cst.If(test=test, body=cst.IndentedBlock(body=inner) as suite) if is_type_checking(test):
                suite = suite.with_changes(body=block.add(cast("list[Statement]", list(inner)), need))
                return [*body[:index], statement.with_changes(body=suite), *body[index + 1 :]]
    optional = _optional(body, need)
    if optional is not None:
        statement = cst.ensure_type(body[optional], cst.Try)
        suite = cst.ensure_type(statement.body, cst.IndentedBlock)
        suite = suite.with_changes(body=block.add(cast("list[Statement]", list(suite.body)), need))
        return [*body[:optional], statement.with_changes(body=suite), *body[optional + 1 :]]
    return block.add(body, need)


def _optional(body: Sequence[Statement], need: ImportNeed) -> int | None:
    """Where a library is imported that may be missing: under ``try``, and not outside of it.

    A clause that puts something in the place of what is imported may be there for an older version of the library.
    """
    libraries = _COME_WITH.get(_top(need.module), {_top(need.module)})
    if any(_top(_module_of(statement)) in libraries for statement in body):
        return None
    for index, statement in enumerate(body):
        match statement:
            case cst.Try(
                body=cst.IndentedBlock(body=inner), handlers=[cst.ExceptHandler(type=cst.Name(name)) as clause]
            ):
                imports = [item for item in cast("list[Statement]", list(inner)) if _top(_module_of(item)) in libraries]
                told = set(_WORD.findall(cst.Module([]).code_for_node(clause.body)))
                is_replaced = any(not told.isdisjoint(_names(item)) for item in imports)
                if name in ("ImportError", "ModuleNotFoundError") and imports and not is_replaced:
                    return index
    return None


def _names(statement: Statement) -> set[str]:
    """The names that an import binds."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.ImportFrom(names=[*aliases]) | cst.Import(names=[*aliases]), *_]):
            return {_top(_local(alias)) for alias in aliases}
    return set()


class _InFunction(cst.CSTTransformer):
    """Adds an import to the body of one function."""

    def __init__(self, need: ImportNeed, block: _Block) -> None:
        super().__init__()
        self.need, self.block = need, block
        self._scope: list[str] = []

    def visit_ClassDef(self, node: cst.ClassDef) -> None:  # noqa: N802
        self._scope.append(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:  # noqa: ARG002, N802
        self._scope.pop()
        return updated_node

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802
        self._scope += [node.name.value, "<locals>"]

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: ARG002, N802
        qualname = ".".join(self._scope[:-1])
        del self._scope[-2:]
        if qualname != self.need.scope or not isinstance(updated_node.body, cst.IndentedBlock):
            return updated_node
        body = self.block.add(cast("list[Statement]", list(updated_node.body.body)), self.need)
        return updated_node.with_changes(body=updated_node.body.with_changes(body=body))


class _Block:
    """Where imports go in a body."""

    def __init__(self, module: cst.Module, own_packages: Collection[str]) -> None:
        self.module = module
        self.own_packages = own_packages
        self._has_line_each = _has_line_each(cast("list[Statement]", list(module.body)))

    def add(self, body: list[Statement], need: ImportNeed) -> list[Statement]:
        """Return the body with one more import."""
        same = [index for index, statement in enumerate(body) if _module_of(statement) == need.module]
        if any(_binds(body[index], need) for index in same):
            return body
        froms = [index for index in same if _from_import(body[index]) is not None] if need.name else []
        if froms:
            # isort keeps imports with an alias apart
            plain = [index for index in froms if not _has_alias(body[index])]
            if self._has_line_each:
                return self._on_own_line(body, plain or froms, need)
            at = (plain or froms)[0]
            return [*body[:at], self._merged(body[at], need), *body[at + 1 :]]
        return self._placed(body, need)

    # --------------------------------------------------------------------------------------------------- merging
    def _merged(self, statement: Statement, need: ImportNeed) -> Statement:
        node = cast("cst.ImportFrom", _from_import(statement))
        items = items_of(node)
        at = _place([dotted(alias.name) for alias in items.nodes], need.name)
        merged = with_items(node, items.insert(at, _alias(need)))
        line = cast("cst.SimpleStatementLine", statement)
        return line.with_changes(body=[merged, *line.body[1:]])

    def _on_own_line(self, body: list[Statement], same: Sequence[int], need: ImportNeed) -> list[Statement]:
        place = _place([_names_of(body[index])[0] for index in same], need.name)
        if place == len(same):
            return _at(body, same[-1] + 1, self._written(need))
        return _before(body, same[place], self._written(need))

    # --------------------------------------------------------------------------------------------------- placing
    def _written(self, need: ImportNeed) -> Statement:
        written = f"from {need.module} import {need.name}" if need.name else f"import {need.module}"
        written = f"{written} as {need.alias}" if need.alias else written
        return parse_statements(written, self.module.config_for_parsing)[0]

    def _placed(self, body: list[Statement], need: ImportNeed) -> list[Statement]:
        new = self._written(need)
        groups = _groups(body)
        section = self._section(need.module)
        fitting = [group for group in groups if self._fits(body, group, section)]
        same = [group for group in fitting if any(_top(_module_of(body[i])) == _top(need.module) for i in group)]
        if fitting:
            return self._in_group(body, (same or fitting)[0], new, section)
        later = next((group for group in groups if self._main_section(body, group) > section), None)
        if later is not None:
            return _as_group(body, later.start, new)
        at = groups[-1].stop if groups else _first(body)
        return _at(body, at, with_blank_lines(new, 1 if at else 0))

    def _section(self, module: str) -> int:
        top = _top(module)
        if module.startswith("."):
            return _RELATIVE
        if top in self.own_packages:
            return _OWN
        return _STDLIB if top in sys.stdlib_module_names else _THIRD_PARTY

    def _sections(self, body: Sequence[Statement], group: range) -> list[int]:
        return [self._section(_module_of(body[index])) for index in group]

    def _main_section(self, body: Sequence[Statement], group: range) -> int:
        sections = self._sections(body, group)
        return max(sections, key=sections.count)

    def _fits(self, body: Sequence[Statement], group: range, section: int) -> bool:
        return section in self._sections(body, group)

    def _in_group(self, body: list[Statement], group: range, new: Statement, section: int) -> list[Statement]:
        members = [index for index in group if self._section(_module_of(body[index])) == section]
        keys = [key for key in (_isort_key, _module_key) if _is_sorted([body[index] for index in members], key)]
        if keys:
            below = [index for index in members if keys[0](body[index]) > keys[0](new)]
            at = below[0] if below else members[-1] + 1
        else:
            own = [index for index in members if _top(_module_of(body[index])) == _top(_module_of(new))]
            at = (own or members)[-1] + 1
        return _before(body, at, new) if at == group.start else _at(body, at, new)


def _before(body: list[Statement], at: int, new: Statement) -> list[Statement]:
    """Insert an import directly before another one."""
    return [*body[:at], with_blank_lines(new, blank_lines(body[at])), with_blank_lines(body[at], 0), *body[at + 1 :]]


def _at(body: list[Statement], at: int, new: Statement) -> list[Statement]:
    """Insert a statement with the blank lines that it needs to what is no import."""
    return space([*body[:at], new, *body[at:]], {id(new)}, is_module=True)


def _as_group(body: list[Statement], at: int, new: Statement) -> list[Statement]:
    distance = blank_lines(body[at]) or int(at > 0)
    new = with_blank_lines(new, distance)
    return [*body[:at], new, with_blank_lines(body[at], max(1, distance)), *body[at + 1 :]]


def _groups(body: Sequence[Statement]) -> list[range]:
    """The runs of imports without a blank line between them, up to the first statement that is no import.

    What is imported from ``__future__`` is in none: nothing goes before it.
    """
    start = at = _first(body)
    groups = []
    while at < len(body) and _module_of(body[at]):
        if blank_lines(body[at]) and at > start:
            groups.append(range(start, at))
            start = at
        at += 1
    return [*groups, range(start, at)] if at > start else groups


def _first(body: Sequence[Statement]) -> int:
    """Where an import can stand first: after the docstring and what is imported from ``__future__``."""
    at = 0
    match body[0] if body else None:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()), *_]):
            at = 1
    while at < len(body) and _module_of(body[at]) == "__future__":
        at += 1
    return at


# -------------------------------------------------------------------------------------------------------- statements
def _from_import(statement: Statement) -> cst.ImportFrom | None:
    match statement:
        case cst.SimpleStatementLine(body=[cst.ImportFrom(names=[*_]) as node, *_]):
            return node
    return None


def _module_of(statement: Statement) -> str:
    """The module that an import imports first, '' for other statements."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.ImportFrom(module=module, relative=dots), *_]):
            return "." * len(dots) + (dotted(module) if module is not None else "")
        case cst.SimpleStatementLine(body=[cst.Import(names=[alias, *_]), *_]):
            return dotted(alias.name)
    return ""


def _binds(statement: Statement, need: ImportNeed) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.ImportFrom(names=[*aliases]), *_]) if need.name:
            return any(dotted(alias.name) == need.name and _local(alias) == need.local for alias in aliases)
        case cst.SimpleStatementLine(body=[cst.Import(names=aliases), *_]) if not need.name:
            return any(
                dotted(alias.name) == need.module and (alias.asname is not None) == (need.alias is not None)
                for alias in aliases
                if alias.asname is None or _local(alias) == need.alias
            )
    return False


def _names_of(statement: Statement) -> list[str]:
    """The names that an import takes from a module."""
    node = _from_import(statement)
    return [dotted(alias.name) for alias in items_of(node).nodes] if node is not None else []


def _has_line_each(body: Sequence[Statement]) -> bool:
    """Whether each imported name has a line of its own, as with isort's ``force_single_line``."""
    found = [(_module_of(statement), _names_of(statement)) for statement in body if not _has_alias(statement)]
    modules = [module for module, names in found if names]
    return len(modules) > len(set(modules)) and all(len(names) < 2 for _, names in found)


def _has_alias(statement: Statement) -> bool:
    node = _from_import(statement)
    return node is not None and any(alias.asname is not None for alias in items_of(node).nodes)


def _alias(need: ImportNeed) -> cst.ImportAlias:
    asname = cst.AsName(cst.Name(need.alias)) if need.alias else None
    return cst.ImportAlias(cst.Name(need.name), asname=asname)


def _local(alias: cst.ImportAlias) -> str:
    return cast("cst.Name", alias.asname.name).value if alias.asname is not None else dotted(alias.name)


def _top(module: str) -> str:
    return module.partition(".")[0]


# ---------------------------------------------------------------------------------------------------------- sorting
def _place(names: Sequence[str], name: str) -> int:
    """Where a name goes among others: by their order, if they have one that is known."""
    orders: tuple[Callable[[str], Any], ...] = (_member_key, str, str.lower)
    key = next((order for order in orders if _is_sorted(names, order)), None)
    return len(names) if key is None else sum(key(item) < key(name) for item in names)


def _is_sorted(items: Sequence[Any], key: Callable[[Any], Any]) -> bool:
    return all(key(left) <= key(right) for left, right in pairwise(items))


def _member_key(name: str) -> _Key:
    """The order of imported names that isort and ruff keep: CONSTANTS, Classes, functions."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower(), name


def _isort_key(statement: Statement) -> _Key:
    return _from_import(statement) is not None, *_module_key(statement)


def _module_key(statement: Statement) -> _Key:
    module = _module_of(statement)
    return module.lower(), module
