"""Guards as layers register them."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.evaluate import items
from litestar_fix.model.layers import Layer
from litestar_fix.model.project import Located, Project
from litestar_fix.model.roles import Role


def registered_guards(project: Project) -> Iterator[tuple[Layer, Located]]:
    """Yield every guard that a layer declares, with the layer; those of tests left out."""
    for layer in dict.fromkeys(project.layers.declared()):
        if project.role(layer.path) is not Role.TEST:
            for value in layer.values("guards"):
                for guard in items(project, value).items:
                    yield layer, guard
