"""Route paths as they are written, and the parameters in them.

Source: ``BaseRoute._parse_path`` in ``litestar/routes/base.py``: a path is split at its slashes; a segment that begins
with ``{`` and ends with ``}`` is one parameter, ``name:converter``; any other segment is literal text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from litestar_fix.model.evaluate import items, string
from litestar_fix.model.facts import Call
from litestar_fix.model.handlers import Handler, Layer
from litestar_fix.model.project import Located, Project

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
_WRITTEN = re.compile(r"\{\s*[^\W\d]\w*\s*(?::[^{}/]*)?\}")


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
    def segments(self) -> tuple[Segment, ...]:
        """What stands between its slashes."""
        return segments(self.text)


def segments(path: str) -> tuple[Segment, ...]:
    """Split a path at its slashes."""
    return tuple(Segment(part, tuple(_WRITTEN.findall(part))) for part in path.split("/") if part)


def declared_paths(project: Project) -> Iterator[DeclaredPath]:
    """Yield every path of a project that the text tells: of handlers, controllers, routers and applications."""
    handlers = project.layers.every_handler()
    for handler in handlers:
        yield from handler_paths(project, handler)
    own = {handler.layer for handler in handlers}
    for layer in project.layers.declared():
        if layer not in own:
            yield from layer_paths(project, layer)


def handler_paths(project: Project, handler: Handler) -> Iterator[DeclaredPath]:
    """Yield the paths that a handler declares."""
    call = handler.decorator
    if not isinstance(call, Call):
        yield from layer_paths(project, handler.layer)  # a listener class has its path where controllers have theirs
        return
    path = handler.applied.path if handler.applied is not None else handler.path
    expr = call.args[0] if call.args else call.keyword("path")
    if expr is not None:
        yield from _texts(project, handler.function.name, Located(path, handler.layer.scope, expr), handler.layer)


def layer_paths(project: Project, layer: Layer) -> Iterator[DeclaredPath]:
    """Yield the paths that an application, a router or a controller declares."""
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
