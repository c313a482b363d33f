"""The fields that a route takes and sends, through its DTOs where they apply.

Source: ``litestar/dto/_backend.py``, Litestar 2.25. A DTO of which the model or the configuration is not known is told
by the value of its expression alone.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from litestar_fix.model.annotations import held
from litestar_fix.model.dtos import Dto, dto_of
from litestar_fix.model.responses import answer
from litestar_fix.model.routes import Effective, Route
from litestar_fix.model.schemas import Field, Schema, schema_of
from litestar_fix.model.symbols import Local, Located
from litestar_fix.proof.values import Value, Values, joined

_DTOS = ("dto", "return_dto")


@dataclass(slots=True)
class Payloads:
    """Reads the models and DTOs of one project, each once."""

    values: Values
    _schemas: dict[Local, Value] = field(default_factory=dict)
    _answers: dict[Hashable, Value | None] = field(default_factory=dict)

    def fields(self, route: Route) -> dict[str, Value]:
        """Return what a route takes and sends."""
        fields = {"response fields": self._sent(route), "request fields": self._taken(route)}
        found = {name: value for name, value in fields.items() if value is not None}
        for option, effective in (("dto", route.data_dto()), ("return_dto", route.return_dto())):
            config = self._config(effective)
            if config is not None:
                found[f"{option}.config"] = config
        return found

    def _config(self, effective: Effective) -> Value | None:
        if effective.value is None or effective.is_none:
            return None
        dto = dto_of(self.values.project, effective.value)
        if dto is None:
            return None
        value = self._written(dto)
        return value if dto.known and dto.config.known else value.noting([self.values.of(effective.value).text])

    def _written(self, dto: Dto) -> Value:
        return self.values.of(dto.config.call) if dto.config.call is not None else Value("default")

    def _taken(self, route: Route) -> Value | None:
        """The models of the request's body."""
        handler = route.handler
        data = next((param for param in handler.function.params if param.name == "data"), None)
        if data is None or data.annotation is None:
            return None
        project = self.values.project
        annotation = Located(handler.path, handler.function.parent, data.annotation)
        models = [schema_of(project, item.symbol) for item in held(project, annotation) if item.symbol is not None]
        found = [self._schema(schema) for schema in models if schema is not None]
        return joined(found, "{}") if found else None

    def _schema(self, schema: Schema) -> Value:
        if schema.symbol not in self._schemas:
            fields = joined((self._field(item) for item in schema.fields), f"{schema.name}({{}})")
            above = schema.ancestry
            hidden = () if above.known else (f"the bases of {schema.name}",)
            self._schemas[schema.symbol] = fields.noting(hidden)
        return self._schemas[schema.symbol]

    def _field(self, item: Field) -> Value:
        return self._typed(item.name, item, f" {item.mark}" if item.mark else "")

    def _typed(self, name: str, item: Field, mark: str = "") -> Value:
        annotation = self.values.of(item.annotation) if item.annotation is not None else Value("Any")
        return Value(f"{name}: {annotation.text}{mark}", annotation.unknown, ((item.owner.path, item.span),))

    def _sent(self, route: Route) -> Value | None:
        """The models of the response, with the fields that are sent; asked once for routes that answer alike."""
        function = route.handler.function
        if function.returns is None:
            return None
        returns = self.values.at(route.handler.path, function.parent, function.returns)
        set_here = [
            (
                layer.kind,
                layer.complete,
                *[(name, self.values.of(part).text) for name in _DTOS for part in layer.values(name)],
            )
            for layer in route.layers
        ]
        key = (returns.text, route.rooted, tuple(set_here))
        if key not in self._answers:
            self._answers[key] = self._answer(route)
        return self._answers[key]

    def _answer(self, route: Route) -> Value | None:
        found = answer(self.values.project, route)
        if found is None:
            return None
        return joined(
            joined(
                (self._typed(".".join(item.names), item.field) for item in payload.transfer.sent),
                f"{payload.schema.name}({{}})",
            )
            for payload in found.payloads
        )
