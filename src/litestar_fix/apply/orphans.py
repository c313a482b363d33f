"""Removing imports that an edit orphaned: used before it, unused after it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import libcst as cst

from litestar_fix.apply.removal import Imported, drop_names
from litestar_fix.edits.source import comments
from litestar_fix.errors import EditError
from litestar_fix.surroundings import Surroundings

_TYPE_COMMENT = re.compile(r"#\s*type:\s*(?!ignore)(.*)")
#: A ``noqa`` that speaks of unused imports: one without codes, or one with F401 or a beginning of it.
_NOQA = re.compile(r"#\s*noqa(?!\s*:)|#\s*noqa\s*:.*\bF(?:4|40|401)?\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d]\w*")


def drop_orphans(before: bytes, changed: cst.Module, surroundings: Surroundings) -> cst.Module:
    """Return the module without imports that nothing uses any more.

    Kept are imports that were unused before, that other modules take from here or patch by their names, that
    ``__all__`` names or a ``noqa`` comment protects, and what an ``__init__.py`` imports from its own project.

    Args:
        before: the file before the edits.
        changed: the module after them.
        surroundings: what the project knows about the names of the file.

    Raises:
        EditError: the changed module is no Python.
    """
    used = usage(_parsed(before), before)
    for _ in range(3):
        # an emptied `if TYPE_CHECKING` orphans the import of TYPE_CHECKING
        content = changed.bytes
        using = usage(_parsed(content), content)

        def is_orphan(item: Imported, using: dict[str, set[str]] = using) -> bool:
            was_used = item.local in used.get(item.scope, ())
            return was_used and item.local not in using.get(item.scope, ()) and not _is_kept(item, surroundings)

        fewer = drop_names(changed, is_orphan)
        if fewer is changed:
            break
        changed = fewer
    return changed


def _is_kept(item: Imported, surroundings: Surroundings) -> bool:
    if item.module == "__future__" or (item.is_renamed and item.local == item.name):
        return True
    if any(_NOQA.match(comment.value) for comment in comments(item.statement.with_changes(leading_lines=[]))):
        return True
    if item.scope:
        return False
    if surroundings.path.endswith("__init__.py") and _is_own(item.module, surroundings):
        return True
    exported = surroundings.exported
    return exported is None or item.local in exported or surroundings.is_looked_up(item.local)


def _is_own(module: str, surroundings: Surroundings) -> bool:
    return module.startswith(".") or module.partition(".")[0] in surroundings.own_packages()


# ------------------------------------------------------------------------------------------------------------ usage
def _parsed(source: bytes) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise EditError(f"the result is no Python: {error}") from error


def usage(tree: ast.Module, source: bytes) -> dict[str, set[str]]:
    """The names that each function and class reads, inner ones included, by qualname; '' is the module.

    Args:
        tree: the syntax tree of a file.
        source: its content, for the type comments, which are rare: a name in one counts for the whole file.
    """
    reader = _Reader()
    reader.visit(tree)
    for comment in _TYPE_COMMENT.findall(source.decode("utf-8", "replace")):
        reader.used[""].update(_WORD.findall(comment))
    return reader.used


class _Reader(ast.NodeVisitor):
    def __init__(self) -> None:
        self.used: dict[str, set[str]] = {"": set()}
        self._scopes: list[tuple[str, frozenset[str]]] = [("", frozenset())]
        self._prefix = ""

    def _read(self, name: str) -> None:
        for scope, own in reversed(self._scopes):
            self.used[scope].add(name)
            if name in own:
                break

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Store):
            self._read(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._read(node.target.id)
        self._export(node.target, node.value)
        self.generic_visit(node)

    def _within(self, name: str, inner: str, own: frozenset[str], nodes: Iterable[ast.AST]) -> None:
        outer = self._prefix
        qualname = f"{outer}{name}"
        self.used.setdefault(qualname, set())
        self._scopes.append((qualname, own))
        self._prefix = f"{qualname}{inner}"
        for node in nodes:
            self.visit(node)
        self._scopes.pop()
        self._prefix = outer

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._quoted(node.returns)
        for child in ast.iter_child_nodes(node):
            if child not in node.body:
                self.visit(child)  # decorators, defaults and annotations are read outside
        self._within(node.name, ".<locals>.", _variables(node), node.body)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for base in node.bases:
            self._quoted(base)
        # what a class body reads may be of the module, whether or not the class has an attribute of that name
        self._within(node.name, ".", frozenset(), ast.iter_child_nodes(node))

    def visit_arg(self, node: ast.arg) -> None:
        self._quoted(node.annotation)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._quoted(node.annotation)
        if node.value is not None:
            self._export(node.target, node.value)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._export(target, node.value)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        # list["Model"], but not row["model"]
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if name[:1].isupper() or name in ("list", "dict", "set", "tuple", "type", "frozenset"):
            self._quoted(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("cast", "TypeVar", "NewType", "ForwardRef"):
            for argument in [*node.args, *[keyword.value for keyword in node.keywords]]:
                self._quoted(argument)
        if isinstance(node.func, ast.Attribute):
            for argument in node.args:
                self._export(node.func.value, argument)
        self.generic_visit(node)

    def _export(self, target: ast.expr, value: ast.expr) -> None:
        """Read the names that are put into ``__all__``."""
        if isinstance(target, ast.Name) and target.id == "__all__":
            for item in ast.walk(value):
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    self._read(item.value)

    def _quoted(self, node: ast.expr | None) -> None:
        """Read the names in the strings of an annotation."""
        for text in _strings(node) if node is not None else ():
            for name in _names(text):
                self._read(name)


def _variables(function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """The parameters and variables of a function: within it, their names mean nothing that is imported outside."""
    args = function.args
    given = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    names = {item.arg for item in given if item is not None}
    others: set[str] = set()
    nodes: list[ast.AST] = [*function.body]
    while nodes:
        node = nodes.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
                continue
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                continue
            case ast.Name(ctx=ast.Store() | ast.Del()):
                names.add(node.id)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
            case ast.Global() | ast.Nonlocal():
                others.update(node.names)
        nodes.extend(ast.iter_child_nodes(node))
    return frozenset(names - others)


def _strings(annotation: ast.AST) -> Iterator[str]:
    """The strings of an annotation that quote one: not those in Literal, and not what Annotated says about a type."""
    match annotation:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal")):
            return
        case ast.Subscript(
            value=ast.Name(id="Annotated") | ast.Attribute(attr="Annotated"), slice=ast.Tuple(elts=[inner, *_])
        ):
            yield from _strings(inner)
        case _:
            for child in ast.iter_child_nodes(annotation):
                yield from _strings(child)


def _names(annotation: str) -> Iterator[str]:
    try:
        tree = ast.parse(annotation.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return
    for item in ast.walk(tree):
        if isinstance(item, ast.Name):
            yield item.id
        elif isinstance(item, ast.Constant) and isinstance(item.value, str) and item.value != annotation:
            yield from _names(item.value)
