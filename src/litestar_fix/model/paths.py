"""Route paths as they are written, and the parameters in them.

Source: ``BaseRoute._parse_path`` in ``litestar/routes/base.py``: a path is split at its slashes; a segment that begins
with ``{`` and ends with ``}`` is one parameter, ``name:converter``; any other segment is literal text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

import msgspec

from litestar_fix.model.evaluate import items, string
from litestar_fix.model.facts import Call, Span
from litestar_fix.model.handlers import Handler, Layer
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Located

#: Converter -> canonical name of the type that it makes.
CONVERTERS = {
    "str": "builtins.str",
    "int": "builtins.int",
    "float": "builtins.float",
    "uuid": "uuid.UUID",
    "decimal": "decimal.Decimal",
    "date": "datetime.date",
    "datetime": "datetime.datetime",
    "time": "datetime.time",
    "timedelta": "datetime.timedelta",
    "path": "pathlib.Path",
}
#: What a value of a converter becomes, sometimes at least, beside its own type. Text becomes anything, and a path is
#: text for Litestar. Tried with every pair under Litestar 2.0, 2.12 and 2.25: the server answers each valid address
#: with 400 where the annotation is not listed.
BECOMES: dict[str, tuple[str, ...]] = {
    "int": ("builtins.float", "builtins.bool", "decimal.Decimal", "datetime.datetime", "datetime.timedelta"),
    "float": ("builtins.int", "decimal.Decimal", "datetime.datetime", "datetime.timedelta"),
    "decimal": ("builtins.float",),
    **dict.fromkeys(("uuid", "date", "datetime", "time", "timedelta"), ()),
}
_WRITTEN = regex(r"\{\s*[^\W\d]\w*\s*(?::[^{}/]*)?\}")


class Segment(msgspec.Struct, frozen=True):
    """What stands between two slashes of a path.

    ``written`` are the parameters that its author meant, with their braces.
    """

    text: str
    written: tuple[str, ...]

    @property
    def inner(self) -> str | None:
        """What Litestar reads as ``name:converter``, None for literal text."""
        return self.text[1:-1] if len(self.text) > 1 and self.text[0] == "{" and self.text[-1] == "}" else None

    @property
    def is_whole(self) -> bool:
        """Whether it is one parameter and nothing else."""
        return self.written == (self.text,)

    @property
    def parameter(self) -> Parameter | None:
        """The parameter that Litestar makes of it; None for literal text, and where it refuses to start."""
        name, _, converter = (self.inner or "").partition(":")
        valid = bool(name.strip()) and converter.strip() in CONVERTERS
        return Parameter(name.strip(), converter.strip()) if valid else None


class Parameter(msgspec.Struct, frozen=True):
    """A path parameter; ``converter`` is '' where there is none."""

    name: str
    converter: str


class DeclaredPath(msgspec.Struct, frozen=True):
    """A path that a layer declares.

    Args:
        owner: how the author of the handler, controller, router or application calls it.
        text: the path.
        where: the expression that declares it, in the file of that layer.
        layer: the layer.
    """

    owner: str
    text: str
    where: Located
    layer: Layer

    @property
    def place(self) -> tuple[str, Span]:
        """The file and span of the expression."""
        return self.where.path, self.where.expr.span

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What stands between its slashes."""
        return segments(self.text)


def segments(path: str) -> tuple[Segment, ...]:
    """Split a path at its slashes."""
    return tuple(Segment(part, tuple(_WRITTEN.findall(part))) for part in path.split("/") if part)


def declared_paths(project: Project) -> Mapping[Layer, tuple[DeclaredPath, ...]]:
    """Return the paths that each handler, controller, router and application declares, as far as the text tells.

    Searched once for a project.
    """
    if project not in _declared:
        found = {handler.layer: tuple(_of_handler(project, handler)) for handler in project.layers.every_handler()}
        for layer in project.layers.declared():
            if layer not in found:
                found[layer] = tuple(_of_layer(project, layer))
        _declared[project] = found
    return _declared[project]


_declared: WeakKeyDictionary[Project, Mapping[Layer, tuple[DeclaredPath, ...]]] = WeakKeyDictionary()


def _of_handler(project: Project, handler: Handler) -> Iterator[DeclaredPath]:
    call = handler.decorator
    if not isinstance(call, Call):
        yield from _of_layer(project, handler.layer)  # a listener class has its path where controllers have theirs
        return
    path = handler.applied.path if handler.applied is not None else handler.path
    expr = call.args[0] if call.args else call.keyword("path")
    if expr is not None:
        yield from _texts(project, handler.function.name, Located(path, handler.layer.scope, expr), handler.layer)


def _of_layer(project: Project, layer: Layer) -> Iterator[DeclaredPath]:
    for routed in layer.values("path"):
        # a class may have its path from a base class
        is_class = routed.scope in project.table(routed.path).classes
        yield from _texts(project, routed.scope.rpartition(".")[2] if is_class else layer.name, routed, layer)


def _texts(project: Project, owner: str, routed: Located, layer: Layer) -> Iterator[DeclaredPath]:
    single = string(project, routed)
    if single is not None:
        yield DeclaredPath(owner, single, routed, layer)
        return
    for item in items(project, routed).items:
        text = string(project, item)
        if text is not None:
            is_here = item.path == routed.path and routed.expr.span.contains(item.expr.span)
            yield DeclaredPath(owner, text, item if is_here else routed, layer)
