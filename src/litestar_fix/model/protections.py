"""What applications say against forged requests, foreign hosts and origins, and floods.

Followed are arguments, variables, hooks of ``on_app_init`` and plugins of the project, and which library made the
others. Source: ``Litestar.__init__`` in ``litestar/app.py`` and ``litestar/security``, Litestar 2.25.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from litestar_fix.model.app_config import AppConfig
from litestar_fix.model.app_hooks import initialised
from litestar_fix.model.evaluate import items, value_of
from litestar_fix.model.facts import Attr, Call, Const, Ref, Span
from litestar_fix.model.layers import Layer
from litestar_fix.model.names import LITESTAR
from litestar_fix.model.patterns import regex
from litestar_fix.model.project import Project
from litestar_fix.model.qualnames import readable
from litestar_fix.model.roles import Role, is_for_tests
from litestar_fix.model.sites import CallSite, applied_calls
from litestar_fix.model.symbols import Local, Located

_OPTIONS = ("csrf_config", "allowed_hosts", "cors_config")
_FOLLOWED = frozenset([*_OPTIONS, "middleware"])
_RATE_LIMIT = "rate limit"
_LIMITS = regex(r"rate_?limit|throttl|limiter", re.IGNORECASE)
_SHOWN = regex(r"(?:demo|exercise|lesson|sample|snippet|tutorial|test_?app)s?")
#: Libraries whose plugins and hooks leave these options alone.
_HARMLESS = (
    *("litestar.plugins.", "litestar.contrib.", "litestar.security.", "litestar.channels.", "litestar.openapi."),
    *("advanced_alchemy.", "sqlspec.", "litestar_asyncpg.", "litestar_email.", "litestar_granian.", "litestar_htmx."),
    *("litestar_saq.", "litestar_vite.", "litestar_workflows.", "sqladmin_litestar_plugin.", "dishka."),
)
_COOKIES = frozenset(
    [
        *("litestar.security.session_auth.SessionAuth", "litestar.security.session_auth.auth.SessionAuth"),
        *(
            f"litestar.{home}.{name}"
            for home in ("security.jwt", "security.jwt.auth", "contrib.jwt")
            for name in ("JWTCookieAuth", "OAuth2PasswordBearerAuth")
        ),
    ]
)
#: What makes a cookie that may keep who somebody is, if the application puts that into the session.
_SESSIONS = frozenset(
    [
        "litestar.middleware.session.server_side.ServerSideSessionConfig",
        "litestar.middleware.session.client_side.CookieBackendConfig",
    ]
)
#: What is asked of the session of a database, which has the same name.
_OF_DATABASES = frozenset(
    [
        *("add", "add_all", "begin", "close", "commit", "delete", "execute", "expunge", "flush", "merge", "query"),
        *("refresh", "rollback", "scalar", "scalars", "stream"),
    ]
)
_DEPTH = 8


class Has(StrEnum):
    """Whether an application has a protection."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Protections(msgspec.Struct, frozen=True):
    """What one application has.

    Args:
        path, span: its call of Litestar.
        name: how its author calls it, or makes it.
        has: by protection: ``csrf_config``, ``allowed_hosts``, ``cors_config``, ``rate limit``.
        cookie: the class of Litestar that makes browsers send who somebody is, '' where there is none.
        where: that class's place in the code.
    """

    path: str
    span: Span
    name: str
    has: dict[str, Has]
    cookie: str = ""
    where: Located | None = None


def protections(project: Project) -> Iterator[Protections]:
    """Yield what each application has that may be served by itself; mounted ones are protected by the outer one."""
    mounted = [argument for _, argument in applied_calls(project, "litestar.asgi")]
    for site, layer in project.layers.applications:
        is_served = project.role(site.path) is Role.APPLICATION and not any(map(_SHOWN.fullmatch, site.path.split("/")))
        if not is_served or is_for_tests(site.scope) or _is_mounted(project, site, mounted):
            continue
        if project.external(site.path, site.call, site.scope) == LITESTAR and not site.call.has_unpacking:
            yield _of(project, site, layer)


def _is_mounted(project: Project, site: CallSite, mounted: list[Located]) -> bool:
    own = Local(site.path, f"{site.scope}.{site.target}".lstrip("."))
    return any(
        (item.path == site.path and item.expr.span.contains(site.call.span)) or project.resolve_expr(item) == own
        for item in mounted
    )


def _of(project: Project, site: CallSite, layer: Layer) -> Protections:
    config = initialised(project, layer.options, _FOLLOWED)
    foreign = [(maker_of(project, item), item) for item in config.foreign]
    middleware = [
        (maker_of(project, item), item)
        for value in config.values.get("middleware", ())
        for item in items(project, value).items
    ]
    is_opaque = config.is_opaque or any(not name.startswith(_HARMLESS) for name, _ in foreign)
    has = {option: Has.UNKNOWN if is_opaque else _option(project, config, option) for option in _OPTIONS}
    has[_RATE_LIMIT] = _rate_limit(project, config, is_opaque=is_opaque)
    maker = readable(site.scope)
    who = f"application {site.target}" if site.target else f"the application{f' of {maker}' if maker else ''}"
    cookies = _COOKIES | _SESSIONS if _uses_sessions(project) else _COOKIES
    signs_in = next(((name, item) for name, item in (*foreign, *middleware) if name in cookies), None)
    cookie, where = (signs_in[0].rpartition(".")[2], signs_in[1]) if signs_in is not None else ("", None)
    return Protections(layer.path, layer.span, who, has, cookie, where)


def _uses_sessions(project: Project) -> bool:
    """Whether anything may read or fill the session of a client; a scope may be asked for it by a string."""
    if any(project.words.readers(word) for word in ("clear_session", "scope", "set_session")):
        return True
    for path in project.words.readers("session"):
        module = project.modules[path]
        read_of_results = " ".join([module.attributes_text, *[each.attributes_text for each in module.functions]])
        if "session" in read_of_results.split():
            return True
        names = {*module.names, *(name for function in module.functions for name in function.names)}
        parts = [name.split(".") for name in names]
        for owner, word, asked in (
            item for name in parts for item in zip(name, name[1:], [*name[2:], ""], strict=False)
        ):
            if word == "session" and owner != "self" and asked not in _OF_DATABASES:
                return True
    return False


def _option(project: Project, config: AppConfig, option: str) -> Has:
    values = config.values.get(option, ())
    if option in config.unsure:
        return Has.UNKNOWN
    named = [value_of(project, value) or value for value in values]
    return Has.YES if any(not _is_none(value) for value in named) else Has.NO


def _is_none(value: Located) -> bool:
    return isinstance(value.expr, Const) and value.expr.value is None


def _rate_limit(project: Project, config: AppConfig, *, is_opaque: bool) -> Has:
    """A project that speaks of a limit anywhere is not told to have none."""
    if any(_LIMITS.search(word) for word in project.words.all()):
        return Has.YES
    is_known = all(items(project, value).known for value in config.values.get("middleware", ()))
    return Has.NO if is_known and not is_opaque and "middleware" not in config.unsure else Has.UNKNOWN


def maker_of(project: Project, item: Located) -> str:
    """The class of a library that makes an object, or the object that a method belongs to; '' where it is not known."""
    found: Located | None = item
    for _ in range(_DEPTH):
        match found:
            case Located(expr=Call(func=func) as call):
                name = project.external(found.path, func, found.scope)
                if name:
                    return name
                found = value_of(project, Located(found.path, found.scope, call))
            case Located(expr=Ref(name=name, span=span)):
                owner, _, _ = name.rpartition(".")
                above = Located(found.path, found.scope, Ref(owner, span)) if owner else None
                external = project.external(found.path, found.expr, found.scope)
                found = value_of(project, found) or (value_of(project, above) if above is not None else None)
                if found is None:
                    return external
            case Located(expr=Attr(value=value)):
                found = Located(found.path, found.scope, value)
            case _:
                return ""
    return ""
