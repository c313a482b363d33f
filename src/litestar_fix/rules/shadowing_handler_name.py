"""LSF408: the name of a handler is bound in the class body, too."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.class_bodies import methods
from litestar_fix.model.class_scope import Use, uses
from litestar_fix.model.facts import Function
from litestar_fix.model.layers import Controller
from litestar_fix.model.names import HANDLER_DECORATORS
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import External, Local

_BUILTINS = frozenset(dir(builtins))
_OF_PROPERTIES = frozenset({"getter", "setter", "deleter"})


class ShadowingHandlerName(practice.PracticeRule):
    """A method of a controller has the name of a route decorator or builtin that is used below it in the class body.

    ## Why

    A method called `get` or `list` is a name of the class body from then on. The next `@get("/x")` in the body calls
    the handler instead of the decorator, and the next `-> list[int]` subscripts it: the module cannot be imported, or
    the application does not start. Where nothing fails, as with a bare `-> list`, the annotation is the handler.

    ## When it is quiet

    Names that are not used below the method; annotations that are quoted, or not evaluated because of
    `from __future__ import annotations`; uses inside functions, lambdas and comprehensions, which do not see the names
    of a class; methods that are no handlers and are meant by a decorator or call; attributes that name a method
    without calling it; `@name.setter` of a property; classes that are no controllers.

    ## Fix safety

    There is no fix: the name of a handler is a part of its operation id in the OpenAPI document.

    ## Source

    The scoping rules of class bodies in the language reference of Python; what comes of it in Litestar 2.25 is in
    `litestar/handlers/base.py` (`BaseRouteHandler.__call__`).
    """

    code = "LSF408"
    name = "shadowing-handler-name"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.NONE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Controller, get

            class MoonController(Controller):
                @get("/masses")
                async def read_masses(self) -> list[int]:
                    return [8, 4]

                @get()
                async def list(self) -> str:
                    return "Io, Europa"
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Controller, get

            class MoonController(Controller):
                @get()
                async def list(self) -> str:
                    return "Io, Europa"

                @get("/masses")
                async def read_masses(self) -> list[int]:
                    return [8, 4]
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the methods whose name the rest of the class body uses in its other meaning."""
        for controller in project.layers.controllers.values():
            for function in methods(project, controller.path, controller.class_):
                hidden = _hidden(project, controller, function)
                use = _next_use(project, controller, function) if hidden else None
                if use is not None:
                    kind = "handler" if _is_handler(project, controller, function) else "method"
                    related = practice.Related(controller.path, use.span, f"{use.name} means the {kind} here")
                    yield cls.finding(
                        controller.path,
                        function.span,
                        f"{kind} {function.name} hides the {hidden} from {_place(use)} below it; "
                        f"rename it or move it to the end of {controller.class_.name}",
                        related=[related],
                    )


def _hidden(project: Project, controller: Controller, function: Function) -> str:
    """What the name of a method means outside the class, '' where that is neither a builtin nor a route decorator."""
    name = function.name
    outside = controller.class_.parent
    if controller.class_.attribute(name) is not None:
        return ""  # bound twice in the class
    symbol = project.resolve(controller.path, name, outside)
    if isinstance(symbol, External) and symbol.name in HANDLER_DECORATORS:
        return f"route decorator {name}"
    is_builtin = name in _BUILTINS and project.callgraph.is_builtin(Local(controller.path, outside), name)
    return f"builtin {name}" if is_builtin else ""


def _is_handler(project: Project, controller: Controller, function: Function) -> bool:
    return Local(controller.path, function.qualname) in project.layers.handlers


def _next_use(project: Project, controller: Controller, function: Function) -> Use | None:
    """The first place below a method that means something else by its name."""
    is_handler = _is_handler(project, controller, function)
    found = []
    for use in uses(project, controller.path, controller.class_):
        root, _, rest = use.name.partition(".")
        if root != function.name or use.definition <= function.span or rest in _OF_PROPERTIES:
            continue
        # no annotation means a method, and nobody calls a handler; a helper may be called
        if use.part == "annotation" or (is_handler and use.applied):
            found.append(use)
    return min(found, key=lambda use: use.span, default=None)


def _place(use: Use) -> str:
    match use.part:
        case "annotation":
            return f"the annotations of {use.owner}"
        case "attribute":
            return f"the attribute {use.owner}"
    return f"the {use.part} of {use.owner}"
