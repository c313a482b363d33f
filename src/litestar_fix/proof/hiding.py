"""What may set options of a layer in a way that its text does not show: unpacking, plugins, bases, code elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from litestar_fix.model.facts import Assign, Call, Do, Function, Module, Ref, Stmt
from litestar_fix.model.layers import Layer
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import statements
from litestar_fix.proof.values import Value, Values, joined, opaque

_HOOKS = ("plugins", "on_app_init")


class Hiding:
    """Reads what hides options, once for each layer."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.project = values.project
        self._known: dict[Layer, Value | None] = {}

    def field(self, name: str, layers: Iterable[Layer]) -> dict[str, Value]:
        """Return the field that holds what hides options of some layers; none where nothing does."""
        hidden = [value for layer in layers if (value := self.of(layer)) is not None]
        return {name: joined(hidden)} if hidden else {}

    def of(self, layer: Layer) -> Value | None:
        """Return what hides options of a layer, None where all are known."""
        if layer not in self._known:
            found = None if layer.complete else joined(self._found(layer), f"{layer.kind} {layer.name}: {{}}")
            self._known[layer] = opaque(found) if found is not None else None
        return self._known[layer]

    def _found(self, layer: Layer) -> Iterator[Value]:
        path, scope = layer.path, layer.scope
        yield from (self.values.of(layer.options[name]) for name in _HOOKS if name in layer.options)
        if layer in self._calls:
            where, call = self._calls[layer]
            yield from (self.values.at(where, scope, word.value) for word in call.keywords if word.name is None)
        class_ = self.project.class_(Local(path, scope)) if layer.kind == "controller" else None
        if class_ is not None:
            outer = class_.parent
            yield from (self.values.at(path, outer, base) for base in class_.bases)
            for where, owner in self.project.ancestry(Local(path, scope)).classes:
                conditional = [item for item in owner.attributes if item.conditional or item.op != "="]
                yield from (self.values.at(where, owner.qualname, item.value, item.name) for item in conditional)
                yield from self._from_outside(owner.name)

    def _from_outside(self, name: str) -> Iterator[Value]:
        """What other code assigns to attributes of a class, or calls on them."""
        start = f"{name}."
        for module in self.project.modules.values():
            owners: list[tuple[str, Module | Function]] = [("", module)]
            owners += [(function.qualname, function) for function in module.functions]
            for scope, owner in owners:
                if start in owner.names_text:
                    for stmt in statements(owner.body):
                        yield from self._touching(stmt, start, module.path, scope)

    def _touching(self, stmt: Stmt, start: str, path: str, scope: str) -> Iterator[Value]:
        match stmt:
            case Assign(targets=targets, value=value) if any(
                isinstance(target, Ref) and target.name.startswith(start) for target in targets
            ):
                names = " = ".join(target.name for target in targets if isinstance(target, Ref))
                yield joined([self.values.at(path, scope, value)], f"{names} {stmt.op} {{}}")
            case Do(value=Call() as call) if call.callee.startswith(start):
                arguments = (*call.args, *[word.value for word in call.keywords])
                yield joined((self.values.at(path, scope, item) for item in arguments), f"{call.callee}({{}})")

    @cached_property
    def _calls(self) -> dict[Layer, tuple[str, Call]]:
        """The calls that layers are made by, each with its file."""
        layers = self.project.layers
        found = {layer: (site.path, site.call) for site, layer in (*layers.applications, *layers.routers)}
        for handler in layers.every_handler():
            if isinstance(handler.decorator, Call):
                path = handler.applied.path if handler.applied is not None else handler.path
                found[handler.layer] = path, handler.decorator
        return found
