"""LSF701 permissive-cors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from litestar_fix import practice
from litestar_fix.model.evaluate import items, string, value_of
from litestar_fix.model.facts import Const, Expr
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.sites import CallSite, calls_of
from litestar_fix.model.symbols import Located

_CONFIG = "litestar.config.cors.CORSConfig"
_EVERY = "*"


class PermissiveCors(practice.PracticeRule):
    """The CORS configuration lets every site ask.

    ## Why

    `allow_origins` is `["*"]` unless it is given. Where a request carries a cookie, Litestar answers with the very
    origin that asks; with `allow_credentials=True` every site on the web reads what a visitor of it may read here.
    `allow_origin_regex` alone restricts nothing: `allow_origins` stays `*`.

    ## When it is quiet

    Origins that are named, or that come from settings, arguments or the environment; `allow_origin_regex` together with
    an `allow_origins` that has no `*`; tests.

    ## Severity

    Critical with credentials. Medium without: a public, anonymous API may be meant, and then a suppression says so.

    ## Source

    `litestar/config/cors.py` (defaults) and `litestar/middleware/_internal/cors.py`, Litestar 2.25.
    """

    code = "LSF701"
    name = "permissive-cors"
    severity = practice.Severity.CRITICAL
    applicability = practice.Applicability.NONE
    guide = "7: too permissive CORS"
    VALID: ClassVar[list[str | practice.Valid]] = [
        practice.Valid(
            """
            from litestar.config.cors import CORSConfig

            cors = CORSConfig(allow_origins=["https://hives.example"], allow_credentials=True)
            """
        )
    ]
    INVALID: ClassVar[list[str | practice.Invalid]] = [
        practice.Invalid(
            """
            from litestar.config.cors import CORSConfig

            cors = CORSConfig(allow_credentials=True)
            """
        )
    ]

    @classmethod
    def find(cls, project: Project) -> Iterator[practice.Finding]:
        """Yield the configurations that allow every origin."""
        for site in calls_of(project, _CONFIG):
            if project.role(site.path) is Role.TEST or site.call.has_unpacking:
                continue
            origins = site.call.args[0] if site.call.args else site.call.keyword("allow_origins")
            if origins is not None and not _has_every(project, _at(site, origins)):
                continue
            with_credentials = _is_true(project, site, site.call.keyword("allow_credentials"))
            why = "" if origins is not None else _why(site)
            harm = ": any site may read what a signed-in visitor may read" if with_credentials else ""
            yield cls.finding(
                site.path,
                site.call.span,
                f"CORSConfig allows every origin{' with credentials' if with_credentials else ''}{why}{harm}; "
                "name the origins in allow_origins",
                severity=practice.Severity.CRITICAL if with_credentials else practice.Severity.MEDIUM,
            )


def _why(site: CallSite) -> str:
    if site.call.keyword("allow_origin_regex") is not None:
        return ", since allow_origin_regex restricts nothing while allow_origins is not given"
    return ", since allow_origins is not given"


def _has_every(project: Project, origins: Located) -> bool:
    return any(string(project, item) == _EVERY for item in items(project, origins).items)


def _is_true(project: Project, site: CallSite, value: Expr | None) -> bool:
    if value is None:
        return False
    found = value_of(project, _at(site, value)) or _at(site, value)
    return isinstance(found.expr, Const) and found.expr.value is True


def _at(site: CallSite, value: Expr) -> Located:
    return Located(site.path, site.scope, value)
