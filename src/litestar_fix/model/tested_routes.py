"""Which routes the tests of a project request, as far as any text in them may be the address."""

from __future__ import annotations

from collections.abc import Iterator

from litestar_fix.model.evaluate import string
from litestar_fix.model.facts import Call, Const, Expr, Module
from litestar_fix.model.layers import Handler
from litestar_fix.model.paths import segments
from litestar_fix.model.project import Project
from litestar_fix.model.requested_paths import may_reach
from litestar_fix.model.roles import Role, is_test_module
from litestar_fix.model.routes import Route
from litestar_fix.model.sites import mentions_of, roots
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.urls import Pieces, is_text, path_of, pieces
from litestar_fix.model.walk import children

#: Methods of test clients whose argument is an address, with or without a slash.
_REQUESTS = frozenset(
    ["delete", "get", "head", "options", "patch", "post", "put", "request", "stream", "websocket_connect"]
)  # fmt: skip
#: Keywords whose value stands before the addresses of a client.
_BASES = frozenset({"base_url", "root_path"})
#: Libraries that request all routes of a schema.
_REQUEST_ALL = frozenset({"schemathesis"})


class RequestsOfTests:
    """What the tests of a project ask for.

    Args:
        project: the project.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.modules = [module for path, module in project.modules.items() if project.role(path) is Role.TEST]
        self._paths = {module.path for module in self.modules}
        self._texts: set[Pieces] = set()
        self._bases: set[Pieces] = set()
        self._names: set[str] = set()
        for module in self.modules:
            self._read(module)
        self._by_first: dict[str, list[Pieces]] = {}
        for request in self._requests():
            self._by_first.setdefault(_first(request), []).append(request)

    @property
    def has_tests(self) -> bool:
        """Whether there is a test at all."""
        tests = (module for module in self.modules if is_test_module(module.path))
        return any(function.name.startswith("test") for module in tests for function in module.functions)

    @property
    def request_all(self) -> bool:
        """Whether a library requests whatever the schema has."""
        return any(i.module.partition(".")[0] in _REQUEST_ALL for module in self.modules for i in module.imports)

    def requested(self, path: str, literal: frozenset[str]) -> bool:
        """Whether a test may request a path.

        Args:
            path: the path of a route.
            literal: the paths of all routes without parameters: they go before others that would match.
        """
        first = next(iter(segments(path)), None)
        for key in [first.text, ""] if first is not None and first.inner is None else self._by_first:
            for request in self._by_first.get(key, ()):
                is_other = len(request) == 1 and request[0] != path and request[0] in literal
                if not is_other and may_reach(path, request):
                    return True
        return False

    def meets(self, handler: Handler) -> bool:
        """Whether tests use a handler in another way: its function, its controller, or the name of its route."""
        owner = handler.function.owner
        symbols = [handler.symbol, *([Local(handler.path, owner)] if owner else [])]
        symbols += [c.symbol for c in self.project.layers.controllers.values() if owner and handler in c.handlers]
        names = [string(self.project, value) for value in handler.layer.values("name")]
        return not self._names.isdisjoint(names) or any(self._is_mentioned(symbol) for symbol in dict.fromkeys(symbols))

    def _is_mentioned(self, symbol: Local) -> bool:
        readers = self.project.words.readers(symbol.qualname.rpartition(".")[2])
        if self._paths.isdisjoint(readers):
            return False
        return any(mention.path in self._paths for mention in mentions_of(self.project, symbol))

    # -------------------------------------------------------------------------------------------------------- texts
    def _read(self, module: Module) -> None:
        for scope, _, root in roots(module):
            for expr in self._of_interest(module, scope, root):
                if isinstance(expr, Const) and "/" not in str(expr.value):
                    self._names.add(str(expr.value))  # as most texts are
                    continue
                found = pieces(self.project, Located(module.path, scope, expr))
                text = "".join(part or "" for part in found)
                if "/" in text:
                    self._texts.add(path_of(found))
                elif None not in found:
                    self._names.add(text)

    def _of_interest(self, module: Module, scope: str, expr: Expr) -> Iterator[Expr]:
        """Yield the texts in an expression, each as a whole; what else is looked at is noted."""
        if is_text(expr):
            yield expr
            return
        if isinstance(expr, Call):
            self._note(Located(module.path, scope, expr), expr)
        for child in children(expr):
            yield from self._of_interest(module, scope, child)

    def _note(self, located: Located, call: Call) -> None:
        path, scope = located.path, located.scope
        if call.callee.rpartition(".")[2] in _REQUESTS and "." in call.callee:
            for argument in call.args[:2]:
                found = pieces(self.project, Located(path, scope, argument))
                if found and found != (None,):
                    self._texts.add(path_of(found))
        for keyword in call.keywords:
            if keyword.name in _BASES:
                base = path_of(pieces(self.project, Located(path, scope, keyword.value)))
                if base != ("/",):
                    self._bases.add(base)

    def _requests(self) -> Iterator[Pieces]:
        for text in self._texts:
            for request in (text, *[(*base, "/", *text) for base in self._bases]):
                written = "".join(part or "" for part in request)
                is_known = None not in request
                yield ("/" + "/".join(part for part in written.split("/") if part),) if is_known else request


def _first(request: Pieces) -> str:
    """The first segment of a request, '' where it is not known."""
    parts = [part for part in (request[0] or "").split("/") if part] if request else []
    is_whole = len(parts) > 1 or len(request) == 1 or (request[0] or "").endswith("/")
    return parts[0] if parts and is_whole else ""


def served_routes(project: Project) -> list[Route]:
    """Return the routes of the applications of a project itself, with known paths, mounted applications excepted."""
    return [
        route
        for route in project.layers.routes
        if route.rooted
        and route.paths
        and route.handler.kind != "litestar.asgi"
        and project.role(route.layers[0].path) is Role.APPLICATION
        and project.role(route.handler.path) is Role.APPLICATION
    ]
