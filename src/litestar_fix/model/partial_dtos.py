"""How a PATCH handler comes to take what is to be changed alone: a partial DTO, and ``DTOData`` that updates the thing.

One without the other does not work: a model cannot be made of some of its fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from litestar_fix.model.annotations import held
from litestar_fix.model.dto_places import NewDto
from litestar_fix.model.dto_variants import DtoNames, LayerChange, Variants
from litestar_fix.model.dtos import Dto, Place
from litestar_fix.model.facts import Assign, Ref, Span, Stmt
from litestar_fix.model.graph import show
from litestar_fix.model.member_names import certain_names
from litestar_fix.model.patches import Patch
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Definition, Refusal, without
from litestar_fix.model.request_data import Use, use_of
from litestar_fix.model.responses import Cause, answer, closest, models_of
from litestar_fix.model.routes import Effective
from litestar_fix.model.schemas import Kind, schema_of
from litestar_fix.model.sites import mentions_of
from litestar_fix.model.symbols import Local
from litestar_fix.model.walk import blocks, expressions


class Copying(msgspec.Struct, frozen=True):
    """Statements that copy fields of the data to something, one after the other: ``thing.name = data.name``."""

    target: str
    fields: frozenset[str]
    spans: tuple[Span, ...]


class PartialFix(msgspec.Struct, frozen=True):
    """What is to be done.

    Args:
        patch: the handler.
        definition: the configuration that is partial.
        left_out: the fields that it takes no more, because the handler does not copy them.
        in_place: the DTO that gets it; None where another class does.
        new: the classes that are to be written.
        changes: the layers that change.
        copying: the statements that ``update_instance`` replaces; None where the handler calls it already.
    """

    patch: Patch
    definition: Definition
    left_out: tuple[str, ...]
    in_place: Dto | None
    new: tuple[NewDto, ...]
    changes: tuple[LayerChange, ...]
    copying: Copying | None


class Completing:
    """Decides for the PATCH handlers of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._names = DtoNames(project)

    def of(self, patch: Patch) -> tuple[PartialFix | None, str]:
        """Return how a handler with a DTO is completed, or why it cannot be."""
        try:
            return self._decided(patch), ""
        except Refusal as reason:
            return None, str(reason)

    def _decided(self, patch: Patch) -> PartialFix:
        handler, dto, site = patch.handler, patch.dto, patch.site
        if dto is None or site is None or site.value is None:
            raise Refusal("it has no DTO")
        if handler.applied is not None:
            raise Refusal("its decorator is applied by a call")
        if not patch.is_uniform:
            raise Refusal("its routes have different DTOs")
        copying = _body(self.project, patch)
        left_out = _left_out(patch, dto, copying) if copying is not None else []
        definition = without(dto, left_out)
        options = [item for item in definition.options if item[0] != "partial"]
        definition = replace(definition, options=(*options, ("partial", "True")))
        answers = self._answers(patch, dto)
        if not answers and self._is_own(dto, site):
            return PartialFix(patch, definition, tuple(left_out), dto, (), (), copying)
        variants = Variants(self._names, dto)
        made = variants.like([handler], [handler.path], definition, "Patch" if "Update" in dto.name else "Update")
        variants.own(handler, "dto", made)
        if answers:
            variants.own(handler, "return_dto", self._same(dto, site, handler.path))
        return PartialFix(
            patch, definition, tuple(left_out), None, tuple(variants.new), tuple(variants.changes.values()), copying
        )

    def _answers(self, patch: Patch, dto: Dto) -> bool:
        """Whether the handler answers through the DTO of its data.

        Raises:
            Refusal: it is not known.
        """
        name, found = patch.handler.function.name, set()
        for route in self.project.layers.routes_of(patch.handler):
            explicit = closest(route, "return_dto")
            if explicit is None:
                raise Refusal(f"it is not known what {name} answers with")
            if explicit.value is not None:
                found.add(False)
                continue
            answered = answer(self.project, route)
            if answered is None and any(
                dto.is_for(self.project, item.symbol) for _, item in models_of(self.project, patch.handler)
            ):
                raise Refusal(f"it is not known what {name} answers with")
            found.add(answered is not None and answered.cause is Cause.FALLBACK)
        if len(found) > 1:
            raise Refusal("its routes have different DTOs")
        return True in found

    def _is_own(self, dto: Dto, site: Effective) -> bool:
        """Whether a DTO serves nothing but the data of this handler, and has its configuration itself."""
        if (
            site.layer is None
            or site.layer.kind != "handler"
            or dto.config.place in (Place.BASE, Place.ELSEWHERE, Place.MADE)
        ):
            return False
        if dto.symbol is None or site.value is None:
            return dto.symbol is None
        places = {(item.path, item.span) for item in mentions_of(self.project, dto.symbol)}
        is_exported = any(dto.name in (module.exports or ()) for module in self.project.modules.values())
        return places == {(site.value.path, site.value.expr.span)} and not is_exported

    def _same(self, dto: Dto, site: Effective, path: str) -> Local | str:
        if dto.symbol is not None and (site.value is None or site.value.path != path):
            return dto.symbol
        if site.value is None or site.value.path != path:
            raise Refusal("its DTO has no name, and stands in another file")
        return show(site.value.expr)


# ---------------------------------------------------------------------------------------------------------------- body
def _body(project: Project, patch: Patch) -> Copying | None:
    """The statements that copy the data; None where the handler takes ``DTOData`` already.

    Raises:
        Refusal: the body needs all fields, or is not understood.
    """
    handler, use = patch.handler, use_of(project, patch.handler)
    name = handler.function.name
    if patch.data.is_dto_data:
        other = next(iter(sorted(use.methods - {"update_instance"})), "")
        if use.is_passed or use.is_nested or use.reads:
            raise Refusal(f"{name} hands its DTOData on")
        if other or not use.methods:
            raise Refusal(f"{name} calls {other}, which needs all fields" if other else f"{name} does not use its data")
        return None
    copying = _copying(use, handler.function.body)
    if copying is None:
        raise Refusal(f"{name} does not just copy the fields of its data")
    _check_types(project, patch, copying)
    return copying


def _copying(use: Use, body: Sequence[Stmt]) -> Copying | None:
    if use.is_passed or use.is_nested or use.methods or use.gives:
        return None
    for block in _blocks(body):
        found = [(stmt, *pair) for stmt in block if isinstance(stmt, Assign) and (pair := _copy(stmt)) is not None]
        if not found:
            continue
        stmts, targets, fields = zip(*found, strict=True)
        at = block.index(stmts[0])
        lines = {stmt.span.line for stmt in stmts}
        is_run = tuple(block[at : at + len(stmts)]) == stmts and len(lines) == len(stmts) == len(set(fields))
        # what is read elsewhere is read of a model that there would be no more
        is_all = sum(_reads(block, "data.")) == len(stmts) and set(fields) == set(use.reads)
        if is_run and len(set(targets)) == 1 and is_all and sum(_reads(body, "data.")) == len(stmts):
            return Copying(targets[0], frozenset(fields), tuple(stmt.span for stmt in stmts))
    return None


def _blocks(body: Sequence[Stmt]) -> Iterator[Sequence[Stmt]]:
    yield body
    for stmt in body:
        for block in blocks(stmt):
            yield from _blocks(block)


def _copy(stmt: Assign) -> tuple[str, str] | None:
    """``thing.name = data.name`` as ('thing', 'name')."""
    match stmt:
        case Assign(targets=(Ref(name=target),), value=Ref(name=value), annotation=None, op="="):
            owner, _, field = target.rpartition(".")
            return (owner, field) if owner and owner != "data" and value == f"data.{field}" else None
    return None


def _reads(body: Iterable[Stmt], start: str) -> Iterator[bool]:
    return (isinstance(expr, Ref) and expr.name.startswith(start) for expr in expressions(body))


def _check_types(project: Project, patch: Patch, copying: Copying) -> None:
    """Whether what ``update_instance`` sets is what was copied.

    Raises:
        Refusal: it is not, or nothing would be validated any more.
    """
    schema, written = patch.data.schema, patch.data.model
    hooks = {qualname.rpartition(".")[2] for _, class_ in schema.ancestry.classes for qualname in class_.methods}
    if schema.kind is Kind.PYDANTIC or "__post_init__" in hooks:
        raise Refusal(f"{schema.name} validates what it is made of, and DTOData makes none")
    for item in patch.accepted:
        places = held(project, item.annotation)
        if any(place.symbol is not None and schema_of(project, place.symbol) for place in places):
            raise Refusal(f"{item.name} of {schema.name} is a model of its own, which DTOData has as a dictionary")
    expr = written.expr
    if not isinstance(expr, Ref) or expr.span.end_column - expr.span.column != len(expr.name):
        raise Refusal("the annotation of its data is quoted")
    if not copying.fields <= {item.name for item in patch.accepted}:
        raise Refusal(f"{patch.handler.function.name} copies what its DTO does not take")


def _left_out(patch: Patch, dto: Dto, copying: Copying) -> list[str]:
    """The fields that the handler does not copy, which ``update_instance`` would set as well."""
    accepted = [item.name for item in patch.accepted]
    known = {item.name for item in (*patch.data.schema.fields, *patch.data.schema.properties)}
    more = [name for name in certain_names(patch.data.schema) if name not in known and dto.config.selection.names(name)]
    return [name for name in (*accepted, *more) if name not in copying.fields]
