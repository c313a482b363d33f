"""Which services hold which: over parameters that ``__init__`` keeps, instances that it makes, and annotated fields."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from litestar_fix.model.annotations import held
from litestar_fix.model.facts import Assign, Class, Ref
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.symbols import Local, Located
from litestar_fix.model.walk import statements, subexpressions

_SERVICE = regex(r"Service(Impl|Base)?$")
#: Services that other services need to do their work, and that do none of the domain's.
_TOOL = regex(r"(Client|Email|Mail|Log|Logger|Logging|Cache|Caching|Storage|Clock|Repository)Service(Impl|Base)?$")


class ServiceChains:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._held: dict[Local, tuple[Local, ...]] = {}

    @cached_property
    def services(self) -> dict[Local, Class]:
        """The service classes of the application, in file order."""
        return {
            Local(module.path, class_.qualname): class_
            for module, class_ in self.project.classes()
            if _is_service(class_) and self.project.role(module.path) is Role.APPLICATION
        }

    def chain(self, start: Local, steps: int) -> tuple[Local, ...]:
        """Return services that hold one another over at least so many steps, from one on; none is in it twice.

        Empty where there is no such chain. It goes on as far as it can without looking for a longer one: in a dense
        circle of services that would take for ever.
        """
        found = self._chain((start,), steps)
        while found:
            further = next((inner for inner in self.holds(found[-1]) if inner not in found), None)
            if further is None:
                break
            found = (*found, further)
        return found

    def _chain(self, above: tuple[Local, ...], steps: int) -> tuple[Local, ...]:
        if not steps:
            return above
        ways = (self._chain((*above, inner), steps - 1) for inner in self.holds(above[-1]) if inner not in above)
        return next(filter(None, ways), ())

    def holds(self, service: Local) -> tuple[Local, ...]:
        """Return the services that a service holds, those of its base classes included."""
        if service not in self._held:
            found = dict.fromkeys(
                inner
                for path, class_ in self.project.ancestry(service).classes
                for inner in self._of_class(Local(path, class_.qualname), class_)
            )
            self._held[service] = tuple(inner for inner in found if inner in self.services and inner != service)
        return self._held[service]

    def _of_class(self, symbol: Local, class_: Class) -> Iterator[Local]:
        for attribute in class_.attributes:
            if attribute.annotation is not None:
                annotation = Located(symbol.path, symbol.qualname, attribute.annotation)
                yield from (item.symbol for item in held(self.project, annotation) if item.symbol is not None)
        maker = Local(symbol.path, f"{symbol.qualname}.__init__")
        function = self.project.function(maker)
        for stmt in statements(function.body if function is not None else ()):
            match stmt:
                case Assign(targets=(Ref(name=name),), value=value) if name.startswith("self.") and value is not None:
                    for expr in subexpressions(value):
                        found = self.project.callgraph.type_of_expr(maker, expr)
                        if isinstance(found, Local):
                            yield found


def _is_service(class_: Class) -> bool:
    return bool(_SERVICE.search(class_.name)) and not _TOOL.search(class_.name)
