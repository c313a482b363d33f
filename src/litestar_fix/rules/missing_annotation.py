"""LSF404: handlers and providers say what they take and return."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from litestar_fix import practice
from litestar_fix.model.expectations import waits_for_error
from litestar_fix.model.facts import Const, Function, Param, Return, Span
from litestar_fix.model.handlers import Handler
from litestar_fix.model.names import LISTENERS
from litestar_fix.model.paths import CONVERTERS, declared_paths
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import statements

_UNIMPORTED = "builtins"
_DOES_NOT_START = "has no annotation, and the application does not start with it"


class Fix(msgspec.Struct, frozen=True):
    """What is annotated, a function's result or a parameter, and as what: 'builtins.int', 'uuid.UUID', 'None'.

    ``scope`` is where the annotation is looked up.
    """

    span: Span
    type: str
    is_parameter: bool
    scope: str


class MissingAnnotation(practice.PracticeRule):
    """A handler or a provider lacks an annotation.

    ## Why

    Litestar reads its whole contract from annotations: how values are parsed and validated, how the response is
    serialised, what the OpenAPI document says. An application with a handler that does not say what it returns, or with
    an unannotated parameter, does not start. A provider without a return annotation works, but neither a reader nor a
    type checker learns what its handlers receive.

    ## When it is quiet

    The first parameter of a method, and one called `self`; functions that are neither handlers nor providers; providers
    that are lambdas, classes, partials or methods of objects; functions with further decorators, which may put another
    signature in the place of their own; tests that wait for the error.

    ## Fix safety

    Safe: an annotation of the result as `-> None` where nothing is returned, and of a path parameter as the type that
    its converter makes. What a function returns otherwise, and what a parameter is that no path types, or that has a
    default, only its owner knows. The fix is refused where the name of the type means something else.

    ## Source

    `litestar/handlers/http_handlers/base.py` (`_validate_handler_function`) and `litestar/utils/signature.py`
    (`ParsedSignature`), Litestar 2.25.
    """

    code = "LSF404"
    name = "missing-annotation"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.SAFE
    guide = "checklist: Missing type hints"
    changes = ("returns", "parameters.annotation", "dependencies.returns")
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import get

            @get("/moons/{number:int}")
            async def read_moon(number: int) -> int:
                return number
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import get

            @get("/moons/{number:int}")
            async def read_moon(number: int):
                return number
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield what handlers lack, then what providers lack."""
        for handler in project.layers.every_handler():
            if handler.is_plain and not waits_for_error(project, handler.path, handler.function.parent):
                yield from cls._handler(project, handler)
        for provider in project.layers.providers:
            found = project.function(provider.target)
            if not isinstance(provider.target, Local) or found is None or found.decorators or found.returns is not None:
                continue
            if not waits_for_error(project, provider.target.path, found.parent):
                yield cls._result(provider.target.path, found, f"provider {found.name} has no return annotation")

    @classmethod
    def _handler(cls, project: Project, handler: Handler) -> Iterator[practice.Finding]:
        function = handler.function
        if function.returns is None:
            # a listener may send nothing
            harm = "" if handler.kind in LISTENERS else ", and the application does not start with it"
            yield cls._result(handler.path, function, f"handler {function.name} has no return annotation{harm}")
        for param in function.params[1:] if function.owner else function.params:
            if param.annotation is None and param.name != "self":
                yield cls._parameter(project, handler, param)

    @classmethod
    def _result(cls, path: str, function: Function, told: str) -> practice.Finding:
        returns = not function.is_generator and _returns_nothing(function)
        return cls.finding(
            path,
            function.span,
            f"{told}; {'annotate it as -> None' if returns else 'say what it returns'}",
            applicability=cls.applicability if returns else practice.Applicability.NONE,
            data=Fix(function.span, "None", is_parameter=False, scope=function.parent),
        )

    @classmethod
    def _parameter(cls, project: Project, handler: Handler, param: Param) -> practice.Finding:
        function = handler.function
        told = f"parameter {param.name} of handler {function.name} {_DOES_NOT_START}"
        typed = _typed(project, handler, param)
        if typed is None:
            return cls.finding(
                handler.path, param.span, f"{told}; say its type", applicability=practice.Applicability.NONE
            )
        text, type_ = typed
        home, _, name = type_.rpartition(".")
        is_hidden = home == _UNIMPORTED and project.resolve(handler.path, name, function.parent) is not None
        return cls.finding(
            handler.path,
            param.span,
            f"{told}; annotate it as {name}, which {text} makes",
            refusal=f"{name} means something else here" if is_hidden else "",
            data=Fix(param.span, type_, is_parameter=True, scope=function.parent),
        )


def _returns_nothing(function: Function) -> bool:
    returned = [stmt.value for stmt in statements(function.body) if isinstance(stmt, Return)]
    return all(value is None or (isinstance(value, Const) and value.value is None) for value in returned)


def _typed(project: Project, handler: Handler, param: Param) -> tuple[str, str] | None:
    """The one path parameter that a parameter stands for, and the type that it makes; None where there is none."""
    if param.default is not None or param.kind in ("*", "**"):
        return None
    declared = declared_paths(project)
    found: dict[str, str] = {}
    for route in project.layers.routes_of(handler):
        if any("path" in layer.unsure for layer in route.layers) or param.name in route.dependencies():
            return None
        for segment in (s for layer in route.layers for path in declared.get(layer, ()) for s in path.segments):
            parameter = segment.parameter
            if parameter is not None and parameter.name == param.name:
                found.setdefault(parameter.converter, segment.text)
    return next(((text, CONVERTERS[converter]) for converter, text in found.items()), None) if len(found) == 1 else None
