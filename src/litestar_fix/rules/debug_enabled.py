"""LSF708 debug-enabled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.app_hooks import initialised
from litestar_fix.model.facts import Const, Expr, Span
from litestar_fix.model.names import LITESTAR
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.roles import Role, is_for_tests
from litestar_fix.model.sites import calls_of

_DEBUG = "debug"
_NOT_SERVED = (Role.TEST, Role.EXAMPLE, Role.DOCUMENTATION)


class DebugEnabled(practice.PracticeRule):
    """An application is made with debug=True, wherever it runs.

    ## Why

    With `debug=True` Litestar answers an error that no exception handler takes with its traceback: paths, code and the
    text of the exception go to whoever sent the request.

    ## When it is quiet

    The value comes from settings, an argument or a constant; hooks that set it under a condition; tests, functions that
    make an application for them by their name (`create_test_app`), examples and documentation.

    ## Source

    `default_http_exception_handler` in `litestar/middleware/_internal/exceptions/middleware.py`
    returns `create_debug_response` for a 500, Litestar 2.25.
    """

    code = "LSF708"
    name = "debug-enabled"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.NONE
    guide = "beyond"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Litestar

            from hives.settings import settings

            app = Litestar(debug=settings.debug)
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Litestar

            app = Litestar(debug=True)
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the keywords that say so, and the values that hooks of the project set."""
        for site in calls_of(project, LITESTAR):
            if project.role(site.path) in _NOT_SERVED or is_for_tests(site.scope):
                continue
            for keyword in site.call.keywords:
                if keyword.name == _DEBUG and _is_true(keyword.value):
                    yield cls._finding(site.path, keyword.span, f"{_name(site.scope)} makes the application with")
        if project.words.readers(_DEBUG):
            yield from cls._of_hooks(project)

    @classmethod
    def _of_hooks(cls, project: Project) -> Iterator[practice.Finding]:
        seen: set[tuple[str, Span]] = set()
        for site, layer in project.layers.applications:
            if project.role(site.path) in _NOT_SERVED or is_for_tests(site.scope):
                continue
            config = initialised(project, layer.options, frozenset({_DEBUG}))
            if _DEBUG not in config.changed - config.unsure:
                continue
            for value in config.values[_DEBUG]:
                if _is_true(value.expr) and (value.path, value.expr.span) not in seen:
                    seen.add((value.path, value.expr.span))
                    yield cls._finding(
                        value.path, value.expr.span, f"{_name(value.scope)} initialises the application with"
                    )

    @classmethod
    def _finding(cls, path: str, span: Span, who: str) -> practice.Finding:
        return cls.finding(
            path, span, f"{who} debug=True, so that errors are answered with tracebacks; read it from the settings"
        )


def _is_true(value: Expr) -> bool:
    return isinstance(value, Const) and value.value is True


def _name(scope: str) -> str:
    return readable(scope) or "the module"
