"""Modules: what they import and in which spelling, what every one of them holds, and its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


@dataclass
class Names:
    """How a module imports what it uses; each name is spelled one way in it."""

    draw: st.DrawFn
    lines: dict[str, None] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)

    def __call__(self, dotted: str) -> str:
        """Return the expression for a name of a library, and note its import."""
        if dotted not in self.spelled:
            module, _, name = dotted.rpartition(".")
            line, self.spelled[dotted] = _spelling(module, name, self.draw(st.sampled_from(_STYLES)))
            self.lines[line] = None
        return self.spelled[dotted]


_STYLES = ("from", "from", "from", "alias", "module alias", "module")


def _spelling(module: str, name: str, style: str) -> tuple[str, str]:
    match style:
        case "alias":
            return f"from {module} import {name} as {name}_", f"{name}_"
        case "module alias":
            alias = f"{module.replace('.', '_')}_module"
            return f"import {module} as {alias}", f"{alias}.{name}"
        case "module":
            return f"import {module}", f"{module}.{name}"
    return f"from {module} import {name}", name


class Drawing:
    """Draws what the parts of one module are made of.

    Args:
        draw: of a composite strategy.
        names: how the module imports what it uses.
    """

    def __init__(self, draw: st.DrawFn, names: Names) -> None:
        self.draw = draw
        self.names = names
        self._count = 0

    def number(self) -> int:
        """A number that no other part of the module has."""
        self._count += 1
        return self._count

    def one(self, *choices: T) -> T:
        """One of several things, the simplest first."""
        return self.draw(st.sampled_from(choices))

    def some(self, least: int, most: int) -> int:
        """A number."""
        return self.draw(st.integers(least, most))


@dataclass(frozen=True)
class Part:
    """A piece of a module: its code, the handlers it registers, and the providers that the application gets of it."""

    code: str
    handlers: tuple[str, ...] = ()
    dependencies: tuple[tuple[str, str], ...] = ()  #: providers, each with the way it is registered
    beside: Mapping[str, str] = field(default_factory=dict)  #: other files that it needs


HEAD = """\
URL = "https://example.org"
LIMIT = 10
EXTRA: dict[str, int] = {}
MORE: list[dict[str, list[str]]] = []
HEADERS = {"a": "b"}
OPEN = object()


async def amount() -> int:
    return 1


async def stamp(request: object) -> None:
    return None
"""


def module(names: Names, parts: Sequence[Part], future: str, docstring: str, *, factory: bool, app: bool) -> str:
    """Return the source of a module.

    Args:
        names: how it imports what it uses.
        parts: what the module holds.
        future: its ``from __future__`` import.
        docstring: its docstring.
        factory: whether the handlers and the application are defined in a function.
        app: whether it makes the application.
    """
    made = ""
    if app:
        handlers = ", ".join(name for part in parts for name in part.handlers)
        provided = [(name, form) for part in parts for name, form in part.dependencies]
        provide = names("litestar.di.Provide") if any("{provide}" in form for _, form in provided) else ""
        entries = "".join(
            f'        "resource_{name}": {form.format(provide=provide, name=name)},\n' for name, form in provided
        )
        dependencies = f"    dependencies={{\n{entries}    }},\n" if entries else ""
        made = f"{names('litestar.Litestar')}(\n    route_handlers=[{handlers}],\n{dependencies})"
    code = "\n\n".join(part.code for part in parts)
    if factory and app:
        made = _indented(made).lstrip()
        code = f"def create_app() -> object:\n{_indented(code)}\n    return {made}\n\n\napp = create_app()\n"
    elif app:
        code = f"{code}\n\napp = {made}\n"
    imports = "\n".join(names.lines)
    return f"{docstring}{future}{imports}\n\n{HEAD}\n\n{code}"


def _indented(code: str) -> str:
    """Indent code, but not what stands within strings of several lines."""
    inside, lines = False, []
    for line in code.split("\n"):
        lines.append(line if inside or not line else f"    {line}")
        inside ^= line.count('"""') % 2 == 1
    return "\n".join(lines)
