"""What a handler answers with where it returns: the content, and the status that it is sent with.

Source: ``litestar/response/base.py``: a response without ``status_code`` gets the status of its handler, and that of a
handler is one of success unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

import msgspec

from litestar_fix.model.exception_handlers import status_code
from litestar_fix.model.facts import Call, Const, Dict, Expr, Op, Ref, Seq
from litestar_fix.model.handlers import Handler
from litestar_fix.model.pages import is_html
from litestar_fix.model.project import Project
from litestar_fix.model.roles import Role
from litestar_fix.model.sites import calls_of
from litestar_fix.model.symbols import Local, Located

_RESPONSES = frozenset(f"litestar.{name}" for name in ("Response", "response.Response", "response.base.Response"))
SUCCESS = 200  #: stands for whatever status of success a handler has
FAILURE = 400  #: the first status that tells of a failure
_VALUES = frozenset({"f", "+", "%", "[for]", "{for}", "{:for}"})


class Sent(msgspec.Struct, frozen=True):
    """What is sent.

    Args:
        content: what becomes the body, None where there is nothing.
        status: the status, None where it is not known.
        is_made: whether a `Response` is made for it there.
    """

    content: Expr | None
    status: int | None
    is_made: bool

    @property
    def is_success(self) -> bool:
        """Whether it is known that the client is told of a success."""
        return self.status is not None and self.status < FAILURE

    @property
    def is_failure(self) -> bool:
        """Whether it is known that the client is told of a failure."""
        return self.status is not None and self.status >= FAILURE


def any_status(project: Project, located: Located) -> int | None:
    """Return the status that an expression says, `http.HTTPStatus` included; None where it is not known."""
    found = status_code(project, located)
    if found is not None or not isinstance(located.expr, Ref):
        return found
    name = project.external(located.path, located.expr, located.scope).removesuffix(".value")
    home, _, member = name.rpartition(".")
    return HTTPStatus[member].value if home == "http.HTTPStatus" and member in HTTPStatus.__members__ else None


class ErrorResponse(msgspec.Struct, frozen=True):
    """A response that tells of a failure, and whose body is written out where it is made.

    Args:
        path, scope: the function that makes it.
        call: the call that does.
        status: its status.
        content: its body.
    """

    path: str
    scope: str
    call: Call
    status: int
    content: Expr


def error_responses(project: Project) -> Iterator[ErrorResponse]:
    """Yield the error responses that a project writes out, tests excepted, in file order."""
    for site in calls_of(project, *sorted(_RESPONSES)):
        given = site.call.keyword("status_code")
        content = site.call.args[0] if site.call.args else site.call.keyword("content")
        if given is None or not _is_written_out(content) or project.role(site.path) is Role.TEST:
            continue
        status = any_status(project, Located(site.path, site.scope, given))
        if content is not None and status is not None and status >= FAILURE:
            yield ErrorResponse(site.path, site.scope, site.call, status, content)


def _is_written_out(content: Expr | None) -> bool:
    match content:
        case Dict() | Const(value=str()) | Op(op="f"):
            return True
    return False


def sent(project: Project, handler: Handler, scope: str, value: Expr | None) -> Sent | None:
    """Return what a returned value is sent as; None where that is not known: variables, calls, pages, redirects.

    Args:
        project: the project.
        handler: the handler that answers.
        scope: the function that holds the value.
        value: what is returned.
    """
    match value:
        case None | Const() | Dict() | Seq(kind="list" | "set"):
            return Sent(value, _usual(project, handler), is_made=False)
        case Op(op=op) if op in _VALUES:
            return Sent(value, _usual(project, handler), is_made=False)
        case Call() as call:
            symbol = project.resolve_expr(Located(handler.path, scope, call.func))
            if project.external(handler.path, call, scope) in _RESPONSES:
                return _of_response(project, handler, scope, call)
            if isinstance(symbol, Local) and project.class_(symbol) is not None:
                is_response = any(".response" in name.lower() for name in project.ancestry(symbol).externals)
                return None if is_response else Sent(value, _usual(project, handler), is_made=False)
    return None


def sides(value: Expr | None) -> Iterator[Expr | None]:
    """What may be returned: the sides of a conditional expression, or the value itself."""
    match value:
        case Op(op="if", operands=(_, body, orelse)):
            yield from sides(body)
            yield from sides(orelse)
        case _:
            yield value


def is_page(project: Project, path: str, scope: str, value: Expr | None) -> bool:
    """Whether a returned value is a page, a redirect or the like, which is there for a person to see."""
    if not isinstance(value, Call):
        return False
    name, media_type = project.external(path, value, scope), value.keyword("media_type")
    if name in _RESPONSES:
        return media_type is not None and is_html(project, Located(path, scope, media_type))
    return name.startswith("litestar.")


def _of_response(project: Project, handler: Handler, scope: str, call: Call) -> Sent:
    given = call.keyword("status_code")
    content = call.args[0] if call.args else call.keyword("content")
    if given is not None:
        status = any_status(project, Located(handler.path, scope, given))
    else:
        status = None if call.has_unpacking else _usual(project, handler)
    return Sent(content, status, is_made=True)


def _usual(project: Project, handler: Handler) -> int | None:
    declared = handler.layer.options.get("status_code")
    if declared is not None:
        return any_status(project, declared)
    return SUCCESS if handler.layer.complete else None
