"""LSF708 debug-enabled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.facts import Const
from litestar_fix.model.names import LITESTAR
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.roles import Role
from litestar_fix.model.sites import calls_of

_NOT_SERVED = (Role.TEST, Role.EXAMPLE, Role.DOCUMENTATION)


class DebugEnabled(practice.PracticeRule):
    """An application is made with debug=True, wherever it runs.

    ## Why

    With `debug=True` Litestar answers an error that no exception handler takes with its traceback: paths, code and the
    text of the exception go to whoever sent the request.

    ## When it is quiet

    The value comes from settings, an argument or a constant; tests, examples and documentation.

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
        """Yield the keywords that say so."""
        for site in calls_of(project, LITESTAR):
            if project.role(site.path) in _NOT_SERVED:
                continue
            for keyword in site.call.keywords:
                match keyword.value:
                    case Const(value=True) if keyword.name == "debug":
                        who = readable(site.scope) or "the module"
                        yield cls.finding(
                            site.path,
                            keyword.span,
                            f"{who} makes the application with debug=True, so that errors are answered with tracebacks;"
                            " read it from the settings",
                        )
