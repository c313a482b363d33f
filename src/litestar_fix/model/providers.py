"""Dependencies: what a layer's ``dependencies`` mapping provides under which key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from litestar_fix.model.evaluate import Entry, mapping, value_of
from litestar_fix.model.facts import Call, Const, Ref, Span
from litestar_fix.model.names import PROVIDE
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local, Located, Symbol

if TYPE_CHECKING:
    from litestar_fix.model.layers import Layer, Layers


class Provider(msgspec.Struct, frozen=True):
    """One entry of a ``dependencies`` mapping.

    Args:
        key: the dependency key.
        value: the value as written: a `Provide` call, or a bare callable.
        call: the ``Provide(...)`` call, None for a bare callable or where the value is not known.
        dependency: the callable itself, as an expression; None where it is not known.
        target: what that expression names; None where it is not known.
        layers: the layers that declare it.
    """

    key: str
    value: Located
    call: Call | None
    dependency: Located | None
    target: Symbol | None
    layers: tuple[Layer, ...]

    @property
    def use_cache(self) -> bool | None:
        """Whether the provided value is cached; None where that is not written as a literal."""
        value = self.call.keyword("use_cache") if self.call is not None else None
        if value is None:
            return False if self.call is None or not self.call.has_unpacking else None
        return bool(value.value) if isinstance(value, Const) else None


def provider_of(project: Project, entry: Entry, layers: tuple[Layer, ...]) -> Provider:
    """Read one entry of a ``dependencies`` mapping."""
    value = entry.value
    for _ in range(4):  # a name may stand for a Provide(...) made elsewhere
        if isinstance(value.expr, Call) and project.external(value.path, value.expr, value.scope) == PROVIDE:
            call = value.expr
            inner = call.args[0] if call.args else call.keyword("dependency")
            dependency = Located(value.path, value.scope, inner) if inner is not None else None
            target = project.resolve_expr(dependency) if dependency is not None else None
            return Provider(entry.name, value, call, dependency, target, layers)
        symbol = project.resolve_expr(value)
        if isinstance(value.expr, Ref) and project.function(symbol) is None and project.class_(symbol) is None:
            followed = value_of(project, value)
            if followed is not None:
                value = followed
                continue
        break
    is_call = isinstance(value.expr, Call)
    return Provider(
        entry.name, value, None, None if is_call else value, None if is_call else project.resolve_expr(value), layers
    )


def providers(layers: Layers) -> Iterator[Provider]:
    """Yield every provider of a project once, with all layers that declare it."""
    project = layers.project
    found: dict[tuple[str, Span, str], tuple[Entry, list[Layer]]] = {}
    for layer in layers.declared():
        for entry in (entry for value in layer.values("dependencies") for entry in mapping(project, value).entries):
            key = (entry.value.path, entry.value.expr.span, entry.name)
            found.setdefault(key, (entry, []))[1].append(layer)
    for entry, declaring in found.values():
        yield provider_of(project, entry, tuple(dict.fromkeys(declaring)))


def target_function(provider: Provider) -> Local | None:
    """The symbol of the project function that a provider calls, or None."""
    return provider.target if isinstance(provider.target, Local) else None
