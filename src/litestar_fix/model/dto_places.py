"""New DTO classes: where they go, what they are called, and which base class they have.

A new DTO goes below one that the project has for the same model, else above the handler that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from litestar_fix.model.dtos import KINDS, Dto
from litestar_fix.model.facts import Attribute, Call, Class, Function, Ref, Seq, Span, Sub
from litestar_fix.model.graph import show
from litestar_fix.model.import_names import imported_by, module_name
from litestar_fix.model.layers import Handler
from litestar_fix.model.project import Project
from litestar_fix.model.read_dtos import Definition, Refusal
from litestar_fix.model.responses import Payload
from litestar_fix.model.roles import Role
from litestar_fix.model.schemas import Kind, Schema
from litestar_fix.model.symbols import External, Local, Located

_PLUGINS_PYDANTIC = (2, 13)
_PLUGINS_SQLALCHEMY = (2, 12)
_CORE = {Kind.DATACLASS: "DataclassDTO", Kind.MSGSPEC: "MsgspecDTO"}


class Named(msgspec.Struct, frozen=True):
    """An object by its module and name; ``rest`` is what is read of it, with its dots."""

    module: str
    name: str
    rest: str = ""


class Anchor(msgspec.Struct, frozen=True):
    """The statement that a new class stands above, or below.

    ``node`` is 'class', 'function' or 'assignment'.
    """

    path: str
    span: Span
    node: str
    is_below: bool


class NewDto(msgspec.Struct, frozen=True):
    """A DTO class that is to be written.

    Args:
        anchor: where.
        name: of the class.
        bases: its base classes: as source, or a generic base class and its argument.
        config: how ``DTOConfig`` is called there.
        definition: its configuration.
    """

    anchor: Anchor
    name: str
    bases: str | tuple[Named, str | Named]
    config: str | Named
    definition: Definition


def base_of(project: Project, path: str, kind: Kind) -> Named:
    """Return the DTO base class for a kind of model, by the import that suits the target's Litestar.

    What the project imports already is taken again, the module itself first. Since when there are
    ``litestar.plugins.pydantic`` (2.13) and ``litestar.plugins.sqlalchemy`` (2.12): Litestar's changelog.
    """
    name = next(name for name, known in KINDS.items() if known is kind)
    if kind in _CORE:
        return Named("litestar.dto", name)
    used = _home_in_use(project, path, name)
    version = project.litestar_version
    if used:
        return Named(used, name)
    if kind is Kind.PYDANTIC:
        is_old = version is not None and version < _PLUGINS_PYDANTIC
        return Named("litestar.contrib.pydantic" if is_old else "litestar.plugins.pydantic", name)
    if _imports_advanced_alchemy(project) or (version is not None and version >= (3,)):
        return Named("advanced_alchemy.extensions.litestar", name)
    is_old = version is not None and version < _PLUGINS_SQLALCHEMY
    return Named("litestar.contrib.sqlalchemy.dto" if is_old else "litestar.plugins.sqlalchemy", name)


def _home_in_use(project: Project, path: str, name: str) -> str:
    modules = [project.modules[path], *project.modules.values()]
    homes = (item.module for module in modules for item in module.imports if item.name == name and not item.guarded)
    return next((home for home in homes if home.startswith(("litestar.", "advanced_alchemy."))), "")


def _imports_advanced_alchemy(project: Project) -> bool:
    return any(
        item.module.partition(".")[0] == "advanced_alchemy"
        for module in project.modules.values()
        for item in module.imports
    )


# ------------------------------------------------------------------------------------------------------------- places
def new_dto(
    names: Names,
    handler: Handler,
    payload: Payload,
    definition: Definition,
    like: Dto | None,
    known: Iterable[Dto],
    *,
    wanted: tuple[str, ...] = (),
    users: tuple[str, ...] = (),
) -> NewDto:
    """Return the class that is to be written for a handler.

    Args:
        names: of the project, gives the new one.
        handler: the handler.
        payload: the model that it answers with.
        definition: the configuration.
        like: the DTO that the new one is to be like, None where the model goes through none.
        known: the DTOs of the project.
        wanted: what it may be called, best first; by default what suits a response.
        users: the files that name it beside the handler's.

    Raises:
        Refusal: it would not work there.
    """
    project, schema = names.project, payload.schema
    neighbour = like or _neighbour(project, handler, schema, known)
    anchor = _below(project, neighbour) if neighbour is not None and is_usable(project, handler, neighbour) else None
    anchor = anchor or _above(project, handler, schema)
    if definition.home and definition.home != anchor.path:
        raise Refusal(f"its configuration is written with names of {definition.home}")
    name = names.free((anchor.path, handler.path, *users), *(wanted or wanted_names(schema, like)))
    bases = _bases(project, anchor, handler, payload, neighbour, is_like=like is not None)
    return NewDto(anchor, name, bases, _config(project, anchor.path, schema.kind, like), definition)


def _neighbour(project: Project, handler: Handler, schema: Schema, known: Iterable[Dto]) -> Dto | None:
    """The last DTO of a model in the handler's module, else one of another module."""
    fitting = [
        dto
        for dto in known
        if dto.model == schema.symbol and dto.kind is schema.kind and is_usable(project, handler, dto)
    ]
    own = [dto for dto in fitting if dto.symbol is not None and dto.symbol.path == handler.path]
    return next(reversed(own or fitting), None)


def is_usable(project: Project, handler: Handler, dto: Dto) -> bool:
    """Whether a handler can name a DTO class, or one that stands below it."""
    if dto.symbol is None or project.role(dto.symbol.path) is Role.TEST or "." in dto.symbol.qualname:
        return False
    if dto.symbol.path == handler.path:
        return _statement(project, dto.symbol).span < top_of(project, handler).span
    if module_name(project, handler.path, dto.symbol.path) is None:
        return False
    return handler.path not in imported_by(project, dto.symbol.path)


def top_of(project: Project, handler: Handler) -> Function | Class:
    """Return the function or class at the top of the module that the handler is, or is part of."""
    symbol = Local(handler.path, handler.function.qualname.split(".")[0])
    return project.class_(symbol) or project.function(symbol) or handler.function


def _statement(project: Project, symbol: Local) -> Class | Attribute:
    class_ = project.class_(symbol)
    if class_ is not None:
        return class_
    return next(item for item in project.modules[symbol.path].assignments if item.name == symbol.qualname)


def _below(project: Project, dto: Dto) -> Anchor | None:
    if dto.symbol is None:
        return None
    statement = _statement(project, dto.symbol)
    node = "class" if isinstance(statement, Class) else "assignment"
    return Anchor(dto.symbol.path, statement.span, node, is_below=True)


def _above(project: Project, handler: Handler, schema: Schema) -> Anchor:
    top = top_of(project, handler)
    model = project.class_(schema.symbol)
    if "<locals>" in schema.symbol.qualname:
        raise Refusal(f"{schema.name} is defined in a function")
    if model is not None and schema.symbol.path == handler.path and model.span > top.span:
        raise Refusal(f"{schema.name} is defined below the handler")
    return anchor_above(project, handler)


def anchor_above(project: Project, handler: Handler) -> Anchor:
    """Return the place above a handler, or above the controller or function that holds it."""
    top = top_of(project, handler)
    return Anchor(handler.path, top.span, "class" if isinstance(top, Class) else "function", is_below=False)


def _bases(
    project: Project, anchor: Anchor, handler: Handler, payload: Payload, neighbour: Dto | None, *, is_like: bool
) -> str | tuple[Named, str | Named]:
    if neighbour is not None:
        class_ = project.class_(neighbour.symbol)
        if is_like and class_ is not None and neighbour.symbol is not None and anchor.path == neighbour.symbol.path:
            return ", ".join(_base_text(project, Located(anchor.path, "", base)) for base in class_.bases)
        argument = neighbour.argument
        if argument is not None and argument.path == anchor.path and (is_like or _is_plain(project, argument)):
            return _base_text(project, argument)
    base = base_of(project, anchor.path, payload.schema.kind)
    return base, _model(project, anchor.path, handler, payload)


def _is_plain(project: Project, argument: Located) -> bool:
    """Whether ``Base[Model]`` is a base class of a library with a model alone."""
    is_external = isinstance(project.resolve_expr(argument), External)
    return is_external and isinstance(argument.expr, Sub) and isinstance(argument.expr.index, Ref)


def _base_text(project: Project, base: Located) -> str:
    """A base as source, without a configuration beside the model."""
    match base.expr:
        case Sub(value=value, index=Sub(index=Seq(items=(model, *_))) as inner) if project.external(
            base.path, inner, base.scope
        ).endswith(".Annotated"):
            return f"{show(value)}[{show(model)}]"
    return show(base.expr)


def _model(project: Project, path: str, handler: Handler, payload: Payload) -> str | Named:
    """The model, by the name that the handler's annotation has for it where that can be read at run time."""
    written, symbol = payload.held.located, payload.schema.symbol
    if written.path == handler.path == path and isinstance(written.expr, Ref):
        root = written.expr.name.partition(".")[0]
        imports = [item for item in project.modules[path].imports if item.local == root]
        is_own = symbol.path == path and symbol.qualname == written.expr.name
        if is_own or any(not item.guarded and not item.scope for item in imports):
            return written.expr.name
    module = module_name(project, path, symbol.path)
    if module is None:
        raise Refusal(f"it is not known how {path} imports {payload.schema.name}")
    outer, dot, rest = symbol.qualname.partition(".")
    return Named(module, outer, dot + rest)


def _config(project: Project, path: str, kind: Kind, like: Dto | None) -> str | Named:
    call = like.config.call if like is not None else None
    if call is not None and isinstance(call.expr, Call):
        if call.path == path and isinstance(call.expr.func, Ref):
            return call.expr.callee
        home, _, name = project.external(call.path, call.expr, call.scope).rpartition(".")
        return Named(home, name)
    return config_class(project, path, kind)


def config_class(project: Project, path: str, kind: Kind) -> Named:
    """Return the class of configurations that a module would use for a DTO of a kind of models."""
    if kind is Kind.SQLALCHEMY:
        for item in project.modules[path].imports:
            if item.name == "SQLAlchemyDTOConfig" and not item.guarded and not item.scope:
                return Named(item.module, item.name)
    return Named("litestar.dto", "DTOConfig")


# -------------------------------------------------------------------------------------------------------------- names
class Names:
    """Hands out names for new classes, each once.

    Args:
        project: where they go.
        others: names that are not to be given anywhere.
    """

    def __init__(self, project: Project, others: Iterable[str] = ()) -> None:
        self.project = project
        self._others = frozenset(others)
        self._given: dict[str, set[str]] = {}

    def free(self, paths: tuple[str, ...], *wanted: str) -> str:
        """Return the first wanted name that means nothing in these files; numbered where all are taken."""
        taken = {name for path in paths for name in (*self._bound(path), *self._given.get(path, ()))} | self._others
        numbered = (f"{wanted[0]}{number}" for number in range(2, len(taken) + 3))
        name = next(name for name in (*wanted, *numbered) if name not in taken)
        for path in paths:
            self._given.setdefault(path, set()).add(name)
        return name

    def _bound(self, path: str) -> Iterator[str]:
        module = self.project.modules[path]
        yield from (item.local for item in module.imports)
        yield from (item.name for item in module.assignments)
        yield from (item.qualname for item in module.classes)
        yield from (item.qualname for item in module.functions)


def wanted_names(schema: Schema, like: Dto | None) -> tuple[str, ...]:
    """Return what a DTO for responses may be called, best first."""
    names = [f"{schema.name}DTO" if re.search("(?:Response|Read|Out)$", schema.name) else f"{schema.name}ReadDTO"]
    if like is not None and like.name:
        names.append(f"{re.sub('_?DTO$', '', like.name, flags=re.IGNORECASE)}ReadDTO")
    return *names, f"{schema.name}ResponseDTO"


_PURPOSES = "Read|Write|Response|Request|Create|Update|Patch|In|Out"


def names_for(schema: Schema, like: Dto, purpose: str) -> tuple[str, ...]:
    """Return what a DTO for one purpose ('Read', 'Create' ...) may be called beside the one that it is like."""
    suffix = "Dto" if like.name.endswith("Dto") else "DTO"
    stem = re.sub("_?(?:DTO|Dto|dto)$", "", like.name)
    if stem != schema.name:
        stem = re.sub(f"(?:{_PURPOSES})$", "", stem)
    plain = stem if re.fullmatch("[A-Z][A-Za-z0-9]*", stem) else schema.name
    others = ("Response",) if purpose == "Read" else (f"{purpose}Request",)
    return tuple(dict.fromkeys(f"{name}{word}{suffix}" for word in (purpose, *others) for name in (plain, schema.name)))
