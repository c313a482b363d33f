"""LSF702 missing-app-protection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.project import Project
from litestar_fix.model.protections import Has, Protections, protections

_CSRF = "csrf_config"
_CORS = "cors_config"


class MissingAppProtection(practice.PracticeRule):
    """An application does not say which hosts and origins it serves, how often, or that forms are its own.

    ## Why

    Where a browser sends by itself who somebody is, with a cookie, other sites can send requests in that name: any of
    them with `SameSite=None`, and with `Lax` still the neighbours under the same domain. A `csrf_config` refuses them.
    Without `allowed_hosts` the application answers under any name, and links that it makes of the request's host lead
    there. Without a rate limit, passwords can be tried as fast as the server answers.

    ## What is looked at

    `csrf_config`, `allowed_hosts` and `cors_config` of the `Litestar` call: arguments, variables, `on_app_init`
    functions and plugins of the project. `csrf_config` is asked for only where a session or JWT cookie of Litestar
    signs somebody in. A rate limit may be anywhere: whoever speaks of one in the project is believed.

    ## When it is quiet

    What cannot be told is not counted as missing: the message lists it, and where nothing else is missing there is no
    finding. That is the case of `**options`, and of plugins of libraries that may set anything. `cors_config` alone:
    without it, browsers refuse other origins. APIs with tokens in a header, and anonymous ones, need no `csrf_config`;
    nor does a session that nothing in the project reads or fills.
    Tests, functions that make an application for them by their name (`create_test_app`), scripts, examples, demos,
    tutorials and their lessons; applications that are mounted in another one.

    ## Severity

    High where cookies sign somebody in and there is no `csrf_config`. Medium otherwise: a proxy may do the rest, and
    then a suppression says so.

    ## Source

    `litestar/app.py`, `litestar/middleware/csrf.py`, `litestar/middleware/allowed_hosts.py`, Litestar 2.25.
    """

    code = "LSF702"
    name = "missing-app-protection"
    severity = practice.Severity.MEDIUM
    applicability = practice.Applicability.NONE
    guide = "7: verify CORS, CSRF, rate limiting, allowed hosts at app level"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar import Litestar
            from litestar.middleware.rate_limit import RateLimitConfig

            limit = RateLimitConfig(rate_limit=("minute", 60))
            app = Litestar(allowed_hosts=["hives.example"], middleware=[limit.middleware])
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar import Litestar

            app = Litestar()
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the applications that lack something, once each."""
        for found in protections(project):
            asked = {name: has for name, has in found.has.items() if name != _CSRF or found.cookie}
            missing = [name for name, has in asked.items() if has is Has.NO]
            if not missing or missing == [_CORS]:
                continue
            is_forgeable = _CSRF in missing
            yield cls.finding(
                found.path,
                found.span,
                _message(found, asked, missing),
                severity=practice.Severity.HIGH if is_forgeable else practice.Severity.MEDIUM,
                related=[practice.Related(found.where.path, found.where.expr.span, f"{found.cookie} is used here")]
                if is_forgeable and found.where is not None
                else (),
            )


def _message(found: Protections, asked: Mapping[str, Has], missing: list[str]) -> str:
    why = f": {found.cookie} signs in with a cookie, and only its SameSite attribute keeps other sites from using it"
    unknown = [name for name, has in asked.items() if has is Has.UNKNOWN]
    return (
        f"{found.name} has no {_enumerated(missing)}{why if _CSRF in missing else ''}; "
        "set what its clients need"
        f"{f' (not known: {_enumerated(unknown)})' if unknown else ''}"
    )


def _enumerated(names: list[str]) -> str:
    return " and no ".join([", no ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
