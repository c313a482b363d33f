"""PATCH handlers that ask for the whole thing: their data has fields that a request cannot leave out.

Source: tried on Litestar 2.25 with every kind of model: such a request is answered with 400, with and without a DTO.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from litestar_fix.model.annotations import Step, held
from litestar_fix.model.dtos import Dto, dto_of
from litestar_fix.model.facts import Const
from litestar_fix.model.layers import Handler
from litestar_fix.model.member_names import has_known_names
from litestar_fix.model.owned_fields import is_identity, is_optional
from litestar_fix.model.project import Project
from litestar_fix.model.request_data import Data, data_of
from litestar_fix.model.responses import closest
from litestar_fix.model.roles import Role
from litestar_fix.model.routes import Effective
from litestar_fix.model.schemas import Field, Kind
from litestar_fix.model.symbols import Local
from litestar_fix.model.transfers import Selection

# what tells the state that a client has seen has to come with every request
_VERSIONS = frozenset({"version", "revision", "etag", "lock_version", "row_version", "version_id"})
_JSON_PATCH = frozenset({"op", "path"})
_FILLING = frozenset({"model_validator", "root_validator"})


class Patch(msgspec.Struct, frozen=True):
    """A handler of PATCH requests that asks for fields.

    Args:
        handler: the handler.
        data: its data.
        required: the fields that a request cannot leave out.
        accepted: all the fields that it may have.
        dto: the DTO of its data, None where it has none.
        site: where that is set.
        is_uniform: whether it has the same one on all of its routes.
    """

    handler: Handler
    data: Data
    required: tuple[str, ...]
    accepted: tuple[Field, ...]
    dto: Dto | None
    site: Effective | None
    is_uniform: bool


def patches(project: Project) -> Iterator[Patch]:
    """Yield the handlers of PATCH requests that ask for more than what is to be changed."""
    for handler in project.layers.every_handler():
        if handler.methods == ("PATCH",) and project.role(handler.path) is not Role.TEST:
            yield from _patch(project, handler)


def _patch(project: Project, handler: Handler) -> Iterator[Patch]:
    data = data_of(project, handler)
    if data is None or data.is_many or not _is_of_resource(project, handler) or not _is_telling(project, data):
        return
    sites = [closest(route, "dto") for route in project.layers.routes_of(handler)]
    found = [_dto(project, site, data) for site in sites]
    if None in sites or None in found:
        return
    dto, site = found[0], sites[0]
    is_uniform = len({item.symbol if isinstance(item, Dto) else None for item in found}) == 1
    selection = dto.config.selection if isinstance(dto, Dto) else Selection(underscore_fields_private=False)
    if dto is False and (data.is_dto_data or data.schema.kind is Kind.SQLALCHEMY):
        return
    accepted = tuple(item for item in data.schema.fields if not isinstance(dto, Dto) or selection.accepts(item))
    required = tuple(item.name for item in accepted if _is_required(project, data, item))
    if len(accepted) > 1 and required:
        yield Patch(handler, data, required, accepted, dto or None, site if dto else None, is_uniform)


def _is_of_resource(project: Project, handler: Handler) -> bool:
    """Whether the path ends in what tells a thing: below it, as in ``/{id}/password``, an action has its own fields."""
    routes = project.layers.routes_of(handler)
    return all(
        route.paths is not None and all(path.rstrip("/").endswith("}") for path in route.paths) for route in routes
    )


def _is_telling(project: Project, data: Data) -> bool:
    """Whether the fields of a model tell what a request needs."""
    schema = data.schema
    if not has_known_names(project, schema) or {item.name for item in schema.fields} >= _JSON_PATCH:
        return False
    for path, class_ in schema.ancestry.classes:
        for qualname in class_.methods:
            function = project.function(Local(path, qualname))
            for decorator in function.decorators if function is not None else ():
                if project.external(path, decorator, class_.qualname).rpartition(".")[2] in _FILLING:
                    return False
    return True


def _dto(project: Project, site: Effective | None, data: Data) -> Dto | Literal[False] | None:
    """The DTO that is in effect: False where there is none, None where it is not known, or it is partial."""
    if site is None:
        return None
    if site.value is None or site.is_none:
        return False
    dto = dto_of(project, site.value)
    if dto is None or not dto.known or not dto.config.known or not dto.is_for(project, data.schema.symbol):
        return None
    partial = dto.config.keyword("partial")
    is_whole = partial is None or (isinstance(partial.expr, Const) and partial.expr.value is False)
    return dto if is_whole and dto.kind is data.schema.kind else None


def _is_required(project: Project, data: Data, item: Field) -> bool:
    schema = data.schema
    if is_identity(schema, item.name) or item.name in _VERSIONS or is_optional(project, schema, item.name):
        return False
    # in pydantic 1 they have a default, and Litestar's DTO gives them one in any case
    places = held(project, item.annotation)
    return schema.kind is not Kind.PYDANTIC or not any(Step.OPTIONAL in place.steps for place in places)
