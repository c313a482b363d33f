"""DTOs that serve requests of some handlers and responses of others.

What is right in one direction is seldom right in the other one: clients are to see ``id`` and ``created_at`` but not to
set them, and to set ``password`` but not to see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import msgspec

from litestar_fix.model.dtos import KINDS, Dto, dto_of
from litestar_fix.model.exposure import exposed
from litestar_fix.model.facts import Span
from litestar_fix.model.hiding import Exposed
from litestar_fix.model.layers import Handler
from litestar_fix.model.owned_fields import is_identity, owned_names
from litestar_fix.model.project import Project
from litestar_fix.model.request_data import Data, Use, data_of, use_of
from litestar_fix.model.responses import Answer, answer, closest
from litestar_fix.model.roles import Role
from litestar_fix.model.routes import Effective, Route
from litestar_fix.model.symbols import Local

_WRITING = frozenset({"POST", "PUT", "PATCH"})
_Key: TypeAlias = tuple[str, Span] | Local


class Request(msgspec.Struct, frozen=True):
    """A route that takes its data through a DTO.

    Args:
        route: the route.
        site: the ``dto`` that is in effect.
        data: its data.
        use: what the handler does with it.
        owned: the fields that clients may set although the server fills them.
    """

    route: Route
    site: Effective
    data: Data
    use: Use
    owned: tuple[str, ...]

    @property
    def handler(self) -> Handler:
        """The handler."""
        return self.route.handler


class Reply(msgspec.Struct, frozen=True):
    """A route that answers through a DTO.

    Args:
        route: the route.
        site: the option that is in effect.
        is_fallback: whether that is ``dto``.
        answer: what it answers with.
        secrets: the secrets in it.
    """

    route: Route
    site: Effective
    is_fallback: bool
    answer: Answer
    secrets: tuple[Exposed, ...]

    @property
    def handler(self) -> Handler:
        """The handler."""
        return self.route.handler

    @property
    def is_read(self) -> bool:
        """Whether it is for reading."""
        return "GET" in (self.handler.methods or ())


class TwoWayDto(msgspec.Struct):
    """A DTO with everything that it serves."""

    dto: Dto
    requests: list[Request] = msgspec.field(default_factory=list)
    replies: list[Reply] = msgspec.field(default_factory=list)

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """The handlers that it serves, each once."""
        routes = [*[item.route for item in self.requests], *[item.route for item in self.replies]]
        return tuple(dict.fromkeys(route.handler for route in routes))

    @property
    def owned(self) -> tuple[str, ...]:
        """The fields that some client may set although the server fills them."""
        return tuple(dict.fromkeys(name for request in self.requests for name in request.owned))

    @property
    def secrets(self) -> tuple[Exposed, ...]:
        """The secrets that are sent, each once."""
        found = {item.sent.names: item for reply in self.replies for item in reply.secrets}
        return tuple(found.values())


def shared_dtos(project: Project) -> Iterator[TwoWayDto]:
    """Yield the DTOs that serve writing and reading, and let through what only one of both should see."""
    if not any(project.words.readers(name) for name in KINDS):
        return
    found: dict[_Key, TwoWayDto] = {}
    for route in project.layers.routes:
        if route.handler.is_http and project.role(route.handler.path) is not Role.TEST:
            _record(project, route, found)
    for shared in found.values():
        reads = [reply for reply in shared.replies if reply.is_read]
        if shared.requests and reads and (shared.owned or any(reply.secrets for reply in reads)):
            yield shared


def _record(project: Project, route: Route, found: dict[_Key, TwoWayDto]) -> None:
    own, explicit = closest(route, "dto"), closest(route, "return_dto")
    if own is not None and own.value is not None and not own.is_none:
        request = _request(project, route, own)
        if request is not None:
            dto, taken = request
            found.setdefault(_key(dto), TwoWayDto(dto)).requests.append(taken)
    if own is None or explicit is None or (own.value is None and explicit.value is None):
        return
    answered = answer(project, route)
    if answered is not None and answered.applied is not None:
        is_fallback = explicit.value is None
        site = own if is_fallback else explicit
        secrets = tuple(exposed(project, route.handler, answered))
        reply = Reply(route, site, is_fallback, answered, secrets)
        found.setdefault(_key(answered.applied), TwoWayDto(answered.applied)).replies.append(reply)


def _key(dto: Dto) -> _Key:
    if dto.symbol is not None or dto.argument is None:
        return dto.symbol or Local("", "")
    return dto.argument.path, dto.argument.expr.span


def _request(project: Project, route: Route, site: Effective) -> tuple[Dto, Request] | None:
    handler = route.handler
    methods = handler.methods or ()
    if not methods or not set(methods) <= _WRITING or site.value is None:
        return None
    dto, data = dto_of(project, site.value), data_of(project, handler)
    if dto is None or data is None or dto.model is None or not dto.known or not dto.config.known:
        return None
    if not dto.is_for(project, data.schema.symbol) or data.schema.kind is not dto.kind:
        return None
    use = use_of(project, handler)
    owned = tuple(_owned(route, dto, data, use, methods))
    return dto, Request(route, site, data, use, owned)


def _owned(route: Route, dto: Dto, data: Data, use: Use, methods: Sequence[str]) -> Iterator[str]:
    """What the handler neither sets itself, nor ignores, nor reads, nor needs to know what it is about."""
    if not (use.is_passed or use.methods):
        return
    has_key = any("{" in path for path in route.paths or ("{",))
    for name in owned_names(data.schema, dto.config.selection):
        if name in use.reads | use.gives:
            continue
        if has_key or "POST" in methods or not is_identity(data.schema, name):
            yield name
