"""New dataclasses for requests and responses: their fields, their names, and where they go.

A new dataclass goes above the handler that needs it, or above the controller or function that holds the handler.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator

import msgspec

from litestar_fix.model.dto_places import Anchor, Named, Names
from litestar_fix.model.facts import Expr, Ref, Sub
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Refusal

#: Defaults that are made anew for each instance.
FACTORIES = ("list", "dict")
_BUILTINS = frozenset({"str", "int", "float", "bool", "list", "dict", "set", "frozenset", "tuple"})


class TypeText(msgspec.Struct, frozen=True):
    """A type as source; an object that has to be imported stands for the name that it will have."""

    parts: tuple[str | Named, ...]

    @property
    def text(self) -> str:
        """The type as it is shown."""
        return "".join(part if isinstance(part, str) else f"{part.name}{part.rest}" for part in self.parts)

    def words(self) -> Iterator[str]:
        """Yield the names that it is written with."""
        for part in self.parts:
            yield from re.findall(r"\w+", part if isinstance(part, str) else f"{part.module}.{part.name}")


class NewField(msgspec.Struct, frozen=True):
    """A field: ``default`` is source, or one of `FACTORIES`; None where it has none."""

    name: str
    type: TypeText
    default: str | None = None


class NewDataclass(msgspec.Struct, frozen=True):
    """A dataclass that is to be written above a function or class; those that have a default come last."""

    anchor: Anchor
    name: str
    fields: tuple[NewField, ...]


def names_for_models(project: Project) -> Names:
    """Return names for new models: none that a class of the project has, whose name in the schema would change."""
    return Names(project, (class_.name for _, class_ in project.classes()))


def check_fields(project: Project, path: str, fields: Iterable[NewField]) -> None:
    """Check that fields can be written one below the other.

    Args:
        project: the project.
        path: the module that they are written into.
        fields: the fields.

    Raises:
        Refusal: a name is none for a field, or a type would be another one there.
    """
    found = list(fields)
    used = {word for item in found for word in item.type.words()}
    used |= {"field"} if any(item.default in FACTORIES for item in found) else set()
    for word in sorted(used & _BUILTINS):
        if word in project.table(path):
            raise Refusal(f"{word} is something else in its module")
    for item in found:
        check_name(item.name)
        if item.name in used:
            raise Refusal(f"a field {item.name} would hide what its type is written with")


def check_name(name: str) -> None:
    """Check that a key of JSON can be the name of a field.

    Raises:
        Refusal: it cannot.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_") or not name.isascii():
        raise Refusal(f"the key {name!r} is no name for a field")


def check_annotation(annotation: Expr) -> None:
    """Check that a part of an annotation can be replaced: what is quoted has the span of its quotes.

    Raises:
        Refusal: it cannot.
    """
    inner = annotation.value if isinstance(annotation, Sub) else annotation
    if isinstance(inner, Ref) and inner.span.end_column - inner.span.column != len(inner.name):
        raise Refusal("its annotation is quoted")


def check_handler(project: Project, handler: Handler, value: str) -> None:
    """Check that nothing but Litestar sees what a handler is given or returns.

    Args:
        project: the project.
        handler: the handler.
        value: what it is called: 'the dict', 'the body'.

    Raises:
        Refusal: something does.
    """
    if handler.applied is not None:
        raise Refusal("its decorator is applied by a call")
    if len(handler.function.decorators) > 1:
        raise Refusal(f"another decorator may look at {value}")
    for path, name in _called_directly(project, handler):
        raise Refusal(f"{path} calls {name} directly")


def _called_directly(project: Project, handler: Handler) -> Iterator[tuple[str, str]]:
    """Where the function of a handler is read: ``show.fn``, in tests mostly."""
    name = handler.function.name
    paths = set(project.words.readers(name)) & set(project.words.readers("fn"))
    for path in sorted(paths):
        module = project.modules[path]
        texts = [module.names_text, *(function.names_text for function in module.functions)]
        for text in texts:
            for dotted in text.split():
                if f".{dotted}.".find(f".{name}.fn.") >= 0:
                    yield path, dotted
