"""What the rest of the project does with the exceptions of requests, and who uses requests at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from enum import Enum
from functools import cached_property

import msgspec

from litestar_fix.http_clients.errors import is_error
from litestar_fix.http_clients.table import OS_ERRORS, canonical
from litestar_fix.model.catching import Protected, protected
from litestar_fix.model.facts import Assign, Call, Expr, Import, Module, Raise, Ref, Stmt, Try
from litestar_fix.model.project import Project
from litestar_fix.model.reach import Reach
from litestar_fix.model.reached_by import ReachedBy
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import External, Local
from litestar_fix.model.walk import children, expressions, own_expressions, statements, subexpressions


class Elsewhere:
    """Answers about code outside the function that is rewritten, worked out once for a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.reach = Reach(project)
        self.reached_by = ReachedBy(self.reach)
        self._closures: dict[object, Set[Local]] = {}

    @cached_property
    def _modules(self) -> list[Module]:
        return [
            module for module in self.project.modules.values() if self.project.role(module.path) is Role.APPLICATION
        ]

    # ----------------------------------------------------------------------------------------------------- mentions
    def mentions(self, symbol: Local) -> str:
        """Where an exception of requests is used outside an except clause, as far as that may concern a function."""
        for mention in self._mentions:
            if self._concerns(mention, symbol):
                return f"{mention.path}:{mention.line} uses {mention.name} outside an except clause"
        return ""

    def _concerns(self, mention: _Mention, symbol: Local) -> bool:
        match mention.use:
            case _Use.HERE:
                return symbol == mention.function
            case _Use.DECORATOR:
                return symbol in self._run_by((mention.function,))
            case _Use.VALUE:
                # whoever runs both may put them together
                return symbol in self._run_by(self.reached_by.of_function(mention.function))
            case _Use.BASE:
                here = (symbol.path, symbol.qualname)
                return any((part.path, part.scope) == here and is_error(name) for part, name, _ in self._catching)
        return True

    def _run_by(self, starts: Iterable[Local]) -> Set[Local]:
        key = frozenset(starts)
        if key not in self._closures:
            self._closures[key] = self.reach.of_functions(key)
        return self._closures[key]

    @cached_property
    def _mentions(self) -> list[_Mention]:
        using = [module for module in self._modules if any(_is_of_requests(item) for item in module.imports)]
        return [mention for module in using for mention in self._mentions_in(module)]

    def _mentions_in(self, module: Module) -> Iterator[_Mention]:
        for function in module.functions:
            symbol = Local(module.path, function.qualname)
            outer = function.parent
            here, values = _raised_or_asked(function.body)
            defaults = [param.default for param in function.params if param.default is not None]
            for use, scope, roots in (
                (_Use.DECORATOR, outer, function.decorators),
                (_Use.HERE, function.qualname, here),
                (_Use.VALUE, function.qualname, values),
                (_Use.VALUE, outer, defaults),
            ):
                for name, expr in self._errors(module.path, scope, roots):
                    yield _Mention(module.path, expr.span.line, name, use, symbol)
        for use, scope, root in _outside_functions(module):
            for name, expr in self._errors(module.path, scope, [root]):
                yield _Mention(module.path, expr.span.line, name, use, Local(module.path, scope))

    def _errors(self, path: str, scope: str, roots: Iterable[Expr]) -> Iterator[tuple[str, Expr]]:
        for root in roots:
            for expr in subexpressions(root):
                name = self._error(path, scope, expr)
                if name:
                    yield name, expr

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
        for part in protected(self.project, self.project.modules.values()):
            if part.path not in paths:
                continue
            for clause in part.clauses:
                names = sorted(canonical(name) for name in clause.classes.names)
                found += [(part, name, clause.span.line) for name in names if is_error(name) or name in OS_ERRORS]
        return found

    def _runs(self, part: Protected, name: str, symbol: Local) -> bool:
        # an OSError may come from anywhere: only chains of calls that are all known count
        run = self.reach.of_body if is_error(name) else self._known_calls
        key = run.__name__, part.path, part.body[0].span
        if key not in self._closures:
            self._closures[key] = run(part.path, part.scope, part.body)
        return symbol in self._closures[key]

    def _known_calls(self, path: str, scope: str, body: tuple[Stmt, ...]) -> Set[Local]:
        graph = self.project.callgraph
        names = {expr.name for expr in expressions(body) if isinstance(expr, Ref)}
        found = [graph.target(Local(path, scope), name) for name in names]
        todo = [item for item in found if isinstance(item, Local)]
        seen: set[Local] = set()
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo += [item for _, item in graph.callees(current) if isinstance(item, Local)]
        return seen

    def calls_requests(self, path: str, scope: str, body: tuple[Stmt, ...]) -> bool:
        """Whether other functions that use requests may run when some statements run."""
        own = Local(path, scope)
        return any(symbol != own and self._uses_requests(symbol) for symbol in self.reach.of_body(path, scope, body))

    def _uses_requests(self, symbol: Local) -> bool:
        function = self.project.function(symbol)
        if function is None:
            return False
        found = [self.project.callgraph.target(symbol, name) for name in function.calls]
        found += [self.project.resolve(symbol.path, name, symbol.qualname) for name in function.names]
        return any(isinstance(item, External) and item.name.startswith("requests.") for item in found)


class _Use(Enum):
    """Where an exception is used, and so whom that concerns."""

    HERE = "in raise or isinstance: the function itself"
    DECORATOR = "in a decorator: what the decorated function runs"
    VALUE = "in another expression of a function: what runs beside it"
    BASE = "as the base of a class: who catches an exception of requests, and with it that class"
    ANYWHERE = "elsewhere outside functions: everybody"


class _Mention(msgspec.Struct, frozen=True):
    """A use of an exception outside except clauses."""

    path: str
    line: int
    name: str
    use: _Use
    function: Local


def _is_of_requests(item: Import) -> bool:
    return item.module.partition(".")[0] == "requests"


def _outside_functions(module: Module) -> Iterator[tuple[_Use, str, Expr]]:
    """Yield (use, scope, expression) for what a module reads outside functions.

    Annotations and except clauses are left out.
    """
    yield from ((_Use.ANYWHERE, "", expr) for stmt in statements(module.body) for expr in _read_by(stmt))
    for class_ in module.classes:
        outer = class_.parent
        yield from ((_Use.BASE, outer, expr) for expr in class_.bases)
        yield from ((_Use.ANYWHERE, outer, expr) for expr in class_.decorators)
        for item in class_.attributes:
            if item.value is not None:
                yield _Use.ANYWHERE, class_.qualname, item.value


def _raised_or_asked(body: tuple[Stmt, ...]) -> tuple[list[Expr], list[Expr]]:
    """The expressions of a function: what is raised or stands in ``isinstance``, and all others."""
    local: list[Expr] = []
    other: list[Expr] = []
    for stmt in statements(body):
        if isinstance(stmt, Raise):
            local += own_expressions(stmt)
            continue
        todo = _read_by(stmt)
        while todo:
            expr = todo.pop()
            if isinstance(expr, Call) and expr.callee == "isinstance":
                local.append(expr)
            elif isinstance(expr, Ref):
                other.append(expr)
            else:
                todo += children(expr)
    return local, other


def _read_by(stmt: Stmt) -> list[Expr]:
    match stmt:
        case Try():
            return []
        case Assign(targets=targets, value=value):
            return [expr for expr in (value, *targets) if expr is not None]
    return list(own_expressions(stmt))
