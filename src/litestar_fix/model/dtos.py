"""DTOs: which model a DTO class is for, and what its configuration says.

A DTO is a class (``class ReadDTO(DataclassDTO[Model])``), a name for a base with its argument, or that very expression.
Its configuration is its own ``config``, that of a base class, or stands beside the model in ``Annotated``.

Source: ``litestar/dto/base_dto.py`` (``__class_getitem__``) and ``litestar/dto/config.py``, Litestar 2.25.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from litestar_fix.model.annotations import Step, held
from litestar_fix.model.evaluate import items, string, value_of
from litestar_fix.model.facts import Attribute, Call, Class, Const, Expr, Ref, Seq, Sub
from litestar_fix.model.project import External, Local, Located, Project
from litestar_fix.model.schemas import Kind
from litestar_fix.model.transfers import Selection

KINDS = {
    "DataclassDTO": Kind.DATACLASS,
    "MsgspecDTO": Kind.MSGSPEC,
    "PydanticDTO": Kind.PYDANTIC,
    "SQLAlchemyDTO": Kind.SQLALCHEMY,
}
CONFIGS = ("DTOConfig", "SQLAlchemyDTOConfig")
_HOMES = ("litestar.", "advanced_alchemy.")
_READ = frozenset(
    ["exclude", "include", "max_nested_depth", "underscore_fields_private"]
)  # the options that select fields
_OVERRIDES = frozenset(
    [
        *["generate_field_definitions", "detect_nested_field", "is_supported_model_type_field", "encode_data"],
        *["data_to_encodable_type", "create_for_field_definition", "get_config_for_model_type", "__init_subclass__"],
    ]
)
_DEPTH = 6


class Place(StrEnum):
    """Where the configuration of a DTO is written."""

    NOWHERE = "nowhere"
    CLASS = "class"  #: in its own class
    BASE = "base"  #: in the class of a base
    ANNOTATED = "annotated"  #: beside the model
    ELSEWHERE = "elsewhere"  #: behind a name, or a call of a function


class Config(msgspec.Struct, frozen=True):
    """The configuration of a DTO.

    Args:
        place: where it is written.
        call: the call that makes it; None where there is none, or it is not known.
        home: the DTO class whose body holds it, None for other places.
        selection: the fields that it selects.
        known: False where it may select others.
    """

    place: Place = Place.NOWHERE
    call: Located | None = None
    home: Local | None = None
    selection: Selection = msgspec.field(default_factory=Selection)
    known: bool = True

    def keyword(self, name: str) -> Located | None:
        """Return the value of one of its options as written."""
        value = self.call.expr.keyword(name) if self.call is not None and isinstance(self.call.expr, Call) else None
        return Located(self.call.path, self.call.scope, value) if self.call is not None and value is not None else None


class Dto(msgspec.Struct, frozen=True):
    """A DTO.

    Args:
        symbol: its class, or the name that it is assigned to; None where it is used as it is written.
        kind: of the models that its base class is for.
        argument: the expression ``Base[Model]`` that names the model; None where a type variable is left.
        model: the model's class, None where it is not one of the project.
        config: its configuration.
        known: False where it may do something else than its base class does.
    """

    symbol: Local | None
    kind: Kind
    argument: Located | None
    model: Local | None
    config: Config
    known: bool

    @property
    def name(self) -> str:
        """How its author calls it, '' where it has no name."""
        return self.symbol.qualname.rpartition(".")[2] if self.symbol is not None else ""

    def is_for(self, project: Project, model: Local) -> bool:
        """Whether it applies to a model: its own one or a class that inherits from it."""
        above = [Local(path, class_.qualname) for path, class_ in project.ancestry(model).classes]
        return self.model in above


def dto_of(project: Project, located: Located, depth: int = 0) -> Dto | None:
    """Return the DTO that an expression stands for, None where it is not known to be one."""
    if depth > _DEPTH:
        return None
    symbol = project.resolve_expr(located)
    match located.expr:
        case Sub(index=index):
            base = _generic(project, symbol, depth)
            return _with_argument(project, base, located, index) if base is not None else None
        case Ref() if isinstance(symbol, Local):
            class_ = project.class_(symbol)
            if class_ is not None:
                return _of_class(project, symbol, class_, depth)
            value = value_of(project, located)
            found = dto_of(project, value, depth + 1) if value is not None else None
            return replace(found, symbol=found.symbol or symbol) if found is not None else None
    return None


def dtos(project: Project) -> Iterator[Dto]:
    """Yield every DTO class and named DTO at the top of a module, file by file."""
    for module in project.modules.values():
        named = [Ref(item.qualname, item.span) for item in module.classes if item.bases and "." not in item.qualname]
        named += [Ref(item.name, item.span) for item in module.assignments if isinstance(item.value, Sub)]
        for ref in named:
            found = dto_of(project, Located(module.path, "", ref))
            if found is not None and found.symbol == Local(module.path, ref.name):
                yield found


def _generic(project: Project, symbol: object, depth: int) -> Dto | None:
    """The class that is given an argument: a base class of a library, or one of the project."""
    if isinstance(symbol, External):
        kind = KINDS.get(symbol.name.rpartition(".")[2])
        return Dto(None, kind, None, None, Config(), known=True) if kind and symbol.name.startswith(_HOMES) else None
    class_ = project.class_(symbol) if isinstance(symbol, Local) else None
    found = _of_class(project, symbol, class_, depth + 1) if isinstance(symbol, Local) and class_ is not None else None
    return replace(found, symbol=None) if found is not None else None


def _with_argument(project: Project, base: Dto, located: Located, index: Expr) -> Dto:
    config = base.config
    if config.place is Place.CLASS:
        config = replace(config, place=Place.BASE)
    inner = Located(located.path, located.scope, index)
    match index:
        case Sub(index=Seq(items=(_, *others))) if project.external(located.path, index, located.scope).endswith(
            ".Annotated"
        ):
            for item in others:
                found = _config(project, Located(located.path, located.scope, item))
                config = replace(found, place=Place.ANNOTATED) if found is not None else config
    models = [item.symbol for item in held(project, inner) if set(item.steps) <= {Step.COLLECTION}]
    model = models[0] if len(models) == 1 else None
    return replace(base, argument=located, model=model, config=config, known=base.known and base.model is None)


def _of_class(project: Project, symbol: Local, class_: Class, depth: int) -> Dto | None:
    scope = class_.parent
    found = None
    for base in class_.bases:
        located = Located(symbol.path, scope, base)
        found = dto_of(project, located, depth + 1) or (
            _generic(project, project.resolve_expr(located), depth) if isinstance(base, Ref) else None
        )
        if found is not None:
            break
    if found is None:
        return None
    config = found.config
    if config.place is Place.CLASS:
        config = replace(config, place=Place.BASE)
    own = class_.attribute("config")
    if own is not None:
        config = _own_config(project, symbol, own)
    methods = {qualname.rpartition(".")[2] for qualname in class_.methods}
    return replace(found, symbol=symbol, config=config, known=found.known and methods.isdisjoint(_OVERRIDES))


def _own_config(project: Project, symbol: Local, attribute: Attribute) -> Config:
    value = Located(symbol.path, symbol.qualname, attribute.value) if attribute.value is not None else None
    found = _config(project, value) if value is not None else None
    if value is None or found is None or attribute.conditional:
        return Config(Place.ELSEWHERE, None, symbol, known=False)
    place = Place.CLASS if found.call == value else Place.ELSEWHERE
    return replace(found, place=place, home=symbol)


def _config(project: Project, located: Located, depth: int = 0) -> Config | None:
    """Read the configuration that an expression stands for, None where it is none or not known."""
    if isinstance(located.expr, Call):
        name = project.external(located.path, located.expr, located.scope)
        if name.rpartition(".")[2] in CONFIGS and name.startswith(_HOMES):
            selection, known = _selection(project, located, located.expr)
            return Config(Place.ELSEWHERE, located, None, selection, known)
    value = value_of(project, located) if depth < _DEPTH else None
    return _config(project, value, depth + 1) if value is not None else None


def _selection(project: Project, located: Located, call: Call) -> tuple[Selection, bool]:
    values = {
        keyword.name: Located(located.path, located.scope, keyword.value)
        for keyword in call.keywords
        if keyword.name in _READ
    }
    exclude, knows_exclude = _names(project, values.get("exclude"))
    include, knows_include = _names(project, values.get("include"))
    depth = values.get("max_nested_depth")
    private = values.get("underscore_fields_private")
    known = knows_exclude and knows_include and not call.args and not call.has_unpacking
    levels = depth.expr.value if depth is not None and isinstance(depth.expr, Const) else 1
    hidden = private.expr.value if private is not None and isinstance(private.expr, Const) else True
    known = known and isinstance(levels, int) and (depth is None or isinstance(depth.expr, Const))
    selection = Selection(exclude, include, levels if isinstance(levels, int) else 1, bool(hidden))
    return selection, known


def _names(project: Project, located: Located | None) -> tuple[frozenset[str], bool]:
    found = items(project, located)
    names = [_name(project, item) for item in found.items]
    return frozenset(name for name in names if name is not None), found.known and None not in names


def _name(project: Project, item: Located) -> str | None:
    """A field as ``exclude`` names it: its path, or an attribute of the model (``SQLAlchemyDTOConfig`` alone)."""
    text = string(project, item)
    if text is None and isinstance(item.expr, Ref) and "." in item.expr.name:
        return item.expr.name.rpartition(".")[2]
    return text
