"""What the rest of the project does with the exceptions of requests, and who uses requests at all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from litestar_fix.http_clients.errors import is_error
from litestar_fix.http_clients.table import OS_ERRORS, canonical
from litestar_fix.model.catching import Protected, protected
from litestar_fix.model.facts import Assign, Expr, Module, Ref, Stmt, Try
from litestar_fix.model.project import External, Local, Project
from litestar_fix.model.reach import Reach
from litestar_fix.model.roles import Role
from litestar_fix.model.walk import own_expressions, statements, subexpressions


class Elsewhere:
    """Answers about code outside the function that is rewritten, worked out once for a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.reach = Reach(project)

    @cached_property
    def _modules(self) -> list[Module]:
        return [
            module for module in self.project.modules.values() if self.project.role(module.path) is Role.APPLICATION
        ]

    # ----------------------------------------------------------------------------------------------------- mentions
    @cached_property
    def mention(self) -> str:
        """Where an exception of requests is used outside an except clause; '' where none is."""
        for module in self._modules:
            if not any(item.module.partition(".")[0] == "requests" for item in module.imports):
                continue
            for scope, expr in _read_at_run_time(module):
                name = self._error(module.path, scope, expr)
                if name:
                    return f"{module.path}:{expr.span.line} uses {name} outside an except clause"
        return ""

    def _error(self, path: str, scope: str, expr: Expr) -> str:
        found = self.project.resolve(path, expr.name, scope) if isinstance(expr, Ref) else None
        name = canonical(found.name) if isinstance(found, External) else ""
        return name if is_error(name) else ""

    # ------------------------------------------------------------------------------------------------------ catching
    def catches(self, symbol: Local) -> str:
        """Where the errors of requests are caught that a function lets through; '' where nowhere."""
        for part, name, line in self._catching:
            if (part.path, part.scope) != (symbol.path, symbol.qualname) and self._runs(part, name, symbol):
                return f"{part.path}:{line} catches {name}"
        return ""

    @cached_property
    def _catching(self) -> list[tuple[Protected, str, int]]:
        paths = {module.path for module in self._modules}
        found = []
        for part in protected(self.project):
            if part.path not in paths:
                continue
            for clause in part.clauses:
                names = sorted(canonical(name) for name in clause.classes.names)
                found += [(part, name, clause.span.line) for name in names if is_error(name) or name in OS_ERRORS]
        return found

    def _runs(self, part: Protected, name: str, symbol: Local) -> bool:
        if is_error(name):
            return symbol in self.reach.of_body(part.path, part.scope, part.body)
        # an OSError may come from anywhere: only chains of calls that are all known count
        return symbol in self._known_calls(part)

    def _known_calls(self, part: Protected) -> set[Local]:
        start = Local(part.path, part.scope)
        names = [
            e.name
            for stmt in statements(part.body)
            for r in own_expressions(stmt)
            for e in subexpressions(r)
            if isinstance(e, Ref)
        ]
        graph = self.project.callgraph
        todo = [found for found in (graph.target(start, name) for name in names) if isinstance(found, Local)]
        seen: set[Local] = set()
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo += [found for _, found in graph.callees(current) if isinstance(found, Local)]
        return seen

    def calls_requests(self, path: str, scope: str, body: tuple[Stmt, ...]) -> bool:
        """Whether other functions that use requests may run when some statements run."""
        own = Local(path, scope)
        return any(symbol != own and self._uses_requests(symbol) for symbol in self.reach.of_body(path, scope, body))

    def _uses_requests(self, symbol: Local) -> bool:
        function = self.project.function(symbol)
        calls = function.calls if function is not None else ()
        found = [self.project.callgraph.target(symbol, name) for name in calls]
        return any(isinstance(item, External) and item.name.startswith("requests.") for item in found)


def _read_at_run_time(module: Module) -> Iterator[tuple[str, Expr]]:
    """Yield (scope, expression) for all that a module reads, annotations and the types of except clauses left out."""
    roots: list[tuple[str, Expr | None]] = list(_of_body("", module.body))
    for class_ in module.classes:
        outer = class_.qualname.rpartition(".")[0].removesuffix(".<locals>")
        roots += [(outer, expr) for expr in (*class_.bases, *class_.decorators)]
        roots += [(class_.qualname, attribute.value) for attribute in class_.attributes]
    for function in module.functions:
        outer = function.qualname.rpartition(".")[0].removesuffix(".<locals>")
        roots += [(outer, expr) for expr in (*function.decorators, *[param.default for param in function.params])]
        roots += _of_body(function.qualname, function.body)
    for scope, root in roots:
        yield from ((scope, expr) for expr in (subexpressions(root) if root is not None else ()))


def _of_body(scope: str, body: tuple[Stmt, ...]) -> Iterator[tuple[str, Expr | None]]:
    for stmt in statements(body):
        match stmt:
            case Try():
                continue
            case Assign(targets=targets, value=value):
                yield from ((scope, expr) for expr in (value, *targets))
            case _:
                yield from ((scope, expr) for expr in own_expressions(stmt))
