"""What a handler and its dependencies take and give, and where they run.

Source: ``litestar/_kwargs/kwargs_model.py`` (where a parameter comes from), ``litestar/di.py`` and
``litestar/handlers/http_handlers/base.py`` (``sync_to_thread``), Litestar 2.25. A dependency that neither the handler
nor another dependency of it asks for is never called, so it is no part of a route's contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from litestar_fix.model.callables import Kind, callable_of
from litestar_fix.model.facts import Function, Param, Ref
from litestar_fix.model.names import LISTENERS, RESERVED_KWARGS
from litestar_fix.model.providers import Provider, target_function
from litestar_fix.model.routes import Route
from litestar_fix.model.symbols import Local, Located
from litestar_fix.proof.effective import Options
from litestar_fix.proof.values import Place, Value, joined

ON_THE_LOOP = "runs on the event loop"
IN_A_THREAD = "runs in a thread"


@dataclass(frozen=True, slots=True)
class Signatures:
    """Reads the signatures of one project."""

    options: Options

    def handler(self, route: Route) -> dict[str, Value]:
        """Return the parameters, the return annotation and the way of running of a route's handler."""
        handler, function = route.handler, route.handler.function
        scope = function.parent
        fields = {
            "returns": self.options.values.at(handler.path, scope, function.returns, "not annotated"),
            "runs": self._running(function, handler.layer.options.get("sync_to_thread")),
        }
        available = set(route.dependencies())
        declared = self.options.merged("parameters", route.layers).entries
        for param in _params(function):
            start = f"parameters[{param.name}]"
            fields[f"{start}.kind"] = _source(route, param, available, {text.strip("'\"") for text in declared})
            fields[f"{start}.annotation"] = self.options.values.at(handler.path, scope, param.annotation)
            fields[f"{start}.default"] = self.options.values.at(handler.path, scope, param.default, "required")
            if repr(param.name) in declared:
                fields[f"{start}.declared"] = declared[repr(param.name)]
        return fields

    def _running(self, function: Function | None, sync_to_thread: Located | None) -> Value:
        if function is not None and function.is_async:
            return Value("awaited")
        value = self.options.values.of(sync_to_thread) if sync_to_thread is not None else Value("None")
        if value.unknown:
            return value
        return Value(IN_A_THREAD if value.text == "True" else ON_THE_LOOP, (), value.places)

    # -------------------------------------------------------------------------------------------------- dependencies
    def dependencies(self, route: Route) -> tuple[dict[str, Value], dict[str, tuple[Place, ...]], list[str]]:
        """Return what a route's dependencies are.

        Returns:
            The fields; what the fields of a key are about; the keys of those that are cached.
        """
        rest = self.options.merged("dependencies", route.layers).rest
        fields = {"dependencies[**]": joined(rest)} if rest else {}
        unknown = [name for value in rest for name in value.unknown]
        about: dict[str, tuple[Place, ...]] = {}
        cached: list[str] = []
        for key, provider in self._used(route).items():
            start = f"dependencies[{key}]"
            fields |= {f"{start}.{name}": value.noting(unknown) for name, value in self._provider(provider).items()}
            function = self.options.project.function(provider.target)
            if function is not None and isinstance(provider.target, Local):
                about[start] = ((provider.target.path, function.span),)
            if provider.use_cache is not False:
                cached.append(key)
        return fields, about, cached

    def _used(self, route: Route) -> Mapping[str, Provider]:
        """The providers that the handler reaches; all of them where one takes what is not known."""
        available = route.dependencies()
        if route.handler.kind in LISTENERS:  # their hooks have dependencies, too
            return available
        todo = [param.name for param in _params(route.handler.function)]
        used: dict[str, Provider] = {}
        while todo:
            name = todo.pop()
            if name in used or name not in available:
                continue
            used[name] = available[name]
            params = self._taken(available[name])
            if params is None:
                return available
            todo += params
        return used

    def _taken(self, provider: Provider) -> tuple[str, ...] | None:
        known = callable_of(self.options.project, provider.dependency) if provider.dependency is not None else None
        if known is not None:
            return known.params
        function = self.options.project.function(provider.target)
        return tuple(param.name for param in function.params) if function is not None else None

    def _provider(self, provider: Provider) -> dict[str, Value]:
        values, project = self.options.values, self.options.project
        written = values.of(provider.dependency or provider.value)
        known = callable_of(project, provider.dependency) if provider.dependency is not None else None
        fields = {"provider": written, **self._provided(provider, known.kind if known is not None else None, written)}
        function, symbol = project.function(provider.target), target_function(provider)
        if function is None or symbol is None:
            return fields
        fields["returns"] = values.at(symbol.path, function.parent, function.returns, "not annotated")
        for param in _params(function):
            start = f"parameters[{param.name}]"
            fields[f"{start}.annotation"] = values.at(symbol.path, function.parent, param.annotation)
            fields[f"{start}.default"] = values.at(symbol.path, function.parent, param.default, "required")
        return fields

    def _provided(self, provider: Provider, kind: Kind | None, written: Value) -> dict[str, Value]:
        """How the callable runs, and what ``Provide`` is told beside it."""
        words = {word.name: word.value for word in provider.call.keywords} if provider.call is not None else {}
        if provider.call is not None:
            words |= dict(zip(("dependency", "use_cache", "sync_to_thread"), provider.call.args, strict=False))
        at = provider.value
        given = {
            name: Located(at.path, at.scope, words[name]) for name in ("use_cache", "sync_to_thread") if name in words
        }
        running = self._running(None, given.get("sync_to_thread"))
        match kind:
            case None:
                runs = Value(f"not known, {running.text}", (written.text, *running.unknown), running.places)
            case Kind.SYNC:
                runs = Value(f"{kind.value}, {running.text}", running.unknown, running.places)
            case _:  # sync_to_thread has no effect on them
                runs = Value(kind.value)
        use_cache = self.options.values.of(given["use_cache"]) if "use_cache" in given else Value("False")
        return {"kind": runs, "use_cache": use_cache}


def _params(function: Function) -> tuple[Param, ...]:
    """The parameters that Litestar fills."""
    is_static = any(isinstance(item, Ref) and item.name == "staticmethod" for item in function.decorators)
    bound = 1 if function.owner and not is_static else 0
    return tuple(param for param in function.params[bound:] if param.kind not in ("*", "**"))


def _source(route: Route, param: Param, available: set[str], declared: set[str]) -> Value:
    """Where a parameter's value comes from; a name with two sources keeps the application from starting."""
    name = param.name
    paths = route.paths or ()
    kinds = []
    if any(f"{{{name}:" in path.replace(" ", "") or f"{{{name}}}" in path.replace(" ", "") for path in paths):
        kinds.append("path")
    if name in available:
        kinds.append("dependency")
    if name in declared:
        kinds.append("declared on a layer")
    if not kinds:
        kinds.append(name if name in RESERVED_KWARGS else "request")
    text = " and ".join(kinds)
    return Value(text) if route.paths is not None else Value(text, ("the path",))
