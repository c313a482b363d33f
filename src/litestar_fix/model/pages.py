"""Handlers that serve the pages and forms of a site rather than an API."""

from __future__ import annotations

from litestar_fix.model.facts import Call, Const, Ref
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.symbols import Located
from litestar_fix.model.walk import expressions, subexpressions

_ANSWERS = ("Template", "Redirect", "RedirectResponse", "InertiaResponse", "InertiaBack", "InertiaRedirect")
_HOMES = ("litestar.", "litestar_htmx.", "litestar_vite.")


def is_page(project: Project, handler: Handler) -> bool:
    """Tell whether a handler answers with a template, a redirect or HTML."""
    function, scope = handler.function, handler.function.qualname
    names = set(function.calls)
    if function.returns is not None:
        names |= {expr.name for expr in subexpressions(function.returns) if isinstance(expr, Ref)}
    if any(_is_answer(project, Located(handler.path, scope, Ref(name, function.span))) for name in names):
        return True
    if any(is_html(project, value) for value in handler.layer.values("media_type")):
        return True
    calls = [expr for expr in expressions(function.body) if isinstance(expr, Call)]
    given = [media_type for call in calls if (media_type := call.keyword("media_type")) is not None]
    return any(is_html(project, Located(handler.path, scope, value)) for value in given)


def _is_answer(project: Project, located: Located) -> bool:
    name = project.external(located.path, located.expr, located.scope)
    return name.startswith(_HOMES) and name.endswith(_ANSWERS)


def is_html(project: Project, value: Located) -> bool:
    """Tell whether a media type is that of HTML."""
    if isinstance(value.expr, Const):
        return value.expr.value == "text/html"
    return project.external(value.path, value.expr, value.scope) == "litestar.MediaType.HTML"
