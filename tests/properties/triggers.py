"""What sets each rule off: for every rule one of its golden cases, its example if possible, made fit to share a module.

A new rule has golden cases, so it has a trigger, too; test_triggers.py fails where it has none.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from litestar_fix import registry
from litestar_fix.finding import Applicability, State
from tests.goldens import Case, cases, tree

_APP, _MANIFEST = "app.py", "pyproject.toml"
FUTURE = "from __future__ import annotations"


@dataclass(frozen=True)
class Trigger:
    """A piece of a module that sets a rule off.

    Args:
        code: the code of the rule.
        case: where it is from.
        select: the rules that have to be asked.
        imports: the import statements that it needs.
        body: the rest.
        beside: the manifest that it needs, and modules of tests.
    """

    code: str
    case: Case
    select: tuple[str, ...]
    imports: tuple[str, ...]
    body: str
    beside: Mapping[str, str]


def shared(*chosen: Trigger) -> dict[str, bytes]:
    """Return a project that has these triggers in one module."""
    imports = dict.fromkeys(line for trigger in chosen for line in trigger.imports)
    head = "\n".join(sorted(imports, key=lambda line: line != FUTURE))
    sources = {_APP: "\n\n\n".join([head, *(trigger.body for trigger in chosen)]) + "\n"}
    for trigger in chosen:
        sources |= trigger.beside  # where several need a manifest, that of the last has to do for all
    return {path: source.encode() for path, source in sources.items()}


@cache
def triggers() -> dict[str, Trigger]:
    """The trigger of every rule that has one, by code."""
    chosen = {info.code: case for info in registry.rules() if (case := _trigger_of(info.code, info.stem))}
    modules = {code: _modules(case) for code, case in chosen.items()}
    names = Counter(name for sources in modules.values() for source in sources.values() for name in _names(source))
    clashing = {name for name, count in names.items() if count > 1}
    return {code: _trigger(code, case, modules[code], clashing) for code, case in chosen.items()}


def _trigger_of(code: str, stem: str) -> Case | None:
    (rule,) = registry.load([code])
    wanted = (State.REPORT,) if rule.applicability is Applicability.NONE else (State.FIX, State.NEEDS_UNSAFE)
    own = sorted((case for case in cases() if case.stem == stem), key=_preference)
    return next((case for case in own if _sets_off(case, code, wanted)), None)


def _preference(case: Case) -> tuple[bool, bool, bool, str]:
    paths = {path for path in tree(case.before) if path.endswith(".py")}
    return paths != {_APP}, case.name != "example", (case.before / _MANIFEST).exists(), case.name


def _sets_off(case: Case, code: str, states: Sequence[State]) -> bool:
    """Whether the rule finds something in code that it can fix, if it fixes anything."""
    lines = [line for line in case.findings if f" {code} " in line and ".py:" in line.partition(" ")[0]]
    return any(f" {state}: " in line for line in lines for state in states)


def _modules(case: Case) -> dict[str, str]:
    """The modules of a case by path, each after those that it imports; tests last."""
    sources = {path: content.decode() for path, content in tree(case.before).items() if path.endswith(".py")}
    order: dict[str, str] = {}

    def visit(path: str) -> None:
        for node in ast.parse(sources[path]).body:
            for other in _imported(node, path, sources):
                if other not in order:
                    visit(other)
        order[path] = sources[path]

    for path in sorted(sources, key=_is_test):
        if path not in order:
            visit(path)
    return order


def _is_test(path: str) -> bool:
    return path.startswith("tests/")


def _imported(node: ast.stmt, path: str, sources: Iterable[str]) -> list[str]:
    """The modules of the case that a statement imports from."""
    if not isinstance(node, ast.ImportFrom):
        return []
    package = path.split("/")[: -node.level] if node.level else []
    start = "/".join([*package, *(node.module or "").split(".")]).strip("/")
    below = [f"{start}/{alias.name}.py".lstrip("/") for alias in node.names]
    return [other for other in (f"{start}.py", *below) if other in sources]


def _names(source: str) -> Iterator[str]:
    """The names that a module defines."""
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def _trigger(code: str, case: Case, modules: Mapping[str, str], clashing: Set[str]) -> Trigger:
    suffix = code.removeprefix("LSF")
    renamed = {path: _renamed(source, clashing, suffix) for path, source in modules.items()}
    pieces = [_taken_apart(path, source, modules) for path, source in renamed.items() if not _is_test(path)]
    manifest = case.before / _MANIFEST
    beside = {_MANIFEST: manifest.read_text("utf-8")} if manifest.exists() else {}
    return Trigger(
        code,
        case,
        (code, *case.header("selects").split()),
        tuple(line for imports, _ in pieces for line in imports),
        "\n\n\n".join(body for _, body in pieces if body),
        beside | {path: source for path, source in renamed.items() if _is_test(path)},
    )


def _taken_apart(path: str, source: str, modules: Iterable[str]) -> tuple[list[str], str]:
    """The imports of a module, but for those of the other ones, and the rest, but for its docstring."""
    lines = source.splitlines(keepends=True)
    imports = []
    for node in reversed(ast.parse(source).body):
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or isinstance(node, ast.Import | ast.ImportFrom):
            text = "".join(lines[node.lineno - 1 : node.end_lineno]).rstrip("\n")
            del lines[node.lineno - 1 : node.end_lineno]
            if not is_docstring and not _imported(node, path, modules):
                imports.append(text)
    return imports[::-1], "".join(lines).strip("\n")


def _renamed(source: str, names: Set[str], suffix: str) -> str:
    """The source with another spelling of these names; attributes are nobody's names."""
    lines = source.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    for before, token in reversed(list(pairwise(tokens))):
        if token.type == tokenize.NAME and token.string in names and before.string not in (".", "from"):
            line, column = token.start
            old = lines[line - 1]
            lines[line - 1] = f"{old[:column]}{token.string}_{suffix}{old[column + len(token.string) :]}"
    return "".join(lines)
